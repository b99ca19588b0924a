//! The `replacements` of a kustomization file as types. Source: kustomize `api/types/replacement.go`,
//! `api/internal/builtins/ReplacementTransformer.go`.

use std::sync::Arc;

use super::path::split;
use crate::build::kustomize::decode::{Decoder, Reading};
use crate::build::kustomize::file::{Target, Text};
use crate::build::kustomize::log::Log;
use crate::build::kustomize::select::{ObjectSelector, Selection};
use crate::build::manifests::Manifests;
use crate::finding::{Label, Observation};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// The field that is read and written where none is named.
const DEFAULT_PATH: &str = "metadata.name";

/// A value, and the fields it goes to.
#[derive(Clone, Debug)]
pub struct Replacement {
    /// Where the value comes from.
    pub from: From,
    /// Where it goes.
    pub targets: Vec<TargetEntry>,
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub enum From {
    /// `sourceValue`.
    Value(Text),
    /// `source`.
    Object(Box<ObjectSource>),
}

/// A field of an object.
#[derive(Clone, Debug)]
pub struct ObjectSource {
    /// The object.
    pub object: ObjectSelector,
    /// The field.
    pub path: FieldPath,
    /// Which part of it.
    pub options: FieldOptions,
    /// The entry.
    pub span: Span,
}

/// A path to a field.
#[derive(Clone, Debug)]
pub struct FieldPath {
    /// As written, and where.
    pub text: Text,
    /// Its parts.
    pub parts: Vec<String>,
}

impl FieldPath {
    fn new(text: Text) -> Self {
        FieldPath { parts: split(&text.text), text }
    }

    fn default_at(span: Span) -> Self {
        FieldPath::new(Text { text: DEFAULT_PATH.to_owned(), span })
    }
}

/// How a field is taken apart.
#[derive(Clone, Debug)]
pub struct FieldOptions {
    /// What stands between its parts.
    pub delimiter: Option<String>,
    /// The part.
    pub index: i64,
    /// Missing fields are made.
    pub create: bool,
    /// Where this is said.
    pub span: Span,
}

/// Fields of some objects.
#[derive(Clone, Debug)]
pub struct TargetEntry {
    /// The objects.
    pub selection: Selection,
    /// The fields.
    pub paths: Vec<FieldPath>,
    /// Which part of them.
    pub options: FieldOptions,
}

/// Reads a file that an entry names, and says so where it cannot.
pub type Load<'l> = dyn FnMut(&Text, &mut Log) -> Option<Arc<Manifests>> + 'l;

/// Reads a list of replacements; what kustomize refuses is left out.
pub fn read(list: &Node, reading: Reading, load: &mut Load<'_>, log: &mut Log) -> Vec<Replacement> {
    let mut entries = Vec::new();
    for item in list.items() {
        let mut decoder = Decoder::new(log, reading, "replacement");
        if !decoder.map(item, &["source", "sourceValue", "targets", "path"]) {
            continue;
        }
        let Some(path) = decoder.filled(item, "path") else {
            entries.extend(entry(item, &mut decoder));
            continue;
        };
        let has_targets = decoder.list(item, "targets").is_some_and(|targets| !targets.is_empty());
        if has_targets || item.field("source").is_some_and(|source| !source.is_null()) {
            let message = "a replacement has `path` and says itself what it replaces".to_owned();
            log.fail(refused(message, path.span, "cannot be both", &path.text));
            continue;
        }
        if let Some(manifests) = load(&path, log) {
            entries.extend(named_file(&path, &manifests, log));
        }
    }
    entries
}

/// The replacements of a file: one, or a list of them.
fn named_file(path: &Text, manifests: &Manifests, log: &mut Log) -> Vec<Replacement> {
    log.observations.extend(manifests.observations.iter().cloned());
    log.broken |= manifests.broken;
    let root = manifests.documents.first();
    let items = match root.map(|root| &root.value) {
        Some(Value::Seq(items)) => items.as_slice(),
        Some(Value::Map(_)) => root.map(std::slice::from_ref).unwrap_or_default(),
        _ if manifests.broken => &[],
        _ => {
            let message = format!("`{}` holds no replacement", path.text);
            log.fail(refused(message, path.span, "neither map nor list", &path.text));
            &[]
        }
    };
    let mut decoder = Decoder::new(log, Reading::NAMED_FILE, "replacement");
    let mut entries = Vec::new();
    for item in items {
        // Without targets there is nothing to do; in a kustomization file it is an error.
        let is_idle = matches!(decoder.list(item, "targets"), Some([]));
        if decoder.map(item, &["source", "sourceValue", "targets"]) && !is_idle {
            entries.extend(entry(item, &mut decoder));
        }
    }
    entries
}

fn refused(message: String, span: Span, label: &str, key: &str) -> Observation {
    Observation::new("build-failed", message, Label::new(span, label)).keyed(format!("replacement {key}"))
}

fn entry(item: &Node, decoder: &mut Decoder<'_>) -> Option<Replacement> {
    let place = item.entries().next().map_or_else(|| item.span().head(), |entry| entry.key_span);
    let value = decoder.text(item, "sourceValue");
    let source = item.field("source").filter(|source| !source.is_null());
    let targets = decoder.list(item, "targets");
    let from = match (value, source) {
        (Some(value), Some(_)) => {
            let message = "a replacement has `source` and `sourceValue`".to_owned();
            decoder.log.fail(refused(message, value.span, "cannot be both", "both"));
            return None;
        }
        (Some(value), None) => From::Value(value),
        (None, Some(source)) => From::Object(Box::new(object_source(source, decoder)?)),
        (None, None) => {
            let message = "a replacement says neither `source` nor `sourceValue`".to_owned();
            decoder.log.fail(refused(message, place, "no source", "source"));
            return None;
        }
    };
    let Some(targets) = targets.filter(|targets| !targets.is_empty()) else {
        let message = "a replacement has no `targets`".to_owned();
        decoder.log.fail(refused(message, place, "no targets", "targets"));
        return None;
    };
    let targets = targets.iter().filter_map(|item| target(item, decoder)).collect();
    Some(Replacement { from, targets })
}

fn object_source(node: &Node, decoder: &mut Decoder<'_>) -> Option<ObjectSource> {
    let known = ["group", "version", "kind", "name", "namespace", "fieldPath", "options"];
    if !decoder.map(node, &known) {
        return None;
    }
    let object = ObjectSelector {
        group: decoder.filled(node, "group"),
        version: decoder.filled(node, "version"),
        kind: decoder.filled(node, "kind"),
        name: decoder.filled(node, "name"),
        namespace: decoder.filled(node, "namespace"),
    };
    let span = object.place().map_or_else(|| node.span().head(), |text| text.span);
    let path = decoder.filled(node, "fieldPath").map_or_else(|| FieldPath::default_at(span), FieldPath::new);
    let options = options(node, decoder);
    Some(ObjectSource { object, path, options, span })
}

fn options(node: &Node, decoder: &mut Decoder<'_>) -> FieldOptions {
    let span = node.span().head();
    let none = FieldOptions { delimiter: None, index: 0, create: false, span };
    let Some(options) = node.field("options") else { return none };
    if !decoder.map(options, &["delimiter", "index", "encoding", "create"]) {
        return none;
    }
    let delimiter = decoder.filled(options, "delimiter").map(|text| text.text);
    let span = options.field("index").unwrap_or(options).span();
    FieldOptions { delimiter, index: decoder.number(options, "index"), create: decoder.flag(options, "create"), span }
}

fn target(node: &Node, decoder: &mut Decoder<'_>) -> Option<TargetEntry> {
    if !decoder.map(node, &["select", "reject", "fieldPaths", "options"]) {
        return None;
    }
    let place = node.entries().next().map_or_else(|| node.span().head(), |entry| entry.key_span);
    let Some(select) = node.field("select").filter(|select| !select.is_null()) else {
        let message = "a target of a replacement has no `select`".to_owned();
        decoder.log.fail(refused(message, place, "selects nothing", "select"));
        return None;
    };
    let select = selector(select, decoder)?;
    let reject = decoder.list(node, "reject").unwrap_or_default();
    let reject: Vec<Target> = reject.iter().filter_map(|item| selector(item, decoder)).collect();
    let mut paths: Vec<FieldPath> = Vec::new();
    for item in decoder.list(node, "fieldPaths").unwrap_or_default() {
        paths.extend(decoder.item(item, "fieldPaths").map(FieldPath::new));
    }
    if paths.is_empty() {
        let at = [&select.name, &select.kind].into_iter().find_map(Option::as_ref).map_or(place, |text| text.span);
        paths.push(FieldPath::default_at(at));
    }
    let options = options(node, decoder);
    match Selection::new(&select, &reject) {
        Ok(selection) => Some(TargetEntry { selection, paths, options }),
        Err(text) => {
            let message = format!("`{}` is neither a pattern nor a selector", text.text);
            decoder.log.fail(refused(message, text.span, "not understood", &text.text));
            None
        }
    }
}

fn selector(node: &Node, decoder: &mut Decoder<'_>) -> Option<Target> {
    let known = ["group", "version", "kind", "name", "namespace", "labelSelector", "annotationSelector"];
    decoder.map(node, &known).then(|| Target {
        group: decoder.filled(node, "group"),
        version: decoder.filled(node, "version"),
        kind: decoder.filled(node, "kind"),
        name: decoder.filled(node, "name"),
        namespace: decoder.filled(node, "namespace"),
        labels: decoder.filled(node, "labelSelector"),
        annotations: decoder.filled(node, "annotationSelector"),
    })
}
