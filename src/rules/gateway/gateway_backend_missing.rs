//! Routes send to Services that exist. Card: rules/gateway/gateway-backend-missing.md

use serde::Deserialize;

use super::backends;
use crate::build::Object;
use crate::cluster::gateway::{Backend, is_template};
use crate::cluster::nearest::{Meant, Wanted};
use crate::cluster::producers::Existence;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;

const ID: &str = "gateway-backend-missing";

/// Kinds besides Services whose objects nothing makes but the tree.
const OTHERS: [(&str, &str); 2] = [("gateway.envoyproxy.io", "Backend"), ("traefik.io", "TraefikService")];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewayBackendMissing {}

impl Rule for GatewayBackendMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let routes = &cluster.gateways().routes;
        if routes.is_empty() {
            return;
        }
        let services = cluster.services();
        for (object, backend) in backends::of_routes(routes) {
            if backend.is_service() {
                backends::missing(ID, cluster, services, (object, &backend), out);
            } else if OTHERS.contains(&(backend.group, backend.kind)) {
                other(cluster, object, &backend, out);
            }
        }
    }
}

/// A custom resource as a backend.
fn other<'w>(cluster: &Cluster<'w>, object: &'w Object, backend: &Backend<'w>, out: &mut Sink) {
    // Services of the proxy itself have an `@`.
    let name = backend.name.as_str().filter(|name| !is_template(name) && !name.contains('@'));
    let Some(name) = name.filter(|_| !is_template(&backend.namespace)) else { return };
    let Backend { group, kind, namespace, .. } = backend;
    match cluster.existence_for(Some(object), group, kind, namespace, name) {
        Existence::Absent => {}
        Existence::Possible(_) | Existence::Unknown => {
            let what = format!("{kind} `{namespace}/{name}` of {}", object.reference());
            return out.undecided(cluster, "gateway", what, "something that is not known may make it");
        }
        Existence::Here(_) | Existence::Made(_) => return,
    }
    let mut found = Observation::new(
        ID,
        format!("{} sends to {kind} `{namespace}/{name}`, which does not exist", object.reference()),
        Label::new(backend.name.span(), format!("no such {kind}")),
    )
    .about(object.reference(), format!("backend[{kind}/{namespace}/{name}]"))
    .trail(trail(backend.name));
    let wanted = Wanted { group, kind, namespace, name, others: &[], by: None };
    match cluster.meant(&wanted) {
        Some(Meant::Near(near)) => {
            found = found.related(Label::new(near.place(), "nearest name"));
            found = found.help(format!("did you mean `{}`?", near.full_name()));
        }
        Some(Meant::Elsewhere(all)) => {
            found = all.iter().take(3).fold(found, |found, one| {
                found.related(Label::new(one.place(), format!("in namespace `{}`", one.namespace())))
            });
        }
        _ => {}
    }
    out.report(weighed(cluster, object, Confidence::High, found));
}
