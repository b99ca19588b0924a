//! A monitor names ports that its targets have. Card: rules/observability/monitor-port-missing.md

use serde::Deserialize;

use super::meant::meant;
use crate::cluster::monitors::{Monitor, Scraped, Selected, Targets, monitors};
use crate::cluster::nearest::nearest_name;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::{rewrite, weighed};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MonitorPortMissing {}

impl Rule for MonitorPortMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let monitors = monitors(cluster);
        if monitors.is_empty() {
            return;
        }
        let pods = cluster.pods();
        let services = cluster.services();
        let targets = Targets::new(cluster, services, pods);
        for monitor in monitors {
            let selected = targets.selected(&monitor);
            let Some((of, sure)) = judged(&monitor, &selected) else { continue };
            let Some(ports) = of.iter().map(Scraped::ports).collect::<Option<Vec<_>>>() else { continue };
            let ports: Vec<&str> = ports.into_iter().flatten().collect();
            for wanted in monitor.endpoints.iter().filter_map(|endpoint| endpoint.get("port")) {
                let Some(name) = wanted.as_str().filter(|name| !name.contains("${") && !name.contains("{{")) else {
                    continue;
                };
                if !ports.contains(&name) {
                    out.report(weighed(cluster, monitor.object, sure, missing(&monitor, wanted, name, &of, &ports)));
                }
            }
        }
    }
}

/// What the ports are looked for in: all that is selected, or what was meant where certainly nothing is.
fn judged<'s, 'w>(monitor: &Monitor<'w>, selected: &Selected<'s, 'w>) -> Option<(Vec<Scraped<'s, 'w>>, Confidence)> {
    if !selected.certain.is_empty() {
        let sure = if selected.open.is_some() { Confidence::Medium } else { Confidence::High };
        return Some((selected.certain.clone(), sure));
    }
    if selected.open.is_some() || monitor.selector.is_empty() {
        return None;
    }
    meant(monitor, &selected.there).map(|meant| (vec![meant], Confidence::Medium))
}

fn missing(monitor: &Monitor<'_>, wanted: &Node, name: &str, of: &[Scraped<'_, '_>], ports: &[&str]) -> Observation {
    let object = monitor.object.reference();
    let shown = match of {
        [only] => only.shown(),
        [first, ..] => format!("{} or of {} more", first.shown(), of.len() - 1),
        [] => String::new(),
    };
    let have = match ports {
        [] => "which has no named port".to_owned(),
        all => format!("which has `{}`", all.join("`, `")),
    };
    let mut found = Observation::new(
        "monitor-port-missing",
        format!("{object} scrapes port `{name}` of {shown}, {have}"),
        Label::new(wanted.span(), "no port of that name"),
    )
    .about(object, format!("endpoints[{name}]"))
    .trail(trail(wanted));
    for one in of.iter().take(3) {
        found = found.related(Label::new(one.object().place(), "what is scraped"));
    }
    let near = nearest_name(name, ports.iter().copied());
    match (near, ports) {
        (Some(near), _) => {
            found = found.help(format!("did you mean `{near}`?"));
            found.fix = rewrite(wanted, "port", near);
        }
        (None, [only]) => {
            found = found.help(format!("name port `{only}`"));
            found.fix = rewrite(wanted, "port", only);
        }
        (None, _) => {}
    }
    found
}
