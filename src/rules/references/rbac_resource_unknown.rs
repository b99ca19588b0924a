//! The resources of RBAC rules exist in their groups. Card: rules/references/rbac-resource-unknown.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::kinds::{groups_with, of_group};
use crate::cluster::nearest::nearest_name;
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RbacResourceUnknown {}

impl Rule for RbacResourceUnknown {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for kind in ["Role", "ClusterRole"] {
            for object in cluster.of_kind("rbac.authorization.k8s.io", kind) {
                for (at, rule) in object.dig("rules").map(Node::items).unwrap_or_default().iter().enumerate() {
                    check(object, at, rule, out);
                }
            }
        }
    }
}

fn check(object: &Object, at: usize, rule: &Node, out: &mut Sink) {
    let groups: Option<Vec<&str>> =
        rule.get("apiGroups").map(Node::items).unwrap_or_default().iter().map(Node::as_str).collect();
    let Some(groups) = groups else { return };
    let mut known: Vec<(&str, &str)> = Vec::new();
    for group in &groups {
        // Nothing says which resources any other group has.
        let Some(kinds) = of_group(group) else { return };
        known.extend(kinds);
    }
    for node in rule.get("resources").map(Node::items).unwrap_or_default() {
        let Some(text) = node.as_str().filter(|text| !text.contains(['*', '$', '{'])) else { continue };
        let resource = text.split('/').next().unwrap_or(text);
        if resource.is_empty() || known.iter().any(|(_, plural)| *plural == resource) {
            continue;
        }
        let Some(meant) = plural(resource, &known) else { continue };
        let place = groups.iter().map(|group| shown(group)).collect::<Vec<_>>().join(", ");
        let message = format!("{} grants access to `{text}`, which is no resource of {place}", object.reference());
        let mut found = Observation::new("rbac-resource-unknown", message, Label::new(node.span(), "no such resource"))
            .about(object.reference(), format!("rules[{at}].resources[{text}]"))
            .trail(trail(node));
        let written = text.replacen(resource, meant, 1);
        found = found.help(format!("did you mean `{written}`?"));
        if node.origin.is_source() {
            found = found.fix(Fix {
                title: format!("write `{written}`"),
                applicability: Applicability::Unsafe,
                edits: vec![Edit { span: node.span(), text: written }],
            });
        }
        out.report(found);
    }
}

fn shown(group: &str) -> String {
    if group.is_empty() { "the core group".to_owned() } else { format!("`{group}`") }
}

/// The resource that was meant: the kind or its singular was written, or nearly the name. A resource of another group
/// grants nothing either, but is often written on purpose for older clusters.
fn plural(written: &str, known: &[(&'static str, &'static str)]) -> Option<&'static str> {
    let of_kind = known.iter().find(|(kind, _)| kind.eq_ignore_ascii_case(written)).map(|(_, plural)| *plural);
    let case = || known.iter().find(|(_, plural)| plural.eq_ignore_ascii_case(written)).map(|(_, plural)| *plural);
    let near = || {
        if groups_with(written).next().is_some() {
            return None;
        }
        nearest_name(written, known.iter().map(|(_, plural)| *plural))
            .filter(|near| strsim::levenshtein(near, written) <= 2)
    };
    of_kind.or_else(case).or_else(near)
}
