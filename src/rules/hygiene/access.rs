//! Roles that allow much.

use super::seen::{Seen, rule};
use crate::build::Object;
use crate::yaml::Node;

const RBAC: &str = "rbac.authorization.k8s.io";
const ROLES: [(&str, &str); 2] = [(RBAC, "ClusterRole"), (RBAC, "Role")];

rule!(RbacWildcardUsed, "rbac-wildcard-used", ROLES, wildcard);
rule!(RbacSecretsReadable, "rbac-secrets-readable", ROLES, secrets);
rule!(RbacPodsCreatable, "rbac-pods-creatable", ROLES, pods);
rule!(RbacExecAllowed, "rbac-exec-allowed", ROLES, exec);

/// The first item of a list of a rule that is one of some words.
fn item<'w>(rule: &'w Node, key: &str, words: &[&str]) -> Option<&'w Node> {
    let items = rule.get(key).map(Node::items).unwrap_or_default();
    items.iter().find(|item| item.as_str().is_some_and(|text| words.contains(&text)))
}

fn rules(role: &Object) -> &[Node] {
    role.dig("rules").map(Node::items).unwrap_or_default()
}

fn wildcard(role: &Object) -> Option<Seen> {
    let (node, key) = rules(role)
        .iter()
        .find_map(|rule| ["verbs", "resources"].iter().find_map(|key| Some((item(rule, key, &["*"])?, *key))))?;
    let what = if key == "verbs" { "every verb" } else { "every resource" };
    Some(Seen::at(node, format!("rules.{key}"), format!("allows {what} of some API"), "everything"))
}

/// A resource of an API group with some verb, all of them by name. A rule for named objects is narrow enough.
fn allowed<'w>(role: &'w Object, groups: &[&str], resources: &[&str], verbs: &[&str]) -> Option<&'w Node> {
    rules(role).iter().find_map(|rule| {
        let is_narrow = rule.get("resourceNames").is_some_and(|names| names.is_unknown() || !names.items().is_empty());
        item(rule, "apiGroups", groups).filter(|_| !is_narrow)?;
        item(rule, "verbs", verbs)?;
        item(rule, "resources", resources)
    })
}

fn secrets(role: &Object) -> Option<Seen> {
    let node = allowed(role, &["", "*"], &["secrets", "*"], &["get", "list", "watch", "*"])?;
    Some(Seen::at(node, "rules.resources", "may read Secrets", "Secrets"))
}

fn pods(role: &Object) -> Option<Seen> {
    const MAKERS: [&str; 8] =
        ["pods", "deployments", "statefulsets", "replicasets", "daemonsets", "jobs", "cronjobs", "*"];
    let node = allowed(role, &["", "apps", "batch", "*"], &MAKERS, &["create", "*"])?;
    Some(Seen::at(node, "rules.resources", "may make pods", "makes pods"))
}

fn exec(role: &Object) -> Option<Seen> {
    let node = allowed(role, &["", "*"], &["pods/exec", "pods/attach", "*"], &["create", "get", "*"])?;
    Some(Seen::at(node, "rules.resources", "may run commands in pods", "commands in pods"))
}
