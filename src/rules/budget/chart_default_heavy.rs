//! A heavy default of a chart is a decision. Card: rules/budget/chart-default-heavy.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::budget::{Measure, shown};
use crate::cluster::quantity::Quantity;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// When a default is heavy.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ChartDefaultHeavy {
    memory: String,
    storage: String,
}

impl Default for ChartDefaultHeavy {
    fn default() -> Self {
        ChartDefaultHeavy { memory: "2Gi".to_owned(), storage: "100Gi".to_owned() }
    }
}

impl Rule for ChartDefaultHeavy {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let bounds =
            [(Measure::Requests("memory"), &self.memory, "memory"), (Measure::Storage, &self.storage, "storage")];
        for one in &cluster.account().contributors {
            for (measure, bound, what) in &bounds {
                let Some(bound) = Quantity::parse(bound) else { continue };
                let share = one.share(*measure);
                let total = share.value.times(one.copies.least);
                let Some(biggest) = share.biggest.filter(|amount| amount.by_default && total > bound) else { continue };
                let message = format!(
                    "{} asks for `{}` of {what}, and its chart alone says so",
                    shown(one.object, &one.part),
                    total.shown()
                );
                let found =
                    Observation::new("chart-default-heavy", message, Label::new(biggest.place, "says nothing of it"));
                out.report(found.about(one.object.reference(), format!("{}.{what}", one.part)).confidence(one.trust));
            }
        }
    }
}
