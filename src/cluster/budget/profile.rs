//! What a chart or an operator's object runs, as profiles say it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::copies::{Copies, whole};
use super::pod::{Amount, Container, Pod, Stated};
use super::{Claim, Contributor, Uncounted};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::pods::PodsSpec;
use crate::cluster::profiles::{Condition, Look, Values, all_hold};
use crate::cluster::quantity::Quantity;
use crate::finding::Confidence;
use crate::yaml::Node;

/// One workload. Paths lead through the values (or the object); `@.` begins at the item of `each`, ` | ` separates
/// alternatives.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct WorkloadSpec {
    name: String,
    /// A list with an entry for each workload, and the number of entries where it is absent.
    each: Option<Each>,
    /// Conditions, all of which must hold.
    #[serde(default)]
    when: Vec<Condition>,
    #[serde(default)]
    workload: Workload,
    /// It runs for other objects, as many times as they ask for: it is not counted here.
    #[serde(default)]
    for_objects: bool,
    replicas: Option<Number>,
    /// Further factors of the number of copies.
    #[serde(default)]
    times: Vec<Number>,
    /// Spread over three zones, each with a third of the copies, rounded up.
    zones: Option<Condition>,
    /// Path of a map with `enabled`, `minReplicas`, `maxReplicas`.
    autoscaling: Option<String>,
    #[serde(default)]
    containers: Vec<ContainerSpec>,
    #[serde(default)]
    claims: Vec<ClaimSpec>,
    /// What Services and network policies see of its pods; left out where that is not known.
    pub pods: Option<PodsSpec>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Each {
    path: String,
    default: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Workload {
    #[default]
    Replicated,
    DaemonSet,
    Job,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Number {
    path: Option<String>,
    default: u64,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ContainerSpec {
    name: String,
    #[serde(default)]
    when: Vec<Condition>,
    resources: Option<String>,
    #[serde(default)]
    requests: BTreeMap<String, String>,
    #[serde(default)]
    limits: BTreeMap<String, String>,
    /// Memory of a cache in Mi, of which request and limit are 1.2 times.
    memcached: Option<Number>,
    /// Name of a size that holds while `resources` is empty.
    preset: Option<Preset>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Preset {
    path: String,
    default: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ClaimSpec {
    name: String,
    #[serde(default)]
    when: Vec<Condition>,
    size: String,
    default: Option<String>,
    count: Option<Number>,
}

/// What runs with these values.
pub fn expand<'w>(
    workloads: &[WorkloadSpec],
    cluster: &Cluster<'w>,
    owner: &Owner<'w>,
    values: &Values<'_>,
    found: &mut Found<'w>,
) {
    for workload in workloads {
        match &workload.each {
            None => workload.expand(cluster, owner, values, &workload.name, found),
            Some(each) => {
                let items: Vec<&Node> = match values.look(&each.path) {
                    Look::Found(list) => list.items().iter().collect(),
                    Look::Absent => {
                        for at in 0..each.default {
                            workload.expand(cluster, owner, values, &format!("{} {at}", workload.name), found);
                        }
                        continue;
                    }
                    Look::Open(why) => {
                        found.uncounted.push(owner.uncounted(&workload.name, why));
                        continue;
                    }
                };
                for (at, item) in items.into_iter().enumerate() {
                    let name = item
                        .get("name")
                        .and_then(Node::as_str)
                        .map_or_else(|| format!("{} {at}", workload.name), str::to_owned);
                    workload.expand(cluster, owner, &Values { item: Some(item), ..values.clone() }, &name, found);
                }
            }
        }
    }
}

/// The object that is expanded.
pub struct Owner<'w> {
    /// The object.
    pub object: &'w Object,
    /// Where its pods are.
    pub namespace: String,
    /// The weight of the proof.
    pub trust: Confidence,
}

impl<'w> Owner<'w> {
    /// A part of it that cannot be counted.
    pub fn uncounted(&self, part: &str, reason: impl Into<String>) -> Uncounted<'w> {
        Uncounted {
            object: self.object,
            part: part.to_owned(),
            namespace: self.namespace.clone(),
            reason: reason.into(),
        }
    }
}

/// What an expansion found.
#[derive(Debug, Default)]
pub struct Found<'w> {
    /// What can be counted.
    pub contributors: Vec<Contributor<'w>>,
    /// What cannot.
    pub uncounted: Vec<Uncounted<'w>>,
}

impl Number {
    fn read(&self, values: &Values<'_>) -> Copies {
        match self.path.as_ref().map(|path| values.look(path)) {
            Some(Look::Found(node)) => Copies::read(Some(node), self.default),
            Some(Look::Open(why)) => Copies::unknown(why, None),
            Some(Look::Absent) | None => Copies::exactly(self.default, None),
        }
    }
}

impl WorkloadSpec {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is pods, and not claims alone.
    pub fn has_pods(&self) -> bool {
        !self.containers.is_empty()
    }

    /// Whether some of it runs with these values.
    ///
    /// # Errors
    /// Why that cannot be known, as a clause.
    pub fn runs(&self, values: &Values<'_>) -> Result<bool, String> {
        let copies = || self.replicas.as_ref().map(|number| number.read(values));
        let is_none = |copies: Copies| copies.most == 0 && copies.gap.is_none();
        Ok(all_hold(&self.when, values)? && !copies().is_some_and(is_none))
    }

    /// Every amount that it states itself.
    pub fn amounts(&self) -> Vec<&str> {
        let containers = self.containers.iter();
        let own = containers.flat_map(|one| one.requests.values().chain(one.limits.values()));
        own.chain(self.claims.iter().filter_map(|claim| claim.default.as_ref())).map(String::as_str).collect()
    }

    fn expand<'w>(
        &self,
        cluster: &Cluster<'w>,
        owner: &Owner<'w>,
        values: &Values<'_>,
        name: &str,
        found: &mut Found<'w>,
    ) {
        match all_hold(&self.when, values) {
            Ok(true) => {}
            Ok(false) => return,
            Err(why) => {
                found.uncounted.push(owner.uncounted(name, why));
                return;
            }
        }
        if self.for_objects {
            found.uncounted.push(owner.uncounted(name, "other objects say how many of it run"));
            return;
        }
        let copies = match self.copies(cluster, values) {
            Ok(copies) => copies,
            Err(why) => {
                found.uncounted.push(owner.uncounted(name, why));
                return;
            }
        };
        let mut containers = Vec::new();
        for spec in &self.containers {
            match all_hold(&spec.when, values) {
                Ok(true) => containers.push(spec.expand(owner, values)),
                Ok(false) => {}
                Err(why) => found.uncounted.push(owner.uncounted(name, format!("container `{}`: {why}", spec.name))),
            }
        }
        let mut claims = Vec::new();
        for spec in &self.claims {
            match all_hold(&spec.when, values) {
                Ok(true) => claims.extend(spec.expand(owner, values)),
                Ok(false) => {}
                Err(why) => found.uncounted.push(owner.uncounted(name, format!("claim `{}`: {why}", spec.name))),
            }
        }
        let pod = (!containers.is_empty()).then(|| Pod { containers, ..Pod::default() });
        found.contributors.push(Contributor {
            object: owner.object,
            part: name.to_owned(),
            namespace: owner.namespace.clone(),
            copies,
            pod,
            claims,
            trust: owner.trust,
            transient: self.workload == Workload::Job,
        });
    }

    fn copies(&self, cluster: &Cluster<'_>, values: &Values<'_>) -> Result<Copies, String> {
        if self.workload == Workload::DaemonSet {
            return Ok(Copies::of_nodes(cluster, None));
        }
        let mut copies = self.replicas.as_ref().map_or_else(|| Copies::exactly(1, None), |number| number.read(values));
        if let Some(path) = &self.autoscaling
            && let Look::Found(map) = values.look(path)
            && map.get("enabled").and_then(Node::as_bool) == Some(true)
        {
            let least = map.get("minReplicas").and_then(whole).unwrap_or(1);
            let place = map.get("maxReplicas").map(Node::span);
            copies = match map.get("maxReplicas").and_then(whole) {
                Some(most) => Copies { least: least.min(most), most, place, gap: None },
                None => Copies { least, most: least, place, gap: Some("its autoscaler states no maximum".to_owned()) },
            };
        }
        for factor in &self.times {
            let factor = factor.read(values);
            copies = Copies {
                least: copies.least.saturating_mul(factor.least),
                most: copies.most.saturating_mul(factor.most),
                place: copies.place,
                gap: copies.gap.or(factor.gap),
            };
        }
        if let Some(zones) = &self.zones
            && zones.holds(values)?
        {
            copies = Copies { least: copies.least.div_ceil(3) * 3, most: copies.most.div_ceil(3) * 3, ..copies };
        }
        Ok(copies)
    }
}

impl ContainerSpec {
    fn expand(&self, owner: &Owner<'_>, values: &Values<'_>) -> Container {
        let mut container = Container::empty(&self.name, owner.object.place());
        let stated = self.resources.as_ref().map(|path| values.look(path));
        let resources = match stated {
            Some(Look::Found(node)) => Some(node),
            Some(Look::Open(why)) => {
                container.open = Some(why);
                return container;
            }
            Some(Look::Absent) | None => None,
        };
        let default = |text: &str| {
            let value = Quantity::parse(text)?;
            Some(Stated::Known(Amount { value, place: owner.object.place(), by_default: true }))
        };
        let is_empty = resources.is_none_or(|node| node.entries().next().is_none());
        if let Some(memory) = self.memcached.as_ref().filter(|_| is_empty) {
            // The template takes `resources` whole where there are any.
            let copies = memory.read(values);
            let amount = match copies.gap {
                Some(why) => Stated::Unclear(why),
                None => Stated::Known(Amount {
                    value: Quantity::mebibytes((copies.most.saturating_mul(12) + 5) / 10),
                    place: copies.place.unwrap_or_else(|| owner.object.place()),
                    by_default: copies.place.is_none(),
                }),
            };
            container.requests.insert("memory".to_owned(), amount.clone());
            container.limits.insert("memory".to_owned(), amount);
        }
        if let Some(preset) = self.preset.as_ref().filter(|_| is_empty) {
            let name = match values.look(&preset.path) {
                Look::Found(node) => node.as_str().unwrap_or_default().to_owned(),
                Look::Absent => preset.default.clone(),
                Look::Open(why) => {
                    container.open = Some(why);
                    return container;
                }
            };
            let amounts = match preset_size(&name) {
                Some(amounts) => amounts,
                None => return container,
            };
            for (side, resource, text) in amounts {
                if let Some(amount) = default(text) {
                    let amounts = if side { &mut container.limits } else { &mut container.requests };
                    amounts.insert(resource.to_owned(), amount);
                }
            }
        }
        if self.memcached.is_none() || is_empty {
            for (texts, amounts) in [(&self.requests, &mut container.requests), (&self.limits, &mut container.limits)] {
                amounts.extend(texts.iter().filter_map(|(resource, text)| Some((resource.clone(), default(text)?))));
            }
        }
        if let Some(resources) = resources {
            container.overlay(resources);
        }
        container
    }
}

type Sizes = [(bool, &'static str, &'static str); 4];

/// A size of the Bitnami charts: cpu and memory requests, and limits of 1.5 times.
fn preset_size(name: &str) -> Option<Sizes> {
    let size = |cpu, memory, cpu_limit, memory_limit| {
        Some([(false, "cpu", cpu), (false, "memory", memory), (true, "cpu", cpu_limit), (true, "memory", memory_limit)])
    };
    match name {
        "nano" => size("100m", "128Mi", "150m", "192Mi"),
        "micro" => size("250m", "256Mi", "375m", "384Mi"),
        "small" => size("500m", "512Mi", "750m", "768Mi"),
        "medium" => size("500m", "1Gi", "750m", "1536Mi"),
        "large" => size("1", "2Gi", "1500m", "3Gi"),
        "xlarge" | "2xlarge" => size("1", "3Gi", "1500m", "4608Mi"),
        _ => None,
    }
}

impl ClaimSpec {
    fn expand(&self, owner: &Owner<'_>, values: &Values<'_>) -> Option<Claim> {
        let size = match values.look(&self.size) {
            Look::Found(node) => Stated::read(node),
            Look::Open(why) => Stated::Unclear(why),
            Look::Absent => match self.default.as_deref().and_then(Quantity::parse) {
                Some(value) => Stated::Known(Amount { value, place: owner.object.place(), by_default: true }),
                None => Stated::Unclear("states no size".to_owned()),
            },
        };
        let count = self.count.as_ref().map_or_else(|| Copies::exactly(1, None), |count| count.read(values));
        let size = match count.gap {
            Some(why) => Stated::Unclear(why),
            None => size,
        };
        Some(Claim { name: self.name.clone(), size, count: count.most })
    }
}
