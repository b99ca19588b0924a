//! A binding refers to a role of a kind that it can grant. Card: rules/references/role-ref-invalid.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

const GROUP: &str = "rbac.authorization.k8s.io";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RoleRefInvalid {}

impl Rule for RoleRefInvalid {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for kind in ["RoleBinding", "ClusterRoleBinding"] {
            for object in cluster.of_kind(GROUP, kind) {
                out.observations.extend(judge(cluster, object));
            }
        }
    }
}

fn judge(cluster: &Cluster<'_>, object: &Object) -> Option<Observation> {
    let reference = object.dig("roleRef")?;
    let node = reference.get("kind")?;
    let (kind, name) = (node.as_str()?, reference.get("name")?.as_str()?);
    // Source: kubernetes `pkg/apis/rbac/validation/validation.go`.
    let allowed: &[&str] = if object.kind() == "RoleBinding" { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    let start = |what: String, label: &str, node: &Node| {
        Observation::new(
            "role-ref-invalid",
            format!("{} grants {kind} `{name}`, {what}", object.reference()),
            Label::new(node.span(), label),
        )
        .about(object.reference(), "roleRef")
        .trail(trail(node))
    };
    let role = |kind: &str| cluster.get(GROUP, kind, if kind == "Role" { object.namespace() } else { "" }, name);
    if !allowed.contains(&kind) {
        let named = || cluster.named(name).find(|role| role.is(GROUP, "Role") || role.is(GROUP, "ClusterRole"));
        let what = if kind == "Role" { "which lives in a namespace" } else { "which is no kind of role" };
        let mut found = start(what.to_owned(), "not a ClusterRole", node);
        found = found.help("refer to a ClusterRole, or make it a RoleBinding in the namespace of the Role");
        if let Some(role) = role("ClusterRole").or_else(named) {
            found = found.related(Label::new(role.place(), format!("a {}", role.kind())));
        }
        if role("ClusterRole").is_some() {
            found = found.help("write `kind: ClusterRole`");
            found.fix = rename(node, "ClusterRole");
        }
        return Some(found);
    }
    if let Some(group) = reference.get("apiGroup").and_then(Node::as_str).filter(|group| !group.is_empty())
        && group != GROUP
    {
        let node = reference.get("apiGroup")?;
        let found = start(format!("of `{group}`, which has no roles"), "not the group of roles", node);
        return Some(found.help(format!("write `apiGroup: {GROUP}`")));
    }
    // The role has the other kind: true whatever else there may be, unless something unknown makes both.
    let other = if kind == "Role" { "ClusterRole" } else { "Role" };
    let is_built_in = matches!(name, "admin" | "cluster-admin" | "edit" | "view") || name.starts_with("system:");
    let there = role(other).filter(|_| allowed.contains(&other))?;
    if is_built_in
        || role(kind).is_some()
        || !cluster.existence(GROUP, kind, namespace_of(kind, object), name).is_absent()
    {
        return None;
    }
    let mut found = start(format!("but that is a {other}"), &format!("a {other}"), node)
        .related(Label::new(there.place(), format!("the {other}")))
        .help(format!("write `kind: {other}`"));
    found.fix = rename(node, other);
    Some(found)
}

fn namespace_of<'o>(kind: &str, object: &'o Object) -> &'o str {
    if kind == "Role" { object.namespace() } else { "" }
}

fn rename(node: &Node, kind: &str) -> Option<Fix> {
    let edits = vec![Edit { span: node.span(), text: kind.to_owned() }];
    let title = format!("write `kind: {kind}`");
    node.origin.is_source().then_some(Fix { title, applicability: Applicability::Unsafe, edits })
}
