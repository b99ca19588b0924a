//! ConfigMap and Secret generators. Source: kustomize `api/internal/generators`, `api/kv/kv.go`.

use std::sync::Arc;

use base64::Engine as _;

use super::file::{GeneratorEntry, Text};
use super::resource::Resource;
use crate::build::manifests::Library;
use crate::finding::{Label, Observation};
use crate::source::{ReadError, Span, TextProblem, file_name, join};
use crate::yaml::{Entry, Map, Node, Origin, Step, Unknown, UnknownWhy, Value};

/// Which object a generator makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
}

/// What a generator entry gives.
pub struct Generated {
    /// The object.
    pub resource: Resource,
    /// What is wrong.
    pub observations: Vec<Observation>,
    /// Kustomize would fail.
    pub broken: bool,
}

struct Data {
    text: Vec<Entry>,
    binary: Vec<Entry>,
    observations: Vec<Observation>,
    broken: bool,
}

impl Data {
    fn add(&mut self, key: Text, value: Node, binary: bool, name: &str) {
        if let Some(first) = self.text.iter().chain(&self.binary).find(|entry| entry.key == key.text) {
            self.broken = true;
            self.observations.push(
                Observation::new(
                    "build-failed",
                    format!("generator `{name}` repeats the key `{}`", key.text),
                    Label::new(key.span, "again here"),
                )
                .related(Label::new(first.key_span, "first here"))
                .keyed(format!("{name} {}", key.text)),
            );
            return;
        }
        let entry = Entry { key: key.text.into(), key_span: key.span, value };
        if binary { self.binary.push(entry) } else { self.text.push(entry) }
    }

    fn refuse(&mut self, message: String, span: Span, key: &str) {
        self.broken = true;
        self.observations.push(Observation::new("build-failed", message, Label::new(span, "")).keyed(key.to_owned()));
    }
}

/// Runs one generator entry of the kustomization file in `directory`.
pub fn generate(
    library: &Library<'_>,
    directory: &str,
    made: Made,
    entry: &GeneratorEntry,
    shared_options: Option<&Node>,
) -> Option<Generated> {
    let mut data = Data { text: Vec::new(), binary: Vec::new(), observations: Vec::new(), broken: false };
    let Some(name) = &entry.name else {
        data.refuse("a generator needs a `name`".into(), entry.node.span().head(), "name");
        return Some(finish(entry, made, "", data, shared_options));
    };
    for env in &entry.envs {
        read_env(library, directory, env, &name.text, &mut data);
    }
    for literal in &entry.literals {
        match literal.text.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                let value = unquote(value);
                let start = literal.text.find(value).unwrap_or_default();
                let span = inside(library, literal, start..start + value.len());
                let node = Node::text_node(value, Origin::derived(Step::Generated, span, None));
                data.add(Text { text: key.to_owned(), span: literal.span }, node, false, &name.text);
            }
            _ => data.refuse(
                format!("invalid literal source `{}`, expected key=value", literal.text),
                literal.span,
                &literal.text,
            ),
        }
    }
    for file in &entry.files {
        read_file(library, directory, file, &name.text, &mut data);
    }
    Some(finish(entry, made, &name.text, data, shared_options))
}

/// The place of a part of a text that stands in a file as it is.
fn inside(library: &Library<'_>, text: &Text, range: std::ops::Range<usize>) -> Span {
    crate::yaml::Content::new(&library.sources.file(text.span.file), text.span, &text.text).span(range)
}

fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    value
}

fn read_env(library: &Library<'_>, directory: &str, env: &Text, name: &str, data: &mut Data) {
    let Some((path, id)) = open(library, directory, env, &env.text, data) else { return };
    let file = library.sources.file(id);
    let mut at = 0;
    for line in file.text.split_inclusive('\n') {
        let body = line.trim_start().trim_end_matches(['\n', '\r']).trim_start_matches('\u{feff}');
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        if body.is_empty() || body.starts_with('#') {
            continue;
        }
        let (key, value) = body.split_once('=').unwrap_or((body, ""));
        let from = start + body.len() - value.len();
        let span = Span::new(id, from..from + value.len());
        let key_span = Span::new(id, start..start + key.len());
        data.add(Text { text: key.to_owned(), span: key_span }, secret_aware(value, span), false, name);
    }
    let _ = path;
}

/// SOPS-encrypted content is unknown; everything else is text.
fn secret_aware(text: &str, span: Span) -> Node {
    if crate::build::flux::sops::has_marker(text) {
        let unknown = Unknown { template: "".into(), why: UnknownWhy::Encrypted };
        return Node { value: Value::Unknown(Arc::new(unknown)), origin: Origin::derived(Step::Generated, span, None) };
    }
    Node::text_node(text, Origin::derived(Step::Generated, span, None))
}

fn open(
    library: &Library<'_>,
    directory: &str,
    entry: &Text,
    path: &str,
    data: &mut Data,
) -> Option<(String, crate::source::FileId)> {
    if path.starts_with("http://") || path.starts_with("https://") {
        return None;
    }
    let full = join(directory, path);
    let loaded = full.as_deref().map_or(Err(ReadError::OutsideRoot), |full| library.sources.load(full));
    match (full, loaded) {
        (Some(full), Ok(id)) => Some((full, id)),
        (full, Err(error)) => {
            data.broken = true;
            data.observations.push(super::accumulate::missing_entry(
                library,
                full.as_deref().unwrap_or(path),
                entry.span,
                &entry.text,
                &error,
            ));
            None
        }
        _ => None,
    }
}

fn read_file(library: &Library<'_>, directory: &str, source: &Text, name: &str, data: &mut Data) {
    let (key, path) = match source.text.split_once('=') {
        Some((key, path)) if key.is_empty() || path.is_empty() || path.contains('=') => {
            data.refuse(
                format!("invalid file source `{}`, expected [key=]path", source.text),
                source.span,
                &source.text,
            );
            return;
        }
        Some((key, path)) => (key.to_owned(), path),
        None => (file_name(&source.text).to_owned(), source.text.as_str()),
    };
    let key = Text { text: key, span: source.span };
    let Some((full, id)) = open(library, directory, source, path, data) else { return };
    let file = library.sources.file(id);
    match &file.problem {
        None => {
            let span = Span::new(id, 0..file.text.len());
            let mut node = secret_aware(&file.text, span);
            // The whole file stands behind the value, and the entry brought it in.
            node.origin = Origin::derived(Step::Generated, span, Some(Origin::Source(source.span)));
            data.add(key, node, false, name);
        }
        Some(TextProblem::TooLarge { size }) => {
            data.broken = true;
            data.observations.push(
                Observation::new(
                    "limit-exceeded",
                    format!("generator file `{path}` has {size} bytes"),
                    Label::new(source.span, ""),
                )
                .keyed(source.text.clone()),
            );
        }
        Some(_) => {
            let bytes = library.sources.system().read(&full).unwrap_or_default();
            let node = Node::text_node(encode(&bytes), Origin::derived(Step::Generated, source.span, None));
            data.add(key, node, true, name);
        }
    }
}

fn finish(entry: &GeneratorEntry, made: Made, name: &str, data: Data, shared: Option<&Node>) -> Generated {
    let place = entry.name.as_ref().map_or_else(|| entry.node.span().head(), |name| name.span);
    let added = |value: Value| Node { value, origin: Origin::derived(Step::Added, place, None) };
    let text = |text: &str| added(Value::Str(text.into()));
    let map = |entries: Vec<Entry>| added(Value::Map(Arc::new(Map::from_entries(entries))));
    let field = |key: &str, value: Node| Entry { key: key.into(), key_span: place, value };
    let options = |key: &str| {
        let mut pairs: Vec<Entry> = Vec::new();
        for source in [shared, entry.options.as_ref()].into_iter().flatten() {
            for pair in source.get(key).into_iter().flat_map(Node::entries) {
                pairs.retain(|existing| existing.key != pair.key);
                pairs.push(pair.clone());
            }
        }
        pairs
    };
    let flag = |key: &str| {
        [shared, entry.options.as_ref()]
            .into_iter()
            .flatten()
            .any(|options| options.get(key).and_then(Node::as_bool) == Some(true))
    };
    let mut metadata = vec![field("name", Node::text_node(name, Origin::derived(Step::Generated, place, None)))];
    if let Some(namespace) = &entry.namespace {
        metadata.push(field("namespace", Node::text_node(namespace.text.as_str(), Origin::Source(namespace.span))));
    }
    for (key, pairs) in [("labels", options("labels")), ("annotations", options("annotations"))] {
        if !pairs.is_empty() {
            metadata.push(field(key, map(pairs)));
        }
    }
    let kind = if made == Made::Secret { "Secret" } else { "ConfigMap" };
    let mut root = vec![field("apiVersion", text("v1")), field("kind", text(kind)), field("metadata", map(metadata))];
    match made {
        Made::ConfigMap => {
            if !data.text.is_empty() {
                root.push(field("data", map(data.text)));
            }
            if !data.binary.is_empty() {
                root.push(field("binaryData", map(data.binary)));
            }
        }
        Made::Secret => {
            let secret_type = entry.secret_type.as_ref().map_or("Opaque", |given| given.text.as_str());
            root.push(field("type", text(secret_type)));
            let encoded = data.text.into_iter().map(|mut entry| {
                if let Value::Str(text) = &entry.value.value {
                    entry.value.value = Value::Str(encode(text.as_bytes()).into());
                }
                entry
            });
            let entries: Vec<Entry> = encoded.chain(data.binary).collect();
            if !entries.is_empty() {
                root.push(field("data", map(entries)));
            }
        }
    }
    if flag("immutable") {
        root.push(field("immutable", added(Value::Bool(true))));
    }
    let mut resource = Resource::new(map(root));
    resource.needs_hash = !flag("disableNameSuffixHash");
    resource.trail.push(Label::new(place, "generated here"));
    Generated { resource, observations: data.observations, broken: data.broken }
}

/// Base64 in lines of 70 characters, as kustomize writes it; a short text stays on one line without a break.
fn encode(bytes: &[u8]) -> String {
    const LINE: usize = 70;
    let encoded = base64::engine::general_purpose::STANDARD.encode(bytes);
    if encoded.len() < LINE {
        return encoded;
    }
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / LINE + 1);
    for (index, c) in encoded.chars().enumerate() {
        if index > 0 && index % LINE == 0 {
            lines.push('\n');
        }
        lines.push(c);
    }
    lines.push('\n');
    lines
}
