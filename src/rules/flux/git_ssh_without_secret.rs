//! A `GitRepository` that is fetched over SSH has a key. Card: rules/flux/git-ssh-without-secret.md

use serde::Deserialize;

use crate::cluster::flux::SOURCE;
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GitSshWithoutSecret {}

impl Rule for GitSshWithoutSecret {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.of_kind(SOURCE, "GitRepository") {
            // The scheme is known even where the rest holds a variable.
            let Some(url) = object.dig("spec.url") else { continue };
            let Some(text) = url.shown().filter(|text| text.starts_with("ssh://")) else { continue };
            let provider = object.dig("spec.provider").map_or(Some("generic"), Node::as_str);
            if object.dig("spec.secretRef").is_some_and(|node| !node.is_null()) || provider != Some("generic") {
                continue;
            }
            out.report(
                Observation::new(
                    "git-ssh-without-secret",
                    format!("GitRepository `{}` fetches `{text}` over SSH without `secretRef`", object.full_name()),
                    Label::new(url.span(), "needs a key"),
                )
                .about(object.reference(), "spec.url")
                .trail(trail(url)),
            );
        }
    }
}
