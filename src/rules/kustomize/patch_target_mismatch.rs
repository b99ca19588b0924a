//! The body of a patch agrees with its target. Card: rules/kustomize/patch-target-mismatch.md

use serde::Deserialize;

use crate::build::kustomize::{PatchEntry, Target};
use crate::build::namespaced::is_namespaced;
use crate::build::{Id, Object, scope};
use crate::cluster::Cluster;
use crate::cluster::patches::{Body, exact, lists};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PatchTargetMismatch {}

impl Rule for PatchTargetMismatch {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for patch in lists(cluster).iter().flat_map(|list| &list.patches) {
            let (Some(target), Body::Strategic(bodies)) = (&patch.entry.target, &patch.body) else { continue };
            for body in bodies {
                let found = other_kind(cluster, &patch.entry, target, body);
                out.observations.extend(found.or_else(|| other_name(cluster, &patch.entry, target, body)));
            }
        }
    }
}

/// The body is of a real kind that the target does not select.
fn other_kind(cluster: &Cluster<'_>, entry: &PatchEntry, target: &Target, body: &Node) -> Option<Observation> {
    let kind = exact(target.kind.as_ref()).filter(|_| !entry.allow_kind_change)?;
    let id = Id::of(body);
    let is_real =
        || scope::has_no_namespace(&id.gvk) || is_namespaced(&id.gvk) || is_used(cluster, &id.gvk.group, &id.gvk.kind);
    if id.gvk.kind == kind.text || !is_real() {
        return None;
    }
    let node = body.get("kind")?;
    let message = format!(
        "the patch is written for kind `{}`, and its target selects `{}`, which gets its values",
        id.gvk.kind, kind.text
    );
    Some(
        Observation::new("patch-target-mismatch", message, Label::new(node.span(), "kind of the patch"))
            .related(Label::new(kind.span, "kind of the target"))
            .keyed(format!("{} {}", id.gvk.kind, kind.text)),
    )
}

fn is_used(cluster: &Cluster<'_>, group: &str, kind: &str) -> bool {
    cluster.of_kind(group, kind).next().is_some()
}

/// The body names an object that exists and is not the one that the target selects.
fn other_name(cluster: &Cluster<'_>, entry: &PatchEntry, target: &Target, body: &Node) -> Option<Observation> {
    let name = exact(target.name.as_ref()).filter(|_| !entry.allow_name_change)?;
    let id = Id::of(body);
    if id.name == name.text {
        return None;
    }
    let of_kind = |object: &&Object| object.gvk.group == id.gvk.group && object.kind() == id.gvk.kind;
    // One object has both names where a prefix or suffix came between.
    let is_other = |object: &&Object| object.written.name != name.text && object.modelled.is_none();
    let meant = cluster.named(&id.name).filter(of_kind).find(is_other)?;
    let node = body.at(&["metadata", "name"])?;
    let message = format!(
        "the patch is written for {} `{}`, and its target selects `{}`, which gets its values",
        id.gvk.kind, id.name, name.text
    );
    Some(
        Observation::new("patch-target-mismatch", message, Label::new(name.span, "name of the target"))
            .related(Label::new(node.span(), "name of the patch"))
            .related(Label::new(meant.place(), "the object it names"))
            .keyed(format!("{} {} {}", id.gvk.kind, id.name, name.text))
            .help(format!("write `name: {}` in the target, or `name: {}` in the patch", id.name, name.text)),
    )
}
