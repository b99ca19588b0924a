//! Images have a fixed tag or a digest. Card: rules/workloads/image-tag-mutable.md

use hashbrown::HashSet;

use serde::Deserialize;

use crate::cluster::templates::{Container, Template};
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Tags that are moved on by habit.
const MOVED: [&str; 10] =
    ["latest", "main", "master", "nightly", "edge", "dev", "develop", "stable", "rolling", "canary"];

/// Tags that are allowed all the same.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImageTagMutable {
    allow: Vec<String>,
}

impl Rule for ImageTagMutable {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let mut seen = HashSet::new();
        for template in cluster.templates() {
            for container in template.containers() {
                let Some(image) = container.node.get("image").filter(|image| !image.is_unknown()) else { continue };
                let Some(text) = image.as_str().filter(|text| !text.contains("${") && !text.contains("{{")) else {
                    continue;
                };
                let Some(why) = self.moves(text) else { continue };
                if seen.insert((image.span(), text.to_owned())) {
                    out.report(self.finding(&template, &container, image, text, &why));
                }
            }
        }
    }
}

impl ImageTagMutable {
    /// Why another image may be behind the same text tomorrow.
    fn moves(&self, image: &str) -> Option<String> {
        if image.contains('@') || self.allow.iter().any(|allowed| allowed == image) {
            return None;
        }
        let name = image.rsplit('/').next().unwrap_or(image);
        match name.split_once(':') {
            None | Some((_, "")) => Some("has no tag, which means `latest`".to_owned()),
            Some((_, tag)) if MOVED.contains(&tag.to_ascii_lowercase().as_str()) => {
                Some(format!("has the tag `{tag}`, which moves"))
            }
            Some(_) => None,
        }
    }

    fn finding(
        &self,
        template: &Template<'_>,
        container: &Container<'_>,
        image: &Node,
        text: &str,
        why: &str,
    ) -> Observation {
        let whose = template.object.reference();
        let message = format!("image `{text}` of container `{}` of {whose} {why}", container.name());
        let found = Observation::new("image-tag-mutable", message, Label::new(image.span(), "moves"))
            .about(whose, template.path_of(container, "image"))
            .trail(trail(image));
        match template.object.modelled {
            Some(confidence) => found.confidence(confidence),
            None => found,
        }
    }
}
