//! Totals stay within the declared budget. Card: rules/budget/budget-exceeded.md

use serde::Deserialize;

use super::total;
use crate::cluster::Cluster;
use crate::cluster::budget::bounds::{Bound, bounds};
use crate::cluster::budget::{Measure, Sum};
use crate::cluster::quantity::Quantity;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none. The budget stands in the configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BudgetExceeded {}

impl Rule for BudgetExceeded {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let mut unknown: Vec<String> = Vec::new();
        for bound in bounds(cluster) {
            let account = cluster.account();
            let Some(scope) = bound.scope.filter(|scope| account.knows(*scope)) else {
                unknown.push(bound.whose);
                continue;
            };
            let Some(amount) = Quantity::parse(&bound.amount) else {
                let what = format!("the budget of {}", bound.whose);
                out.undecided(cluster, "count", what, format!("`{}` is no amount", bound.amount));
                continue;
            };
            let sum = account.sum(scope, bound.measure);
            Line { cluster, bound: &bound, amount }.judge(&sum, out);
        }
        unknown.dedup();
        for whose in unknown {
            out.undecided(cluster, "count", format!("the budget of {whose}"), "nothing in the tree belongs to it");
        }
    }
}

/// One bound of one budget.
struct Line<'a, 'w> {
    cluster: &'a Cluster<'w>,
    bound: &'a Bound<'w>,
    amount: Quantity,
}

impl Line<'_, '_> {
    fn judge(&self, sum: &Sum<'_>, out: &mut Sink) {
        let headroom = self.bound.budget.headroom.as_ref().map_or(0, |share| share.0);
        let allowed = self.amount.percent(100 - headroom.min(100));
        let is_open = !sum.uncounted.is_empty();
        // An autoscaler may go up to its maximum, which limits have to leave room for.
        let at_most = matches!(self.bound.measure, Measure::Limits(_));
        let used = if at_most { sum.most } else { sum.least };
        for (what, why) in &sum.uncounted {
            out.undecided(self.cluster, "count", what.clone(), why.clone());
        }
        if used > allowed {
            out.observations.extend(self.exceeded(sum, used, allowed, headroom, at_most));
            return;
        }
        let what = || format!("the {} of {}", self.bound.measure.name(), self.bound.whose);
        if sum.most > allowed {
            let most = sum.most.shown();
            out.undecided(
                self.cluster,
                "count",
                what(),
                format!("`{most}` of `{}` with every autoscaler at its maximum", self.amount),
            );
        } else if is_open {
            let reason =
                format!("at least `{}` of `{}`; {} not counted", used.shown(), self.amount, parts(sum.uncounted.len()));
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
            0 => format!("the budget of `{}`", self.amount),
            _ => format!("the budget of `{}` allows with {headroom}% kept free", self.amount),
        };
        let message = format!(
            "the {} of {} add up to {least}`{}`, `{over}` more than {bound}",
            self.bound.measure.name(),
            self.bound.whose,
            used.shown()
        );
        let declared = [self.bound.path.as_str(), self.bound.budget.at.as_str()]
            .iter()
            .find_map(|path| self.cluster.config_place(path));
        let place = declared.or_else(|| sum.parts.first().map(|part| part.place))?;
        let key = self.bound.path.strip_prefix(&self.bound.budget.at).unwrap_or_default().trim_start_matches('.');
        let mut found = Observation::new("budget-exceeded", message, Label::new(place, "the budget"))
            .keyed(format!("budget[{}].{key}", self.bound.whose.replace('`', "")))
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
