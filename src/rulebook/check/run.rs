//! Runs a check over a cluster: what fails is a finding, what hangs on an unreadable value is undecided, and an
//! expression that makes no sense is said once.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};

use super::block::OnError;
use super::join::Joined;
use super::kinds;
use super::load::{At, Check, Parts, short};
use super::message::Piece;
use super::path::{Item, path_to, whole};
use super::rule::{CardFile, DataRule};
use super::world::{Asked, namespace, shown_place};
use crate::build::Object;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation, Severity};
use crate::rulebook::Sink;
use crate::rulebook::card::Scope;
use crate::rulebook::cel::{MAX_STEPS, Machine, Stop, Value, boolean};
use crate::source::Span;
use crate::yaml::Node;

/// Steps that all expressions of a rule may take in one cluster.
const MAX_RULE_STEPS: u64 = 200 * MAX_STEPS;

/// Positions of names that change, among [`super::load::NAMES`].
const ITEM: usize = 1;
const INDEX: usize = 2;
const KEY: usize = 3;

/// One rule on one cluster.
pub struct Run<'r, 'w> {
    /// Rule id.
    pub id: &'r str,
    /// What is checked.
    pub check: &'r Check,
    /// Whether the rule offers fixes.
    pub fixes: bool,
    params: &'r Value<'static>,
    card: Option<&'r CardFile>,
    /// The cluster.
    pub cluster: &'r Cluster<'w>,
    /// What expressions ask of it.
    pub world: &'r Asked<'r, 'w>,
    steps: u64,
    undecided: BTreeSet<String>,
    // Places, and what was said there about whatever object.
    reported: HashSet<(Span, String)>,
    failed: Option<Failure>,
}

/// The first expression that failed.
struct Failure {
    program: usize,
    stop: Stop,
    place: Option<Span>,
    on: String,
    more: usize,
}

/// What a check is about at the moment.
pub struct Subject<'w> {
    /// The object.
    pub object: Option<&'w Object>,
    /// The part of it.
    pub item: Item<'w>,
    /// Values of the names.
    pub given: Vec<Value<'w>>,
}

impl Subject<'_> {
    /// For people.
    pub fn shown(&self) -> String {
        match self.object {
            Some(object) => object.reference().to_string(),
            None => self.item.value.node().map_or_else(|| "the cluster".to_owned(), shown_place),
        }
    }

    fn place(&self) -> Option<Span> {
        self.object.map(Object::place).or_else(|| self.item.value.node().map(whole))
    }
}

impl<'r, 'w> Run<'r, 'w> {
    /// A run that has not begun.
    pub fn new(rule: &'r DataRule, world: &'r Asked<'r, 'w>) -> Self {
        Run {
            id: &rule.id,
            check: &rule.check,
            fixes: rule.fixes,
            params: &rule.params,
            card: rule.card.as_deref(),
            cluster: world.cluster,
            world,
            steps: 0,
            undecided: BTreeSet::new(),
            reported: HashSet::new(),
            failed: None,
        }
    }

    /// Runs everything.
    pub fn run(mut self, out: &mut Sink) {
        if !self.check.filter.takes_cluster(self.cluster) {
            return;
        }
        let joined = self.check.join.as_ref().map(|join| Joined::new(&mut self, join));
        match self.check.scope {
            Scope::Object => {
                for object in kinds::objects(self.cluster, &self.check.filter.kinds) {
                    if self.check.filter.takes(object) && self.steps <= MAX_RULE_STEPS {
                        let subjects = self.subjects(Some(object), Value::Object(object), &self.check.each);
                        self.each(&subjects, joined.as_ref(), out);
                    }
                }
            }
            Scope::Namespace => {
                for name in self.cluster.used_namespaces() {
                    if self.check.filter.takes_namespace(name) && self.steps <= MAX_RULE_STEPS {
                        let object = self.cluster.get("", "Namespace", "", name);
                        let mut subjects = self.subjects(object, namespace(self.cluster, name), &self.check.each);
                        for subject in &mut subjects {
                            set(&mut subject.given, 5, Value::text(name));
                        }
                        self.each(&subjects, joined.as_ref(), out);
                    }
                }
            }
            Scope::Cluster | Scope::Tree => {
                let subjects = self.subjects(None, Value::Null, &self.check.each);
                self.each(&subjects, joined.as_ref(), out);
            }
        }
        self.finish(out);
    }

    fn each(&mut self, subjects: &[Subject<'w>], joined: Option<&Joined<'r, 'w>>, out: &mut Sink) {
        let mut before: Option<Machine<'_, 'w>> = None;
        for subject in subjects {
            let machine = self.machine(&subject.given);
            if let Some(before) = &before {
                before.carried(&machine);
            }
            self.one(&machine, subject, joined, out);
            self.steps += machine.steps();
            before = Some(machine);
        }
    }

    /// A machine for some values.
    pub fn machine<'m>(&self, given: &'m [Value<'w>]) -> Machine<'m, 'w>
    where
        'r: 'm,
    {
        let (check, world): (&'r Check, &'r Asked<'r, 'w>) = (self.check, self.world);
        Machine::new(given, check.programs.get(..check.lets).unwrap_or_default(), world)
    }

    fn given(&self, object: Option<&'w Object>, value: Value<'w>) -> Vec<Value<'w>> {
        let uses = self.check.uses;
        let around = match object {
            Some(object) if uses.namespace && !object.namespace().is_empty() => {
                namespace(self.cluster, object.namespace())
            }
            _ => Value::Null,
        };
        let source = match object {
            Some(object) if uses.source => self.source(object),
            _ => Value::Null,
        };
        let none = Value::Null;
        vec![
            value.clone(),
            value,
            none.clone(),
            none.clone(),
            self.params.clone(),
            none.clone(),
            around,
            source,
            none.clone(),
            none,
        ]
    }

    fn source(&self, object: &Object) -> Value<'w> {
        let place = self.cluster.sources().location(object.place());
        let by = self.cluster.kustomization_of(object);
        let by = by.map(|one| format!("{}/{}", one.spec.namespace, one.spec.name)).unwrap_or_default();
        let line = Value::Int(i64::try_from(place.line).unwrap_or_default());
        Value::Map(std::sync::Arc::new(vec![
            (Value::text("file"), Value::text(&*place.path)),
            (Value::text("line"), line),
            (Value::text("kustomization"), Value::text(by)),
            (Value::text("cluster"), Value::text(self.cluster.entry())),
        ]))
    }

    /// The parts of an object that are looked at.
    pub fn subjects(&mut self, object: Option<&'w Object>, value: Value<'w>, each: &Parts) -> Vec<Subject<'w>> {
        let base = self.given(object, value.clone());
        let items = match (each, object) {
            (Parts::Path(path), Some(object)) => path.items(object),
            (Parts::Cel(program), _) => match self.items(*program, &base) {
                Ok(items) => items,
                Err(stop) => {
                    let whole = Subject { object, item: Item { value, key: None, path: String::new() }, given: base };
                    self.stopped(*program, stop, &whole);
                    return Vec::new();
                }
            },
            (Parts::Whole | Parts::Path(_), _) => vec![Item { value, key: None, path: String::new() }],
        };
        let with = |item: Item<'w>| {
            let mut given = base.clone();
            set(&mut given, ITEM, item.value.clone());
            match &item.key {
                Some(Value::Int(index)) => set(&mut given, INDEX, Value::Int(*index)),
                Some(key) => set(&mut given, KEY, key.clone()),
                None => {}
            }
            Subject { object, item, given }
        };
        items.into_iter().map(with).collect()
    }

    /// The nodes that an expression gives.
    fn items(&self, program: usize, given: &[Value<'w>]) -> Result<Vec<Item<'w>>, Stop> {
        let machine = self.machine(given);
        let Some(program) = self.check.programs.get(program) else { return Ok(Vec::new()) };
        let found = match machine.run(program)? {
            Value::Optional(inner) => inner.as_deref().cloned().into_iter().collect(),
            found => match found.items() {
                Some(items) => items,
                None if found.is_unknown() => return Err(Stop::Unknown),
                None => vec![found],
            },
        };
        let numbered = found.into_iter().enumerate();
        let item = |(at, value): (usize, Value<'w>)| Item {
            path: format!("[{}]", value.node().and_then(Node::shown).map_or_else(|| at.to_string(), Cow::into_owned)),
            key: i64::try_from(at).ok().map(Value::Int),
            value,
        };
        Ok(numbered.map(item).collect())
    }

    fn one(
        &mut self,
        machine: &Machine<'_, 'w>,
        subject: &Subject<'w>,
        joined: Option<&Joined<'r, 'w>>,
        out: &mut Sink,
    ) {
        if let Some(when) = self.check.when {
            match self.condition(machine, when) {
                Ok(true) => {}
                Ok(false) => return,
                Err(stop) => return self.stopped(when, stop, subject),
            }
        }
        match (joined, self.check.assert) {
            (Some(joined), _) => joined.check(self, machine, subject, out),
            (None, Some(assert)) => match self.condition(machine, assert) {
                Ok(true) => {}
                Ok(false) => {
                    if let Some(found) = self.observation(machine, subject) {
                        self.report(found, subject, out);
                    }
                }
                Err(stop) => self.stopped(assert, stop, subject),
            },
            (None, None) => {}
        }
    }

    /// The truth of an expression.
    pub fn condition(&self, machine: &Machine<'_, 'w>, program: usize) -> Result<bool, Stop> {
        match self.check.programs.get(program) {
            Some(program) => machine.run(program).and_then(boolean),
            None => Ok(false),
        }
    }

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
            None => (None, self.somewhere(&related)?, String::new()),
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
            None => found.keyed(subject.given.get(5).map(Value::shown).unwrap_or_default()),
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

    /// A place for a finding about no object: the first that is related, else the root of the cluster.
    fn somewhere(&self, related: &[Label]) -> Option<Span> {
        let root = || self.cluster.kustomizations().first().map(|root| root.spec.place);
        let object = || self.cluster.objects().next().map(Object::place);
        let first = related.first().map(|label| label.span).or_else(root).or_else(object);
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

    /// An expression gave no value.
    pub fn stopped(&mut self, program: usize, stop: Stop, subject: &Subject<'_>) {
        match (&stop, self.check.on_error) {
            (Stop::Unknown, _) => {
                self.undecided.insert(subject.shown());
            }
            (Stop::Error { .. }, OnError::Skip) => {}
            // A card of ours is tested: it is the manifest that has another shape than its kind, which schemas say.
            (Stop::Error { .. }, _) if self.card.is_none() => {
                self.undecided.insert(subject.shown());
            }
            _ => match &mut self.failed {
                Some(failure) => failure.more += 1,
                None => {
                    let (place, on) = (subject.place(), subject.shown());
                    self.failed = Some(Failure { program, stop, place, on, more: 0 });
                }
            },
        }
    }

    /// It may be there: something was not looked at.
    pub fn open(&mut self, subject: &Subject<'_>) {
        self.undecided.insert(subject.shown());
    }

    fn finish(self, out: &mut Sink) {
        if let Some(first) = self.undecided.first() {
            let more = self.undecided.len() - 1;
            let what = match more {
                0 => format!("`{}` on {first}", self.id),
                _ => format!("`{}` on {first} and {more} more", self.id),
            };
            out.undecided(self.cluster, "values", what, "a value or object that decides it is not known");
        }
        let (program, message, place, at) = match (&self.failed, self.steps > MAX_RULE_STEPS) {
            (Some(failure), _) => {
                let (what, at) = match &failure.stop {
                    Stop::Error { at, message } => (format!("fails on {}: {message}", failure.on), Some(*at)),
                    _ => (format!("takes more than {MAX_STEPS} steps on {}", failure.on), None),
                };
                let more = match failure.more {
                    0 => String::new(),
                    more => format!(" ({more} more)"),
                };
                (Some(failure.program), format!("{what}{more}"), failure.place, at)
            }
            (None, true) => (None, format!("takes more than {MAX_RULE_STEPS} steps in all"), None, None),
            (None, false) => return,
        };
        let written = program.and_then(|program| self.check.places.get(program));
        let of = written.map_or("check", |written| short(&written.path));
        let message = format!("`{of}` of the rule `{}` {message}", self.id);
        let text = program.and_then(|program| self.check.programs.get(program)).map(|program| program.text.as_str());
        let in_card = self.card.map(|card| match (written, text) {
            (Some(written), Some(text)) => card.expression(self.cluster.sources(), written, text, at),
            _ => card.whole,
        });
        let root = || self.cluster.kustomizations().first().map(|root| root.spec.place);
        let Some(span) = in_card.or(place).or_else(root) else { return };
        let mut found =
            Observation::new("rule-error", message, Label::new(span, "fails here")).keyed(format!("{}.{of}", self.id));
        if let Some(place) = place {
            found = found.related(Label::new(place, "on this"));
        }
        if self.check.on_error == OnError::Warn {
            found = found.severity(Severity::Warning);
        }
        out.report(found);
    }
}

fn set<'w>(given: &mut [Value<'w>], at: usize, value: Value<'w>) {
    if let Some(slot) = given.get_mut(at) {
        *slot = value;
    }
}

/// The values of a subject with what a join adds to them.
pub fn with_join<'w>(
    subject: &Subject<'w>,
    key: &str,
    candidates: Vec<String>,
    nearest: Option<&str>,
) -> Vec<Value<'w>> {
    let mut given = subject.given.clone();
    if matches!(given.get(KEY), Some(Value::Null)) {
        set(&mut given, KEY, Value::text(key));
    }
    set(&mut given, 8, Value::list(candidates.into_iter().map(Value::text).collect()));
    set(&mut given, 9, nearest.map_or(Value::Null, Value::text));
    given
}
