//! A Namespace keeps the name that others use. Card: rules/kustomize/namespace-object-renamed.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::{Node, Step};

/// Names that are written to be replaced.
const PLACEHOLDERS: &[&str] = &["_", "not-used", "unused", "ignored", "placeholder", "namespace", "default"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct NamespaceObjectRenamed {}

impl Rule for NamespaceObjectRenamed {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for namespace in cluster.of_kind("", "Namespace") {
            let Some((old, written, setting)) = renamed(namespace) else { continue };
            if PLACEHOLDERS.contains(&old) || !cluster.existence("", "Namespace", "", old).is_absent() {
                continue;
            }
            let Some((user, place)) = user(cluster, old) else { continue };
            let message =
                format!("Namespace `{old}` becomes `{}`, but {user} names it by its old name", namespace.name);
            out.report(
                Observation::new("namespace-object-renamed", message, Label::new(written, "renamed by the build"))
                    .about(namespace.reference(), format!("metadata.name {old}"))
                    .related(Label::new(setting, "renames it"))
                    .related(Label::new(place, "names it"))
                    .trail(namespace.at(&["metadata", "name"]).map(trail).unwrap_or_default()),
            );
        }
    }
}

/// The name it had, where that is written, and what changed it.
fn renamed(namespace: &Object) -> Option<(&str, Span, Span)> {
    let chain = namespace.at(&["metadata", "name"])?.origin.chain();
    let (_, setting) = chain.iter().find(|(step, _)| *step == Some(Step::NamespaceSet))?;
    let (_, written) = chain.last().filter(|(step, _)| step.is_none())?;
    let old = namespace.written.name.as_str();
    (!old.contains("${") && old != namespace.name).then_some((old, *written, *setting))
}

/// Who counts on the old name, and where.
fn user(cluster: &Cluster<'_>, old: &str) -> Option<(String, Span)> {
    let target = |kustomization: &crate::build::KustomizationBuild| {
        let target = kustomization.spec.target_namespace.as_ref().filter(|target| target.text == old)?;
        Some((kustomization.spec.shown(), target.span))
    };
    if let Some(found) = cluster.kustomizations().iter().find_map(target) {
        return Some(found);
    }
    let inside = cluster.in_namespace(old).find(|object| !object.left_alone);
    let named = inside.map(|object| {
        let place = object.at(&["metadata", "namespace"]).map_or_else(|| object.place(), Node::span);
        (object.reference().to_string(), place)
    });
    named.or_else(|| {
        cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").find_map(|release| {
            let target = release.dig("spec.targetNamespace").filter(|node| node.as_str() == Some(old))?;
            Some((release.reference().to_string(), target.span()))
        })
    })
}
