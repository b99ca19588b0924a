//! Credentials stand in Secrets, not in plain configuration. Card: rules/secrets/secret-in-plain-config.md

use std::collections::BTreeMap;

use serde::Deserialize;

use super::words::{MAX_RELATED, list};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::secrets::{Leak, Look, Place, is_test_data, leaks, places};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::{Sources, Span};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretInPlainConfig {}

impl Rule for SecretInPlainConfig {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let sources = cluster.sources();
        // A text that many objects share, through a component or a base, is one leak.
        let mut said: BTreeMap<Span, ()> = BTreeMap::new();
        for object in cluster.build().objects.iter().filter(|object| is_plain_config(object)) {
            let mut found = found_in(sources, object);
            found.retain(|leak| said.insert(leak.place, ()).is_none());
            out.observations.extend(observe(object, &found));
        }
    }
}

/// Whether an object is read by everybody. Secrets have a rule of their own; what a chart makes stands in its values.
fn is_plain_config(object: &Object) -> bool {
    const ENCRYPTED: [&str; 3] = ["Secret", "SealedSecret", "SopsSecret"];
    !object.encrypted
        && object.release.is_none()
        && !ENCRYPTED.contains(&object.kind())
        // Descriptions and defaults of fields.
        && object.kind() != "CustomResourceDefinition"
}

struct Found {
    /// `data.app.conf: db_password`
    path: String,
    look: Look,
    place: Span,
}

fn found_in(sources: &Sources, object: &Object) -> Vec<Found> {
    let mut found = Vec::new();
    for place in places(sources, &object.node) {
        if is_test_data(&sources.file(place.span.file).path) {
            continue;
        }
        for leak in leaks(&place.name, &place.text) {
            let name = leak.name.clone().and_then(|range| place.text.get(range));
            let path = match name {
                Some(name) => format!("{}: {name}", place.path),
                None => place.path.clone(),
            };
            found.push(Found { path, look: leak.look, place: whereabouts(sources, &place, &leak) });
        }
    }
    found
}

/// The name beside a leak in the file, the beginning of its line, or the key of the whole text; never the value.
fn whereabouts(sources: &Sources, place: &Place<'_>, leak: &Leak) -> Span {
    let line = || {
        let start = place.text.get(..leak.value.start)?.rfind('\n').map_or(0, |at| at + 1);
        let line = place.text.get(start..)?.lines().next()?;
        if !place.text.trim_end().contains('\n') {
            return None;
        }
        let content = line.trim();
        let file = sources.file(place.span.file);
        let at = place.span.range().start + file.slice(place.span).find(content).filter(|_| !content.is_empty())?;
        let indent = line.len() - line.trim_start().len();
        let name = leak.name.as_ref().and_then(|name| {
            let from = name.start.checked_sub(start + indent)?;
            Some(at + from..at + from + name.len())
        });
        Some(Span::new(place.span.file, name.unwrap_or(at..at)))
    };
    line().unwrap_or(place.key_span)
}

fn observe(object: &Object, found: &[Found]) -> Option<Observation> {
    let (first, rest) = found.split_first()?;
    let mut names: Vec<String> = found.iter().map(|leak| leak.path.clone()).collect();
    names.dedup();
    let reference = object.reference();
    let what = first.look.shown();
    let message = if names.len() == 1 {
        format!("{reference} holds what looks like {what}, in plain text: {}", list(&names))
    } else {
        format!("{reference} holds what looks like credentials, in plain text: {}", list(&names))
    };
    let mut observation = Observation::new("secret-in-plain-config", message, Label::new(first.place, "in plain text"))
        .about(reference, first.path.clone());
    for leak in rest.iter().take(MAX_RELATED) {
        observation = observation.related(Label::new(leak.place, "in plain text too"));
    }
    Some(observation)
}
