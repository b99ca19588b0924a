//! A monitor selects some Service or pod. Card: rules/observability/monitor-selects-nothing.md

use serde::Deserialize;

use super::meant::meant;
use crate::cluster::Cluster;
use crate::cluster::monitors::{Monitor, Scraped, Selected, Targets, monitors};
use crate::cluster::pods::Requirement;
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MonitorSelectsNothing {}

impl Rule for MonitorSelectsNothing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let monitors = monitors(cluster);
        if monitors.is_empty() {
            return;
        }
        let pods = cluster.pods();
        let services = cluster.services();
        let targets = Targets::new(cluster, services, pods);
        for monitor in monitors.iter().filter(|monitor| !monitor.selector.is_empty()) {
            let selected = targets.selected(monitor);
            if !selected.certain.is_empty() {
                continue;
            }
            match &selected.open {
                Some(why) => {
                    out.undecided(cluster, "monitor", format!("what {} selects", monitor.object.reference()), why);
                }
                None => out.report(weighed(cluster, monitor.object, Confidence::Medium, nothing(monitor, &selected))),
            }
        }
    }
}

fn nothing(monitor: &Monitor<'_>, selected: &Selected<'_, '_>) -> Observation {
    let object = monitor.object.reference();
    let asked = monitor.selector.shown();
    let meant = meant(monitor, &selected.there);
    let fails = |one: &&Requirement| meant.is_none_or(|meant| !one.accepts(meant.labels().value(&one.key)).is_yes());
    let requirements = &monitor.selector.requirements;
    let failing = requirements.iter().find(fails).or(requirements.first());
    let what = if monitor.of_pods { "pod" } else { "Service" };
    let namespaces: Vec<String> = monitor.namespaces.iter().flatten().map(|name| format!("`{name}`")).collect();
    let place = match namespaces.as_slice() {
        [] => "of the cluster".to_owned(),
        all => format!("in namespace {}", all.join(" or ")),
    };
    let mut found = Observation::new(
        "monitor-selects-nothing",
        format!("{object} selects `{asked}`, which no {what} {place} carries"),
        Label::new(failing.map_or(monitor.object.place(), |one| one.place), format!("no {what} carries this")),
    )
    .about(object, format!("selector[{asked}]"));
    if let Some(meant) = meant {
        found = found.related(Label::new(meant.object().place(), "probably meant")).help(advice(failing, meant));
    }
    found
}

fn advice(failing: Option<&Requirement>, meant: Scraped<'_, '_>) -> String {
    let labels = meant.labels();
    let own = failing.and_then(|one| labels.known().find(|(key, _)| *key == one.key));
    if let Some((key, value)) = own {
        return format!("select `{key}: {value}`, which {} carries", meant.shown());
    }
    let mut known: Vec<String> = labels.known().map(|(key, value)| format!("`{key}: {value}`")).collect();
    known.truncate(3);
    match known.as_slice() {
        [] if meant.object().is("minio.min.io", "Tenant") => {
            format!("label {} in `spec.serviceMetadata.minioServiceLabels`, and select that label", meant.shown())
        }
        [] => format!("{} carries no such label: add it, and select it", meant.shown()),
        all => format!("select a label of {}: {}", meant.shown(), all.join(", ")),
    }
}
