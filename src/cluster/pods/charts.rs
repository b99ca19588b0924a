//! Pods of releases: those that profiles describe, and all others with unknown labels.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::workloads::{self, ADDED_AT_RUN_TIME};
use super::{Answer, Endpoint, Labels, PodPort, PodSet, Release};
use crate::build::charts::Extent;
use crate::cluster::Cluster;
use crate::cluster::profiles::{Condition, Fit, Names, Values};
use crate::yaml::Node;

/// The pods of a workload, as Services and network policies see them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[schemars(rename = "Pods")]
pub struct PodsSpec {
    /// Labels that they have for certain; `{release}`, `{full}` and `{name}` stand for names as in Services.
    labels: BTreeMap<String, String>,
    /// Paths of values that add labels.
    #[serde(default)]
    added: Vec<String>,
    /// How the names of other labels begin that they may have; left out where they may have any.
    also: Option<Vec<String>>,
    /// Ports that they listen on.
    #[serde(default)]
    ports: Vec<PodPortSpec>,
    /// Name of their service account.
    account: Option<String>,
    /// When they use the network of the node.
    host_network: Option<Condition>,
}

/// A port of a container.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "PodPort")]
struct PodPortSpec {
    /// Its name.
    name: Option<String>,
    /// Its number.
    number: u16,
    /// Path of the value that sets another number.
    at: Option<String>,
}

/// Keys under which charts take objects of any kind.
const EXTRA: [&str; 5] = ["extraObjects", "extraDeploy", "extraManifests", "extraResources", "additionalResources"];

/// Pods of a release.
pub fn pods<'w>(cluster: &Cluster<'w>, release: &Release<'w>) -> Vec<PodSet<'w>> {
    let mut sets = rendered(cluster, release);
    if release.object.dig("spec.postRenderers").is_some_and(|renderers| !renderers.items().is_empty()) {
        // Patches over what the chart renders: any label may be another, any policy may come with it.
        for set in &mut sets {
            set.endpoint.labels = std::mem::take(&mut set.endpoint.labels).changed();
            set.own_policies = true;
        }
    }
    sets
}

fn rendered<'w>(cluster: &Cluster<'w>, release: &Release<'w>) -> Vec<PodSet<'w>> {
    let unknown = || PodSet::unknown(release.object, &release.namespace);
    if cluster.model(release.object).is_some() {
        // What it makes are objects of their own; there may be more.
        let is_open = |(group, kind)| matches!(cluster.makes(release.object, group, kind), Extent::Open(_));
        let more = workloads::kinds().any(is_open);
        return more.then(unknown).into_iter().collect();
    }
    let mut sets = match cluster.profiles().of_release(release) {
        Some(fit) => described(release, fit),
        None => vec![unknown()],
    };
    if brings_policies(release.values) || !release.is_closed {
        for set in &mut sets {
            set.own_policies = true;
        }
    }
    sets
}

/// What a profile says of a release.
fn described<'w>(release: &Release<'w>, fit: Fit<'_>) -> Vec<PodSet<'w>> {
    let mut sets = Vec::new();
    let has_extra = EXTRA.iter().filter_map(|key| release.values.get(key)).any(|extra| {
        !extra.items().is_empty() || extra.entries().next().is_some() || extra.is_unknown() || extra.as_str().is_some()
    });
    let mut is_all = fit.profile.complete && fit.is_verified && release.is_closed && !has_extra;
    let names = Names::of_release(release, fit);
    let open = (!release.is_closed).then(|| "some of its values are not known".to_owned());
    let values = Values { root: release.values, item: None, open };
    for workload in fit.profile.workloads.iter().flatten() {
        match (workload.runs(&values), &workload.pods) {
            (Ok(false), _) => {}
            (Ok(true), Some(spec)) => sets.push(spec.pods(release, fit, &names, &values, workload.name())),
            _ => is_all &= !workload.has_pods(),
        }
    }
    if !is_all {
        sets.push(PodSet::unknown(release.object, &release.namespace));
    }
    sets
}

impl PodsSpec {
    fn pods<'w>(
        &self,
        release: &Release<'w>,
        fit: Fit<'_>,
        names: &Names,
        values: &Values<'_>,
        component: &str,
    ) -> PodSet<'w> {
        let mut labels = Labels::default();
        for (key, value) in &self.labels {
            labels = labels.with(key, names.fill(value).as_deref());
        }
        for path in &self.added {
            labels.add(release.values.dig(path));
        }
        labels = labels.open_below(&ADDED_AT_RUN_TIME);
        labels = match &self.also {
            Some(prefixes) if fit.is_verified && release.is_closed => labels.open_below(prefixes),
            _ => labels.open(),
        };
        let mut pods = PodSet::new(release.object, Endpoint::new(&release.namespace, labels));
        pods.component = Some(component.to_owned());
        pods.endpoint.service_account = self.account.as_deref().and_then(|name| names.fill(name));
        if let Some(condition) = &self.host_network {
            pods.endpoint.host_network = condition.holds(values).map_or(Answer::Unknown, Answer::from);
        }
        pods.verified = fit.is_verified;
        let port = |port: &PodPortSpec| {
            let written = port.at.as_ref().and_then(|path| release.values.dig(path)).filter(|node| !node.is_null());
            let number = match written {
                Some(node) => node.scalar_text().and_then(|text| text.parse().ok()),
                None => Some(port.number),
            };
            PodPort::tcp(port.name.as_deref(), number)
        };
        pods.ports = self.ports.iter().map(port).collect();
        pods
    }
}

/// Whether values switch on network policies of the chart.
fn brings_policies(values: &Node) -> bool {
    let here = ["networkPolicy", "networkPolicies", "ciliumNetworkPolicy"]
        .iter()
        .filter_map(|key| values.get(key))
        .any(|policy| policy.get("enabled").is_none_or(|enabled| enabled.as_bool() != Some(false)));
    here || values.entries().any(|entry| entry.value.as_map().is_some() && brings_policies(&entry.value))
}
