//! Runs a policy on the objects that a binding gives it.

use std::cell::Cell;
use std::sync::Arc;

use super::given;
use super::policy::{Binding, Policy, Validation as Rule, Written};
use super::resources::{Kinds, is_named, is_selected};
use crate::build::Object;
use crate::build::object::Gvk;
use crate::build::scope::has_no_namespace;
use crate::cluster::producers::Existence;
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation, Severity};
use crate::rulebook::Sink;
use crate::rulebook::cel::{MAX_ALL_STEPS, Machine, Nowhere, Program, Stop, Value, boolean, selects};
use crate::rulebook::check::{Place, namespace};
use crate::yaml::Node;

/// A policy under one of its bindings.
pub struct Validation<'v, 'w> {
    pub cluster: &'v Cluster<'w>,
    pub policy: &'v Policy<'w>,
    pub binding: Option<&'v Binding<'w>>,
    pub kinds: &'v Kinds<'w>,
    pub steps: Cell<u64>,
}

/// What becomes of a condition.
enum Answer {
    Holds,
    Fails,
    /// Why it is not known.
    Open(String),
}

impl<'w> Validation<'_, 'w> {
    pub fn run(&self, out: &mut Sink) {
        if let Some(why) = &self.policy.broken {
            return self.open(None, why, out);
        }
        let bound = self.binding.and_then(|binding| binding.resources);
        for (resource, object) in self.kinds.matching(self.policy.constraints) {
            if !is_named(bound, &object.gvk.group, resource, object) {
                continue;
            }
            let selected = is_selected(self.cluster, self.policy.constraints, object)
                .and_then(|selected| Ok(selected && is_selected(self.cluster, bound, object)?));
            if self.steps.get() > MAX_ALL_STEPS {
                return self.open(None, "it takes too many steps in all", out);
            }
            match selected {
                Ok(true) => self.object(resource, object, out),
                Ok(false) => {}
                Err(_) => self.open(Some(object), "labels that a selector asks for are not known", out),
            }
        }
    }

    fn object(&self, resource: &str, object: &'w Object, out: &mut Sink) {
        let around =
            if object.namespace().is_empty() { Value::Null } else { namespace(self.cluster, object.namespace()) };
        let params = match self.params(object) {
            Ok(params) => params,
            Err(why) => return self.open(Some(object), &why, out),
        };
        for params in params {
            let given = [Value::Object(object), Value::Null, request(resource, object), params, around.clone()];
            let machine = Machine::new(&given, &self.policy.variables, &Nowhere);
            self.validate(&machine, object, out);
            self.steps.set(self.steps.get() + machine.steps());
        }
    }

    fn validate(&self, machine: &Machine<'_, 'w>, object: &'w Object, out: &mut Sink) {
        for condition in &self.policy.conditions {
            match self.answer(machine, condition) {
                Answer::Holds => {}
                Answer::Fails => return,
                Answer::Open(why) => return self.open(Some(object), &why, out),
            }
        }
        for (at, rule) in self.policy.validations.iter().enumerate() {
            match self.answer(machine, &rule.expression) {
                Answer::Holds => {}
                Answer::Fails => out.report(self.observation(machine, rule, at, object)),
                Answer::Open(why) => self.open(Some(object), &why, out),
            }
        }
    }

    fn answer(&self, machine: &Machine<'_, 'w>, written: &Written<'w>) -> Answer {
        let program = match &written.program {
            Ok(program) => program,
            Err(refused) => return Answer::Open(format!("an expression {}", refused.message)),
        };
        match machine.run(program).and_then(boolean) {
            Ok(true) => Answer::Holds,
            Ok(false) => Answer::Fails,
            Err(Stop::Unknown) => Answer::Open("a value it asks for is not known".to_owned()),
            Err(Stop::Limit) => Answer::Open("an expression takes too many steps".to_owned()),
            // The API server may set the field before the policy sees the object.
            Err(Stop::Error { message, .. }) if message.starts_with("there is no") => {
                Answer::Open(format!("{message}; the API server may set it"))
            }
            Err(Stop::Error { .. }) if self.policy.ignores_failures => Answer::Holds,
            Err(Stop::Error { message, .. }) => Answer::Open(format!("an expression fails: {message}")),
        }
    }

    /// The parameters for an object: each is run on its own; one that is null where the policy has none.
    fn params(&self, object: &Object) -> Result<Vec<Value<'w>>, String> {
        let Some((version, kind)) = self.policy.param_kind else { return Ok(vec![Value::Null]) };
        let Some(reference) = self.binding.and_then(|binding| binding.params) else {
            return Err("nothing binds its parameters".to_owned());
        };
        let gvk = Gvk::new(version, kind);
        let named = reference.get("namespace").and_then(Node::as_str);
        let namespace = if has_no_namespace(&gvk) { "" } else { named.unwrap_or_else(|| object.namespace()) };
        let text = |key: &str| reference.get(key).and_then(Node::as_str);
        let found: Vec<Value<'w>> = match (text("name"), reference.get("selector")) {
            (Some(name), _) => match self.cluster.existence(&gvk.group, kind, namespace, name) {
                Existence::Here(object) => vec![Value::Object(object)],
                other => match self.given(&gvk, namespace, name) {
                    Some(node) => vec![Value::Node(node)],
                    None if other.is_absent() => Vec::new(),
                    None => return Err(format!("its parameters {kind} `{name}` are not known")),
                },
            },
            (None, Some(selector)) => {
                let inside = self.cluster.of_kind(&gvk.group, kind).filter(|object| object.namespace() == namespace);
                let labels = |object: &'w Object| object.at(&["metadata", "labels"]).map_or(Value::Null, Value::Node);
                inside
                    .filter(|object| selects(&Value::Node(selector), &labels(object)).unwrap_or(false))
                    .map(Value::Object)
                    .collect()
            }
            (None, None) => return Err("its binding names no parameters".to_owned()),
        };
        match (found.is_empty(), text("parameterNotFoundAction")) {
            (false, _) | (true, Some("Allow")) => Ok(found),
            (true, _) => Err("its parameters are not there".to_owned()),
        }
    }

    /// Parameters that stand beside the policies in the folders of the configuration.
    fn given(&self, gvk: &Gvk, namespace: &str, name: &str) -> Option<&'w Node> {
        given(self.cluster, &gvk.group, &gvk.kind).find(|node| {
            node.dig("metadata.name").and_then(Node::as_str) == Some(name)
                && node.dig("metadata.namespace").and_then(Node::as_str).unwrap_or_default() == namespace
        })
    }

    fn observation(&self, machine: &Machine<'_, 'w>, rule: &Rule<'w>, at: usize, object: &'w Object) -> Observation {
        let made = rule.message_expression.as_ref().and_then(|made| made.program.as_ref().ok());
        let text = made.and_then(|made| self.made_message(machine, made));
        let text = text.or_else(|| rule.message.map(|message| message.trim().trim_end_matches('.').to_owned()));
        let expression = rule.expression.node.as_str().unwrap_or_default().trim();
        let text = text.unwrap_or_else(|| format!("`{expression}` does not hold"));
        let (node, span, path) = place(object, expression);
        let message = format!("{} is refused by the policy `{}`: {text}", object.reference(), self.policy.name);
        let mut found = Observation::new("admission-policy", message, Label::new(span, "refused"))
            .about(object.reference(), format!("{}[{at}].{path}", self.policy.name))
            .trail(trail(node))
            .related(Label::new(rule.expression.node.span(), "by this validation"));
        if let Some(binding) = self.binding {
            let named = binding.node.dig("metadata.name").unwrap_or(binding.node);
            found = found.related(Label::new(named.span(), "bound here"));
        }
        found.severity = match self.binding.map(|binding| binding.actions.as_slice()) {
            Some(actions) if actions.contains(&"Deny") || actions.is_empty() => None,
            Some(actions) if actions.contains(&"Warn") => Some(Severity::Warning),
            Some(_) => Some(Severity::Info),
            None => Some(Severity::Warning),
        };
        found.confidence = object.modelled;
        found
    }

    fn made_message(&self, machine: &Machine<'_, 'w>, program: &Program) -> Option<String> {
        machine.notes.sealed.set(false);
        let text = machine.run(program).and_then(|value| value.plain()).ok()?;
        let text = match text {
            _ if machine.notes.sealed.get() => return None,
            Value::Str(text) => text.trim().trim_end_matches('.').to_owned(),
            _ => return None,
        };
        (!text.is_empty() && !text.contains('\n')).then_some(text)
    }

    fn open(&self, object: Option<&Object>, why: &str, out: &mut Sink) {
        let what = match object {
            Some(object) => format!("policy `{}` on {}", self.policy.name, object.reference()),
            None => format!("policy `{}`", self.policy.name),
        };
        out.undecided(self.cluster, "values", what, why);
    }
}

/// What the API server tells a policy of the request. Who asks is not known.
fn request<'w>(resource: &str, object: &'w Object) -> Value<'w> {
    let map = |entries: Vec<(&str, Value<'w>)>| {
        Value::Map(Arc::new(entries.into_iter().map(|(key, value)| (Value::text(key), value)).collect()))
    };
    let group = || Value::text(object.gvk.group.as_str());
    let version = || Value::text(object.gvk.version.as_str());
    map(vec![
        ("operation", Value::text("CREATE")),
        ("name", Value::text(object.name.as_str())),
        ("namespace", Value::text(object.namespace())),
        ("kind", map(vec![("group", group()), ("version", version()), ("kind", Value::text(object.kind()))])),
        ("resource", map(vec![("group", group()), ("version", version()), ("resource", Value::text(resource))])),
        ("subResource", Value::text("")),
        ("dryRun", Value::Bool(false)),
        ("userInfo", Value::Unknown),
        ("options", Value::Unknown),
    ])
}

/// The field that an expression asks about, where it is one; else the name of the object.
fn place<'w>(object: &'w Object, expression: &str) -> (&'w Node, crate::source::Span, String) {
    let whole = || (&object.node, object.place(), "metadata.name".to_owned());
    let mut paths: Vec<String> = Vec::new();
    for (at, found) in expression.match_indices("object.") {
        let before = expression.get(..at).and_then(|head| head.chars().next_back());
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.') {
            continue;
        }
        let rest = expression.get(at + found.len()..).unwrap_or_default();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '?'))).unwrap_or(rest.len());
        let (path, behind) = rest.split_at(end);
        let mut keys: Vec<&str> = path.split('.').map(|key| key.trim_start_matches('?')).collect();
        // The last word of a call is a function.
        if behind.starts_with('(') {
            keys.pop();
        }
        paths.push(keys.join("."));
    }
    paths.sort();
    paths.dedup();
    // `has(object.a.b) && object.a.b > 1` is about one field.
    let longest = paths.iter().max_by_key(|path| path.len());
    match longest.filter(|longest| paths.iter().all(|path| longest.starts_with(path.as_str()))) {
        Some(path) if !path.is_empty() => match Place::parse(path) {
            Ok(at) => {
                let (node, span) = at.find(&object.node);
                if std::ptr::eq(node, &object.node) { whole() } else { (node, span, path.clone()) }
            }
            Err(_) => whole(),
        },
        _ => whole(),
    }
}
