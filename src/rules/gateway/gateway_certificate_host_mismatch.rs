//! The certificate of a listener covers the hostnames of its routes. Card:
//! rules/gateway/gateway-certificate-host-mismatch.md

use hashbrown::HashMap;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::gateway::{Gateway, Listener, Parent, Route, hosts};
use crate::cluster::pods::Answer;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewayCertificateHostMismatch {}

impl Rule for GatewayCertificateHostMismatch {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let certificates = Certificates::of(cluster);
        if certificates.by_secret.is_empty() {
            return;
        }
        let gateways = cluster.gateways();
        for (route, parent, gateway) in gateways.attachments() {
            for hostname in &route.hostnames {
                if let Some(name) = hosts::hostname(hostname)
                    && let Some(seen) = uncovered(cluster, &certificates, (route, parent, gateway), &name)
                {
                    out.report(weighed(
                        cluster,
                        route.object,
                        Confidence::Medium,
                        report(route, gateway, hostname, &seen),
                    ));
                }
            }
        }
    }
}

/// The Certificates of a cluster, by the Secret that each fills.
struct Certificates<'w> {
    by_secret: HashMap<(&'w str, &'w str), &'w Object>,
}

impl<'w> Certificates<'w> {
    fn of(cluster: &Cluster<'w>) -> Self {
        let mut by_secret = HashMap::new();
        for certificate in cluster.of_kind("cert-manager.io", "Certificate") {
            if let Some(secret) = certificate.dig("spec.secretName").and_then(Node::as_str) {
                by_secret.entry((certificate.namespace(), secret)).or_insert(certificate);
            }
        }
        Certificates { by_secret }
    }

    /// The Certificates of a listener; `None` where one of its Secrets comes from elsewhere.
    fn of_listener(&self, cluster: &Cluster<'w>, gateway: &Object, listener: &Listener<'w>) -> Option<Vec<&'w Object>> {
        let references = listener.certificates();
        if references.is_empty() {
            return None;
        }
        let of_reference = |reference: &'w Node| {
            let text = |key: &str| reference.get(key).filter(|node| !node.is_null());
            let name = text("name").and_then(Node::as_str)?;
            let namespace = text("namespace").map_or(Some(gateway.namespace()), Node::as_str)?;
            let is_secret = text("kind").is_none_or(|kind| kind.as_str() == Some("Secret"));
            let is_written = cluster.get("", "Secret", namespace, name).is_some();
            self.by_secret.get(&(namespace, name)).copied().filter(|_| is_secret && !is_written)
        };
        references.iter().map(of_reference).collect()
    }
}

/// The names of a Certificate.
fn names(certificate: &Object) -> Vec<&Node> {
    let listed = certificate.dig("spec.dnsNames").map(Node::items).unwrap_or_default();
    listed.iter().chain(certificate.dig("spec.commonName")).collect()
}

/// The Certificates that should cover a hostname of a route and do not.
fn uncovered<'w>(
    cluster: &Cluster<'w>,
    certificates: &Certificates<'w>,
    (route, parent, gateway): (&Route<'w>, &Parent<'w>, &Gateway<'w>),
    hostname: &str,
) -> Option<Vec<&'w Object>> {
    if !gateway.is_known {
        return None;
    }
    let mut seen: Vec<&'w Object> = Vec::new();
    let mut is_certain = false;
    for (listener, meant) in gateway.meant(parent) {
        let serves = match listener.hostname().map(hosts::hostname) {
            Some(Some(own)) => hosts::meet(&own, hostname),
            Some(None) => Answer::Unknown,
            None => Answer::Yes,
        };
        let admits = listener
            .admits_namespace(cluster, gateway.object.namespace(), &route.namespace)
            .and(listener.admits_kind(route.kind));
        let takes = meant.and(admits).and(serves);
        if takes.is_no() || !listener.terminates() {
            continue;
        }
        let own = certificates.of_listener(cluster, gateway.object, listener)?;
        let each = own.iter().flat_map(|certificate| names(certificate));
        let covered = Answer::any(each.map(|name| match hosts::hostname(name) {
            Some(name) => hosts::covers(&name, hostname),
            None => Answer::Unknown,
        }));
        let has_names = own.iter().all(|certificate| !certificate.dig("spec.dnsNames").is_none_or(Node::is_unknown));
        if !covered.is_no() || !has_names {
            return None;
        }
        is_certain |= takes.is_yes();
        seen.extend(own);
    }
    seen.dedup_by(|a, b| std::ptr::eq(*a, *b));
    is_certain.then_some(seen)
}

fn report(route: &Route<'_>, gateway: &Gateway<'_>, hostname: &Node, certificates: &[&Object]) -> Observation {
    let shown = hostname.shown().unwrap_or_default();
    let covered: Vec<String> = certificates
        .iter()
        .flat_map(|certificate| names(certificate))
        .filter_map(|name| Some(format!("`{}`", name.shown()?)))
        .fold(Vec::new(), |mut all, name| {
            if !all.contains(&name) {
                all.push(name);
            }
            all
        });
    let found = Observation::new(
        "gateway-certificate-host-mismatch",
        format!(
            "{} has `{shown}`, which the certificate of {} does not cover: it is for {}",
            route.shown(),
            gateway.object.reference(),
            covered.join(", ")
        ),
        Label::new(hostname.span(), "not in the certificate"),
    )
    .about(route.reference(), format!("hostnames[{shown}]@{}", gateway.object.full_name()))
    .trail(trail(hostname));
    certificates.iter().take(3).fold(found, |found, certificate| {
        let place = certificate.dig("spec.dnsNames.0").map_or(certificate.place(), Node::span);
        found.related(Label::new(place, "what the certificate covers"))
    })
}
