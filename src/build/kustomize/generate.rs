//! ConfigMap and Secret generators. Source: kustomize `api/internal/generators`, `api/kv/kv.go`.

use std::sync::Arc;

use base64::Engine as _;

use super::accumulate::{Accumulated, Builder};
use super::file::{GeneratorEntry, Text};
use super::log::Log;
use super::resource::Resource;
use crate::finding::{Label, Observation};
use crate::source::{FileId, Span, TextProblem, file_name};
use crate::yaml::{Content, Entry, Map, Node, Origin, Step, Unknown, UnknownWhy, Value};

/// Which object a generator makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// A ConfigMap.
    ConfigMap,
    /// A Secret.
    Secret,
}

impl Made {
    /// The kind of object.
    pub fn kind(self) -> &'static str {
        match self {
            Made::ConfigMap => "ConfigMap",
            Made::Secret => "Secret",
        }
    }

    /// The plugin behind it.
    pub fn plugin(self) -> &'static str {
        match self {
            Made::ConfigMap => "ConfigMapGenerator",
            Made::Secret => "SecretGenerator",
        }
    }
}

/// Data of the object, and where it is to be said what is wrong with it.
struct Data<'n> {
    made: Made,
    name: &'n str,
    // What SOPS encrypted stays as it is: nobody decrypts it.
    keeps_encrypted: bool,
    text: Vec<Entry>,
    binary: Vec<Entry>,
    // A source was not read: there are other keys.
    open: bool,
}

impl Data<'_> {
    fn add(&mut self, key: Text, value: Node, binary: bool, log: &mut Log) {
        let first = self.text.iter().chain(&self.binary).find(|entry| entry.key == key.text);
        if let Some(first) = first {
            log.fail(
                Observation::new(
                    "build-failed",
                    format!("generator `{}` repeats the key `{}`", self.name, key.text),
                    Label::new(key.span, "again here"),
                )
                .related(Label::new(first.key_span, "first here"))
                .keyed(format!("{} {}", self.name, key.text)),
            );
            return;
        }
        let is_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if key.text.is_empty() || key.text.len() > MAX_KEY || !key.text.chars().all(is_key) {
            refuse(log, format!("`{}` is no key of a {}", key.text, self.made.kind()), key.span, &key.text);
            return;
        }
        let entry = Entry { key: key.text.into(), key_span: key.span, value };
        if binary { self.binary.push(entry) } else { self.text.push(entry) }
    }

    /// What SOPS encrypted is unknown in a Secret, whose files Flux decrypts; a ConfigMap holds it as it stands.
    fn text_of(&self, text: &str, span: Span) -> Node {
        let origin = Origin::derived(Step::Generated, span, None);
        if self.made == Made::Secret && !self.keeps_encrypted && crate::build::flux::sops::has_marker(text) {
            let unknown = Unknown { template: "".into(), why: UnknownWhy::Encrypted };
            return Node { value: Value::Unknown(Arc::new(unknown)), origin };
        }
        Node::text_node(text, origin)
    }
}

/// Longest key of a ConfigMap or Secret, in characters.
const MAX_KEY: usize = 253;

fn refuse(log: &mut Log, message: String, span: Span, key: &str) {
    log.fail(Observation::new("build-failed", message, Label::new(span, "")).keyed(key.to_owned()));
}

impl Builder<'_, '_> {
    /// The object that a generator entry of the kustomization file in `directory` makes.
    pub(super) fn generated(
        &mut self,
        directory: &str,
        made: Made,
        entry: &GeneratorEntry,
        shared_options: Option<&Node>,
    ) -> Resource {
        let name = entry.name.as_ref().map(|name| name.text.as_str()).unwrap_or_default();
        let keeps_encrypted = self.options.keeps_encrypted;
        let mut data = Data { made, name, keeps_encrypted, text: Vec::new(), binary: Vec::new(), open: false };
        if name.is_empty() {
            refuse(&mut self.log, "a generator needs a `name`".into(), entry.node.span().head(), "name");
        }
        for env in &entry.envs {
            self.read_env(directory, env, &mut data);
        }
        for literal in &entry.literals {
            self.read_literal(literal, &mut data);
        }
        for file in &entry.files {
            self.read_file(directory, file, &mut data);
        }
        object(entry, data, shared_options)
    }

    fn read_literal(&mut self, literal: &Text, data: &mut Data<'_>) {
        match literal.text.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                let value = unquote(value);
                let start = literal.text.find(value).unwrap_or_default();
                let file = self.library.sources.file(literal.span.file);
                let span = Content::new(&file, literal.span, &literal.text).span(start..start + value.len());
                let node = Node::text_node(value, Origin::derived(Step::Generated, span, None));
                data.add(Text { text: key.to_owned(), span: literal.span }, node, false, &mut self.log);
            }
            _ => {
                let message = format!("invalid literal source `{}`, expected key=value", literal.text);
                refuse(&mut self.log, message, literal.span, &literal.text);
            }
        }
    }

    /// A file that a generator names, and its path.
    fn open(&mut self, directory: &str, entry: &Text, path: &str) -> Option<(FileId, String)> {
        if path.starts_with("http://") || path.starts_with("https://") {
            return None;
        }
        let full = self.file_path(directory, entry, path)?;
        match self.library.sources.load(&full) {
            Ok(id) => {
                self.log.files.insert(id);
                Some((id, full))
            }
            Err(error) => {
                self.missing_part(&full, entry, &error);
                None
            }
        }
    }

    fn read_env(&mut self, directory: &str, env: &Text, data: &mut Data<'_>) {
        let Some((id, _)) = self.open(directory, env, &env.text) else {
            data.open = true;
            return;
        };
        let file = self.library.sources.file(id);
        if file.problem.is_some() {
            let message = format!("`{}` is not text in UTF-8", env.text);
            refuse(&mut self.log, message, env.span, &env.text);
            return;
        }
        let mut at = 0;
        for line in file.text.split_inclusive('\n') {
            let whole = line.trim_start_matches('\u{feff}');
            let body = whole.trim_start().trim_end_matches(['\n', '\r']);
            let start = at + (line.len() - whole.trim_start().len());
            at += line.len();
            if body.is_empty() || body.starts_with('#') {
                continue;
            }
            // A name alone is looked up in the environment of the program, which is empty here.
            let (key, value) = body.split_once('=').unwrap_or((body, ""));
            let from = start + body.len() - value.len();
            let span = Span::new(id, from..from + value.len());
            let key_span = Span::new(id, start..start + key.len());
            if !is_variable(key) {
                // The line may hold a secret, so it is not shown.
                let number = file.line_column(start).0;
                let message = format!("line {number} of `{}` begins with no name of an environment variable", env.text);
                refuse(&mut self.log, message, env.span, &format!("{} {number}", env.text));
                continue;
            }
            let value = data.text_of(value, span);
            data.add(Text { text: key.to_owned(), span: key_span }, value, false, &mut self.log);
        }
    }

    fn read_file(&mut self, directory: &str, source: &Text, data: &mut Data<'_>) {
        let (key, path) = match source.text.split_once('=') {
            Some((key, path)) if key.is_empty() || path.is_empty() || path.contains('=') => {
                let message = format!("invalid file source `{}`, expected [key=]path", source.text);
                refuse(&mut self.log, message, source.span, &source.text);
                return;
            }
            Some((key, path)) => (key.to_owned(), path),
            None => (file_name(&source.text).to_owned(), source.text.as_str()),
        };
        let key = Text { text: key, span: source.span };
        let Some((id, full)) = self.open(directory, source, path) else {
            data.open = true;
            return;
        };
        let file = self.library.sources.file(id);
        // The whole file stands behind the value, and the entry brought it in.
        let brought_in = |mut node: Node, span: Span| {
            node.origin = Origin::derived(Step::Generated, span, Some(Origin::Source(source.span)));
            node
        };
        match &file.problem {
            None => {
                let span = Span::new(id, 0..file.text.len());
                let node = brought_in(data.text_of(&file.text, span), span);
                data.add(key, node, false, &mut self.log);
            }
            Some(TextProblem::TooLarge { size }) => self.log.fail(
                Observation::new(
                    "limit-exceeded",
                    format!("generator file `{path}` has {size} bytes"),
                    Label::new(source.span, ""),
                )
                .keyed(source.text.clone()),
            ),
            Some(_) => {
                let bytes = self.library.sources.system().read(&full).unwrap_or_default();
                let (node, is_binary) = match String::from_utf8(bytes) {
                    // NUL is allowed in text.
                    Ok(text) => (data.text_of(&text, source.span), false),
                    Err(error) => {
                        let origin = Origin::Source(source.span);
                        (Node::text_node(encode(error.as_bytes()), origin), true)
                    }
                };
                data.add(key, brought_in(node, source.span), is_binary, &mut self.log);
            }
        }
    }
}

fn is_variable(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    !name.is_empty() && name.chars().all(is_part) && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn unquote(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner;
        }
    }
    value
}

fn object(entry: &GeneratorEntry, data: Data<'_>, shared: Option<&Node>) -> Resource {
    let (made, name) = (data.made, data.name);
    let place = entry.name.as_ref().map_or_else(|| entry.node.span().head(), |name| name.span);
    let added = |value: Value| Node { value, origin: Origin::derived(Step::Added, place, None) };
    let text = |text: &str| added(Value::Str(text.into()));
    let map = |entries: Vec<Entry>| added(Value::Map(Arc::new(Map::from_entries(entries))));
    let field = |key: &str, value: Node| Entry { key: key.into(), key_span: place, value };
    let options = |key: &str| {
        let mut pairs: Vec<Entry> = Vec::new();
        for source in [shared, entry.options.as_ref()].into_iter().flatten() {
            for pair in source.field(key).into_iter().flat_map(Node::entries) {
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
            .any(|options| options.field(key).and_then(Node::as_bool) == Some(true))
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
    let mut root =
        vec![field("apiVersion", text("v1")), field("kind", text(made.kind())), field("metadata", map(metadata))];
    if data.open {
        let unknown = Unknown { template: "".into(), why: UnknownWhy::Input };
        let key = if made == Made::Secret { "stringData" } else { "binaryData" };
        root.push(field(key, added(Value::Unknown(Arc::new(unknown)))));
    }
    match made {
        Made::ConfigMap => {
            if !data.text.is_empty() {
                root.push(field("data", map(data.text)));
            }
            if !data.binary.is_empty() && !data.open {
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
    resource
}

/// Puts a generated object among the others as its `behavior` says. Source: kustomize `api/resmap/reswrangler.go`.
pub(super) fn absorb(all: &mut Accumulated, mut new: Resource, behavior: Option<&str>, place: Span, log: &mut Log) {
    let id = new.id();
    let found: Vec<usize> =
        all.resources.iter().enumerate().filter(|(_, old)| old.had(&id)).map(|(at, _)| at).collect();
    let merges = match behavior {
        Some("merge") => true,
        Some("replace") => false,
        // Anything else means `create`.
        _ => return create(all, new, &found, place, log),
    };
    let [at] = found.as_slice() else {
        let (message, label) = match found.len() {
            0 => (
                format!("the generator merges into {} `{}`, which this build does not hold", id.gvk.kind, id.name),
                "no such base",
            ),
            several => (
                format!("the generator merges into {} `{}`, of which there are {several}", id.gvk.kind, id.name),
                "which of them?",
            ),
        };
        let rule = if found.is_empty() { "generator-merge-base-missing" } else { "build-failed" };
        if found.is_empty() && log.is_open() {
            // The base may be in what was left out.
            return all.append(new, log);
        }
        return log.fail(Observation::new(rule, message, Label::new(place, label)).keyed(id.name.to_string()));
    };
    let Some(old) = all.resources.get_mut(*at) else { return };
    keep_metadata(&mut new, old);
    if merges {
        for field in ["data", "binaryData"] {
            merge_data(&mut new.node, old, field);
        }
        if old.origin.is_some() {
            new.origin = old.origin.take();
        }
    }
    new.needs_hash = new.needs_hash && old.needs_hash;
    new.previous = std::mem::take(&mut old.previous);
    new.prefixes = std::mem::take(&mut old.prefixes);
    new.suffixes = std::mem::take(&mut old.suffixes);
    new.variables = std::mem::take(&mut old.variables);
    new.trail.append(&mut old.trail);
    *old = new;
    all.forget_index();
}

fn create(all: &mut Accumulated, new: Resource, found: &[usize], place: Span, log: &mut Log) {
    let Some(old) = found.first().and_then(|at| all.resources.get(*at)) else { return all.append(new, log) };
    let id = new.id();
    log.fail(
        Observation::new(
            "kustomize-resource-duplicate",
            format!("{} `{}` is in this build already; the generator makes it again", id.gvk.kind, id.name),
            Label::new(place, "made again here"),
        )
        .related(Label::new(old.place(), "first object"))
        .keyed(format!("{} {} {}", id.gvk.kind, id.namespace, id.name))
        .help("write `behavior: merge` or `behavior: replace`, or give it another name"),
    );
}

/// Labels and annotations of both, the new ones first; name and namespace of the old one.
fn keep_metadata(new: &mut Resource, old: &Resource) {
    let place = new.place();
    for field in ["labels", "annotations"] {
        let Some(kept) = old.node.at(&["metadata", field]).filter(|kept| kept.entries().next().is_some()) else {
            continue;
        };
        let target = new.node.child_mut("metadata").and_then(|metadata| metadata.child_mut(field));
        let Some(map) = target.and_then(Node::as_map_mut) else { continue };
        for entry in kept.entries() {
            if map.get(&entry.key).is_none() {
                map.set(&entry.key, entry.key_span, entry.value.clone());
            }
        }
    }
    let Some(map) = new.node.child_mut("metadata").and_then(Node::as_map_mut) else { return };
    for key in ["name", "namespace"] {
        match old.node.at(&["metadata", key]) {
            Some(kept) => map.set(key, place, kept.clone()),
            None => {
                map.remove(key);
            }
        }
    }
}

fn merge_data(new: &mut Node, old: &Resource, field: &str) {
    let Some(kept) = old.node.get(field).filter(|kept| kept.entries().next().is_some()) else { return };
    let Some(map) = new.child_mut(field).and_then(Node::as_map_mut) else { return };
    for entry in kept.entries() {
        match map.get_mut(&entry.key) {
            None => map.set(&entry.key, entry.key_span, entry.value.clone()),
            Some(value) => {
                let place = value.span();
                *value = value.clone().marked(Step::Generated, place, Some(entry.value.origin.clone()));
            }
        }
    }
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
