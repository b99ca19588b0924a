//! What definitions of the tree ask of their objects in CEL: `x-kubernetes-validations`. Rules about a change are left out:
//! there is no older object.
//!
//! Source: apiextensions-apiserver `pkg/apiserver/schema/cel/validation.go`, `pkg/apiserver/schema/defaulting`.

use hashbrown::HashMap;

use crate::build::Object;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::Sink;
use crate::rulebook::cel::{MAX_ALL_STEPS, Machine, Nowhere, Program, Scope, Stop, Value, boolean, compile};
use crate::source::Span;
use crate::yaml::{Node, Value as Yaml};

const RULES: &str = "x-kubernetes-validations";

/// A rule of a definition.
struct Asked<'w> {
    node: &'w Node,
    program: Program,
    made: Option<Program>,
}

/// The rules of one level of a schema, and of those below; what has none is left out.
#[derive(Default)]
struct Level<'w> {
    rules: Vec<Asked<'w>>,
    fields: Vec<(&'w str, Level<'w>)>,
    each: Option<Box<Level<'w>>>,
}

impl Level<'_> {
    fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.fields.is_empty() && self.each.is_none()
    }
}

/// Reports every object that a rule of its definition refuses.
pub fn report(rule: &'static str, cluster: &Cluster<'_>, out: &mut Sink) {
    let mut kinds: HashMap<(&str, &str, &str), &Node> = HashMap::new();
    for definition in cluster.of_kind("apiextensions.k8s.io", "CustomResourceDefinition") {
        let text = |path: &str| definition.dig(path).and_then(Node::as_str);
        let (Some(group), Some(kind)) = (text("spec.group"), text("spec.names.kind")) else { continue };
        for version in definition.dig("spec.versions").map(Node::items).unwrap_or_default() {
            let name = version.get("name").and_then(Node::as_str);
            if let (Some(name), Some(schema)) = (name, version.dig("schema.openAPIV3Schema")) {
                kinds.insert((group, kind, name), schema);
            }
        }
    }
    let mut levels: HashMap<(&str, &str, &str), Level<'_>> = HashMap::new();
    let mut steps = 0;
    for object in cluster.objects().filter(|object| object.release.is_none()) {
        let key = (object.gvk.group.as_str(), object.kind(), object.gvk.version.as_str());
        let Some(schema) = kinds.get(&key) else { continue };
        let level = levels.entry(key).or_insert_with(|| level(schema, object.kind()));
        if level.is_empty() || steps > MAX_ALL_STEPS {
            continue;
        }
        let whole = defaulted(schema, &object.node);
        let node = whole.as_ref().unwrap_or(&object.node);
        let mut judge = Judge { rule, cluster, object, steps: 0, out };
        judge.walk(level, node, object.place(), "");
        steps += judge.steps;
    }
    if steps > MAX_ALL_STEPS {
        out.undecided(cluster, "values", "rules of definitions", "they take too many steps in all");
    }
}

fn level<'w>(schema: &'w Node, kind: &str) -> Level<'w> {
    let mut level = Level::default();
    let asked: Vec<&Node> = schema.get(RULES).map(Node::items).unwrap_or_default().iter().collect();
    let text = |node: &'w Node, key: &str| node.get(key).and_then(Node::as_str);
    for node in asked {
        let Some(condition) = text(node, "rule").filter(|condition| !is_left_out(condition, kind)) else { continue };
        let scope = || Scope { names: &["self"], ..Scope::default() };
        let made = text(node, "messageExpression");
        let texts: Vec<(&str, Scope<'_>)> =
            std::iter::once(condition).chain(made).map(|text| (text, scope())).collect();
        let mut programs = compile(&texts).into_iter();
        if let Some(Ok(program)) = programs.next() {
            level.rules.push(Asked { node, program, made: programs.next().and_then(Result::ok) });
        }
    }
    for entry in schema.get("properties").into_iter().flat_map(Node::entries) {
        let below = self::level(&entry.value, kind);
        if !below.is_empty() {
            level.fields.push((&entry.key, below));
        }
    }
    let each = schema.get("items").or_else(|| schema.get("additionalProperties").filter(|one| one.as_map().is_some()));
    level.each = each.map(|each| self::level(each, kind)).filter(|below| !below.is_empty()).map(Box::new);
    level
}

/// Rules about a change; and the one of Flux that `helm-chart-ambiguous` tells.
fn is_left_out(condition: &str, kind: &str) -> bool {
    condition.contains("oldSelf") || (kind == "HelmRelease" && condition.contains("chartRef"))
}

/// The value with the defaults of its schema, and without nulls that count as absent; `None` where it is the same.
fn defaulted(schema: &Node, value: &Node) -> Option<Node> {
    let mut changed: Option<Node> = None;
    match &value.value {
        Yaml::Map(map) => {
            let others = schema.get("additionalProperties").filter(|one| one.as_map().is_some());
            let properties = schema.get("properties").and_then(Node::as_map);
            for entry in map.iter() {
                let own = properties.and_then(|all| all.get(&entry.key)).or(others);
                let Some(own) = own else { continue };
                let is_nullable = own.get("nullable").and_then(Node::as_bool) == Some(true);
                if entry.value.is_null() && !is_nullable {
                    changed.get_or_insert_with(|| value.clone()).as_map_mut()?.remove(&entry.key);
                } else if let Some(new) = defaulted(own, &entry.value) {
                    changed.get_or_insert_with(|| value.clone()).as_map_mut()?.set(&entry.key, entry.key_span, new);
                }
            }
            for property in properties.into_iter().flatten() {
                let Some(default) = property.value.get("default") else { continue };
                if map.get(&property.key).is_none_or(Node::is_null) {
                    let whole = defaulted(&property.value, default).unwrap_or_else(|| default.clone());
                    let changed = changed.get_or_insert_with(|| value.clone());
                    changed.as_map_mut()?.set(&property.key, property.key_span, whole);
                }
            }
        }
        Yaml::Seq(items) => {
            let of_item = schema.get("items")?;
            for (at, item) in items.iter().enumerate() {
                if let Some(new) = defaulted(of_item, item) {
                    let list = changed.get_or_insert_with(|| value.clone()).as_seq_mut()?;
                    *list.get_mut(at)? = new;
                }
            }
        }
        _ => {}
    }
    changed
}

struct Judge<'j, 'w> {
    rule: &'static str,
    cluster: &'j Cluster<'w>,
    object: &'j Object,
    steps: u64,
    out: &'j mut Sink,
}

impl Judge<'_, '_> {
    fn walk(&mut self, level: &Level<'_>, node: &Node, place: Span, path: &str) {
        for asked in &level.rules {
            self.ask(asked, node, place, path);
        }
        for (key, below) in &level.fields {
            let Some(entry) = node.as_map().and_then(|map| map.entry(key)) else { continue };
            let path = if path.is_empty() { (*key).to_owned() } else { format!("{path}.{key}") };
            self.walk(below, &entry.value, entry.key_span, &path);
        }
        let Some(each) = &level.each else { return };
        for (at, item) in node.items().iter().enumerate() {
            let name = item.get("name").and_then(Node::as_str).map_or_else(|| at.to_string(), ToOwned::to_owned);
            self.walk(each, item, item.span().head(), &format!("{path}[{name}]"));
        }
        for entry in node.entries() {
            self.walk(each, &entry.value, entry.key_span, &format!("{path}.{}", entry.key));
        }
    }

    fn ask(&mut self, asked: &Asked<'_>, node: &Node, place: Span, path: &str) {
        let given = [Value::Node(node)];
        let machine = Machine::new(&given, &[], &Nowhere);
        let answer = machine.run(&asked.program).and_then(boolean);
        self.steps += machine.steps();
        let why = match answer {
            Ok(true) => return,
            Ok(false) => {
                let found = self.observation(&machine, asked, node, place, path);
                return self.out.report(found);
            }
            Err(Stop::Unknown) => "a value it asks for is not known".to_owned(),
            Err(Stop::Limit) => "it takes too many steps".to_owned(),
            // Types of fields, such as durations, are known to the API server alone.
            Err(Stop::Error { message, .. }) => message,
        };
        let what = format!("a rule of the definition on {}", self.object.reference());
        self.out.undecided(self.cluster, "values", what, why);
    }

    fn observation(
        &self,
        machine: &Machine<'_, '_>,
        asked: &Asked<'_>,
        node: &Node,
        place: Span,
        path: &str,
    ) -> Observation {
        let text =
            |key: &str| asked.node.get(key).and_then(Node::as_str).map(str::trim).filter(|text| !text.is_empty());
        let made = asked.made.as_ref().and_then(|made| match machine.run(made).and_then(|value| value.plain()) {
            Ok(Value::Str(text)) if !text.trim().is_empty() && !text.contains('\n') => Some(text.trim().to_owned()),
            _ => None,
        });
        let said = made.or_else(|| text("message").map(ToOwned::to_owned));
        let said = said.unwrap_or_else(|| format!("`{}` does not hold", text("rule").unwrap_or_default()));
        // A rule may name the field that it is about.
        let named = text("fieldPath").and_then(|path| path.strip_prefix('.'));
        let below = named.and_then(|named| Some((named, node.dig(named).filter(|node| !node.is_null())?)));
        let (place, path) = match below {
            Some((named, node)) if path.is_empty() => (node.span(), named.to_owned()),
            Some((named, node)) => (node.span(), format!("{path}.{named}")),
            None => (place, path.to_owned()),
        };
        let whose = if path.is_empty() {
            self.object.reference().to_string()
        } else {
            format!("`{path}` of {}", self.object.reference())
        };
        let message = format!("{whose} is refused by its definition: {}", said.trim_end_matches('.'));
        Observation::new(self.rule, message, Label::new(place, "refused"))
            .about(self.object.reference(), path)
            .trail(trail(node))
            .related(Label::new(asked.node.span(), "by this rule"))
            .confidence(Confidence::Medium)
    }
}
