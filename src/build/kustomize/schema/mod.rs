//! Which lists merge by which keys, and which kinds have no namespace: the schema of one build.

mod built_in;
mod document;

use std::sync::Arc;

use smol_str::SmolStr;

use super::listing::missing_entry;
use crate::build::manifests::Library;
use crate::build::object::Gvk;
use crate::finding::{Label, Observation};
use crate::source::{ReadError, Span, join};
use crate::yaml::{Mode, Node};

use built_in::{Field, Type};
pub use built_in::{Scope, is_cluster_kind, scope_of};
use document::Document;

/// The only version of the Kubernetes API that kustomize v5.8.1 carries.
const VERSION: &str = "v1.21.2";

/// References behind references; a longer chain is taken for a circle.
const MAX_HOPS: usize = 64;

/// The schema of one build: the built-in one, or what `openapi` of a kustomization file puts in its place.
#[derive(Clone, Debug)]
pub struct Schema {
    built_in: bool,
    document: Option<Arc<Document>>,
    chosen: bool,
    consulted: bool,
}

impl Default for Schema {
    fn default() -> Self {
        Schema { built_in: true, document: None, chosen: false, consulted: false }
    }
}

/// Which kustomization file of a build an `openapi` field stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chooser {
    /// The file at the root: it wins over all others.
    Root,
    /// A file below: the first one counts, if the root's says nothing.
    Nested,
}

/// Where in a schema a value stands.
#[derive(Clone, Debug)]
pub enum At {
    /// Nothing is said about it.
    Unknown,
    /// A map of the built-in schema.
    Map(&'static Type),
    /// A list of the built-in schema.
    List(&'static [&'static str], &'static Type),
    /// A definition of a document, or of a comment in the manifest.
    Definition(Node),
}

/// How a strategic merge patch treats a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListRule {
    /// Replaced whole.
    Atomic,
    /// Merged by the values of these keys.
    Keyed(Vec<SmolStr>),
    /// Merged as a set of plain values.
    Set,
}

impl Schema {
    /// The schema of an OpenAPI document alone.
    pub fn of_document(root: &Node) -> Self {
        Schema { built_in: false, document: Some(Arc::new(Document::read(root))), ..Schema::default() }
    }

    /// Takes what an `openapi` field asks for. The file at the root decides alone; without it, the first one below does.
    /// A document stands for the whole built-in schema; that stays beneath the document of a file below the root if
    /// something was looked up in it before.
    ///
    /// Source: kustomize `api/krusty/kustomizer.go`, `api/internal/target/kusttarget.go` (`accumulateDirectory`), kyaml
    /// `openapi.SetSchema`.
    ///
    /// # Errors
    /// Why kustomize refuses the build.
    pub fn choose(
        &mut self,
        library: &Library<'_>,
        directory: &str,
        openapi: &Node,
        chooser: Chooser,
    ) -> Result<(), Box<Observation>> {
        // The file is read even where it does not count.
        let document = match openapi.get("path") {
            Some(path) => Some((path, load(library, directory, path)?)),
            None => None,
        };
        if self.chosen && chooser != Chooser::Root {
            return Ok(());
        }
        let version = openapi.get("version");
        match (document, version) {
            (Some((path, _)), Some(version)) => {
                let message = "`openapi` names a version and a path: kustomize takes one of them";
                let observation = refusal(message.into(), version.span(), "openapi");
                Err(Box::new(observation.related(Label::new(path.span(), "the path"))))
            }
            (Some((_, document)), None) => {
                let built_in = self.consulted && chooser == Chooser::Nested;
                *self = Schema { built_in, document: Some(Arc::new(document)), chosen: true, ..Schema::default() };
                Ok(())
            }
            (None, Some(version)) => match version.shown().as_deref() {
                Some("") | None => Ok(()),
                Some(VERSION) => {
                    *self = Schema { chosen: true, ..Schema::default() };
                    Ok(())
                }
                Some(other) => {
                    let message = format!("the API version `{other}` is not built into kustomize, only `{VERSION}` is");
                    Err(Box::new(refusal(message, version.span(), other)))
                }
            },
            (None, None) => Ok(()),
        }
    }

    /// An object of a kind is read: the scope of a kind that kustomize does not know is looked up.
    pub fn read_kind(&mut self, gvk: &Gvk) {
        self.consulted |= scope_of(gvk) == Scope::Unsaid;
    }

    /// Whether it is the built-in one, and no file has chosen it.
    pub fn is_plain(&self) -> bool {
        self.built_in && self.document.is_none() && !self.chosen
    }

    /// Whether something was looked up in it.
    pub fn is_consulted(&self) -> bool {
        self.consulted
    }

    /// A strategic merge patch is applied.
    pub fn merged(&mut self) {
        self.consulted = true;
    }

    /// Where objects of a kind stand.
    pub fn kind(&self, api_version: &str, kind: &str) -> At {
        if let Some(definition) = self.document.as_ref().and_then(|document| document.kind(api_version, kind)) {
            return At::Definition(definition.clone());
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let built_in = if self.built_in { built_in::type_of(group, version, kind) } else { None };
        built_in.map_or(At::Unknown, At::Map)
    }

    /// Where a field of a map stands.
    pub fn field(&self, at: &At, name: &str) -> At {
        match at {
            At::Map(map) => match map.field(name) {
                Some(Field::Map(inner)) => At::Map(inner),
                Some(Field::Keyed(keys, element)) => At::List(keys, element),
                Some(Field::Set) => At::List(&[], built_in::PLAIN),
                None => At::Unknown,
            },
            At::Definition(schema) => self.definition(document::field(schema, name)),
            At::List(..) | At::Unknown => At::Unknown,
        }
    }

    /// Where the elements of a list stand.
    pub fn elements(&self, at: &At) -> At {
        match at {
            At::List(_, element) => At::Map(element),
            At::Definition(schema) => self.definition(document::elements(schema)),
            At::Map(_) | At::Unknown => At::Unknown,
        }
    }

    /// How a list merges.
    pub fn list(&self, at: &At) -> ListRule {
        match at {
            At::List([], _) => ListRule::Set,
            At::List(keys, _) => ListRule::Keyed(keys.iter().copied().map(SmolStr::from).collect()),
            At::Definition(schema) => document::list(schema),
            At::Map(_) | At::Unknown => ListRule::Atomic,
        }
    }

    /// Whether a kind is certain to have no namespace. The built-in table comes first, whatever the document says.
    pub fn is_cluster_scoped(&self, gvk: &Gvk) -> bool {
        match scope_of(gvk) {
            Scope::Cluster => true,
            Scope::Namespaced => false,
            Scope::Unsaid => self
                .document
                .as_ref()
                .and_then(|document| document.is_namespaced(&gvk.api_version(), &gvk.kind))
                .is_some_and(|namespaced| !namespaced),
        }
    }

    /// A schema with its references followed, into the built-in schema too where that is in use.
    fn definition(&self, found: Option<&Node>) -> At {
        let Some(mut schema) = found else { return At::Unknown };
        for _ in 0..MAX_HOPS {
            let reference = schema.get("$ref").and_then(Node::as_str).unwrap_or_default();
            if reference.is_empty() {
                return At::Definition(schema.clone());
            }
            match self.document.as_ref().and_then(|document| document.resolve(reference)) {
                Some(next) => schema = next,
                None if self.built_in => return built_in::definition(reference).map_or(At::Unknown, At::Map),
                None => return At::Unknown,
            }
        }
        At::Unknown
    }
}

fn load(library: &Library<'_>, directory: &str, path: &Node) -> Result<Document, Box<Observation>> {
    let text = path.shown().unwrap_or_default();
    let missing = |full: &str, error: &ReadError| Box::new(missing_entry(library, full, path.span(), &text, error));
    let full = join(directory, &text).ok_or_else(|| missing(&text, &ReadError::OutsideRoot))?;
    let manifests = library.load(&full, Mode::V2).map_err(|error| missing(&full, &error))?;
    match manifests.documents.first() {
        Some(root) if !manifests.broken => Ok(Document::read(root)),
        _ => Err(Box::new(refusal(format!("`{text}` is no OpenAPI document"), path.span(), &text))),
    }
}

fn refusal(message: String, span: Span, key: &str) -> Observation {
    Observation::new("build-failed", message, Label::new(span, "")).keyed(key.to_owned())
}
