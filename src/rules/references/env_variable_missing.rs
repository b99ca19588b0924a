//! Scripts of containers find the credentials they read in their environment. Card:
//! rules/references/env-variable-missing.md

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::links::pod;
use crate::cluster::script::{Variables, of_container};
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::{Content, Node};

/// Words in names of credentials. An image sets paths and versions by itself, but no passwords.
const CREDENTIALS: [&str; 9] =
    ["PASSWORD", "PASSWD", "PASS", "PASSPHRASE", "TOKEN", "SECRET", "USERNAME", "CREDENTIALS", "APIKEY"];

/// Last words of such names.
const LAST: [&str; 2] = ["USER", "KEY"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct EnvVariableMissing {}

impl Rule for EnvVariableMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.objects().chain(cluster.modelled()) {
            let lists = ["initContainers", "containers"].map(|list| pod(object).and_then(|pod| pod.get(list)));
            for container in lists.into_iter().flatten().flat_map(Node::items) {
                check(cluster, object, container, out);
            }
        }
    }
}

/// So many keys of what a container is given are shown.
const MOST_KEYS: usize = 3;

fn check(cluster: &Cluster<'_>, object: &Object, container: &Node, out: &mut Sink) {
    let Some((node, text)) = of_container(container).and_then(|node| Some((node, node.as_str()?))) else { return };
    // Templates of a later stage, which may write anything.
    if text.contains("{{") {
        return;
    }
    let Some(variables) = Variables::of(text) else { return };
    let substitutes = cluster.kustomization_of(object).is_some_and(|one| one.substitutes);
    let content = Content::new(&cluster.sources().file(node.span().file), node.span(), text);
    let mut missing: Vec<(&str, Span)> = Vec::new();
    for (name, at) in &variables.read {
        // What a variable of Flux is left as where its value is not known.
        let is_of_flux = substitutes && text.get(at.clone()).is_some_and(|text| text.starts_with("${"));
        if !is_of_flux && is_credential(name) && !variables.set.contains(name) {
            missing.push((name, content.span(at.clone())));
        }
    }
    if missing.is_empty() {
        return;
    }
    let of = || format!("the script of {}", object.reference());
    let Some(given) = environment(cluster, object, container) else {
        out.undecided(cluster, "outside", of(), "its environment is not known");
        return;
    };
    missing.retain(|(name, _)| !given.names.contains(*name));
    if variables.open || given.is_open {
        if !missing.is_empty() {
            out.undecided(cluster, "outside", of(), "more variables may be set");
        }
        return;
    }
    let mut seen = BTreeSet::new();
    for (name, place) in &missing {
        if !seen.insert(*name) {
            continue;
        }
        let message = format!("the script of {} reads `{name}`, which nothing sets", object.reference());
        let mut found = Observation::new("env-variable-missing", message, Label::new(*place, "not set"))
            .about(object.reference(), format!("script[{name}]"))
            .trail(trail(node))
            .help(format!("set `{name}` in `env` of the container, from the key of a Secret"));
        for source in &given.sources {
            found = found.related(Label::new(*source, "has no such key"));
        }
        for key in given.keys.iter().take(MOST_KEYS) {
            found = found.related(Label::new(*key, "a key of it"));
        }
        let modelled = object.modelled.filter(|confidence| *confidence < Confidence::High);
        out.report(match modelled {
            Some(confidence) => found.confidence(confidence),
            None => found,
        });
    }
}

fn is_credential(name: &str) -> bool {
    let is_constant = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    let mut words = name.split('_');
    let is_compound = name.contains('_');
    is_constant
        && (words.any(|word| CREDENTIALS.contains(&word))
            || (is_compound && name.rsplit('_').next().is_some_and(|last| LAST.contains(&last))))
}

/// What a container is given.
#[derive(Default)]
struct Given {
    names: BTreeSet<String>,
    /// The objects that are taken as a whole.
    sources: Vec<Span>,
    /// Where their keys stand.
    keys: Vec<Span>,
    /// They may have other keys, too.
    is_open: bool,
}

/// `None` where a list of it is not known.
fn environment(cluster: &Cluster<'_>, object: &Object, container: &Node) -> Option<Given> {
    let mut given = Given::default();
    for list in ["env", "envFrom"] {
        if container.get(list).is_some_and(Node::holds_unknown) {
            return None;
        }
    }
    for item in container.get("env").map(Node::items).unwrap_or_default() {
        given.names.extend(item.get("name").and_then(Node::as_str).map(ToOwned::to_owned));
    }
    for source in container.get("envFrom").map(Node::items).unwrap_or_default() {
        let prefix = source.get("prefix").and_then(Node::as_str).unwrap_or_default();
        for (field, kind) in [("secretRef", "Secret"), ("configMapRef", "ConfigMap")] {
            let Some(name) = source.get(field).and_then(|reference| reference.get("name")) else { continue };
            match name.as_str().and_then(|text| cluster.keys(kind, object.namespace(), text)) {
                Some(keys) => {
                    given.names.extend(keys.known.keys().map(|key| format!("{prefix}{key}")));
                    given.is_open |= keys.open;
                    given.sources.push(name.span());
                    given.keys.extend(keys.known.values().copied());
                }
                None => given.is_open = true,
            }
        }
    }
    Some(given)
}
