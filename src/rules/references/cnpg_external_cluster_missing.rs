//! What a CloudNativePG Cluster takes its data from is one of its external clusters.
//! Card: rules/references/cnpg-external-cluster-missing.md

use serde::Deserialize;

use crate::cluster::nearest::nearest_name;
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Fields that name an entry of `externalClusters`. Source: cloudnative-pg `api/v1/cluster_types.go` and its webhook.
const FIELDS: [&str; 4] = [
    "spec.bootstrap.recovery.source",
    "spec.bootstrap.pg_basebackup.source",
    "spec.bootstrap.initdb.import.source.externalCluster",
    "spec.replica.source",
];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CnpgExternalClusterMissing {}

impl Rule for CnpgExternalClusterMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.of_kind("postgresql.cnpg.io", "Cluster") {
            let list = object.dig("spec.externalClusters");
            let names: Vec<&Node> =
                list.map(Node::items).unwrap_or_default().iter().filter_map(|one| one.get("name")).collect();
            if list.is_some_and(Node::is_unknown) || names.iter().any(|name| name.as_str().is_none()) {
                continue;
            }
            let known = || names.iter().filter_map(|name| name.as_str());
            for path in FIELDS {
                let Some(node) = object.dig(path) else { continue };
                let Some(wanted) = node.as_str().filter(|name| !name.is_empty() && !known().any(|own| own == *name))
                else {
                    continue;
                };
                let message = format!(
                    "{} takes its data from `{wanted}`, which is none of its `externalClusters`",
                    object.reference()
                );
                let mut found = Observation::new(
                    "cnpg-external-cluster-missing",
                    message,
                    Label::new(node.span(), "not in `externalClusters`"),
                )
                .about(object.reference(), path)
                .trail(trail(node));
                for name in &names {
                    found = found.related(Label::new(name.span(), "the external cluster"));
                }
                let only = || known().next().filter(|_| names.len() == 1);
                if let Some(near) = nearest_name(wanted, known()).or_else(only) {
                    found = found.help(format!("did you mean `{near}`?"));
                    if node.origin.is_source() {
                        found = found.fix(Fix {
                            title: format!("write source `{near}`"),
                            applicability: Applicability::Unsafe,
                            edits: vec![Edit { span: node.span(), text: near.to_owned() }],
                        });
                    }
                }
                out.report(found);
            }
        }
    }
}
