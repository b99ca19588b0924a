//! Each dashboard provider has a folder with dashboards. Card: rules/observability/grafana-dashboard-provider-empty.md

use serde::Deserialize;

use crate::cluster::grafana::{Grafana, grafanas};
use crate::cluster::nearest::nearest_name;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

const ID: &str = "grafana-dashboard-provider-empty";

/// Where the chart puts the dashboards of its values, by the key of the group: those that it downloads only where no
/// provider is called like the group. Source: grafana/helm-charts `charts/grafana/templates/_pod.tpl`, `_config.tpl`.
const FOLDER: &str = "/var/lib/grafana/dashboards/";

/// Values that bring files from elsewhere.
const MOUNTS: [&str; 8] = [
    "extraConfigmapMounts[].mountPath",
    "extraSecretMounts[].mountPath",
    "extraVolumeMounts[].mountPath",
    "extraEmptyDirMounts[].mountPath",
    "sidecar.dashboards.folder",
    "sidecar.dashboards.extraMounts[].mountPath",
    "extraInitContainers[].volumeMounts[].mountPath",
    "extraContainerVolumes[].mountPath",
];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GrafanaDashboardProviderEmpty {}

impl Rule for GrafanaDashboardProviderEmpty {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for grafana in grafanas(cluster) {
            let providers = grafana.values.each("dashboardProviders.*.providers[]");
            if !grafana.is_closed {
                if !providers.is_empty() {
                    let what = format!("the dashboard providers of {}", grafana.release.reference());
                    out.undecided(cluster, "values", what, "some of the values are not known");
                }
                continue;
            }
            for provider in providers {
                if let Some(found) = judged(&grafana, provider) {
                    out.report(weighed(cluster, grafana.release, Confidence::Medium, found));
                }
            }
        }
    }
}

fn judged(grafana: &Grafana<'_>, provider: &Node) -> Option<Observation> {
    let is_file = provider.get("type").is_none_or(|kind| kind.is_null() || kind.as_str() == Some("file"));
    if !is_file || provider.is_unknown() {
        return None;
    }
    let name = provider.get("name").and_then(Node::shown).unwrap_or_default().into_owned();
    let subject = format!("dashboard provider `{name}` of {}", grafana.release.reference());
    let key = format!("{}dashboardProviders[{name}]", grafana.path);
    let options = provider.get("options");
    let path = options.and_then(|options| options.get("path")).filter(|path| !path.is_null());
    let Some(path) = path else {
        if options.is_some_and(Node::is_unknown) {
            return None;
        }
        let place = options.or_else(|| provider.get("name")).unwrap_or(provider).span();
        return Some(
            Observation::new(ID, format!("{subject} has no `options.path`"), Label::new(place, "no path"))
                .about(grafana.release.reference(), key)
                .why("The chart makes the folder of each provider: without a path it cannot be rendered.")
                .help(format!("add `path: {FOLDER}{name}`, the folder of the dashboards under `dashboards.{name}`")),
        );
    };
    let text = path.as_str()?;
    let group = text.strip_prefix(FOLDER)?.trim_end_matches('/');
    let is_plain = !group.is_empty() && !group.contains(['/', '$', '{']);
    if !is_plain || takes_downloads(grafana, &name) || is_filled(grafana, text, group) {
        return None;
    }
    let mut found = Observation::new(
        ID,
        format!("{subject} reads `{text}`, but there is no `dashboards.{group}`"),
        Label::new(path.span(), "nothing is put there"),
    )
    .about(grafana.release.reference(), key)
    .trail(trail(path));
    let groups = grafana.values.get("dashboards");
    let names = groups.into_iter().flat_map(Node::entries).map(|entry| entry.key.as_str());
    if let Some(near) = nearest_name(group, names) {
        let place = groups.and_then(|groups| groups.as_map()?.entry(near)).map(|entry| entry.key_span);
        found = found.help(format!("did you mean `{FOLDER}{near}`?"));
        if let Some(place) = place {
            found = found.related(Label::new(place, "nearest group of dashboards"));
        }
    }
    Some(found)
}

/// Whether the chart downloads dashboards into the folder of a provider.
fn takes_downloads(grafana: &Grafana<'_>, name: &str) -> bool {
    let group = grafana.values.get("dashboards").and_then(|groups| groups.get(name));
    group.is_some_and(|group| {
        let is_download = |dashboard: &Node| dashboard.get("url").is_some() || dashboard.get("gnetId").is_some();
        group.is_unknown() || group.entries().any(|entry| is_download(&entry.value))
    })
}

/// Whether something puts files into a folder.
fn is_filled(grafana: &Grafana<'_>, path: &str, group: &str) -> bool {
    let maps = ["dashboards", "dashboardsConfigMaps"].iter().filter_map(|key| grafana.values.get(key));
    let mut known = maps.clone();
    let leads = |mount: &Node| {
        let Some(mount) = mount.as_str().map(|text| text.trim_end_matches('/')) else { return true };
        let below = |long: &str, short: &str| {
            long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        // A mount of Grafana's whole folder is its own disk, as the chart has it.
        mount != "/var/lib/grafana" && (below(path, mount) || below(mount, path))
    };
    known.any(|map| map.is_unknown() || map.get(group).is_some())
        || MOUNTS.iter().any(|text| grafana.values.each(text).into_iter().any(leads))
}
