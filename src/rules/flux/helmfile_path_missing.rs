//! Paths in helmfiles lead to files. Card: rules/flux/helmfile-path-missing.md

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::cluster::nearest::nearest_name;
use crate::cluster::{FileDocument, Repository};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::{FileSystem, file_name, join, parent, relative_to};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HelmfilePathMissing {}

impl Rule for HelmfilePathMissing {
    fn check_repository(&self, repository: &Repository<'_>, out: &mut Sink) {
        let system = repository.sources().system();
        for document in repository.documents.iter().filter(|document| is_helmfile(document)) {
            for (path, what) in paths(&document.node) {
                let Some(text) = path.as_str() else { continue };
                // What leads out of the repository may be there.
                let Some(target) = join(parent(&document.path), text) else { continue };
                if system.entry(&target).is_ok() {
                    continue;
                }
                let found = Observation::new(
                    "helmfile-path-missing",
                    format!("`{}` names {what} `{text}`, which does not exist", document.path),
                    Label::new(path.span(), "no such file or folder"),
                )
                .keyed(format!("{} {text}", document.path));
                out.report(match nearest(system, &target) {
                    Some(near) => found.help(format!("did you mean `{}`?", relative_to(parent(&document.path), &near))),
                    None => found,
                });
            }
        }
    }
}

/// By its name and its content: `helmfile.yaml`, or a file of `helmfile.d`.
fn is_helmfile(document: &FileDocument) -> bool {
    let is_named = file_name(&document.path).starts_with("helmfile") || parent(&document.path).ends_with("helmfile.d");
    is_named && document.node.get("kind").is_none()
}

/// The paths of a helmfile, each with what it is. Source: helmfile `docs/index.md`, configuration.
fn paths(root: &Node) -> Vec<(&Node, &'static str)> {
    let mut found: Vec<(&Node, &'static str)> = Vec::new();
    for file in items(root.get("helmfiles")) {
        found.push((file.get("path").unwrap_or(file), "the helmfile"));
    }
    found.extend(items(root.get("bases")).map(|base| (base, "the base")));
    let environments = root.get("environments").into_iter().flat_map(Node::entries).map(|entry| &entry.value);
    for holder in items(root.get("releases")).chain(environments) {
        for list in ["values", "secrets"] {
            found.extend(items(holder.get(list)).map(|values| (values, "the values file")));
        }
        if let Some(chart) = holder.get("chart") {
            found.push((chart, "the chart"));
        }
        for hook in items(holder.get("hooks")) {
            found.extend(items(hook.get("args")).map(|argument| (argument, "the path")));
        }
    }
    found.retain(|(node, what)| node.as_str().is_some_and(|text| is_path(text, what)));
    found
}

fn items(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    node.map(Node::items).unwrap_or_default().iter()
}

/// Whether a text is a path of this repository and nothing else: no template, address or pattern.
fn is_path(text: &str, what: &str) -> bool {
    let is_relative = text.starts_with("./") || text.starts_with("../");
    // Charts and arguments are paths only where they look like it.
    let must_be_relative = matches!(what, "the chart" | "the path");
    !text.contains("{{")
        && !text.contains("::")
        && !text.contains("://")
        && !text.contains(['*', '$', '?', '['])
        && !text.starts_with('/')
        && (is_relative || !must_be_relative)
}

/// The nearest path that exists: the same last parts elsewhere, or another spelling of the last part.
fn nearest(system: &dyn FileSystem, target: &str) -> Option<String> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    for file in system.walk() {
        let mut folder = parent(&file).to_owned();
        known.insert(file);
        while !folder.is_empty() && known.insert(folder.clone()) {
            folder = parent(&folder).to_owned();
        }
    }
    let common = |path: &str| path.rsplit('/').zip(target.rsplit('/')).take_while(|(a, b)| a == b).count();
    let moved = known.iter().map(|path| (common(path), path)).filter(|(parts, _)| *parts >= 2);
    let moved = moved.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1)));
    if let Some((_, path)) = moved {
        return Some(path.clone());
    }
    let folder = parent(target);
    let beside = known.iter().filter(|path| parent(path) == folder).map(|path| file_name(path));
    nearest_name(file_name(target), beside)
        .map(|name| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") })
}
