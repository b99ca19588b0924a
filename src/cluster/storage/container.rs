//! Containers of workloads and of chart values: their scripts and their environment.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use super::access::SecretKey;
use super::text::{Text, content};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::release::Release;
use crate::cluster::script::{Variable, mentions_buckets};
use crate::source::Span;
use crate::yaml::{Content, Node, Value};

/// A map that describes a container, or at least an environment.
pub struct Container<'c> {
    /// The object it stands in.
    pub object: &'c Object,
    /// Namespace of the pod.
    pub namespace: String,
    /// Path of the map in the object.
    pub path: String,
    /// The map.
    pub node: &'c Node,
    /// Everything around it, where scripts may stand too.
    pub root: &'c Node,
}

/// A shell text and where its parts stand.
pub struct Script {
    /// The text.
    pub text: String,
    pieces: Vec<(Range<usize>, Content)>,
}

impl Script {
    /// The place of a part.
    pub fn span(&self, range: &Range<usize>) -> Option<Span> {
        let (piece, content) =
            self.pieces.iter().find(|(piece, _)| piece.contains(&range.start)).or_else(|| self.pieces.first())?;
        let within = |at: usize| at.clamp(piece.start, piece.end) - piece.start;
        Some(content.span(within(range.start)..within(range.end)))
    }

    /// Several words as one command line.
    fn of_words(cluster: &Cluster<'_>, program: Option<&str>, words: &[&Node]) -> Option<Self> {
        let mut script =
            Script { text: program.map(|program| format!("{program} ")).unwrap_or_default(), pieces: Vec::new() };
        for node in words {
            let word = node.as_str()?;
            // Kubernetes puts variables in before the command runs, without splitting.
            let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c));
            let start = script.text.len();
            if plain {
                script.text.push_str(word);
            } else if word.contains("$(") && !word.contains(['"', '`', '\\']) {
                script.text.push_str(&format!("\"{}\"", word.replace("$(", "${").replace(')', "}")));
            } else {
                script.text.push_str(&format!("'{}'", word.replace('\'', "'\\''")));
            }
            // Only in plain words the bytes of the script are those of the text.
            let place = if plain {
                content(cluster, node, word)
            } else {
                Content::new(&cluster.sources().file(node.span().file), node.span(), "\0")
            };
            script.pieces.push((start..script.text.len(), place));
            script.text.push(' ');
        }
        Some(script)
    }

    fn of_node(cluster: &Cluster<'_>, node: &Node) -> Option<Self> {
        let text = node.as_str()?;
        Some(Script { text: text.to_owned(), pieces: vec![(0..text.len(), content(cluster, node, text))] })
    }
}

/// The environment of a container.
#[derive(Default)]
pub struct Env {
    /// What is set, in order of name.
    pub set: BTreeMap<String, Option<Text>>,
    /// More may be set, by a source that cannot be read.
    pub open: bool,
}

impl Env {
    /// The answer for a script.
    pub fn variable(&self, name: &str) -> Variable {
        match self.set.get(name) {
            Some(Some(Text { known: Some(text), .. })) => Variable::Known(text.clone()),
            Some(_) => Variable::Unknown,
            // A script that sets its alias itself does not expect another one from a Secret.
            None if self.open && !name.starts_with("MC_HOST_") => Variable::Unknown,
            None => Variable::Unset,
        }
    }
}

/// The way from a root to one of its nodes: written by those alone who keep it.
#[derive(Clone, Copy)]
pub enum Way<'p> {
    /// Where it begins.
    Root(&'p str),
    /// A key of a map.
    Key(&'p Way<'p>, &'p str),
    /// An item of a list by its name.
    Named(&'p Way<'p>, &'p str),
    /// An item of a list by its position.
    Item(&'p Way<'p>, usize),
}

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Root(path) => f.write_str(path),
            Way::Key(Way::Root(""), key) => f.write_str(key),
            Way::Key(before, key) => write!(f, "{before}.{key}"),
            Way::Named(before, name) => write!(f, "{before}[{name}]"),
            Way::Item(before, position) => write!(f, "{before}[{position}]"),
        }
    }
}

/// Calls `see` with every map below a node and the way to it; what is switched off is left out.
pub fn maps<'n>(node: &'n Node, root: &str, see: &mut dyn FnMut(&Way<'_>, &'n Node)) {
    below(node, &Way::Root(root), see);
}

fn below<'n>(node: &'n Node, way: &Way<'_>, see: &mut dyn FnMut(&Way<'_>, &'n Node)) {
    match &node.value {
        Value::Map(map) => {
            if map.get("enabled").and_then(Node::as_bool) == Some(false) {
                return;
            }
            see(way, node);
            for entry in map.iter().filter(|entry| matches!(entry.value.value, Value::Map(_) | Value::Seq(_))) {
                below(&entry.value, &Way::Key(way, &entry.key), see);
            }
        }
        Value::Seq(items) => {
            for (position, item) in items.iter().enumerate() {
                let name = item.get("name").and_then(Node::as_str);
                below(item, &name.map_or(Way::Item(way, position), |name| Way::Named(way, name)), see);
            }
        }
        _ => {}
    }
}

/// Objects that hold no containers and no settings of clients.
pub fn is_passive(object: &Object) -> bool {
    matches!(object.gvk.group.as_str(), "apiextensions.k8s.io" | "helm.toolkit.fluxcd.io" | "rbac.authorization.k8s.io")
        || matches!(object.kind(), "ConfigMap" | "Secret")
}

/// Every container and environment of the cluster.
pub fn containers<'c>(cluster: &'c Cluster<'_>, releases: &[Release<'c>]) -> Vec<Container<'c>> {
    let mut found = Vec::new();
    let is_one = |node: &Node| ["command", "args"].iter().chain(ENVIRONMENTS).any(|key| node.get(key).is_some());
    for object in cluster.objects().filter(|object| !is_passive(object)) {
        maps(&object.node, "", &mut |path, node| {
            if is_one(node) {
                found.push(Container {
                    object,
                    namespace: object.namespace().to_owned(),
                    path: path.to_string(),
                    node,
                    root: &object.node,
                });
            }
        });
    }
    for release in releases {
        maps(release.values, "spec.values", &mut |path, node| {
            if is_one(node) {
                found.push(Container {
                    object: release.object,
                    namespace: release.namespace.clone(),
                    path: path.to_string(),
                    node,
                    root: release.values,
                });
            }
        });
    }
    found
}

const ENVIRONMENTS: &[&str] = &["env", "extraEnv", "extraEnvVars"];

const SHELLS: &[&str] = &["sh", "bash", "ash", "dash", "zsh", "busybox"];

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

impl<'c> Container<'c> {
    fn words(&self) -> Vec<&'c Node> {
        let list = |key: &str| -> Vec<&'c Node> {
            match self.node.get(key) {
                Some(node) if node.as_str().is_some() => vec![node],
                Some(node) => node.items().iter().collect(),
                None => Vec::new(),
            }
        };
        list("command").into_iter().chain(list("args")).collect()
    }

    /// The client in the image, where the image starts it by itself.
    fn program(&self) -> Option<&'static str> {
        let image = self.node.get("image")?;
        let image = image.as_str().or_else(|| image.get("repository")?.as_str())?;
        let name = base(image).split([':', '@']).next()?;
        match name {
            "mc" => Some("mc"),
            "rc" => Some("rc"),
            "aws-cli" => Some("aws"),
            "s3cmd" => Some("s3cmd"),
            _ => None,
        }
    }

    /// The scripts it runs, those in ConfigMaps included.
    pub fn scripts(&self, cluster: &Cluster<'_>) -> Vec<Script> {
        let words = self.words();
        if words.is_empty() {
            return Vec::new();
        }
        let texts: Vec<&str> = words.iter().map(|word| word.as_str().unwrap_or_default()).collect();
        let mut scripts = Vec::new();
        let shell = texts.iter().position(|word| SHELLS.contains(&base(word)));
        let is_option = |word: &str| word.starts_with('-') && !word.starts_with("--") && word.contains('c');
        let command = texts.iter().position(|word| is_option(word)).filter(|at| shell.is_none_or(|shell| shell < *at));
        match command.filter(|_| shell.is_some() || self.node.get("command").is_none()) {
            Some(option) => {
                let rest = words.iter().zip(&texts).skip(option + 1);
                let script =
                    rest.filter(|(_, text)| !text.starts_with('-')).find(|(_, text)| !matches!(**text, "pipefail"));
                scripts.extend(script.and_then(|(node, _)| Script::of_node(cluster, node)));
            }
            None if shell.is_none() => {
                let program = self.program().filter(|_| self.node.get("command").is_none());
                scripts.extend(Script::of_words(cluster, program, &words));
            }
            None => {}
        }
        let mut files: Vec<(&str, &Node)> = Vec::new();
        for map in cluster.in_namespace(&self.namespace).filter(|object| object.is("", "ConfigMap")) {
            files.extend(
                map.dig("data").into_iter().flat_map(Node::entries).map(|entry| (entry.key.as_str(), &entry.value)),
            );
        }
        maps(self.root, "", &mut |_, node| {
            files.extend(
                node.entries().filter(|entry| entry.key.contains('.')).map(|entry| (entry.key.as_str(), &entry.value)),
            );
        });
        for (key, node) in files {
            let Some(text) = node.as_str() else { continue };
            let named = |word: &str| {
                word.match_indices(key).any(|(at, _)| {
                    word.get(..at)
                        .is_some_and(|before| before.is_empty() || before.ends_with(['/', ' ', '"', '\'', '\n']))
                })
            };
            if key.contains('.') && texts.iter().any(|word| named(word)) && mentions_buckets(text) {
                scripts.extend(Script::of_node(cluster, node));
            }
        }
        scripts
    }

    /// Its environment, in the order in which Kubernetes reads it.
    pub fn env(&self, cluster: &Cluster<'_>) -> Env {
        let mut env = Env::default();
        for source in self.node.get("envFrom").map(Node::items).unwrap_or_default() {
            let name = |keys: &[&str]| -> Option<String> {
                let node = keys.iter().find_map(|key| source.get(key))?;
                let node = node.get("name").unwrap_or(node);
                node.as_str().map(ToOwned::to_owned)
            };
            let prefix = source.get("prefix").and_then(Node::as_str).unwrap_or_default();
            let map = name(&["configMapRef", "configMap"])
                .and_then(|name| cluster.get("", "ConfigMap", &self.namespace, &name))
                .and_then(|map| map.dig("data"));
            let secret =
                name(&["secretRef", "secret"]).and_then(|name| cluster.get("", "Secret", &self.namespace, &name));
            match (map, secret) {
                (Some(data), _) => {
                    env.set
                        .extend(data.entries().map(|entry| (format!("{prefix}{}", entry.key), Text::of(&entry.value))));
                }
                // The keys of an encrypted Secret can be read, its values are left alone.
                (None, Some(secret)) => {
                    let data = [secret.dig("data"), secret.dig("stringData")];
                    env.set.extend(
                        data.into_iter()
                            .flatten()
                            .flat_map(Node::entries)
                            .map(|entry| (format!("{prefix}{}", entry.key), None)),
                    );
                }
                (None, None) => env.open = true,
            }
        }
        for key in ENVIRONMENTS {
            let Some(node) = self.node.get(key) else { continue };
            for item in node.items() {
                match item.get("name").and_then(Node::as_str) {
                    Some(name) => {
                        env.set.insert(name.to_owned(), self.value(cluster, item));
                    }
                    None => env.open = true,
                }
            }
            for entry in node.entries() {
                let value = if entry.value.as_map().is_some() {
                    self.value(cluster, &entry.value)
                } else {
                    Text::of(&entry.value)
                };
                env.set.insert(entry.key.to_string(), value);
            }
        }
        env
    }

    /// The key of a Secret that a variable is taken from.
    pub fn secret_key(&self, cluster: &Cluster<'_>, variable: &str) -> Option<SecretKey> {
        let items = self.node.get("env").map(Node::items).unwrap_or_default();
        let item = items.iter().find(|item| item.get("name").and_then(Node::as_str) == Some(variable));
        if let Some(item) = item {
            let reference = item.get("valueFrom")?.get("secretKeyRef")?;
            let key = reference.get("key")?;
            return Some(SecretKey {
                namespace: self.namespace.clone(),
                name: reference.get("name")?.as_str()?.to_owned(),
                key: key.as_str()?.to_owned(),
                span: key.span(),
            });
        }
        let sources = self.node.get("envFrom").map(Node::items).unwrap_or_default();
        sources.iter().find_map(|source| {
            let name = source.get("secretRef")?.get("name")?.as_str()?;
            let span = *cluster.keys("Secret", &self.namespace, name)?.known.get(variable)?;
            let (namespace, name) = (self.namespace.clone(), name.to_owned());
            Some(SecretKey { namespace, name, key: variable.to_owned(), span })
        })
    }

    fn value(&self, cluster: &Cluster<'_>, item: &Node) -> Option<Text> {
        if let Some(value) = item.get("value") {
            return Text::of(value);
        }
        let from = item.get("valueFrom").unwrap_or(item);
        if let Some(reference) = from.get("configMapKeyRef") {
            let (name, key) = (reference.get("name")?.as_str()?, reference.get("key")?.as_str()?);
            return Text::of(cluster.get("", "ConfigMap", &self.namespace, name)?.at(&["data", key])?);
        }
        let reference = from.get("secretKeyRef")?;
        let (name, key) = (reference.get("name")?.as_str()?, reference.get("key")?.as_str()?);
        secret(cluster, &self.namespace, name, key)
    }
}

/// The text that a template of an ExternalSecret gives a key of its Secret. Secrets themselves are never read here.
pub fn secret(cluster: &Cluster<'_>, namespace: &str, name: &str, key: &str) -> Option<Text> {
    let producer = cluster.in_namespace(namespace).find(|object| {
        object.is("external-secrets.io", "ExternalSecret")
            && object.dig("spec.target.name").and_then(Node::as_str).unwrap_or(&object.name) == name
    })?;
    Text::of(producer.at(&["spec", "target", "template", "data", key])?)
}
