//! Reading vars, and tying each to the object it reads from.
//! Source: kustomize `api/types/var.go`, `api/internal/accumulator/resaccumulator.go`.

use crate::build::kustomize::decode::{Decoder, Reading};
use crate::build::kustomize::file::Text;
use crate::build::kustomize::log::Log;
use crate::build::kustomize::resource::Resource;
use crate::build::object::{Gvk, Id};
use crate::finding::{Label, Observation};
use crate::yaml::Node;

/// The field that is read where none is named.
const DEFAULT_PATH: &str = "metadata.name";

/// A name for a field of an object.
#[derive(Clone, Debug)]
pub struct Var {
    /// What stands in parentheses.
    pub name: Text,
    /// The object; a namespace only where one is asked for.
    pub object: Id,
    /// Where the object is named.
    pub object_place: crate::source::Span,
    /// The field.
    pub path: Text,
}

impl Var {
    /// Whether a resource has or had the identity of its object.
    fn names(&self, resource: &Resource) -> bool {
        let now = resource.id();
        let before = resource
            .previous
            .iter()
            .map(|id| Id { gvk: Gvk { kind: id.gvk.kind.clone(), ..now.gvk.clone() }, ..id.clone() });
        before.chain(std::iter::once(now.clone())).any(|id| {
            let same = id.name == self.object.name && id.gvk == self.object.gvk;
            same && (self.object.namespace.is_empty() || id.effective_namespace() == self.object.namespace.as_str())
        })
    }

    /// The object, for people.
    pub fn shown(&self) -> String {
        format!("{} `{}`", self.object.gvk.kind, self.object.name)
    }
}

/// Reads a list of vars.
pub fn read(list: &Node, reading: Reading, log: &mut Log) -> Vec<Var> {
    let mut decoder = Decoder::new(log, reading, "var");
    list.items().iter().filter_map(|item| var(item, &mut decoder)).collect()
}

fn var(node: &Node, decoder: &mut Decoder<'_>) -> Option<Var> {
    if !decoder.map(node, &["name", "objref", "fieldref"]) {
        return None;
    }
    let place = node.entries().next().map_or_else(|| node.span().head(), |entry| entry.key_span);
    let name = decoder.text(node, "name").unwrap_or(Text { text: String::new(), span: place });
    let mut object = Id::default();
    let mut object_place = name.span;
    let known = ["apiVersion", "group", "version", "kind", "name", "namespace"];
    if let Some(reference) = node.field("objref").filter(|reference| !reference.is_null())
        && decoder.map(reference, &known)
    {
        let mut text = |key: &str| decoder.filled(reference, key);
        let named = text("name");
        object_place = named.as_ref().map_or_else(|| reference.span().head(), |name| name.span);
        let plain = |text: Option<Text>| text.map(|text| text.text).unwrap_or_default();
        let (group, version, kind) = (plain(text("group")), plain(text("version")), plain(text("kind")));
        object.namespace = plain(text("namespace")).into();
        object.name = plain(named).into();
        let api_version = plain(text("apiVersion"));
        let (group, version) = match api_version.split('/').collect::<Vec<_>>().as_slice() {
            [version] if !version.is_empty() => (group, (*version).to_owned()),
            [group, version] => ((*group).to_owned(), (*version).to_owned()),
            _ => (group, version),
        };
        object.gvk = Gvk { group: group.into(), version: version.into(), kind: kind.into() };
    }
    let mut path = None;
    if let Some(reference) = node.field("fieldref").filter(|reference| !reference.is_null())
        && decoder.map(reference, &["fieldPath"])
    {
        path = decoder.filled(reference, "fieldPath");
    }
    let path = path.unwrap_or_else(|| Text { text: DEFAULT_PATH.to_owned(), span: object_place });
    Some(Var { name, object, object_place, path })
}

/// Ties the vars of a kustomization to the resources it holds, and adds them to those of the kustomizations below.
pub fn merge(vars: &mut Vec<Var>, own: Vec<Var>, resources: &mut [Resource], log: &mut Log) {
    for var in &own {
        let mut found = resources.iter_mut().filter(|resource| var.names(resource));
        match (found.next(), found.next()) {
            (Some(resource), None) => resource.variables.push(var.name.text.clone()),
            (Some(_), Some(_)) => {
                let count = 2 + found.count();
                let message =
                    format!("the var `{}` reads from {}, which are {count} objects", var.name.text, var.shown());
                log.fail(
                    Observation::new("build-failed", message, Label::new(var.object_place, "more than one object"))
                        .keyed(format!("var {}", var.name.text))
                        .help("say which: a `namespace` in `objref` tells objects of one name apart"),
                );
            }
            // It may have none: that is an error only when the var is expanded.
            (None, _) => {}
        }
    }
    absorb(vars, own, log);
}

/// Adds the vars of a kustomization below to those of the one that lists it.
pub fn absorb(vars: &mut Vec<Var>, other: Vec<Var>, log: &mut Log) {
    for var in other {
        let Some(first) = vars.iter().find(|first| first.name.text == var.name.text) else {
            vars.push(var);
            continue;
        };
        let listed_twice = first.name.span == var.name.span;
        let message = if listed_twice {
            format!("the var `{}` is in this build twice: its kustomization is listed again", var.name.text)
        } else {
            format!("the var `{}` is defined twice", var.name.text)
        };
        let label = if listed_twice { "listed twice" } else { "defined again" };
        log.fail(
            Observation::new("build-failed", message, Label::new(var.name.span, label))
                .keyed(format!("var {}", var.name.text))
                .related(Label::new(first.name.span, "defined first")),
        );
    }
}
