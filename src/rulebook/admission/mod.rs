//! ValidatingAdmissionPolicies run as they are, on what the tree would apply. Card: rules/engine/admission-policy.md.
//!
//! Source: Kubernetes apiserver `pkg/admission/plugin/policy/validating`.

mod policy;
mod resources;
mod validate;

use hashbrown::HashSet;
use std::cell::Cell;

use serde::Deserialize;

use self::policy::{Binding, Policy};
use self::resources::Kinds;
use self::validate::Validation;
use crate::cluster::Cluster;
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Group of the policies.
const GROUP: &str = "admissionregistration.k8s.io";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AdmissionPolicy {}

impl Rule for AdmissionPolicy {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let policies: Vec<Policy<'_>> =
            nodes(cluster, "ValidatingAdmissionPolicy").into_iter().filter_map(Policy::new).collect();
        if policies.is_empty() {
            return;
        }
        let bindings: Vec<Binding<'_>> =
            nodes(cluster, "ValidatingAdmissionPolicyBinding").into_iter().filter_map(Binding::new).collect();
        let kinds = Kinds::of(cluster);
        for policy in &policies {
            let own: Vec<Option<&Binding<'_>>> =
                bindings.iter().filter(|binding| binding.policy == policy.name).map(Some).collect();
            // A policy that nothing binds has no effect yet: what it would say is a warning.
            let own = if own.is_empty() { vec![None] } else { own };
            for binding in own {
                Validation { cluster, policy, binding, kinds: &kinds, steps: Cell::default() }.run(out);
            }
        }
    }
}

/// Objects of a kind: those that the tree applies, then those of the folders that the configuration names.
fn nodes<'w>(cluster: &Cluster<'w>, kind: &str) -> Vec<&'w Node> {
    let mut found: Vec<&'w Node> = cluster.of_kind(GROUP, kind).map(|object| &object.node).collect();
    let name = |node: &'w Node| node.dig("metadata.name").and_then(Node::as_str);
    let known: HashSet<Option<&str>> = found.iter().map(|node| name(node)).collect();
    found.extend(given(cluster, GROUP, kind).filter(|node| !known.contains(&name(node))));
    found
}

/// Objects of a kind in the folders that the configuration names.
fn given<'w>(cluster: &Cluster<'w>, group: &str, kind: &str) -> impl Iterator<Item = &'w Node> {
    cluster.policy_documents().map(|document| &document.node).filter(move |node| {
        let own = node.get("apiVersion").and_then(Node::as_str).unwrap_or_default();
        node.get("kind").and_then(Node::as_str) == Some(kind)
            && own.rsplit_once('/').map_or("", |(group, _)| group) == group
    })
}
