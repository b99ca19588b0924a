//! A Service selects pods, and its ports are ports of theirs. Card: rules/references/service-selects-nothing.md

use serde::Deserialize;

use super::selection::{Selection, Subject, matches};
use crate::build::Object;
use crate::cluster::nearest::nearest_name;
use crate::cluster::pods::{Answer, PodSet, Selector};
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceSelectsNothing {}

impl Rule for ServiceSelectsNothing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let services: Vec<_> = cluster.of_kind("", "Service").filter(|object| object.release.is_none()).collect();
        if services.is_empty() {
            return;
        }
        let selection = Selection::of(cluster);
        for object in services {
            let Some(node) = object.dig("spec.selector") else { continue };
            let selector = Selector::equal(node);
            if selector.is_empty() || object.dig("spec.type").and_then(Node::as_str) == Some("ExternalName") {
                continue;
            }
            match selection.selects(object.namespace(), &selector) {
                Answer::Yes => check_ports(&selection, object, &selector, out),
                Answer::Unknown => out.undecided(
                    cluster,
                    "chart",
                    format!("what {} selects", object.reference()),
                    "pods with unknown labels run in its namespace",
                ),
                Answer::No => {
                    let subject = Subject {
                        rule: "service-selects-nothing",
                        object,
                        verb: "selects",
                        effect: "nothing answers behind it",
                        selector: &selector,
                        place: node.span(),
                        path: "spec.selector".to_owned(),
                    };
                    out.report(selection.observation(&subject, object.namespace()));
                }
            }
        }
    }
}

/// The ports that are named: one of the pods behind the Service has each.
fn check_ports(selection: &Selection<'_, '_>, object: &Object, selector: &Selector, out: &mut Sink) {
    let behind: Vec<&PodSet<'_>> =
        selection.pods.in_namespace(object.namespace()).filter(|set| !matches(selector, set).is_no()).collect();
    if behind.iter().any(|set| set.ports_open || !matches(selector, set).is_yes()) {
        return;
    }
    for (at, port) in object.dig("spec.ports").map(Node::items).unwrap_or_default().iter().enumerate() {
        let Some(node) = port.get("targetPort") else { continue };
        let is_number = |text: &str| text.parse::<u16>().is_ok();
        let Some(name) = node.as_str().filter(|text| !is_number(text)) else { continue };
        let names = || behind.iter().flat_map(|set| &set.ports).filter_map(|port| port.name.as_deref());
        if names().any(|own| own == name) {
            continue;
        }
        let message = format!("{} leads to port `{name}`, which its pods do not have", object.reference());
        let mut found = Observation::new("service-selects-nothing", message, Label::new(node.span(), "no such port"))
            .about(object.reference(), format!("spec.ports[{at}].targetPort"))
            .trail(trail(node));
        for set in behind.iter().take(1) {
            found = found.related(Label::new(set.place, "the pods behind it"));
        }
        let mut known: Vec<&str> = names().collect();
        known.sort_unstable();
        known.dedup();
        found = match (nearest_name(name, names()), known.as_slice()) {
            (Some(near), _) => found.help(format!("did you mean `{near}`?")),
            (None, []) => found.help("give the port of the container this name, or write its number"),
            (None, known) => found.help(format!("name one of its ports: {}", known.join(", "))),
        };
        out.report(found);
    }
}
