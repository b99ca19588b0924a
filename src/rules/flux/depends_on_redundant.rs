//! A `dependsOn` entry that another one implies already. Card: rules/flux/depends-on-redundant.md

use hashbrown::HashSet;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::edits::remove_item;
use super::order::{Need, Order, Why};
use crate::build::Object;
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DependsOnRedundant {}

impl Rule for DependsOnRedundant {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let order = Order::of(cluster);
        for (at, object) in order.objects.iter().enumerate() {
            // What each entry brings with it.
            let direct: BTreeMap<usize, (&Need<'_>, HashSet<usize>)> =
                unconditional(&order, at).map(|need| (need.of, (need, implied(&order, need.of)))).collect();
            for (of, (need, own)) in &direct {
                // In a circle each implies the other, and neither is needless.
                let by = direct
                    .values()
                    .find(|(other, brings)| other.of != *of && brings.contains(of) && !own.contains(&other.of));
                if let Some(found) = by.and_then(|(by, _)| report(cluster, &order, object, need, by)) {
                    out.report(found);
                }
            }
        }
    }
}

/// Entries without a condition of their own: an expression may hold before the object is ready.
fn unconditional<'o, 'w>(order: &'o Order<'w>, at: usize) -> impl Iterator<Item = &'o Need<'w>> {
    order.needs_by(at, Why::DependsOn).filter(|need| need.entry.is_some_and(|entry| entry.get("readyExpr").is_none()))
}

/// What an object depends on, at any distance.
fn implied(order: &Order<'_>, from: usize) -> HashSet<usize> {
    let mut seen = HashSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        open.extend(unconditional(order, at).map(|need| need.of).filter(|of| seen.insert(*of)));
    }
    seen
}

fn report(
    cluster: &Cluster<'_>,
    order: &Order<'_>,
    object: &Object,
    need: &Need<'_>,
    by: &Need<'_>,
) -> Option<Observation> {
    let target = order.objects.get(need.of)?;
    let through = order.objects.get(by.of)?;
    let entry = need.entry?;
    let node = entry.get("name").unwrap_or(entry);
    let name = target.full_name();
    let mut observation = Observation::new(
        "depends-on-redundant",
        format!(
            "{} depends on `{name}`, and so does `{}`, on which it depends too",
            object.reference(),
            through.full_name()
        ),
        Label::new(node.span(), "implied already"),
    )
    .about(object.reference(), format!("spec.dependsOn[{name}]"))
    .related(Label::new(by.place, "implies it"))
    .trail(trail(node));
    let list = object.dig("spec.dependsOn").map(Node::items).unwrap_or_default();
    let at = list.iter().position(|item| std::ptr::eq(item, entry))?;
    observation.fix = remove_item(cluster, list, at, "remove the entry".to_owned());
    Some(observation)
}
