//! Pods that run at the same time can all mount their claim. Card: rules/storage/replica-storage-conflict.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::links::pod;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// Words in names of storage classes whose volumes stay on one node, so that their pods do, too, or that are not attached
/// to nodes at all.
const UNTROUBLED: [&str; 6] = ["local", "hostpath", "lvm", "zfs", "nfs", "smb"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReplicaStorageConflict {}

impl Rule for ReplicaStorageConflict {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        if cluster.declared().nodes == Some(1) {
            return;
        }
        for deployment in cluster.of_kind("apps", "Deployment") {
            let volumes = pod(deployment).and_then(|pod| pod.get("volumes")).map(Node::items).unwrap_or_default();
            for volume in volumes {
                if let Some(name) = volume.dig("persistentVolumeClaim.claimName") {
                    check(cluster, deployment, name, out);
                }
            }
        }
    }
}

fn check(cluster: &Cluster<'_>, deployment: &Object, name: &Node, out: &mut Sink) {
    let Some(conflict) = conflict(deployment) else { return };
    let claim = name.as_str().and_then(|text| cluster.get("", "PersistentVolumeClaim", deployment.namespace(), text));
    let Some(claim) = claim else { return };
    let Some(modes) = claim.dig("spec.accessModes").filter(|modes| !modes.items().is_empty()) else { return };
    let is_single = |mode: &Node| matches!(mode.as_str(), Some("ReadWriteOnce" | "ReadWriteOncePod"));
    if !modes.items().iter().all(is_single) {
        return;
    }
    let class = claim.dig("spec.storageClassName").and_then(Node::as_str).filter(|class| !class.is_empty());
    match class {
        Some(class) if UNTROUBLED.iter().any(|word| class.contains(word)) => return,
        Some(_) => {}
        None => {
            let what = format!("the claim `{}` of {}", claim.name, deployment.reference());
            return out.undecided(cluster, "values", what, "its storage class is the cluster's own");
        }
    }
    let mode = modes.items().first().and_then(Node::as_str).unwrap_or_default();
    let found = Observation::new(
        "replica-storage-conflict",
        format!("{} {}, but its claim `{}` is {mode}", deployment.reference(), conflict.what, claim.name),
        Label::new(conflict.place.map_or_else(|| deployment.place(), Node::span), conflict.label),
    )
    .about(deployment.reference(), format!("volumes[{}]", claim.name))
    .trail(conflict.place.map(trail).unwrap_or_default())
    .related(Label::new(modes.span(), "one node at a time"))
    .related(Label::new(name.span(), "mounted here"))
    .help(conflict.help);
    out.report(weighed(cluster, deployment, Confidence::Medium, found));
}

/// Why several pods of a Deployment run at the same time.
struct Conflict<'n> {
    what: String,
    place: Option<&'n Node>,
    label: &'static str,
    help: &'static str,
}

fn conflict(deployment: &Object) -> Option<Conflict<'_>> {
    let replicas = deployment.dig("spec.replicas").filter(|node| !node.is_null());
    let count = match replicas {
        Some(node) => node.as_int()?,
        None => 1,
    };
    if count > 1 {
        return Some(Conflict {
            what: format!("runs {count} pods"),
            place: replicas,
            label: "pods on several nodes",
            help: "set `replicas: 1`, or take a storage class whose claims are ReadWriteMany",
        });
    }
    let strategy = deployment.dig("spec.strategy");
    let kind = strategy.and_then(|strategy| strategy.get("type")).filter(|node| !node.is_null());
    let surge = strategy.and_then(|strategy| strategy.dig("rollingUpdate.maxSurge")).and_then(Node::scalar_text);
    let starts_first = !matches!(surge.as_deref(), Some("0" | "0%"));
    let rolls = kind.is_none_or(|kind| kind.as_str() == Some("RollingUpdate"));
    (count == 1 && rolls && starts_first).then(|| Conflict {
        what: "starts a new pod before the old one stops".to_owned(),
        place: kind,
        label: "two pods for a while",
        help: "set `strategy.type: Recreate`",
    })
}
