//! Annotations stand on objects of kinds of which somebody reads them. Card: rules/references/annotation-ineffective.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::{Entry, Step};

const ROUTES: [&str; 5] = ["HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"];
const WORKLOADS: [&str; 4] = ["Deployment", "StatefulSet", "DaemonSet", "CronJob"];

/// An annotation, and the kinds on which nothing reads it although they are taken for the right ones.
struct Row {
    /// It, or the beginning of it where it ends with a slash.
    key: &'static str,
    not_on: &'static [&'static [&'static str]],
    /// Where it belongs.
    instead: &'static str,
}

/// Source: external-dns `docs/annotations/annotations.md`; cert-manager
/// `website/content/docs/usage/{ingress,gateway}.md`; ingress-nginx `docs/user-guide/nginx-configuration/annotations.md`;
/// stakater/Reloader `README.md`.
const ROWS: [Row; 6] = [
    Row { key: "external-dns.alpha.kubernetes.io/target", not_on: &[&ROUTES, &WORKLOADS], instead: "on the Gateway" },
    Row {
        key: "external-dns.alpha.kubernetes.io/hostname",
        not_on: &[&WORKLOADS, &["HelmRelease", "ConfigMap"]],
        instead: "on the Service, the Ingress or the route",
    },
    Row {
        key: "cert-manager.io/cluster-issuer",
        not_on: &[&ROUTES, &WORKLOADS, &["Service", "HelmRelease"]],
        instead: "on the Ingress or the Gateway",
    },
    Row {
        key: "cert-manager.io/issuer",
        not_on: &[&ROUTES, &WORKLOADS, &["Service", "HelmRelease"]],
        instead: "on the Ingress or the Gateway",
    },
    Row {
        key: "nginx.ingress.kubernetes.io/",
        not_on: &[&ROUTES, &WORKLOADS, &["Service", "Gateway", "HelmRelease"]],
        instead: "on the Ingress",
    },
    Row {
        key: "reloader.stakater.com/auto",
        not_on: &[&ROUTES, &["Service", "Ingress", "ConfigMap", "Secret", "HelmRelease"]],
        instead: "on the workload",
    },
];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AnnotationIneffective {}

impl Rule for AnnotationIneffective {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.objects().chain(cluster.modelled()) {
            let annotations = object.at(&["metadata", "annotations"]);
            for entry in annotations.into_iter().flat_map(|all| all.entries()).filter(|entry| !is_common(entry)) {
                let is_meant = |row: &&Row| {
                    let is_it =
                        if row.key.ends_with('/') { entry.key.starts_with(row.key) } else { entry.key == row.key };
                    is_it && row.not_on.iter().any(|kinds| kinds.contains(&object.kind()))
                };
                let Some(row) = ROWS.iter().find(is_meant) else { continue };
                let message = format!("nothing reads the annotation `{}` of {}", entry.key, object.reference());
                let place = if entry.value.origin.is_source() { entry.key_span } else { entry.value.span() };
                let found = Observation::new("annotation-ineffective", message, Label::new(place, "has no effect"));
                let found = found.about(object.reference(), format!("metadata.annotations[{}]", entry.key));
                out.report(found.help(format!("write it {}", row.instead)));
            }
        }
    }
}

/// Whether something sets it on every object alike, of whatever kind.
fn is_common(entry: &Entry) -> bool {
    entry.value.origin.chain().iter().any(|(step, _)| *step == Some(Step::MetadataSet))
}
