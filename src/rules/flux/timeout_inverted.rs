//! Who waits has at least as much time as what it waits for. Card: rules/flux/timeout-inverted.md

use std::time::Duration;

use serde::Deserialize;

use super::durations::parse;
use crate::build::Object;
use crate::cluster::flux::{HELM, KUSTOMIZE};
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TimeoutInverted {}

/// The timeout of a HelmRelease that sets none. Source: helm-controller `api/v2/helmrelease_types.go` (`GetTimeout`).
const OF_RELEASE: Duration = Duration::from_secs(300);

/// What a Kustomization without a timeout lacks of its interval, and the least it has. Source: kustomize-controller
/// `api/v1/kustomization_types.go` (`GetTimeout`).
const MARGIN: Duration = Duration::from_secs(30);

/// A time, and where it is written.
struct Time {
    lasts: Duration,
    place: Span,
}

impl Rule for TimeoutInverted {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        // The Kustomizations that wait, and what each applies.
        let mut applied: Vec<Vec<&Object>> = vec![Vec::new(); cluster.kustomizations().len()];
        for object in cluster.objects().filter(|object| object.release.is_none()) {
            if let Some(list) = applied.get_mut(object.kustomization) {
                list.push(object);
            }
        }
        for (one, applied) in cluster.kustomizations().iter().zip(&applied) {
            let Some(object) = one.object.and_then(|at| cluster.object(at)) else { continue };
            let Some(own) = of_kustomization(object) else { continue };
            let waited: Vec<&Object> = if object.dig("spec.wait").and_then(Node::as_bool) == Some(true) {
                applied.iter().copied().filter(|other| other.reference() != object.reference()).collect()
            } else {
                checked(cluster, object)
            };
            let longest =
                waited.into_iter().filter_map(|other| Some((time_of(other)?, other))).max_by(|(a, one), (b, other)| {
                    a.lasts.cmp(&b.lasts).then_with(|| other.reference().cmp(&one.reference()))
                });
            if let Some((time, other)) = longest.filter(|(time, _)| time.lasts > own.lasts) {
                out.report(report(object, &own, other, &time));
            }
        }
    }
}

/// The objects of `healthChecks` that are in the tree.
fn checked<'w>(cluster: &Cluster<'w>, object: &Object) -> Vec<&'w Object> {
    let entries = object.dig("spec.healthChecks").map(Node::items).unwrap_or_default().iter();
    entries
        .filter_map(|entry| {
            let text = |key: &str| entry.get(key).and_then(Node::as_str);
            let (group, _) = text("apiVersion")?.split_once('/').unwrap_or_default();
            cluster.get(group, text("kind")?, text("namespace").unwrap_or_default(), text("name")?)
        })
        .collect()
}

fn written(object: &Object, path: &str) -> Option<Time> {
    let node = object.dig(path)?;
    Some(Time { lasts: parse(node.as_str()?)?, place: node.span() })
}

/// The timeout of a Kustomization; `None` where it is not known.
fn of_kustomization(object: &Object) -> Option<Time> {
    if object.dig("spec.timeout").is_some_and(|node| !node.is_null()) {
        return written(object, "spec.timeout");
    }
    let interval = written(object, "spec.interval")?;
    Some(Time { lasts: interval.lasts.saturating_sub(MARGIN).max(MARGIN), ..interval })
}

/// How long an object may take to be ready.
fn time_of(object: &Object) -> Option<Time> {
    if object.is(KUSTOMIZE, "Kustomization") {
        return of_kustomization(object).filter(|_| object.dig("spec.timeout").is_some());
    }
    if object.is("batch", "Job") {
        let node = object.dig("spec.activeDeadlineSeconds")?;
        return Some(Time { lasts: Duration::from_secs(u64::try_from(node.as_int()?).ok()?), place: node.span() });
    }
    if !object.is(HELM, "HelmRelease") {
        return None;
    }
    if object.dig("spec.install.timeout").is_some() {
        return written(object, "spec.install.timeout");
    }
    match object.dig("spec.timeout").filter(|node| !node.is_null()) {
        Some(_) => written(object, "spec.timeout"),
        None => Some(Time { lasts: OF_RELEASE, place: object.place() }),
    }
}

fn report(object: &Object, own: &Time, other: &Object, time: &Time) -> Observation {
    let node = object.dig("spec.timeout").or_else(|| object.dig("spec.interval")).unwrap_or(&object.node);
    Observation::new(
        "timeout-inverted",
        format!(
            "{} waits {} for {}, which may take {}",
            object.reference(),
            shown(own.lasts),
            other.reference(),
            shown(time.lasts)
        ),
        Label::new(own.place, "less time"),
    )
    .about(object.reference(), "spec.timeout")
    .related(Label::new(time.place, "may take longer"))
    .help(format!("set `timeout: {}` or more", shown(time.lasts)))
    .trail(trail(node))
}

/// A duration as the API writes it.
fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let part = |amount: u64, unit: &str| if amount > 0 { format!("{amount}{unit}") } else { String::new() };
    let text = [part(seconds / 3600, "h"), part(seconds / 60 % 60, "m"), part(seconds % 60, "s")].concat();
    if text.is_empty() { format!("{}ms", duration.as_millis()) } else { text }
}
