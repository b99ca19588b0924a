//! The bounds that the configuration declares.

use super::{Measure, Scope};
use crate::cluster::Cluster;
use crate::config::{self, Budget};

/// One bound of one budget.
#[derive(Clone, Debug)]
pub struct Bound<'w> {
    /// The budget.
    pub budget: &'w Budget,
    /// What it bounds, for a sentence: `the cluster`, ``namespace `a` ``.
    pub whose: String,
    /// That as a part of the cluster; `None` where the cluster has no such Kustomization.
    pub scope: Option<Scope<'w>>,
    /// What is bounded.
    pub measure: Measure<'w>,
    /// Path of the amount in the configuration.
    pub path: String,
    /// The amount, as written.
    pub amount: String,
}

/// Every bound that is declared for a cluster.
pub fn bounds<'w>(cluster: &Cluster<'w>) -> Vec<Bound<'w>> {
    let mut bounds = Vec::new();
    for budget in cluster.declared().budget {
        let (scope, whose) = match budget.scope() {
            config::Scope::Cluster => (Some(Scope::Cluster), "the cluster".to_owned()),
            config::Scope::Namespace(name) => (Some(Scope::Namespace(name)), format!("namespace `{name}`")),
            config::Scope::Kustomization(name) => {
                let is_it = |one: &crate::build::KustomizationBuild| {
                    one.spec.namespace == name.namespace && one.spec.name == name.name
                };
                let index = cluster.kustomizations().iter().position(is_it);
                (index.map(Scope::Kustomization), format!("Kustomization `{name}`"))
            }
        };
        bounds.extend(amounts(budget).into_iter().map(|(measure, key, amount)| Bound {
            budget,
            whose: whose.clone(),
            scope,
            measure,
            path: format!("{}.{key}", budget.at),
            amount,
        }));
    }
    bounds
}

/// Every amount of a budget: what it bounds, the key that says so, and the text.
fn amounts(budget: &Budget) -> Vec<(Measure<'_>, String, String)> {
    let requests = budget.requests.iter().map(|(resource, amount)| {
        (Measure::Requests(resource.as_str()), format!("requests.{resource}"), amount.to_string())
    });
    let limits = budget.limits.iter().map(|(resource, amount)| {
        (Measure::Limits(resource.as_str()), format!("limits.{resource}"), amount.to_string())
    });
    let storage = budget.storage.iter().map(|amount| (Measure::Storage, "storage".to_owned(), amount.to_string()));
    let pods = budget.pods.iter().map(|number| (Measure::Pods, "pods".to_owned(), number.to_string()));
    let claims = budget.claims.iter().map(|number| (Measure::Claims, "claims".to_owned(), number.to_string()));
    requests.chain(limits).chain(storage).chain(pods).chain(claims).collect()
}
