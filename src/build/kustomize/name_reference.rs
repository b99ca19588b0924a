//! References follow objects that got another name or namespace. Source: kustomize `api/filters/nameref`,
//! `api/internal/accumulator/namereferencetransformer.go`, `api/resmap/reswrangler.go`.

use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

use smol_str::SmolStr;

use super::field_spec::{FieldError, FieldSpec, GvkPattern, kind_of};
use super::log::Log;
use super::resource::Resource;
use super::transformer_config::NameReference;
use crate::build::object::{Gvk, Id};
use crate::build::scope;
use crate::finding::{Label, Observation};
use crate::source::Span;
use crate::yaml::{Node, Origin, Step, Value};

/// An object that had another identity before.
struct Candidate {
    previous: Vec<Id>,
    now: Id,
    // The namespace it began with; empty for cluster-scoped kinds.
    first_namespace: SmolStr,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    name: Node,
    namespace: Option<Node>,
    place: Span,
}

impl Candidate {
    fn of(resource: &Resource) -> Self {
        let now = resource.id();
        Candidate {
            first_namespace: resource.original().effective_namespace().into(),
            previous: resource.previous.clone(),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            name: resource.node.at(&["metadata", "name"]).unwrap_or(&resource.node).clone(),
            namespace: resource.node.at(&["metadata", "namespace"]).cloned(),
            place: resource.place(),
            now,
        }
    }

    fn is_cluster_scoped(&self) -> bool {
        scope::is_cluster_scoped(&self.now.gvk)
    }

    /// The kinds of its past; group and version are those of today.
    fn kinds(&self) -> impl Iterator<Item = Gvk> {
        self.previous.iter().map(|old| Gvk { kind: old.gvk.kind.clone(), ..self.now.gvk.clone() })
    }

    /// Whether some identity of the past is selected.
    fn was(&self, pattern: &GvkPattern) -> bool {
        self.kinds().any(|gvk| pattern.selects(&gvk))
    }
}

/// The object whose references are rewritten.
struct Referrer {
    id: Id,
    is_cluster_scoped: bool,
    prefixes: Vec<String>,
    suffixes: Vec<String>,
    // Namespaces that a RoleBinding names for its service accounts.
    bound: HashSet<String>,
    role: Option<GvkPattern>,
}

impl Referrer {
    fn of(resource: &Resource) -> Self {
        let id = resource.id();
        let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_str).map(ToOwned::to_owned);
        let subjects = resource.node.get("subjects").map(Node::items).unwrap_or_default();
        let bound = if id.gvk.kind == "RoleBinding" { subjects } else { &[] };
        let accounts =
            bound.iter().filter(|subject| subject.get("kind").and_then(Node::as_str) == Some("ServiceAccount"));
        let role = resource.node.get("roleRef").and_then(|role| {
            Some(GvkPattern { group: text(role, "apiGroup")?, version: String::new(), kind: text(role, "kind")? })
        });
        Referrer {
            is_cluster_scoped: scope::is_cluster_scoped(&id.gvk),
            prefixes: resource.prefixes.clone(),
            suffixes: resource.suffixes.clone(),
            bound: accounts.filter_map(|subject| text(subject, "namespace")).collect(),
            role,
            id,
        }
    }

    /// Whether the two may know of each other at all.
    fn can_see(&self, candidate: &Candidate) -> bool {
        self.is_cluster_scoped
            || candidate.is_cluster_scoped()
            || candidate.now.effective_namespace() == self.id.effective_namespace()
            || self.bound.contains(candidate.now.namespace.as_str())
    }

    /// Of what it may know, what its fields can name: service accounts of other namespaces too.
    fn can_name(&self, candidate: &Candidate) -> bool {
        self.is_cluster_scoped
            || candidate.is_cluster_scoped()
            || candidate.now.gvk.kind == "ServiceAccount"
            || candidate.now.effective_namespace() == self.id.effective_namespace()
    }
}

/// Several objects could be meant, and they have different names now.
struct Ambiguous {
    name: String,
    place: Span,
    candidates: Vec<(Id, Span)>,
}

struct Index {
    candidates: Vec<Candidate>,
    by_name: HashMap<SmolStr, Vec<usize>>,
    // Names that somebody had and has no more.
    lost: HashSet<SmolStr>,
}

impl Index {
    fn new(resources: &[Resource]) -> Self {
        let mut index = Index { candidates: Vec::new(), by_name: HashMap::new(), lost: HashSet::new() };
        for resource in resources.iter().filter(|resource| !resource.previous.is_empty()) {
            let at = index.candidates.len();
            let candidate = Candidate::of(resource);
            for old in &resource.previous {
                let named = index.by_name.entry(old.name.clone()).or_default();
                if named.last() != Some(&at) {
                    named.push(at);
                }
                if old.name != candidate.now.name {
                    index.lost.insert(old.name.clone());
                }
            }
            index.candidates.push(candidate);
        }
        index
    }

    /// Whether a reference may have to follow somebody, or cannot be read. A text follows names; a map, namespaces too.
    fn concerns(&self, reference: &Node) -> bool {
        match &reference.value {
            Value::Null | Value::Unknown(_) => false,
            Value::Seq(items) => items.iter().any(|item| matches!(item.value, Value::Seq(_)) || self.concerns(item)),
            Value::Map(map) => match map.get("name").map(|name| &name.value) {
                Some(Value::Str(name)) => self.by_name.contains_key(name),
                Some(_) => false,
                None => true,
            },
            _ => reference.as_str().is_some_and(|name| self.lost.contains(name)),
        }
    }

    fn named(&self, name: &str) -> Vec<&Candidate> {
        let found = self.by_name.get(name).into_iter().flatten();
        found.filter_map(|at| self.candidates.get(*at)).collect()
    }
}

/// Rewrites every reference to an object whose name or namespace changed.
pub fn rewrite(resources: &mut [Resource], table: &[NameReference], log: &mut Log) {
    blank_namespaces(resources, log);
    let index = Index::new(resources);
    if index.candidates.is_empty() {
        return;
    }
    // Kinds that nobody ever was need no walk.
    let kinds: HashSet<Gvk> = index.candidates.iter().flat_map(Candidate::kinds).collect();
    let rows: Vec<&NameReference> =
        table.iter().filter(|row| kinds.iter().any(|gvk| row.target.selects(gvk))).collect();
    let fields_of = |gvk: &Gvk| -> Vec<(&GvkPattern, &FieldSpec)> {
        let fields = rows.iter().flat_map(|row| row.fields.iter().map(|field| (&row.target, field)));
        fields.filter(|(_, field)| field.gvk.selects(gvk)).collect()
    };
    let mut fields: HashMap<Gvk, Vec<(&GvkPattern, &FieldSpec)>> = HashMap::new();
    for resource in resources.iter_mut() {
        let original = resource.original().gvk;
        let fields = fields.entry(original).or_insert_with_key(fields_of);
        let mut referrer = None;
        for (target, field) in fields.iter() {
            // Looked at before it is taken for change, so that shared trees stay shared.
            if !field.finds(&resource.node, &|reference| index.concerns(reference)) {
                continue;
            }
            let referrer = referrer.get_or_insert_with(|| Referrer::of(resource));
            let mut rewrite = Rewrite { index: &index, referrer, target, field, ambiguous: Vec::new() };
            let outcome = field.change(&mut resource.node, &mut |node| rewrite.value(node));
            let ambiguous = rewrite.ambiguous;
            if let Err(error) = outcome {
                let place = error.span().unwrap_or_else(|| resource.place());
                log.fail(resource.refusal(&error, place, "a reference by the table of name references"));
            }
            for ambiguous in ambiguous {
                log.fail(several(resource, &ambiguous));
            }
        }
    }
}

/// A RoleBinding whose service account has a `namespace` that is no text stops the build.
fn blank_namespaces(resources: &[Resource], log: &mut Log) {
    for resource in resources.iter().filter(|resource| resource.id().gvk.kind == "RoleBinding") {
        for subject in resource.node.get("subjects").map(Node::items).unwrap_or_default() {
            let is_account = subject.get("kind").and_then(Node::as_str) == Some("ServiceAccount");
            let Some(namespace) = subject.get("namespace").filter(|_| is_account) else { continue };
            if !matches!(namespace.value, Value::Str(_) | Value::Unknown(_)) {
                log.fail(
                    Observation::new(
                        "build-failed",
                        format!(
                            "RoleBinding `{}` names a service account whose namespace is blank",
                            resource.id().name
                        ),
                        Label::new(namespace.span(), "no namespace here"),
                    )
                    .keyed(resource.id().name.to_string()),
                );
            }
        }
    }
}

fn several(resource: &Resource, ambiguous: &Ambiguous) -> Observation {
    let id = resource.id();
    let mut observation = Observation::new(
        "build-failed",
        format!(
            "{} `{}` refers to `{}`, which {} objects of this build were called before they were renamed",
            id.gvk.kind,
            id.name,
            ambiguous.name,
            ambiguous.candidates.len()
        ),
        Label::new(ambiguous.place, "which of them?"),
    )
    .keyed(format!("{} {} {}", id.gvk.kind, id.name, ambiguous.name));
    for (candidate, place) in &ambiguous.candidates {
        observation = observation.related(Label::new(*place, format!("now `{}`", candidate.name)));
    }
    observation
}

struct Rewrite<'r> {
    index: &'r Index,
    referrer: &'r Referrer,
    target: &'r GvkPattern,
    field: &'r FieldSpec,
    ambiguous: Vec<Ambiguous>,
}

impl<'r> Rewrite<'r> {
    fn value(&mut self, node: &mut Node) -> Result<(), FieldError> {
        match &mut node.value {
            Value::Null | Value::Unknown(_) => Ok(()),
            Value::Map(_) => self.map(node),
            Value::Seq(items) => Arc::make_mut(items).iter_mut().try_for_each(|item| match item.value {
                Value::Map(_) => self.map(item),
                Value::Seq(_) => Err(self.wrong(item, "names or maps with a `name`")),
                _ => {
                    self.scalar(item);
                    Ok(())
                }
            }),
            _ => {
                self.scalar(node);
                Ok(())
            }
        }
    }

    fn wrong(&self, node: &Node, expected: &'static str) -> FieldError {
        FieldError::Kind { path: self.field.shown(), found: kind_of(node), expected, span: node.span() }
    }

    fn scalar(&mut self, node: &mut Node) {
        let Value::Str(name) = &node.value else { return };
        let name = name.clone();
        let visible =
            self.index.named(&name).into_iter().filter(|candidate| self.referrer.can_see(candidate)).collect();
        let found = self.choose(&name, visible, node.span(), |a, b| a.now.name == b.now.name);
        if let Some(found) = found
            && found.now.name != name
        {
            *node = rewritten(&found.name, Some(node), node.span());
        }
    }

    fn map(&mut self, node: &mut Node) -> Result<(), FieldError> {
        let Some(name) = node.get("name") else {
            return Err(FieldError::Kind {
                path: self.field.shown(),
                found: "a map without `name`",
                expected: "a map with one",
                span: node.span(),
            });
        };
        let place = name.span();
        let Some(name) = name.as_str().map(ToOwned::to_owned) else { return Ok(()) };
        let visible: Vec<&Candidate> =
            self.index.candidates.iter().filter(|candidate| self.referrer.can_see(candidate)).collect();
        let named = |candidates: Vec<&'r Candidate>| -> Vec<&'r Candidate> {
            candidates.into_iter().filter(|found| found.previous.iter().any(|old| old.name == name.as_str())).collect()
        };
        let visible = match node.get("namespace").and_then(Node::as_str) {
            None => named(visible),
            Some(namespace) => {
                // The namespaces objects began with come first, whatever the objects are called.
                let first: Vec<&Candidate> =
                    visible.iter().copied().filter(|found| found.first_namespace == namespace).collect();
                let now = || {
                    let here =
                        |found: &&Candidate| !found.is_cluster_scoped() && found.now.effective_namespace() == namespace;
                    visible.iter().copied().filter(here).collect()
                };
                named(if first.is_empty() { now() } else { first })
            }
        };
        let same = |a: &Candidate, b: &Candidate| a.now.name == b.now.name && a.now.namespace == b.now.namespace;
        let Some(found) = self.choose(&name, visible, place, same) else { return Ok(()) };
        if found.now.name == name.as_str() && found.now.namespace.is_empty() {
            return Ok(());
        }
        let Some(map) = node.as_map_mut() else { return Ok(()) };
        for (key, value) in [("name", Some(&found.name)), ("namespace", found.namespace.as_ref())] {
            let Some(value) = value.filter(|value| value.scalar_text().as_deref() != Some("")) else { continue };
            let old = map.get(key);
            if old.is_some_and(|old| old.same_value(value)) {
                continue;
            }
            let new = rewritten(value, old, old.map_or(place, Node::span));
            map.set(key, place, new);
        }
        Ok(())
    }

    fn choose(
        &mut self,
        name: &str,
        candidates: Vec<&'r Candidate>,
        place: Span,
        same: impl Fn(&Candidate, &Candidate) -> bool,
    ) -> Option<&'r Candidate> {
        let role = if matches!(self.field.path.as_slice(), [.., role, name] if role == "roleRef" && name == "name") {
            self.referrer.role.as_ref()
        } else {
            None
        };
        let mut left: Vec<&Candidate> = candidates
            .into_iter()
            .filter(|found| found.was(self.target))
            .filter(|found| role.is_none_or(|role| found.was(role)))
            .filter(|found| self.referrer.can_name(found))
            .collect();
        if let [only] = left.as_slice() {
            return Some(only);
        }
        let (prefixes, suffixes) = (&self.referrer.prefixes, &self.referrer.suffixes);
        let either_empty = |a: &[String], b: &[String]| a.is_empty() || b.is_empty() || ends_alike(a, b);
        left.retain(|found| either_empty(&found.prefixes, prefixes) && either_empty(&found.suffixes, suffixes));
        if left.len() > 1 {
            left.retain(|found| ends_alike(&found.prefixes, prefixes) && ends_alike(&found.suffixes, suffixes));
        }
        match left.as_slice() {
            [] => None,
            [first, rest @ ..] if rest.iter().all(|other| same(first, other)) => Some(first),
            several => {
                let candidates = several.iter().map(|found| (found.now.clone(), found.place)).collect();
                self.ambiguous.push(Ambiguous { name: name.to_owned(), place, candidates });
                None
            }
        }
    }
}

fn ends_alike(a: &[String], b: &[String]) -> bool {
    let (shorter, longer) = if a.len() > b.len() { (b, a) } else { (a, b) };
    if shorter.is_empty() { longer.is_empty() } else { longer.ends_with(shorter) }
}

/// The new text of a reference; it still points at where the reference stands.
fn rewritten(value: &Node, old: Option<&Node>, place: Span) -> Node {
    let before = old.map(|old| old.origin.clone());
    Node { value: value.value.clone(), origin: Origin::derived(Step::ReferenceRewritten, place, before) }
}
