//! Durations of Flux objects match the pattern of the API. Card: rules/flux/duration-invalid.md

use serde::Deserialize;

use super::durations::{parse, parts};
use super::edits::replace;
use crate::build::Object;
use crate::cluster::flux::{HELM, IMAGE, KINDS, NOTIFICATION, SOURCE};
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::{Node, Value};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DurationInvalid {}

/// Fields that every kind of a group has, where it has them.
const COMMON: &[&str] = &["spec.interval", "spec.retryInterval", "spec.timeout"];

/// Further fields. Source: helm-controller `api/v2/helmrelease_types.go`.
const OF_HELM: &[&str] = &[
    "spec.chart.spec.interval",
    "spec.install.timeout",
    "spec.install.strategy.retryInterval",
    "spec.upgrade.timeout",
    "spec.upgrade.strategy.retryInterval",
    "spec.rollback.timeout",
    "spec.test.timeout",
    "spec.uninstall.timeout",
];

/// Groups whose `timeout` takes no hours. Source: source-controller `config/crd/bases` (`^([0-9]+(\.[0-9]+)?(ms|s|m))+$`);
/// image-reflector-controller and notification-controller have the same pattern.
const TIMEOUT_WITHOUT_HOURS: &[&str] = &[SOURCE, IMAGE, NOTIFICATION];

impl Rule for DurationInvalid {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for (group, kind) in KINDS {
            let further = if *group == HELM { OF_HELM } else { &[] };
            for object in cluster.of_kind(group, kind) {
                for path in COMMON.iter().chain(further) {
                    let Some(node) = object.dig(path).filter(|node| !node.is_null() && !node.is_unknown()) else {
                        continue;
                    };
                    if let Some(found) = check(object, group, path, node) {
                        out.report(found);
                    }
                }
            }
        }
    }
}

fn check(object: &Object, group: &str, path: &str, node: &Node) -> Option<Observation> {
    let text = node.scalar_text().filter(|text| !text.contains("${"))?;
    let is_text = matches!(node.value, Value::Str(_));
    let no_hours = path == "spec.timeout" && TIMEOUT_WITHOUT_HOURS.contains(&group);
    let is_taken = is_text && parse(&text).is_some() && !(no_hours && text.contains('h'));
    if is_taken {
        return None;
    }
    let units = if no_hours { "`ms`, `s` and `m`" } else { "`ms`, `s`, `m` and `h`" };
    let mut observation = Observation::new(
        "duration-invalid",
        format!("{} has `{path}: {text}`, which is no duration: the units are {units}", object.reference()),
        Label::new(node.span(), "no duration"),
    )
    .about(object.reference(), path.to_owned())
    .trail(trail(node));
    if let Some(better) = same_in_units(&text, no_hours) {
        observation = observation.help(format!("write `{better}`"));
        observation.fix = replace(node, &better, format!("write `{better}`"), Applicability::Safe);
    }
    Some(observation)
}

/// The same duration in the units of the API, where the text can only mean one.
fn same_in_units(text: &str, no_hours: bool) -> Option<String> {
    let unit = |(number, unit): (f64, &str)| -> Option<String> {
        let (factor, unit) = match unit.trim() {
            "d" | "day" | "days" => (24.0, "h"),
            "w" | "week" | "weeks" => (168.0, "h"),
            "h" | "hour" | "hours" => (1.0, "h"),
            "m" | "min" | "mins" | "minute" | "minutes" => (1.0, "m"),
            "s" | "sec" | "secs" | "second" | "seconds" => (1.0, "s"),
            "ms" => (1.0, "ms"),
            _ => return None,
        };
        let (factor, unit) = if no_hours && unit == "h" { (factor * 60.0, "m") } else { (factor, unit) };
        Some(format!("{}{unit}", number * factor))
    };
    let better: Option<String> = parts(text)?.into_iter().map(unit).collect();
    better.filter(|better| parse(better).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_become_hours_and_long_words_short() {
        assert_eq!(same_in_units("1d", false).as_deref(), Some("24h"));
        assert_eq!(same_in_units("1d12h", false).as_deref(), Some("24h12h"));
        assert_eq!(same_in_units("5min", false).as_deref(), Some("5m"));
        assert_eq!(same_in_units("1h", true).as_deref(), Some("60m"));
        assert_eq!(same_in_units("10", false), None);
        assert_eq!(same_in_units("soon", false), None);
    }
}
