//! Files that nothing lists although something needs them. Card: rules/kustomize/kustomize-file-unlisted.md

use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::unreachable;
use crate::build::flux::produced_secret;
use crate::build::kustomize::{NAMES, Spec, find_file, read_spec};
use crate::build::{Id, Object};
use crate::cluster::usage::{Usage, speaks_of};
use crate::cluster::{Cluster, FileDocument, Repository};
use crate::finding::{Applicability, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::{Entry, FileId, Span, file_name, join, parent};
use crate::yaml::{Node, Value};

/// Folders beside each other of which all but one are listed.
const FEWEST_SIBLINGS: usize = 3;

/// Options of the card.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct KustomizeFileUnlisted {
    /// Whether the file of a Flux Kustomization counts as the folder it stands in: many disable an application so.
    flux_kustomizations: bool,
    /// Whether to name every manifest that nothing lists, needed or not.
    everything: bool,
}

impl Rule for KustomizeFileUnlisted {
    fn check_beside(&self, repository: &Repository<'_>, cluster: &Cluster<'_>, out: &mut Sink) {
        let folders = folders(cluster);
        if folders.is_empty() {
            return;
        }
        let view = View { cluster, usage: repository.usage() };
        for (folder, objects) in &folders {
            let Some((file, None)) = find_file(cluster.library(), folder) else { continue };
            let Ok(spec) = read_spec(cluster.library(), &file) else { continue };
            let text = cluster.sources().file(spec.place.file).text.clone();
            let beside = repository.documents_in(folder);
            for document in beside.iter().filter(|document| view.is_unused(&document.path, &text)) {
                if let Some(found) = view.needed(&spec, document, objects) {
                    out.report(found);
                }
            }
            out.observations.extend(view.forgotten_folder(&spec, &beside, &text, self.flux_kustomizations));
        }
    }

    fn check_repository(&self, repository: &Repository<'_>, out: &mut Sink) {
        if self.everything {
            unreachable::report(repository, out);
        }
    }
}

/// The folders whose kustomization files the cluster reads, by path, with the objects of their own files.
fn folders<'w>(cluster: &Cluster<'w>) -> Vec<(String, Vec<&'w Object>)> {
    let mut folders: Vec<(String, Vec<&Object>)> = Vec::new();
    let mut positions: HashMap<String, usize> = HashMap::new();
    let mut position = |path: &str| {
        *positions.entry_ref(parent(path)).or_insert_with(|| {
            folders.push((parent(path).to_owned(), Vec::new()));
            folders.len() - 1
        })
    };
    for file in &cluster.build().files {
        let path = &cluster.sources().file(*file).path;
        if NAMES.contains(&file_name(path)) {
            position(path);
        }
    }
    // Most objects come from a few files.
    let mut homes: HashMap<FileId, usize> = HashMap::new();
    let mut home = |file| *homes.entry(file).or_insert_with(|| position(&cluster.sources().file(file).path));
    let objects: Vec<(usize, &Object)> =
        cluster.objects().map(|object| (home(object.kind_place().file), object)).collect();
    for (at, object) in objects {
        folders.get_mut(at).into_iter().for_each(|(_, own)| own.push(object));
    }
    folders.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    folders
}

/// What a cluster and its repository know of files.
struct View<'v, 'w> {
    cluster: &'v Cluster<'w>,
    usage: &'v Usage,
}

impl View<'_, '_> {
    /// Whether nothing uses a file, and its folder's kustomization file does not speak of it, not even in a comment.
    fn is_unused(&self, path: &str, kustomization: &str) -> bool {
        let name = file_name(path);
        !NAMES.contains(&name)
            && !name.starts_with(['.', '_'])
            && !self.usage.is_used(path)
            && !speaks_of(kustomization, name)
    }

    /// The finding for a file that holds what an object of the cluster refers to and nothing else brings.
    fn needed(&self, spec: &Spec, document: &FileDocument, objects: &[&Object]) -> Option<Observation> {
        let id = Id::of(&document.node);
        // A file listed there must say which namespace this is.
        let mut namespaces: Vec<&str> = objects.iter().map(|object| object.namespace()).collect();
        namespaces.sort_unstable();
        namespaces.dedup();
        if id.gvk.group.is_empty() && id.gvk.kind == "Namespace" {
            let holds = spec.namespace.as_ref().map(|namespace| namespace.text.as_str());
            return self.namespace(spec, document, &id.name, holds.map_or(namespaces, |own| vec![own]).as_slice());
        }
        let Some((kind, name)) = provides(&document.node) else {
            return self.referred_to(spec, document, &id, &namespaces);
        };
        let exists = |namespace: &&str| {
            let made = |object: &Object| kind == "Secret" && produced_secret(object).as_deref() == Some(&name);
            self.cluster.named(&name).any(|object| object.kind() == kind && object.namespace() == *namespace)
                || self.cluster.in_namespace(namespace).any(made)
        };
        if namespaces.iter().any(exists) {
            return None;
        }
        let beside = || objects.iter().find_map(|object| Some((*object, reference(&object.node, &kind, &name)?)));
        let group = if kind.ends_with("Repository") { "source.toolkit.fluxcd.io" } else { "" };
        let absent = |namespace: &&&str| self.cluster.existence(group, &kind, namespace, &name).is_absent();
        let elsewhere = || {
            let mut users =
                namespaces.iter().filter(absent).flat_map(|space| self.cluster.references().to(&kind, space, &name));
            users.next().map(|user| (user.from, user.place))
        };
        let (user, place) = beside().or_else(elsewhere)?;
        let why = format!("{} needs the {kind} `{name}` that only this file brings", user.reference());
        Some(self.missing_entry(spec, document, &why, place))
    }

    /// The same for any other kind, by a reference that names the kind.
    fn referred_to(&self, spec: &Spec, document: &FileDocument, id: &Id, namespaces: &[&str]) -> Option<Observation> {
        let (group, kind, name) = (&id.gvk.group, &id.gvk.kind, &id.name);
        // What one of these waits for, `depends-on-missing` says.
        if kind.is_empty() || name.contains("${") || matches!(kind.as_str(), "Kustomization" | "HelmRelease") {
            return None;
        }
        let absent = |namespace: &&&str| self.cluster.existence(group, kind, namespace, name).is_absent();
        let mut users =
            namespaces.iter().filter(absent).flat_map(|space| self.cluster.references().to(kind, space, name));
        let user = users.next()?;
        let why = format!("{} needs the {kind} `{name}` that only this file brings", user.from.reference());
        Some(self.missing_entry(spec, document, &why, user.place))
    }

    /// A Namespace in which objects of its folder are.
    fn namespace(&self, spec: &Spec, document: &FileDocument, name: &str, lived_in: &[&str]) -> Option<Observation> {
        let of_kubernetes = name == "default" || name.starts_with("kube-");
        let is_there = of_kubernetes || !self.cluster.existence("", "Namespace", "", name).is_absent();
        if is_there || self.cluster.is_flux_namespace(name) || !lived_in.contains(&name) {
            return None;
        }
        let inside = self.cluster.in_namespace(name).next()?;
        let place = inside.at(&["metadata", "namespace"]).map_or_else(|| inside.place(), Node::span);
        let why = format!("{} is in the Namespace `{name}` that only this file brings", inside.reference());
        Some(self.missing_entry(spec, document, &why, place))
    }

    fn missing_entry(&self, spec: &Spec, document: &FileDocument, why: &str, place: Span) -> Observation {
        let file = file_name(&document.path);
        let message = format!("`{file}` is not listed, although {why}");
        let written = document.node.at(&["metadata", "name"]).unwrap_or(&document.node).span();
        let observation =
            Observation::new("kustomize-file-unlisted", message, Label::new(end(spec), "not listed here"))
                .keyed(document.path.to_string())
                .related(Label::new(written, "never applied"))
                .related(Label::new(place, "needed here"));
        self.with_fix(observation, spec, &format!("./{file}"))
    }

    /// The finding for the one folder among its siblings that is not listed.
    fn forgotten_folder(
        &self,
        spec: &Spec,
        beside: &[&FileDocument],
        text: &str,
        files_too: bool,
    ) -> Option<Observation> {
        // The disk need not be asked about what was read.
        let is_file = |path: &str| beside.binary_search_by(|document| (*document.path).cmp(path)).is_ok();
        let system = self.cluster.sources().system();
        // Entries by what follows the name of the folder: nothing, or a file in it.
        let mut shapes: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for entry in &spec.resources {
            let Some(path) = join(&spec.directory, &entry.text).filter(|path| !is_file(path)) else { continue };
            let inside = if spec.directory.is_empty() {
                Some(path.as_str())
            } else {
                path.strip_prefix(&spec.directory).and_then(|rest| rest.strip_prefix('/'))
            };
            let Some(inside) = inside else { continue };
            let (folder, rest) = inside.split_once('/').unwrap_or((inside, ""));
            if system.entry(&below(&spec.directory, folder)) == Ok(Entry::Directory) {
                shapes.entry(rest.to_owned()).or_default().insert(folder.to_owned());
            }
        }
        let (rest, listed) = shapes.into_iter().max_by_key(|(_, listed)| listed.len())?;
        if listed.len() < FEWEST_SIBLINGS || (!rest.is_empty() && !files_too) {
            return None;
        }
        let folders = system.list(&spec.directory).into_iter().filter(|(_, kind)| *kind == Entry::Directory);
        let mut unlisted = folders.map(|(name, _)| name).filter(|name| {
            let path = below(&spec.directory, name);
            !listed.contains(name) && !name.starts_with(['.', '_']) && self.is_buildable(&path, &rest)
        });
        let (forgotten, None) = (unlisted.next()?, unlisted.next()) else { return None };
        let path = below(&spec.directory, &forgotten);
        if speaks_of(text, &forgotten) || self.usage.is_used_below(&path) {
            return None;
        }
        let entry = if rest.is_empty() { format!("./{forgotten}") } else { format!("./{forgotten}/{rest}") };
        let message = format!("`{entry}` is not listed, as are the {} folders beside it", listed.len());
        let inside = if rest.is_empty() { find_file(self.cluster.library(), &path)?.0 } else { below(&path, &rest) };
        let written = Span::new(self.cluster.sources().load(&inside).ok()?, 0..0);
        let observation =
            Observation::new("kustomize-file-unlisted", message, Label::new(end(spec), "not listed here"))
                .keyed(path)
                .related(Label::new(written, "never applied"));
        Some(self.with_fix(observation, spec, &entry))
    }

    fn is_buildable(&self, folder: &str, rest: &str) -> bool {
        let library = self.cluster.library();
        if rest.is_empty() {
            let file = find_file(library, folder).map(|(file, _)| file);
            return file.and_then(|file| read_spec(library, &file).ok()).is_some_and(|spec| !spec.is_component);
        }
        self.cluster.sources().system().entry(&below(folder, rest)) == Ok(Entry::File)
    }

    fn with_fix(&self, observation: Observation, spec: &Spec, entry: &str) -> Observation {
        let Some(last) = spec.resources.last() else { return observation };
        let file = self.cluster.sources().file(last.span.file);
        let line = file.line_index(last.span.range().start);
        let Some(range) = file.line_range(line) else { return observation };
        let text = file.text.get(range.clone()).unwrap_or_default();
        let Some(indent) = text.find("- ").filter(|at| text.get(..*at).is_some_and(|head| head.trim().is_empty()))
        else {
            return observation;
        };
        let at = range.start + text.trim_end_matches(['\n', '\r']).len();
        observation.fix(Fix {
            title: format!("list `{entry}`"),
            applicability: Applicability::Unsafe,
            edits: vec![Edit {
                span: Span::new(last.span.file, at..at),
                text: format!("\n{}- {entry}", " ".repeat(indent)),
            }],
        })
    }
}

fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// The last entry of a kustomization file, or the file.
fn end(spec: &Spec) -> Span {
    spec.resources.last().map_or(spec.place, |last| last.span)
}

/// The object that others may refer to, once a document is applied.
fn provides(document: &Node) -> Option<(String, String)> {
    let id = Id::of(document);
    let text = |path: &str| document.dig(path).and_then(Node::as_str).map(ToOwned::to_owned);
    let (kind, name) = match (id.gvk.group.as_str(), id.gvk.kind.as_str()) {
        ("", "Secret" | "ConfigMap" | "PersistentVolumeClaim" | "ServiceAccount")
        | ("source.toolkit.fluxcd.io", "OCIRepository" | "HelmRepository" | "GitRepository") => {
            (id.gvk.kind.to_string(), id.name.to_string())
        }
        ("external-secrets.io", "ExternalSecret") => {
            ("Secret".to_owned(), text("spec.target.name").unwrap_or_else(|| id.name.to_string()))
        }
        ("bitnami.com", "SealedSecret") => ("Secret".to_owned(), id.name.to_string()),
        _ => return None,
    };
    (!name.is_empty() && !name.contains("${")).then_some((kind, name))
}

/// Where an object refers to one of a kind and name.
fn reference(node: &Node, kind: &str, name: &str) -> Option<Span> {
    let word = match kind {
        "Secret" => "ecret",
        "ConfigMap" => "onfigMap",
        "PersistentVolumeClaim" => "laim",
        "ServiceAccount" => "erviceAccountName",
        _ => "",
    };
    find(node, kind, name, word, false)
}

fn find(node: &Node, kind: &str, name: &str, word: &str, in_word: bool) -> Option<Span> {
    match &node.value {
        Value::Map(map) => {
            let of_kind = map.get("kind").and_then(Node::as_str) == Some(kind);
            map.iter().find_map(|entry| {
                if entry.key == "metadata" {
                    return None;
                }
                let says_so = in_word || (!word.is_empty() && entry.key.contains(word));
                let is_name = entry.key == "name" || entry.key.contains(word) && !word.is_empty();
                if is_name && (says_so || of_kind) && entry.value.as_str() == Some(name) {
                    return Some(entry.value.span());
                }
                find(&entry.value, kind, name, word, says_so)
            })
        }
        Value::Seq(items) => items.iter().find_map(|item| find(item, kind, name, word, in_word)),
        _ => None,
    }
}
