//! `references`: what is named exists. One hash index a provider, so that the cost is sources and targets, not their
//! product.

use hashbrown::HashMap;
use std::collections::BTreeSet;

use super::kinds;
use super::load::{At, Identity, Join};
use super::run::{Run, Subject, with_join};
use super::world::may_hold_more;
use crate::build::Object;
use crate::cluster::nearest::nearest_name;
use crate::cluster::producers::Existence;
use crate::finding::{Applicability, Confidence, Edit, Fix, Label};
use crate::rulebook::Sink;
use crate::rulebook::cel::{Machine, Stop, Value};
use crate::source::Span;
use crate::yaml::Node;

/// Between the parts of a key: nothing that stands in a name.
const BETWEEN: &str = "\u{1f}";

/// The providers of a rule, indexed.
pub struct Joined<'r, 'w> {
    join: &'r Join,
    targets: HashMap<String, (&'w Object, Option<Span>)>,
    // A provider has a key that cannot be read: it may be any.
    is_open: bool,
}

/// The parts of a key.
fn parts(value: &Value<'_>) -> Result<Vec<String>, Stop> {
    let value = match value {
        Value::Optional(Some(inner)) => (**inner).clone(),
        other => other.clone(),
    };
    match value.items() {
        Some(items) => items.iter().map(|item| Ok(item.plain()?.shown())).collect(),
        None => Ok(vec![value.plain()?.shown()]),
    }
}

impl<'r, 'w> Joined<'r, 'w> {
    /// Indexes the providers.
    pub fn new(run: &mut Run<'r, 'w>, join: &'r Join) -> Self {
        let mut joined = Joined { join, targets: HashMap::new(), is_open: false };
        for to in &join.to {
            for object in kinds::objects(run.cluster, &to.kinds) {
                let named = |namespace: &str| {
                    to.namespaces.is_empty() || to.namespaces.iter().any(|glob| glob.matches(namespace))
                };
                if !named(object.namespace()) {
                    continue;
                }
                let Some(program) = run.check.programs.get(to.key) else { continue };
                for subject in run.subjects(Some(object), Value::Object(object), &to.each) {
                    let machine = run.machine(&subject.given);
                    match machine.run(program).and_then(|key| parts(&key)) {
                        Ok(key) => {
                            let place =
                                subject.item.value.node().map(Node::span).filter(|_| !subject.item.path.is_empty());
                            joined.targets.entry(key.join(BETWEEN)).or_insert((object, place));
                        }
                        Err(Stop::Unknown) => joined.is_open = true,
                        Err(stop) => run.stopped(to.key, stop, &subject),
                    }
                }
            }
        }
        joined
    }

    /// Checks one source.
    pub fn check(&self, run: &mut Run<'r, 'w>, machine: &Machine<'_, 'w>, subject: &Subject<'w>, out: &mut Sink) {
        let Some(program) = run.check.programs.get(self.join.key) else { return };
        let key = match machine.run(program).and_then(|key| parts(&key)) {
            Ok(key) => key,
            Err(stop) => return run.stopped(self.join.key, stop, subject),
        };
        let joined_key = key.join(BETWEEN);
        if self.targets.contains_key(&joined_key) {
            return;
        }
        if let Some(optional) = self.join.optional {
            // `key` is that of the item where it has one, else the one that is named.
            let given = with_join(subject, &key.join("/"), Vec::new(), None);
            match run.condition(&run.machine(&given), optional) {
                Ok(true) => return,
                Ok(false) => {}
                Err(stop) => return run.stopped(optional, stop, subject),
            }
        }
        if let Some(external) = self.join.external {
            let Some(program) = run.check.programs.get(external) else { return };
            match machine.run(program) {
                Ok(list) => {
                    let known = |item: &Value<'_>| parts(item).is_ok_and(|other| other == key);
                    if list.items().unwrap_or_default().iter().any(known) {
                        return;
                    }
                }
                Err(stop) => return run.stopped(external, stop, subject),
            }
        }
        match self.absence(run, subject, &key) {
            Some(confidence) => self.report(run, subject, &key, confidence, out),
            None => run.open(subject),
        }
    }

    /// How sure it is that the target is absent; `None` where it may well be there.
    fn absence(&self, run: &Run<'_, '_>, subject: &Subject<'_>, key: &[String]) -> Option<Confidence> {
        if self.is_open {
            return None;
        }
        let mut confidence = Confidence::High;
        let own = subject.object.map(Object::namespace).unwrap_or_default();
        for to in &self.join.to {
            for kind in &to.kinds {
                let identity = match (to.identity, key) {
                    (Identity::Full, [namespace, name]) => Some((namespace.as_str(), name.as_str())),
                    (Identity::Name, [name]) => Some((own, name.as_str())),
                    _ => None,
                };
                match (identity, &kind.group) {
                    (Some((namespace, name)), Some(group)) => {
                        match run.cluster.existence_for(subject.object, group, &kind.kind, namespace, name) {
                            Existence::Absent => {}
                            // By its name alone, it is here where it is in any namespace.
                            Existence::Here(_) if to.identity == Identity::Name => {}
                            _ => return None,
                        }
                    }
                    _ if may_hold_more(run.cluster, kind, None) => confidence = Confidence::Low,
                    _ => {}
                }
            }
        }
        Some(confidence)
    }

    fn report(
        &self,
        run: &mut Run<'r, 'w>,
        subject: &Subject<'w>,
        key: &[String],
        confidence: Confidence,
        out: &mut Sink,
    ) {
        let name = key.last().map(String::as_str).unwrap_or_default();
        let whole_key = key.join(BETWEEN);
        let (own, _) = split(&whole_key);
        let beside: BTreeSet<&str> = self
            .targets
            .keys()
            .map(|target| split(target))
            .filter(|(head, _)| *head == own)
            .map(|(_, last)| last)
            .collect();
        let near = nearest_name(name, beside.iter().copied());
        let candidates = beside.iter().take(5).map(|name| (*name).to_owned()).collect();
        let given = with_join(subject, &key.join("/"), candidates, near);
        let machine = run.machine(&given);
        let Some(mut found) = run.observation(&machine, subject) else { return };
        if confidence != Confidence::High {
            found.confidence = Some(found.confidence.map_or(confidence, |own| own.min(confidence)));
        }
        let mut elsewhere: Vec<(&str, &'w Object)> = self
            .targets
            .iter()
            .map(|(target, (object, _))| (split(target), *object))
            .filter(|((_, last), _)| *last == name)
            .map(|((head, _), object)| (head, object))
            .collect();
        elsewhere.sort_by_key(|(head, _)| *head);
        let own_help = run.check.help.is_some();
        if let Some((namespace, object)) = elsewhere.first() {
            found = found.related(Label::new(object.place(), "one of that name"));
            if !own_help {
                found = found.help(format!(
                    "`{name}` is there as {}; write `{}`",
                    object.reference(),
                    namespace.replace(BETWEEN, "/")
                ));
            }
        } else if let Some(near) = near {
            let target = if own.is_empty() { near.to_owned() } else { format!("{own}{BETWEEN}{near}") };
            if let Some((object, place)) = self.targets.get(&target) {
                found = found.related(Label::new(place.unwrap_or_else(|| object.place()), "the nearest one"));
            }
            if !own_help {
                found = found.help(format!("did you mean `{near}`?"));
            }
            if run.fixes {
                found.fix = subject.item.value.node().and_then(|node| {
                    let node = match &run.check.at {
                        At::Place(at, _) => at.find(node).0,
                        At::Item | At::Cel(_) => node,
                    };
                    fix(node, name, near)
                });
            }
        } else if let Some(object) = run.cluster.named(name).find(|object| is_other(subject, object)) {
            found = found.related(Label::new(object.place(), "another kind"));
            if !own_help {
                found =
                    found.help(format!("there is the {} of that name, which does not count here", object.reference()));
            }
        }
        run.report(found, subject, out);
    }
}

fn is_other(subject: &Subject<'_>, object: &Object) -> bool {
    subject.object.is_none_or(|own| !std::ptr::eq(own, object))
}

/// The last part of a key, and what stands before it.
fn split(key: &str) -> (&str, &str) {
    key.rsplit_once(BETWEEN).unwrap_or(("", key))
}

fn fix(node: &Node, from: &str, to: &str) -> Option<Fix> {
    (node.origin.is_source() && node.as_str() == Some(from)).then(|| Fix {
        title: format!("write `{to}`"),
        applicability: Applicability::Unsafe,
        edits: vec![Edit { span: node.span(), text: to.to_owned() }],
    })
}
