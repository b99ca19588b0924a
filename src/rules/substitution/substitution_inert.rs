//! Texts with a default stand where substitution runs. Card: rules/substitution/substitution-inert.md

use serde::Deserialize;

use crate::build::flux::is_switched_off;
use crate::build::{KustomizationBuild, Object, State};
use crate::cluster::Cluster;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SubstitutionInert {}

impl Rule for SubstitutionInert {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.objects().filter(|object| object.release.is_none()) {
            let Some(kustomization) = cluster.kustomization_of(object) else { continue };
            if kustomization.substitutes || kustomization.state != State::Built || is_switched_off(&object.node) {
                continue;
            }
            if let Some((name, node)) = first_default(&object.node) {
                out.report(inert(cluster, kustomization, object, name, node));
            }
        }
    }
}

fn inert(
    cluster: &Cluster<'_>,
    kustomization: &KustomizationBuild,
    object: &Object,
    name: &str,
    node: &Node,
) -> Observation {
    let text = node.span();
    let raw = cluster.sources().text(text);
    let place = match raw.find(&format!("${{{name}:=")) {
        Some(at) => {
            let end = raw.get(at..).and_then(|rest| rest.find('}')).map_or(raw.len(), |end| at + end + 1);
            Span::new(text.file, text.range().start + at..text.range().start + end)
        }
        None => text,
    };
    let shown = kustomization.spec.shown();
    let message = format!("{} uses `${{{name}:=…}}`, but {shown} substitutes nothing", object.reference());
    let observation = Observation::new("substitution-inert", message, Label::new(place, "stays as it is"))
        .about(object.reference(), format!("${{{name}}}"))
        .related(Label::new(kustomization.spec.place, "no variables here"));
    if kustomization.spec.has_post_build {
        observation.help("set a variable, or `substituteStrategy: Always`")
    } else {
        observation
    }
}

/// The first text with an expression of the form `${NAME:=…}`, and the name.
fn first_default(node: &Node) -> Option<(&str, &Node)> {
    match &node.value {
        Value::Str(text) => text.match_indices("${").find_map(|(at, _)| {
            let escaped = at > 0 && text.as_bytes().get(at - 1) == Some(&b'$');
            let rest = text.get(at + 2..)?;
            let (name, _) = rest.split_once(":=").filter(|_| !escaped)?;
            let fits = !name.is_empty() && name.chars().all(|c| c == '_' || c.is_alphanumeric());
            fits.then_some((name, node))
        }),
        Value::Seq(items) => items.iter().find_map(first_default),
        Value::Map(map) => map.iter().find_map(|entry| first_default(&entry.value)),
        _ => None,
    }
}
