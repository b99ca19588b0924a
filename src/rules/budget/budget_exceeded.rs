//! Totals stay within the declared budget. Card: rules/budget/budget-exceeded.md

use serde::Deserialize;

use super::total;
use crate::cluster::Cluster;
use crate::cluster::budget::{Account, Measure, Scope, Sum};
use crate::cluster::quantity::Quantity;
use crate::config::{self, Budget};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none. The budget stands in the configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BudgetExceeded {}

impl Rule for BudgetExceeded {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let budgets = cluster.declared().budget;
        if budgets.is_empty() {
            return;
        }
        let account = Account::of(cluster);
        for budget in budgets {
            let (scope, whose) = match budget.scope() {
                config::Scope::Cluster => (Some(Scope::Cluster), "the cluster".to_owned()),
                config::Scope::Namespace(name) => (Some(Scope::Namespace(name)), format!("namespace `{name}`")),
                config::Scope::Kustomization(name) => {
                    let index = cluster
                        .kustomizations()
                        .iter()
                        .position(|one| one.spec.namespace == name.namespace && one.spec.name == name.name);
                    (index.map(Scope::Kustomization), format!("Kustomization `{name}`"))
                }
            };
            let Some(scope) = scope.filter(|scope| account.knows(*scope)) else {
                out.undecided(cluster, "count", format!("the budget of {whose}"), "nothing in the tree belongs to it");
                continue;
            };
            for (measure, key, text) in bounds(budget) {
                let path = format!("{}.{key}", budget.at);
                let Some(bound) = Quantity::parse(&text) else {
                    out.undecided(cluster, "count", format!("the budget of {whose}"), format!("`{text}` is no amount"));
                    continue;
                };
                let line = Line { cluster, budget, whose: &whose, measure, path: &path, bound };
                line.judge(&account.sum(scope, measure), out);
            }
        }
    }
}

/// Every bound of a budget: what is bound, the key that says so, and the amount.
fn bounds(budget: &Budget) -> Vec<(Measure<'_>, String, String)> {
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

/// One bound of one budget.
struct Line<'a, 'w> {
    cluster: &'a Cluster<'w>,
    budget: &'a Budget,
    whose: &'a str,
    measure: Measure<'a>,
    path: &'a str,
    bound: Quantity,
}

impl Line<'_, '_> {
    fn judge(&self, sum: &Sum<'_>, out: &mut Sink) {
        let headroom = self.budget.headroom.as_ref().map_or(0, |share| share.0);
        let allowed = self.bound.percent(100 - headroom.min(100));
        let is_open = !sum.uncounted.is_empty();
        // An autoscaler may go up to its maximum, which limits have to leave room for.
        let at_most = matches!(self.measure, Measure::Limits(_));
        let used = if at_most { sum.most } else { sum.least };
        for (what, why) in &sum.uncounted {
            out.undecided(self.cluster, "count", what.clone(), why.clone());
        }
        if used > allowed {
            out.observations.extend(self.exceeded(sum, used, allowed, headroom, at_most));
            return;
        }
        let what = || format!("the {} of {}", self.measure.name(), self.whose);
        if sum.most > allowed {
            let most = sum.most.shown();
            out.undecided(
                self.cluster,
                "count",
                what(),
                format!("`{most}` of `{}` with every autoscaler at its maximum", self.bound),
            );
        } else if is_open {
            let reason =
                format!("at least `{}` of `{}`; {} not counted", used.shown(), self.bound, parts(sum.uncounted.len()));
            out.undecided(self.cluster, "count", what(), reason);
        }
    }

    fn exceeded(
        &self,
        sum: &Sum<'_>,
        used: Quantity,
        allowed: Quantity,
        headroom: u8,
        at_most: bool,
    ) -> Option<Observation> {
        let least = if sum.uncounted.is_empty() { "" } else { "at least " };
        let over = (used - allowed).shown();
        let bound = match headroom {
            0 => format!("the budget of `{}`", self.bound),
            _ => format!("the budget of `{}` allows with {headroom}% kept free", self.bound),
        };
        let message = format!(
            "the {} of {} add up to {least}`{}`, `{over}` more than {bound}",
            self.measure.name(),
            self.whose,
            used.shown()
        );
        let declared = [self.path, self.budget.at.as_str()].iter().find_map(|path| self.cluster.config_place(path));
        let place = declared.or_else(|| sum.parts.first().map(|part| part.place))?;
        let key = self.path.strip_prefix(&self.budget.at).unwrap_or_default().trim_start_matches('.');
        let mut found = Observation::new("budget-exceeded", message, Label::new(place, "the budget"))
            .keyed(format!("budget[{}].{key}", self.whose.replace('`', "")))
            .confidence(total::confidence(sum, at_most, &|sum| sum > allowed));
        for label in total::largest(sum, at_most) {
            found = found.related(label);
        }
        let names = total::names(sum, at_most);
        let open = match sum.uncounted.len() {
            0 => String::new(),
            more => format!("; {} not counted, see the coverage", parts(more)),
        };
        Some(found.help(format!("lower one of the largest ({names}), or raise the budget{open}")))
    }
}

fn parts(number: usize) -> String {
    if number == 1 { "1 part is".to_owned() } else { format!("{number} parts are") }
}
