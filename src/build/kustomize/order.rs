//! The order of the resources of a build. Source: kustomize `api/internal/builtins/SortOrderTransformer.go`.

use hashbrown::HashMap;

use super::resource::Resource;
use crate::build::object::{Gvk, Id};

/// How the resources of a build are ordered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// As they were listed.
    #[default]
    Fifo,
    /// By kind, in kustomize's fixed order: what others need comes first.
    Legacy,
    /// By kind, in an order of the kustomization file.
    Kinds {
        /// Kinds that come first.
        first: Vec<String>,
        /// Kinds that come last.
        last: Vec<String>,
    },
}

const FIRST: [&str; 22] = [
    "Namespace",
    "ResourceQuota",
    "StorageClass",
    "CustomResourceDefinition",
    "ServiceAccount",
    "PodSecurityPolicy",
    "Role",
    "ClusterRole",
    "RoleBinding",
    "ClusterRoleBinding",
    "ConfigMap",
    "Secret",
    "Endpoints",
    "Service",
    "LimitRange",
    "PriorityClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Deployment",
    "StatefulSet",
    "CronJob",
    "PodDisruptionBudget",
];
const LAST: [&str; 2] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/// Sorts the resources.
pub fn sort(resources: &mut [Resource], order: &Order) {
    let ranks: HashMap<&str, i64> = match order {
        Order::Fifo => return,
        Order::Legacy => ranks(FIRST.into_iter(), LAST.into_iter()),
        Order::Kinds { first, last } => ranks(first.iter().map(String::as_str), last.iter().map(String::as_str)),
    };
    resources.sort_by_cached_key(|resource| key(&resource.id(), &ranks));
}

/// The rank of a kind in the fixed order: negative for what comes first, positive for what comes last.
pub fn rank(kind: &str) -> i64 {
    let at = |list: &[&str]| list.iter().position(|known| *known == kind).and_then(|at| i64::try_from(at).ok());
    match (at(&FIRST), at(&LAST)) {
        (Some(at), _) => at - i64::try_from(FIRST.len()).unwrap_or(i64::MAX),
        (None, Some(at)) => at + 1,
        (None, None) => 0,
    }
}

fn ranks<'k>(
    first: impl ExactSizeIterator<Item = &'k str>,
    last: impl Iterator<Item = &'k str>,
) -> HashMap<&'k str, i64> {
    let count = i64::try_from(first.len()).unwrap_or(i64::MAX);
    let first = first.zip(-count..);
    first.chain(last.zip(1..)).collect()
}

/// Rank of the kind, then group, version and kind, then namespace and name. Empty parts have marks that sort last.
fn key(id: &Id, ranks: &HashMap<&str, i64>) -> (i64, bool, String, String) {
    let or = |text: &str, mark: &str| if text.is_empty() { mark.to_owned() } else { text.to_owned() };
    let Gvk { group, version, kind } = &id.gvk;
    let gvk = format!("{}_{}_{}", or(group, "~G"), or(version, "~V"), or(kind, "~K"));
    // Namespaces of the core group come before other kinds of that name.
    let is_other_namespace = kind == "Namespace" && !group.is_empty();
    let rank = ranks.get(kind.as_str()).copied().unwrap_or_default();
    let name = format!("{}|{}", or(&id.namespace, "~X"), or(&id.name, "~N"));
    (rank, is_other_namespace, gvk, name)
}
