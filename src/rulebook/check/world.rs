//! What the functions of expressions ask of a cluster: its indexes, never a walk over all objects for one of them.

use hashbrown::HashMap;
use std::cell::RefCell;
use std::sync::Arc;

use super::kinds::{self, Kind};
use crate::build::Object;
use crate::build::charts::Extent;
use crate::cluster::Cluster;
use crate::cluster::budget::Measure;
use crate::cluster::producers::Existence;
use crate::cluster::templates::Template;
use crate::rulebook::cel::{Function, Notes, Outcome, Stop, Value, World};
use crate::yaml::Node;

type Listed<'w> = HashMap<String, Arc<Vec<Value<'w>>>>;

/// A cluster, to be asked by expressions.
pub struct Asked<'c, 'w> {
    /// The cluster.
    pub cluster: &'c Cluster<'w>,
    // Lists by their kinds as written, then by namespace; all under the empty name.
    lists: RefCell<HashMap<String, Listed<'w>>>,
    // Contributors to the budget, by their object.
    contributors: RefCell<Option<HashMap<*const Object, Vec<usize>>>>,
    refs: RefCell<Option<HashMap<*const Object, Vec<&'w Object>>>>,
}

impl<'c, 'w> Asked<'c, 'w> {
    /// A cluster of which nothing was asked yet.
    pub fn new(cluster: &'c Cluster<'w>) -> Self {
        Asked { cluster, lists: RefCell::default(), contributors: RefCell::default(), refs: RefCell::default() }
    }

    fn objects(&self, text: &str, namespace: Option<&str>, notes: &Notes) -> Outcome<'w> {
        let kinds = Kind::parse(text).map_err(Stop::error)?;
        if kinds.iter().any(|kind| may_hold_more(self.cluster, kind, namespace)) {
            notes.open.set(true);
        }
        let mut lists = self.lists.borrow_mut();
        let listed = lists.entry(text.to_owned()).or_insert_with(|| {
            let mut by_namespace: HashMap<String, Vec<Value<'w>>> = HashMap::new();
            let mut all = Vec::new();
            for object in kinds::objects(self.cluster, &kinds) {
                by_namespace.entry(object.namespace().to_owned()).or_default().push(Value::Object(object));
                all.push(Value::Object(object));
            }
            let mut listed: Listed<'w> =
                by_namespace.into_iter().map(|(namespace, objects)| (namespace, Arc::new(objects))).collect();
            listed.insert(String::new(), Arc::new(all));
            listed
        });
        Ok(Value::List(listed.get(namespace.unwrap_or_default()).cloned().unwrap_or_default()))
    }

    fn get(&self, text: &str, namespace: &str, name: &str) -> Outcome<'w> {
        let kinds = Kind::parse(text).map_err(Stop::error)?;
        let mut is_unknown = false;
        for kind in &kinds {
            let groups = match &kind.group {
                Some(group) => vec![group.clone()],
                None => self.cluster.groups_of(&kind.kind),
            };
            for group in groups {
                match self.cluster.existence(&group, &kind.kind, namespace, name) {
                    Existence::Here(object) => return Ok(Value::some(Value::Object(object))),
                    Existence::Absent => {}
                    Existence::Made(_) | Existence::Possible(_) | Existence::Unknown => is_unknown = true,
                }
            }
        }
        // A Namespace always has its automatic label, whether or not the tree defines it.
        if is_unknown { Err(Stop::Unknown) } else { Ok(Value::Optional(None)) }
    }

    fn amounts(&self, object: &'w Object, of: fn(&'static str) -> Measure<'static>) -> Outcome<'w> {
        let account = self.cluster.account();
        let mut index = self.contributors.borrow_mut();
        let index = index.get_or_insert_with(|| {
            let mut index: HashMap<*const Object, Vec<usize>> = HashMap::new();
            for (at, one) in account.contributors.iter().enumerate() {
                index.entry(std::ptr::from_ref(one.object)).or_default().push(at);
            }
            index
        });
        let own = index.get(&std::ptr::from_ref(object)).map(Vec::as_slice).unwrap_or_default();
        let sum = |measure: Measure<'_>| -> Value<'w> {
            let mut sum = crate::cluster::quantity::Quantity::ZERO;
            for one in own.iter().filter_map(|at| account.contributors.get(*at)) {
                let share = one.share(measure);
                if !share.gaps.is_empty() || one.copies.gap.is_some() {
                    return Value::Unknown;
                }
                sum = sum + share.value.times(one.copies.least);
            }
            // Nothing is counted where nothing is known.
            if own.is_empty() { Value::Unknown } else { Value::Quantity(sum) }
        };
        let entries = [("cpu", of("cpu")), ("memory", of("memory")), ("storage", Measure::Storage)];
        Ok(Value::Map(Arc::new(entries.into_iter().map(|(name, measure)| (Value::text(name), sum(measure))).collect())))
    }

    fn refs(&self, object: &'w Object) -> Outcome<'w> {
        let mut refs = self.refs.borrow_mut();
        let refs = refs.get_or_insert_with(|| {
            let mut refs: HashMap<*const Object, Vec<&'w Object>> = HashMap::new();
            for link in self.cluster.links() {
                if let Some(target) = self.cluster.get(link.group, link.kind, &link.namespace, &link.name) {
                    refs.entry(std::ptr::from_ref(link.from)).or_default().push(target);
                }
            }
            refs
        });
        let found = refs.get(&std::ptr::from_ref(object)).into_iter().flatten();
        Ok(Value::list(found.map(|object| Value::Object(object)).collect()))
    }

    /// The labels of an object, of a pod template, or of a Namespace with the automatic one.
    fn labels(&self, of: &Value<'w>) -> Outcome<'w> {
        if let Value::Object(object) = of
            && object.is("", "Namespace")
        {
            let (labels, _) = self.cluster.namespace_labels(&object.name);
            return Ok(map_of(labels));
        }
        let metadata = match of.field("metadata") {
            Ok(metadata) => metadata,
            Err(Stop::Unknown) => return Err(Stop::Unknown),
            Err(_) => return Err(Stop::error(format!("a {} has no labels", of.type_name()))),
        };
        let labels = metadata.map(|metadata| metadata.field("labels")).transpose()?.flatten();
        match labels {
            Some(labels) if labels.entries().is_some() || labels.is_unknown() => Ok(labels),
            _ => Ok(Value::Map(Arc::default())),
        }
    }
}

/// The Namespace of a name: that of the tree, else one with the automatic label alone.
pub fn namespace<'w>(cluster: &Cluster<'w>, name: &str) -> Value<'w> {
    if let Some(object) = cluster.get("", "Namespace", "", name) {
        return Value::Object(object);
    }
    let (labels, _) = cluster.namespace_labels(name);
    let metadata = vec![(Value::text("name"), Value::text(name)), (Value::text("labels"), map_of(labels))];
    Value::Map(Arc::new(vec![
        (Value::text("apiVersion"), Value::text("v1")),
        (Value::text("kind"), Value::text("Namespace")),
        (Value::text("metadata"), Value::Map(Arc::new(metadata))),
    ]))
}

fn map_of<'w>(labels: impl IntoIterator<Item = (String, String)>) -> Value<'w> {
    Value::Map(Arc::new(labels.into_iter().map(|(key, value)| (Value::text(key), Value::text(value))).collect()))
}

/// Whether there may be objects of a kind that are not known: a part that was not built, a chart without model.
pub fn may_hold_more(cluster: &Cluster<'_>, kind: &Kind, namespace: Option<&str>) -> bool {
    let groups = match &kind.group {
        Some(group) => vec![group.clone()],
        None => cluster.groups_of(&kind.kind),
    };
    groups.iter().any(|group| {
        let parts = &cluster.build().not_built;
        let brought = match namespace {
            Some(namespace) => parts.iter().any(|part| part.could_bring(group, &kind.kind, namespace, None)),
            None => parts
                .iter()
                .any(|part| part.could_bring(group, &kind.kind, part.namespace.as_deref().unwrap_or_default(), None)),
        };
        // Charts do not bring what Flux reads.
        let is_flux = group.ends_with(".fluxcd.io");
        let is_open = |release: &Object| matches!(cluster.makes(release, group, &kind.kind), Extent::Open(_));
        brought
            || (!is_flux
                && match namespace {
                    Some(namespace) => cluster.installed_in(namespace).any(is_open),
                    None => cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").any(is_open),
                })
    })
}

impl<'w> World<'w> for Asked<'_, 'w> {
    fn ask(&self, function: Function, arguments: &[Value<'w>], notes: &Notes) -> Option<Outcome<'w>> {
        let wrong = || {
            let types: Vec<&str> = arguments.iter().map(Value::type_name).collect();
            Err(Stop::error(format!("`{}` does not take a {}", function.name(), types.join(" and a "))))
        };
        let plain = || arguments.iter().map(Value::plain).collect::<Result<Vec<_>, _>>();
        Some(match (function, arguments) {
            (Function::Objects, _) => match plain() {
                Ok(values) => match values.as_slice() {
                    [Value::Str(kinds)] => self.objects(kinds, None, notes),
                    [Value::Str(kinds), Value::Str(namespace)] => self.objects(kinds, Some(namespace), notes),
                    _ => wrong(),
                },
                Err(stop) => Err(stop),
            },
            (Function::Get, _) => match plain() {
                Ok(values) => match values.as_slice() {
                    [Value::Str(kind), Value::Str(namespace), Value::Str(name)] => self.get(kind, namespace, name),
                    _ => wrong(),
                },
                Err(stop) => Err(stop),
            },
            (Function::Pods, [Value::Object(object)]) => {
                // Labels are all that most rules ask for; a template that has them may lack its `spec`.
                let bare = || object.dig("spec.template").filter(|_| matches!(&*object.gvk.group, "apps" | "batch"));
                let template = Template::of(object).map(|template| template.node).or_else(bare);
                Ok(Value::Optional(template.map(|node| Arc::new(Value::Node(node)))))
            }
            (Function::LabelsOf, [of]) => self.labels(of),
            (Function::Requests, [Value::Object(object)]) => self.amounts(object, Measure::Requests),
            (Function::Limits, [Value::Object(object)]) => self.amounts(object, Measure::Limits),
            (Function::Refs, [Value::Object(object)]) => self.refs(object),
            (Function::Pods | Function::Requests | Function::Limits | Function::Refs, [other]) => {
                if other.is_unknown() { Err(Stop::Unknown) } else { wrong() }
            }
            _ => return None,
        })
    }
}

/// What an object stands for in messages and labels.
pub fn shown_place(node: &Node) -> String {
    match (node.get("kind").and_then(Node::as_str), node.dig("metadata.name").and_then(Node::shown)) {
        (Some(kind), Some(name)) => format!("{kind} `{name}`"),
        _ => "here".to_owned(),
    }
}
