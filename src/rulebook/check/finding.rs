//! What a check says about a subject: the place, the sentence, and the other places.

use std::borrow::Cow;

use super::load::At;
use super::message::Piece;
use super::path::{path_to, whole};
use super::run::{NS, Run, Subject};
use crate::build::Object;
use crate::cluster::trail;
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::Sink;
use crate::rulebook::cel::{Machine, Stop, Value};
use crate::source::Span;
use crate::yaml::Node;

impl<'w> Run<'_, 'w> {
    /// Says it, the same once a place: a base makes the same for many overlays.
    pub fn report(&mut self, found: Observation, subject: &Subject<'_>, out: &mut Sink) {
        let said = match subject.object {
            Some(object) => found.message.replace(&object.reference().to_string(), ""),
            None => found.message.clone(),
        };
        if self.reported.insert((found.primary.span, said)) {
            out.report(found);
        }
    }

    /// What to underline, with its path in the object.
    fn place_of(&mut self, machine: &Machine<'_, 'w>, subject: &Subject<'w>) -> Option<(&'w Node, Span, String)> {
        let check = self.check;
        let item = &subject.item;
        let node = item.value.node().or(subject.object.map(|object| &object.node))?;
        let joined = |below: &str| match (item.path.as_str(), below) {
            ("", "") => "metadata.name".to_owned(),
            (path, "") | ("", path) => path.to_owned(),
            (path, below) => format!("{path}.{below}"),
        };
        let chosen = match &check.at {
            At::Place(at, text) => {
                let (node, span) = at.find(node);
                return Some((node, span, joined(text)));
            }
            At::Cel(at) => match check.programs.get(*at).map(|program| machine.run(program)) {
                Some(Ok(Value::Optional(inner))) => inner.and_then(|inner| inner.node()),
                Some(Ok(value)) => value.node(),
                Some(Err(stop)) => {
                    if stop != Stop::Unknown {
                        self.stopped(*at, stop, subject);
                    }
                    None
                }
                None => None,
            },
            At::Item => None,
        };
        let in_object = |node| subject.object.and_then(|object| path_to(&object.node, node));
        Some(match (chosen, subject.object) {
            (Some(chosen), _) => (chosen, chosen.span(), in_object(chosen).unwrap_or_else(|| joined(""))),
            (None, Some(object)) if item.path.is_empty() => (node, object.place(), joined("")),
            (None, _) => (node, whole(node), joined("")),
        })
    }

    /// The finding about a subject.
    pub fn observation(&mut self, machine: &Machine<'_, 'w>, subject: &Subject<'w>) -> Option<Observation> {
        let check = self.check;
        let related = self.related(machine, subject);
        let (node, span, path) = match self.place_of(machine, subject) {
            Some((node, span, path)) => (Some(node), span, path),
            None => (None, self.somewhere(&related, subject)?, String::new()),
        };
        let label = self.sentence(machine, subject, &check.label);
        let message = self.sentence(machine, subject, &check.message);
        let mut found = Observation::new("", message, Label::new(span, label));
        found.rule = Cow::Owned(self.id.to_owned());
        if let Some(help) = &check.help {
            found.help = Some(self.sentence(machine, subject, help));
        }
        found = match subject.object {
            Some(object) => found.about(object.reference(), path),
            None => found.keyed(subject.given.get(NS).map(Value::shown).unwrap_or_default()),
        };
        found.trail = node.map(trail).unwrap_or_default();
        for label in related {
            found = found.related(label);
        }
        let by_model = subject.object.and_then(|object| object.modelled);
        let by_list = machine.notes.open.get().then_some(Confidence::Low);
        let by_build = self.cluster.has_losses().then_some(Confidence::Medium);
        found.confidence = by_model.into_iter().chain(by_list).chain(by_build).min();
        Some(found)
    }

    /// A place for a finding about no object: the first that is related, else one in the namespace, else the root.
    fn somewhere(&self, related: &[Label], subject: &Subject<'_>) -> Option<Span> {
        let inside = || match subject.given.get(NS) {
            Some(Value::Str(name)) => self.cluster.in_namespace(name).next().map(Object::place),
            _ => None,
        };
        let root = || self.cluster.kustomizations().first().map(|root| root.spec.place);
        let object = || self.cluster.objects().next().map(Object::place);
        let first = related.first().map(|label| label.span).or_else(inside).or_else(root).or_else(object);
        first.or_else(|| self.card.map(|card| card.whole))
    }

    fn related(&mut self, machine: &Machine<'_, 'w>, subject: &Subject<'w>) -> Vec<Label> {
        let Some(at) = self.check.related else { return Vec::new() };
        let Some(program) = self.check.programs.get(at) else { return Vec::new() };
        let found = match machine.run(program) {
            Ok(Value::Optional(inner)) => inner.as_deref().cloned().into_iter().collect(),
            Ok(found) => found.items().unwrap_or_else(|| vec![found]),
            Err(stop) => {
                self.stopped(at, stop, subject);
                return Vec::new();
            }
        };
        let label = |value: &Value<'w>| match value {
            Value::Object(object) => Some(Label::new(object.place(), format!("{} here", object.kind()))),
            other => other.node().map(|node| Label::new(whole(node), "involved")),
        };
        found.iter().filter_map(label).collect()
    }

    fn sentence(&mut self, machine: &Machine<'_, 'w>, subject: &Subject<'w>, pieces: &[Piece]) -> String {
        let mut text = String::new();
        for piece in pieces {
            match piece {
                Piece::Words(words) => text.push_str(words),
                Piece::Value(at) => {
                    let Some(program) = self.check.programs.get(*at) else { continue };
                    machine.notes.sealed.set(false);
                    match machine.run(program) {
                        // What comes of a Secret is not printed, however it was put together.
                        Ok(_) if machine.notes.sealed.get() => text.push_str("<redacted>"),
                        Ok(value) => text.push_str(&value.shown()),
                        Err(stop) => {
                            text.push('…');
                            if stop != Stop::Unknown {
                                self.stopped(*at, stop, subject);
                            }
                        }
                    }
                }
            }
        }
        text
    }
}
