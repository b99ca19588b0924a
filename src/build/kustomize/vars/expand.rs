//! Expanding vars, once, when everything has its final name.
//! Source: kustomize `api/filters/refvar`, `api/internal/accumulator/refvartransformer.go`.

use hashbrown::HashMap;
use std::sync::Arc;

use smol_str::SmolStr;

use super::read::Var;
use crate::build::kustomize::field_spec::{Create, FieldError, FieldSpec, kind_of};
use crate::build::kustomize::log::Log;
use crate::build::kustomize::replacements::{Texts, at, lookup, split, text_of};
use crate::build::kustomize::resource::Resource;
use crate::build::manifests::Library;
use crate::finding::{Label, Observation};
use crate::source::Span;
use crate::yaml::{Node, Origin, Step, Unknown, UnknownWhy, Value};

/// What a var stands for.
struct Meaning {
    /// A plain value. Maps and lists cannot be put into a text: vars for them are left as they are.
    value: Value,
    /// Where it stands.
    place: Span,
}

/// Expands the vars of a build in the fields where that is done.
pub fn expand(library: &Library<'_>, resources: &mut [Resource], vars: &[Var], fields: &[FieldSpec], log: &mut Log) {
    let texts = Texts::Files(library.sources);
    let open = log.is_open();
    let mut meanings: HashMap<&str, Meaning> = HashMap::new();
    for var in vars {
        match meaning(var, resources, texts) {
            Ok(meaning) => {
                meanings.insert(&var.name.text, meaning);
            }
            // Its object may be among what was left out.
            Err(_) if open => {
                let template = format!("$({})", var.name.text).into();
                let value = Value::Unknown(Arc::new(Unknown { template, why: UnknownWhy::Variable }));
                meanings.insert(&var.name.text, Meaning { value, place: var.name.span });
            }
            Err(observation) => log.fail(*observation),
        }
    }
    if meanings.is_empty() {
        // Then `$$` stays as it is, too.
        return;
    }
    for resource in resources {
        let id = resource.id();
        for field in fields {
            let done = field
                .apply(&mut resource.node, &id.gvk, Create::Nothing, &mut |node| expand_field(node, &meanings, field));
            if let Err(error) = done {
                let place = resource.node.at(&["metadata", "name"]).unwrap_or(&resource.node).span();
                let message = format!("the vars in {} `{}` cannot be expanded: {error}", id.gvk.kind, id.name);
                log.fail(
                    Observation::new("build-failed", message, Label::new(error.span().unwrap_or(place), "no text"))
                        .keyed(format!("{} {} {}", id.gvk.kind, id.name, field.shown()))
                        .related(Label::new(place, "the object")),
                );
            }
        }
    }
}

fn meaning(var: &Var, resources: &[Resource], texts: Texts<'_>) -> Result<Meaning, Box<Observation>> {
    let name = &var.name.text;
    let refused = |message: String, span: Span, label: &str| {
        Observation::new("build-failed", message, Label::new(span, label)).keyed(format!("var {name}"))
    };
    let Some(resource) = resources.iter().find(|resource| resource.variables.contains(name)) else {
        let message = format!("the var `{name}` reads from {}, which its kustomization does not hold", var.shown());
        let mut observation = refused(message, var.object_place, "no such object");
        if let Some((help, span)) = nearest(var, resources) {
            observation = observation.help(help).related(Label::new(span, "nearest object"));
        }
        return Err(Box::new(observation));
    };
    let place_of = |resource: &Resource| resource.node.at(&["metadata", "name"]).unwrap_or(&resource.node).span();
    let parts = with_indices(&var.path.text);
    let found = lookup(&resource.node, &parts, texts).ok().flatten();
    let node = found.and_then(|address| at(&resource.node, &address));
    let value = node.and_then(|node| match &node.value {
        // Read as decimal digits, whatever the notation.
        Value::Int(_) | Value::Uint(_) => Some(Value::Int(text_of(node, texts)?.parse().ok()?)),
        Value::Null => Some(Value::Str(text_of(node, texts)?.into())),
        Value::Str(_) => Some(Value::Str(text_of(node, texts)?.into())),
        value => Some(value.clone()),
    });
    match (node, value) {
        (Some(node), Some(value)) => Ok(Meaning { value, place: node.span() }),
        _ => {
            let message =
                format!("the var `{name}` reads `{}` of {}, where nothing stands", var.path.text, var.shown());
            let observation = refused(message, var.path.span, "no such field");
            Err(Box::new(observation.related(Label::new(place_of(resource), "the object it reads"))))
        }
    }
}

/// `ports[0].port` as `ports`, `0`, `port`.
fn with_indices(path: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for part in split(path) {
        let index = part.strip_suffix(']').and_then(|part| part.rsplit_once('['));
        match index {
            Some((name, index)) if !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()) => {
                parts.extend((!name.is_empty()).then(|| name.to_owned()));
                parts.push(index.to_owned());
            }
            _ => parts.push(part),
        }
    }
    parts
}

fn nearest(var: &Var, resources: &[Resource]) -> Option<(String, Span)> {
    let wanted = &var.object;
    let of_kind = resources.iter().filter(|resource| resource.id().gvk.kind == wanted.gvk.kind);
    let distance = |resource: &Resource| {
        let names = resource.previous.iter().map(|id| id.name.clone()).chain([resource.id().name]);
        names.map(|name| strsim::levenshtein(&name, &wanted.name)).min().unwrap_or(usize::MAX)
    };
    let resource = of_kind.min_by_key(|resource| distance(resource))?;
    let (id, span) = (resource.id(), resource.node.at(&["metadata", "name"])?.span());
    match distance(resource) {
        0 if id.gvk != wanted.gvk => Some((format!("write `apiVersion: {}`", id.gvk.api_version()), span)),
        0 => Some((format!("the object has namespace `{}`", id.namespace), span)),
        far if far <= wanted.name.len() / 3 + 1 => {
            Some((format!("did you mean `{}`?", resource.original().name), span))
        }
        _ => None,
    }
}

fn expand_field(node: &mut Node, meanings: &HashMap<&str, Meaning>, field: &FieldSpec) -> Result<(), FieldError> {
    match &mut node.value {
        Value::Str(_) => expand_text(node, meanings),
        Value::Map(map) if map.iter().any(|entry| entry.value.as_str().is_some_and(|text| text.contains('$'))) => {
            Arc::make_mut(map).iter_mut().for_each(|entry| expand_text(&mut entry.value, meanings));
        }
        Value::Seq(items) => {
            if let Some(item) = items.iter().find(|item| !matches!(item.value, Value::Str(_) | Value::Unknown(_))) {
                let (path, found, span) = (field.shown(), kind_of(item), item.span());
                return Err(FieldError::Kind { path, found, expected: "a list of texts", span });
            }
            if items.iter().any(|item| item.as_str().is_some_and(|text| text.contains('$'))) {
                Arc::make_mut(items).iter_mut().for_each(|item| expand_text(item, meanings));
            }
        }
        _ => {}
    }
    Ok(())
}

fn expand_text(node: &mut Node, meanings: &HashMap<&str, Meaning>) {
    let Some(text) = node.as_str().filter(|text| text.contains('$')) else { return };
    let expanded = Expanded::of(text, meanings);
    let Some(first) = expanded.used.first() else {
        if expanded.text != text {
            node.value = Value::Str(expanded.text.into());
        }
        return;
    };
    let names: Vec<&str> = expanded.used.iter().map(|(name, _)| *name).collect();
    let step = Step::Substituted(names.join(", ").into());
    let place = node.span();
    let before = (!node.origin.is_source()).then(|| node.origin.clone());
    let set = Origin::derived(Step::Substituted(SmolStr::default()), first.1.place, before);
    let value = match (expanded.whole, expanded.unknown) {
        (Some(whole), _) => whole,
        (None, Some(why)) => Value::Unknown(Arc::new(Unknown { template: expanded.text.into(), why })),
        (None, None) => Value::Str(expanded.text.into()),
    };
    *node = Node { value, origin: Origin::derived(step, place, Some(set)) };
}

/// A text with its vars expanded.
struct Expanded<'t, 'm> {
    text: String,
    /// The value of the only var, where the text is nothing else: it keeps its type.
    whole: Option<Value>,
    used: Vec<(&'t str, &'m Meaning)>,
    unknown: Option<UnknownWhy>,
}

impl<'t, 'm> Expanded<'t, 'm> {
    /// `$(NAME)` is a var if there is one of that name, `$$` is `$`, and everything else stays.
    fn of(text: &'t str, meanings: &'m HashMap<&str, Meaning>) -> Self {
        let mut expanded =
            Expanded { text: String::with_capacity(text.len()), whole: None, used: Vec::new(), unknown: None };
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            expanded.text.push_str(before);
            if let Some(after) = after.strip_prefix('$') {
                expanded.text.push('$');
                rest = after;
                continue;
            }
            match after.strip_prefix('(').and_then(|inside| inside.split_once(')')) {
                Some((name, after)) => {
                    expanded.put(text, name, meanings);
                    rest = after;
                }
                None => {
                    expanded.text.push('$');
                    rest = after;
                }
            }
        }
        expanded.text.push_str(rest);
        expanded
    }

    fn put(&mut self, text: &str, name: &'t str, meanings: &'m HashMap<&str, Meaning>) {
        let reference = format!("$({name})");
        let meaning = meanings.get(name).filter(|meaning| !matches!(meaning.value, Value::Map(_) | Value::Seq(_)));
        let Some(meaning) = meaning else { return self.text.push_str(&reference) };
        self.used.push((name, meaning));
        if text == reference {
            self.whole = Some(meaning.value.clone());
        }
        match &meaning.value {
            Value::Unknown(unknown) => {
                self.unknown = Some(unknown.why);
                self.text.push_str(&unknown.template);
            }
            value => {
                let node = Node::new(value.clone(), meaning.place);
                self.text.push_str(&node.scalar_text().unwrap_or_default());
            }
        }
    }
}
