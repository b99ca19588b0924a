//! Copies of workloads: enough, apart from each other, and protected.

use std::collections::{HashMap, HashSet};

use super::seen::{Seen, objects, rule};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::pods::{Answer, Labels, Selector};
use crate::rulebook::Sink;
use crate::yaml::Node;

rule!(ReplicasSingle, "replicas-single", |cluster, out| single(cluster, out));
rule!(PodSpreadMissing, "pod-spread-missing", COPIED, spread);
rule!(PdbMissing, "pdb-missing", |cluster, out| unprotected(cluster, out));
rule!(RollingUpdateMissing, "rolling-update-missing", [("apps", "Deployment")], recreated);
rule!(HpaReplicasLow, "hpa-replicas-low", [("autoscaling", "HorizontalPodAutoscaler")], low);
rule!(CronjobDeadlineMissing, "cronjob-deadline-missing", [("batch", "CronJob")], deadline);

/// Workloads with copies that are alike.
const COPIED: [(&str, &str); 2] = [("apps", "Deployment"), ("apps", "StatefulSet")];

/// Their number, where it is known.
fn copies(object: &Object) -> Option<i64> {
    match object.dig("spec.replicas").filter(|node| !node.is_null()) {
        Some(node) => node.as_int(),
        None => Some(1),
    }
}

fn name(object: &Object) -> &Node {
    object.at(&["metadata", "name"]).unwrap_or(&object.node)
}

/// What autoscalers scale: namespace, kind, name.
fn scaled<'w>(cluster: &Cluster<'w>) -> HashSet<(&'w str, &'w str, &'w str)> {
    let scalers =
        cluster.of_kind("autoscaling", "HorizontalPodAutoscaler").chain(cluster.of_kind("keda.sh", "ScaledObject"));
    scalers
        .filter_map(|scaler| {
            let target = scaler.dig("spec.scaleTargetRef")?;
            let kind = target.get("kind").and_then(Node::as_str).unwrap_or("Deployment");
            Some((scaler.namespace(), kind, target.get("name")?.as_str()?))
        })
        .collect()
}

fn single(cluster: &Cluster<'_>, out: &mut Sink) {
    let scaled = scaled(cluster);
    objects("replicas-single", cluster, &[("apps", "Deployment")], out, |object| {
        let is_scaled = scaled.contains(&(object.namespace(), object.kind(), object.name.as_str()));
        let is_single = copies(object) == Some(1) && !is_scaled;
        let node = object.dig("spec.replicas").unwrap_or_else(|| name(object));
        is_single.then(|| Seen::at(node, "spec.replicas", "has one copy", "one copy"))
    });
}

fn spread(object: &Object) -> Option<Seen> {
    let spec = object.dig("spec.template.spec")?;
    let has = |path: &[&str]| {
        spec.at(path).is_some_and(|node| node.is_unknown() || !node.items().is_empty() || node.as_map().is_some())
    };
    let is_spread = has(&["topologySpreadConstraints"]) || has(&["affinity", "podAntiAffinity"]);
    let is_unclear = spec.is_unknown() || spec.get("affinity").is_some_and(Node::is_unknown);
    let is_several = copies(object).is_some_and(|copies| copies > 1);
    (is_several && !is_spread && !is_unclear).then(|| {
        let node = object.dig("spec.replicas").unwrap_or_else(|| name(object));
        Seen::at(node, "spec.template.spec", "has several copies that may all run on one node", "nothing spreads them")
    })
}

fn unprotected(cluster: &Cluster<'_>, out: &mut Sink) {
    let mut budgets: HashMap<&str, Vec<Selector>> = HashMap::new();
    for budget in cluster.of_kind("policy", "PodDisruptionBudget") {
        budgets.entry(budget.namespace()).or_default().push(Selector::of(budget.dig("spec.selector")));
    }
    objects("pdb-missing", cluster, &COPIED, out, |object| {
        let labels = Labels::of(object.at(&["spec", "template", "metadata", "labels"]));
        let own = budgets.get(object.namespace()).map(Vec::as_slice).unwrap_or_default();
        let is_protected = own.iter().any(|selector| selector.matches(&labels) != Answer::No);
        let is_several = copies(object).is_some_and(|copies| copies > 1);
        (is_several && !is_protected)
            .then(|| Seen::at(name(object), "spec", "has several copies and no PodDisruptionBudget", "all may go"))
    });
}

fn recreated(object: &Object) -> Option<Seen> {
    let node = object.dig("spec.strategy.type").filter(|node| node.as_str() == Some("Recreate"))?;
    let is_several = copies(object).is_some_and(|copies| copies > 1);
    is_several.then(|| Seen::at(node, "spec.strategy.type", "stops all copies before it starts new ones", "a gap"))
}

fn low(object: &Object) -> Option<Seen> {
    let node = object.dig("spec.minReplicas").filter(|node| !node.is_null());
    let least = node.map_or(Some(1), Node::as_int)?;
    let place = node.unwrap_or_else(|| name(object));
    let (what, label) =
        if least == 0 { ("may go down to no copy", "none") } else { ("may go down to one copy", "one copy") };
    (least < 2).then(|| Seen::at(place, "spec.minReplicas", what, label))
}

fn deadline(object: &Object) -> Option<Seen> {
    let is_missing = object.dig("spec.startingDeadlineSeconds").is_none_or(Node::is_null);
    is_missing.then(|| {
        let what = "has no `startingDeadlineSeconds`";
        Seen::at(name(object), "spec.startingDeadlineSeconds", what, "may start late")
    })
}
