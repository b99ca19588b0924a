//! A container has each variable once. Card: rules/workloads/env-variable-duplicate.md

use hashbrown::HashMap;

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EnvVariableDuplicate {}

impl Rule for EnvVariableDuplicate {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for template in cluster.templates() {
            for container in template.containers() {
                let mut seen: HashMap<&str, Vec<&Node>> = HashMap::new();
                let names = container.node.get("env").map(Node::items).unwrap_or_default();
                for name in names.iter().filter_map(|variable| variable.get("name")) {
                    if let Some(text) = name.as_str() {
                        seen.entry(text).or_default().push(name);
                    }
                }
                for (name, places) in seen {
                    let Some((last, [first, ..])) = places.split_last() else { continue };
                    let whose = template.object.reference();
                    let message = format!(
                        "container `{}` of {whose} sets the variable `{name}` {} times",
                        container.name(),
                        places.len()
                    );
                    let found =
                        Observation::new("env-variable-duplicate", message, Label::new(first.span(), "has no effect"))
                            .about(whose, template.path_of(&container, &format!("env[{name}]")))
                            .related(Label::new(last.span(), "this one counts"));
                    out.report(weighed(cluster, template.object, Confidence::High, found));
                }
            }
        }
    }
}
