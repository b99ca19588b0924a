//! Scripts fail when what they set up fails. Card: rules/workloads/script-error-swallowed.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::links::pod;
use crate::cluster::script::{of_container, swallowed};
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::{Content, Node};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ScriptErrorSwallowed {}

impl Rule for ScriptErrorSwallowed {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.objects().chain(cluster.modelled()) {
            let lists = ["initContainers", "containers"].map(|list| pod(object).and_then(|pod| pod.get(list)));
            for container in lists.into_iter().flatten().flat_map(Node::items) {
                out.observations.extend(check(cluster, object, container));
            }
        }
    }
}

fn check(cluster: &Cluster<'_>, object: &Object, container: &Node) -> Option<Observation> {
    let node = of_container(container)?;
    let text = node.as_str()?;
    let places = swallowed(text)?;
    let (first, others) = places.split_first()?;
    let content = Content::new(&cluster.sources().file(node.span().file), node.span(), text);
    let command = text.get(first.clone()).unwrap_or_default();
    // A command line may hold a password.
    let words: Vec<&str> = command.split_whitespace().take_while(|word| !word.contains('$')).take(4).collect();
    let more = match others.len() {
        0 => String::new(),
        1 => " and of one more command".to_owned(),
        more => format!(" and of {more} more commands"),
    };
    let mut found = Observation::new(
        "script-error-swallowed",
        format!("the script of {} throws the failure of `{}`{more} away", object.reference(), words.join(" ")),
        Label::new(content.span(first.clone()), "never fails"),
    )
    .about(object.reference(), format!("script[{}]", words.join(" ")))
    .trail(trail(node));
    for other in others {
        found = found.related(Label::new(content.span(other.clone()), "nor this"));
    }
    Some(weighed(cluster, object, Confidence::Medium, found))
}
