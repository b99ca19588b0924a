//! Runs a check over a cluster: what fails is a finding, what hangs on an unreadable value is undecided, and an
//! expression that makes no sense is said once.

use hashbrown::HashSet;
use std::borrow::Cow;
use std::collections::BTreeSet;

use super::failure::Failure;
use super::join::Joined;
use super::kinds;
use super::load::{Check, Parts};
use super::path::{Item, whole};
use super::rule::{CardFile, DataRule};
use super::world::{Asked, namespace, shown_place};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::rulebook::Sink;
use crate::rulebook::card::Scope;
use crate::rulebook::cel::{MAX_ALL_STEPS, Machine, Stop, Value, boolean};
use crate::source::Span;
use crate::yaml::Node;

/// Positions of names that change, among [`super::load::NAMES`].
const ITEM: usize = 1;
const INDEX: usize = 2;
const KEY: usize = 3;
pub const NS: usize = 5;

/// One rule on one cluster.
pub struct Run<'r, 'w> {
    /// Rule id.
    pub id: &'r str,
    /// What is checked.
    pub check: &'r Check,
    /// Whether the rule offers fixes.
    pub fixes: bool,
    params: &'r Value<'static>,
    pub(super) card: Option<&'r CardFile>,
    /// The cluster.
    pub cluster: &'r Cluster<'w>,
    /// What expressions ask of it.
    pub world: &'r Asked<'r, 'w>,
    pub(super) steps: u64,
    pub(super) undecided: BTreeSet<String>,
    // Places, and what was said there about whatever object.
    pub(super) reported: HashSet<(Span, String)>,
    pub(super) failed: Option<Failure>,
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

    /// Where it stands.
    pub fn place(&self) -> Option<Span> {
        self.object.map(Object::place).or_else(|| self.item.value.node().map(whole))
    }
}

impl<'r, 'w> Run<'r, 'w> {
    /// A run that has not begun.
    pub fn new(rule: &'r DataRule, check: &'r Check, world: &'r Asked<'r, 'w>) -> Self {
        Run {
            id: &rule.id,
            check,
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
                    if self.check.filter.takes(object) && self.steps <= MAX_ALL_STEPS {
                        let subjects = self.subjects(Some(object), Value::Object(object), &self.check.each);
                        self.each(&subjects, joined.as_ref(), out);
                    }
                }
            }
            Scope::Namespace => {
                for name in self.cluster.used_namespaces() {
                    if self.check.filter.takes_namespace(name) && self.steps <= MAX_ALL_STEPS {
                        let object = self.cluster.get("", "Namespace", "", name);
                        let mut subjects = self.subjects(object, namespace(self.cluster, name), &self.check.each);
                        for subject in &mut subjects {
                            set(&mut subject.given, NS, Value::text(name));
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
