//! Every claim that something mounts exists. Card: rules/storage/pvc-missing.md

use serde::Deserialize;

use super::values::{Text, texts};
use crate::cluster::Cluster;
use crate::cluster::links::Link;
use crate::finding::Confidence;
use crate::rulebook::{Rule, Sink};
use crate::rules::references::missing::{judge, wanted};

/// Keys of the values of charts that name a claim which is there already.
const KEYS: [&str; 2] = ["existingClaim", "claimName"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PvcMissing {}

impl Rule for PvcMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let is_claim = |link: &Link<'_>| {
            (link.group, link.kind) == ("", "PersistentVolumeClaim") && link.from.kind() != "PersistentVolumeClaim"
        };
        out.observations.extend(judge("pvc-missing", cluster, wanted(cluster, is_claim)));
        let values = texts(cluster, &KEYS);
        let links: Vec<Link<'_>> = values.iter().filter_map(link).collect();
        let found = judge("pvc-missing", cluster, links.iter().collect()).into_iter();
        out.observations.extend(found.map(|one| one.confidence(Confidence::Medium)));
    }
}

fn link<'w>(text: &Text<'w>) -> Option<Link<'w>> {
    let name = text.node.as_str().filter(|name| !name.contains("${") && !name.contains("{{"))?;
    Some(Link {
        from: text.release,
        field: format!("values.{}", text.path),
        group: "",
        kind: "PersistentVolumeClaim",
        namespace: text.namespace.as_str().into(),
        name: name.into(),
        node: text.node,
        kind_node: None,
        other_kinds: Vec::new(),
        optional: false,
        keys: Vec::new(),
    })
}
