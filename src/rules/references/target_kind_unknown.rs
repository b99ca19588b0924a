//! Kinds in targets and match lists are kinds. Card: rules/references/target-kind-unknown.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::kinds::{Kinds, of_group};
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Lists of kinds of Kyverno's policies: `Kind`, `version/Kind`, `group/version/Kind`, each with a subresource.
/// Source: kyverno `api/kyverno/v1/resource_description_types.go`, `match_resources_types.go`.
const KYVERNO_LISTS: [&str; 6] = [
    "spec.rules[].match.resources.kinds[]",
    "spec.rules[].match.any[].resources.kinds[]",
    "spec.rules[].match.all[].resources.kinds[]",
    "spec.rules[].exclude.resources.kinds[]",
    "spec.rules[].exclude.any[].resources.kinds[]",
    "spec.rules[].exclude.all[].resources.kinds[]",
];

/// Maps of a HelmRelease with a pattern for a kind. Source: helm-controller `api/v2/helmrelease_types.go`.
const HELM_TARGETS: [&str; 2] =
    ["spec.driftDetection.ignore[].target", "spec.postRenderers[].kustomize.patches[].target"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetKindUnknown {}

impl Rule for TargetKindUnknown {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let kinds = Kinds::of(cluster);
        for object in cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease") {
            for path in HELM_TARGETS {
                for target in object.node.each(path) {
                    of_target(&kinds, object, path, target, out);
                }
            }
        }
        for object in ["ClusterPolicy", "Policy"].iter().flat_map(|kind| cluster.of_kind("kyverno.io", kind)) {
            for path in KYVERNO_LISTS {
                for node in object.node.each(path) {
                    of_list(&kinds, object, path, node, out);
                }
            }
            let path = "spec.rules[].mutate.targets[]";
            for target in object.node.each(path) {
                let text = |key: &str| target.get(key).and_then(Node::as_str);
                let (Some(kind), Some(node)) = (text("kind"), target.get("kind")) else { continue };
                let group = text("apiVersion").filter(|version| !version.contains('*'));
                let group = group.map(|version| version.split_once('/').map_or("", |(group, _)| group));
                judge(&kinds, object, path, node, (group, kind), out);
            }
        }
    }
}

/// `group`, `kind`: each may be a pattern, of which the alternatives are plain words.
fn of_target(kinds: &Kinds, object: &Object, path: &str, target: &Node, out: &mut Sink) {
    let Some(node) = target.get("kind") else { return };
    let Some(text) = node.as_str() else { return };
    let plain = text.trim_start_matches('^').trim_end_matches('$');
    let plain = plain.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(plain);
    for kind in plain.split('|') {
        let group = target.get("group").and_then(Node::as_str).filter(|group| is_plain(group));
        judge(kinds, object, path, node, (group, kind), out);
    }
}

fn of_list(kinds: &Kinds, object: &Object, path: &str, node: &Node, out: &mut Sink) {
    let Some(text) = node.as_str() else { return };
    let parts: Vec<&str> = text.split('/').collect();
    let is_version = |part: &str| part == "*" || part.starts_with('v') && part.contains(|c: char| c.is_ascii_digit());
    let (group, kind) = match parts.as_slice() {
        [kind] => (None, *kind),
        [version, kind] if is_version(version) => (None, *kind),
        [kind, _] => (None, *kind),
        [group, version, kind, ..] if is_version(version) => (Some(*group), *kind),
        _ => return,
    };
    // A subresource may stand behind a dot.
    let kind = kind.split('.').next().unwrap_or(kind);
    judge(kinds, object, path, node, (group.filter(|group| *group != "*"), kind), out);
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
}

fn judge(kinds: &Kinds, object: &Object, path: &str, node: &Node, named: (Option<&str>, &str), out: &mut Sink) {
    let (group, kind) = named;
    if kind.is_empty() || !kind.chars().all(|c| c.is_ascii_alphanumeric()) {
        return;
    }
    let lacks = |group: &&str| of_group(group).is_some_and(|mut own| !own.any(|(known, _)| known == kind));
    let (what, help) = match (kinds.respelled(kind), group.filter(lacks)) {
        (Some(meant), _) => (format!("`{kind}`, which is no kind"), format!("did you mean `{meant}`?")),
        (None, Some(group)) => {
            let shown = if group.is_empty() { "the core group".to_owned() } else { format!("`{group}`") };
            (format!("`{kind}`, which is no kind of {shown}"), "name the API group of the kind".to_owned())
        }
        (None, None) => return,
    };
    let found = Observation::new(
        "target-kind-unknown",
        format!("{} means objects of kind {what}", object.reference()),
        Label::new(node.span(), "no such kind"),
    );
    out.report(found.about(object.reference(), format!("{path}[{kind}]")).trail(trail(node)).help(help));
}
