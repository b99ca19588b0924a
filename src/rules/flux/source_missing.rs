//! The source a Flux object builds or installs from exists. Card: rules/flux/source-missing.md

use serde::Deserialize;

use super::reference::{Named, Reference, wrong_kind};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::flux::{FluxMakers, HELM, KUSTOMIZE, SOURCE};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SourceMissing {}

/// A field that names a source.
pub struct SourceField {
    /// API group of the kind that has it.
    pub group: &'static str,
    /// The kind.
    pub kind: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What the object does with the source.
    verb: &'static str,
    /// Kinds of source it takes.
    takes: &'static [&'static str],
}

/// Source: kustomize-controller `api/v1/reference_types.go`, helm-controller `api/v2/reference_types.go` and
/// `api/v2/helmrelease_types.go`.
pub const SOURCE_FIELDS: &[SourceField] = &[
    SourceField {
        group: KUSTOMIZE,
        kind: "Kustomization",
        path: "spec.sourceRef",
        verb: "builds from",
        takes: &["GitRepository", "OCIRepository", "Bucket", "ExternalArtifact"],
    },
    SourceField {
        group: HELM,
        kind: "HelmRelease",
        path: "spec.chart.spec.sourceRef",
        verb: "takes its chart from",
        takes: &["HelmRepository", "GitRepository", "Bucket"],
    },
    SourceField {
        group: HELM,
        kind: "HelmRelease",
        path: "spec.chartRef",
        verb: "takes its chart from",
        takes: &["OCIRepository", "HelmChart", "ExternalArtifact"],
    },
];

const SOURCES: &[(&str, &str)] = &[
    (SOURCE, "GitRepository"),
    (SOURCE, "OCIRepository"),
    (SOURCE, "HelmRepository"),
    (SOURCE, "HelmChart"),
    (SOURCE, "Bucket"),
    (SOURCE, "ExternalArtifact"),
];

impl Rule for SourceMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let makers = FluxMakers::of(cluster);
        for field in SOURCE_FIELDS {
            for object in cluster.of_kind(field.group, field.kind) {
                let Some(entry) = object.dig(field.path).filter(|node| node.as_map().is_some()) else { continue };
                // Another kind is refused by the API server, whatever exists.
                let Some(kind) = entry.get("kind").and_then(Node::as_str) else { continue };
                if !field.takes.contains(&kind) {
                    continue;
                }
                let Some(reference) = reference(field, object, entry, kind) else {
                    out.undecided(
                        cluster,
                        "variable",
                        object.reference().to_string(),
                        format!("`{}` holds an unknown variable", field.path),
                    );
                    continue;
                };
                if let Some(found) = reference.judge(cluster, &makers, out) {
                    out.report(found);
                }
            }
        }
    }
}

fn reference<'w>(field: &SourceField, object: &'w Object, entry: &'w Node, kind: &'w str) -> Option<Reference<'w>> {
    let named = Named::of(object, entry);
    Some(Reference {
        rule: "source-missing",
        from: object,
        entry,
        group: SOURCE,
        kind,
        name: named.name?,
        namespace: named.namespace?,
        has_namespace: named.has_namespace,
        lead: format!("{} `{}` {} {kind}", object.kind(), object.full_name(), field.verb),
        others: SOURCES,
        other_kind: wrong_kind,
        path: field.path.to_owned(),
    })
}
