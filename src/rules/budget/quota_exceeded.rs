//! What a namespace asks for fits its ResourceQuota. Card: rules/budget/quota-exceeded.md

use serde::Deserialize;

use super::total;
use crate::build::Object;
use crate::cluster::budget::{Account, Contributor, Measure, Scope, Side, Stated};
use crate::cluster::quantity::Quantity;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::{Entry, Node};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct QuotaExceeded {}

impl Rule for QuotaExceeded {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let quotas: Vec<&Object> = cluster.of_kind("", "ResourceQuota").collect();
        if quotas.is_empty() {
            return;
        }
        let account = cluster.account();
        for quota in quotas {
            let scoped = quota.dig("spec.scopes").is_some_and(|scopes| !scopes.items().is_empty())
                || quota.dig("spec.scopeSelector").is_some_and(|selector| !selector.is_null());
            if scoped {
                out.undecided(cluster, "count", quota.reference().to_string(), "it counts pods of certain scopes only");
                continue;
            }
            for entry in quota.dig("spec.hard").into_iter().flat_map(Node::entries) {
                let Some(measure) = measure(&entry.key) else { continue };
                bound(cluster, account, quota, entry, measure, out);
                if let Some((side, resource)) = obligatory(measure) {
                    refused(account, quota, entry, side, resource, out);
                }
            }
        }
    }
}

/// What a key of `spec.hard` bounds; `None` for what is not counted here.
fn measure(key: &str) -> Option<Measure<'_>> {
    Some(match key {
        "cpu" | "memory" | "ephemeral-storage" => Measure::Requests(key),
        "pods" | "count/pods" => Measure::Pods,
        "persistentvolumeclaims" | "count/persistentvolumeclaims" => Measure::Claims,
        "requests.storage" => Measure::Storage,
        _ if key.contains(".storageclass.storage.k8s.io/") => return None,
        _ => match (key.strip_prefix("requests."), key.strip_prefix("limits.")) {
            (Some(resource), _) => Measure::Requests(resource),
            (None, Some(resource)) => Measure::Limits(resource),
            (None, None) => return None,
        },
    })
}

/// What every container has to state because a quota counts it.
fn obligatory(measure: Measure<'_>) -> Option<(Side, &str)> {
    match measure {
        Measure::Requests(resource @ ("cpu" | "memory")) => Some((Side::Requests, resource)),
        Measure::Limits(resource @ ("cpu" | "memory")) => Some((Side::Limits, resource)),
        _ => None,
    }
}

fn bound(
    cluster: &Cluster<'_>,
    account: &Account<'_>,
    quota: &Object,
    entry: &Entry,
    measure: Measure<'_>,
    out: &mut Sink,
) {
    let Stated::Known(hard) = Stated::read(&entry.value) else {
        out.undecided(cluster, "count", quota.reference().to_string(), format!("`{}` is not known", entry.key));
        return;
    };
    let mut sum = account.sum(Scope::Namespace(quota.namespace()), measure);
    let every: Quantity = sum.most;
    // Jobs are not always there, and an autoscaler asks for no more than it gets.
    sum.parts.retain(|part| !part.transient || matches!(measure, Measure::Storage | Measure::Claims));
    let standing: Quantity = sum.parts.iter().map(|part| part.least).sum();
    let what = || format!("the {} of namespace `{}`", measure.name(), quota.namespace());
    if standing <= hard.value {
        if every > hard.value {
            let reason = format!(
                "`{}` of `{}` in {} with Jobs and autoscalers at their most",
                every.shown(),
                hard.value,
                quota.reference()
            );
            out.undecided(cluster, "count", what(), reason);
        } else if !sum.uncounted.is_empty() {
            let reason = format!("at least `{}` of `{}` in {}", standing.shown(), hard.value, quota.reference());
            out.undecided(cluster, "count", what(), reason);
        }
        return;
    }
    let least = if sum.uncounted.is_empty() { "" } else { "at least " };
    let over = (standing - hard.value).shown();
    let message = format!(
        "the {} of namespace `{}` add up to {least}`{}`, `{over}` more than the `{}` of ResourceQuota `{}`",
        measure.name(),
        quota.namespace(),
        standing.shown(),
        hard.value,
        quota.name
    );
    let mut found = Observation::new("quota-exceeded", message, Label::new(entry.value.span(), "the quota"))
        .about(quota.reference(), format!("spec.hard[{}]", entry.key))
        .confidence(total::confidence(&sum, false, &|sum| sum > hard.value))
        .help(format!("lower one of the largest ({}), or raise the quota", total::names(&sum, false)))
        .trail(trail(&entry.value));
    for label in total::largest(&sum, false) {
        found = found.related(label);
    }
    out.report(found);
}

/// Pods that do not state what a quota counts are refused.
fn refused(account: &Account<'_>, quota: &Object, entry: &Entry, side: Side, resource: &str, out: &mut Sink) {
    let within = |one: &&Contributor<'_>| {
        one.namespace == quota.namespace() && one.trust == Confidence::High && one.copies.most > 0
    };
    for contributor in account.contributors.iter().filter(within) {
        let Some(pod) = &contributor.pod else { continue };
        if pod.whole.is_some() {
            continue;
        }
        let silent = |side: Side| {
            pod.containers
                .iter()
                .chain(&pod.init)
                .find(|one| one.open.is_none() && !one.side(side).contains_key(resource))
        };
        let Some(container) = silent(side) else { continue };
        let word = if side == Side::Requests { "request" } else { "limit" };
        let message = format!(
            "container `{}` of {} states no {resource} {word}, which ResourceQuota `{}` asks of every container in namespace `{}`",
            container.name,
            contributor.object.reference(),
            quota.name,
            quota.namespace()
        );
        out.report(
            Observation::new("quota-exceeded", message, Label::new(container.place, format!("no {resource} {word}")))
                .about(contributor.object.reference(), format!("{}[{}].resources", contributor.part, container.name))
                .related(Label::new(entry.key_span, "the quota counts it"))
                .why("The API server refuses pods that do not state what a quota of their namespace counts.")
                .help(format!("state a {resource} {word}, or give the namespace a LimitRange with a default")),
        );
    }
}
