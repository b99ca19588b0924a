//! Sources name what does not change by itself. Card: rules/flux/source-ref-floating.md

use serde::Deserialize;

use crate::build::flux::SourceKey;
use crate::build::{Id, Object};
use crate::cluster::flux::{HELM, SOURCE};
use crate::cluster::{Cluster, Repository, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SourceRefFloating {}

/// Lists of kustomization files whose entries may be addresses.
const REMOTE_LISTS: &[&str] = &["resources", "components", "bases"];

impl Rule for SourceRefFloating {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for kind in ["GitRepository", "OCIRepository"] {
            for object in cluster.of_kind(SOURCE, kind).filter(|object| !is_own(cluster, object)) {
                let node = object.dig("spec.ref");
                let floats = match kind {
                    "GitRepository" => git(node),
                    _ => oci(node),
                };
                if let Some((what, place)) = floats {
                    report(object, &what, place.or(node), "spec.ref", out);
                }
            }
        }
        for object in cluster.of_kind(HELM, "HelmRelease") {
            let Some(chart) = object.dig("spec.chart.spec") else { continue };
            // A chart from Git has the version that its source has.
            if chart.at(&["sourceRef", "kind"]).and_then(Node::as_str) != Some("HelmRepository") {
                continue;
            }
            let version = chart.get("version").filter(|node| !node.is_null() && node.as_str() != Some(""));
            match version {
                None => report(
                    object,
                    "no version, which is the newest",
                    chart.get("chart"),
                    "spec.chart.spec.version",
                    out,
                ),
                Some(node) => {
                    if let Some(text) = node.as_str().filter(|text| is_open_range(text)) {
                        report(object, &format!("the range `{text}`"), Some(node), "spec.chart.spec.version", out);
                    }
                }
            }
        }
    }

    fn check_repository(&self, repository: &Repository<'_>, out: &mut Sink) {
        for document in &repository.documents {
            let id = Id::of(&document.node);
            if id.gvk.group != "kustomize.config.k8s.io" {
                continue;
            }
            let entries = REMOTE_LISTS.iter().filter_map(|list| document.node.get(list)).flat_map(Node::items);
            for entry in entries {
                let Some(what) = entry.as_str().and_then(remote) else { continue };
                let text = entry.as_str().unwrap_or_default();
                out.report(
                    Observation::new(
                        "source-ref-floating",
                        format!("`{}` builds `{text}` from {what}", document.path),
                        Label::new(entry.span(), "may change by itself"),
                    )
                    .keyed(format!("{} {text}", document.path)),
                );
            }
        }
    }
}

fn report(object: &Object, what: &str, node: Option<&Node>, path: &str, out: &mut Sink) {
    let node = node.unwrap_or(&object.node);
    let place = if std::ptr::eq(node, &raw const object.node) { object.place() } else { node.span() };
    out.report(
        Observation::new(
            "source-ref-floating",
            format!("{} names {what}", object.reference()),
            Label::new(place, "may change by itself"),
        )
        .about(object.reference(), path)
        .trail(trail(node)),
    );
}

/// Whether a source is the repository that the cluster is built from: it follows a branch on purpose.
fn is_own(cluster: &Cluster<'_>, object: &Object) -> bool {
    let key = SourceKey {
        kind: object.kind().to_owned(),
        namespace: object.namespace().to_owned(),
        name: object.name.to_string(),
    };
    let mut built = cluster.kustomizations().iter().filter(|one| one.state == crate::build::State::Built);
    built.any(|one| one.spec.source.as_ref() == Some(&key))
}

fn text<'n>(reference: Option<&'n Node>, key: &str) -> Option<&'n Node> {
    reference?.get(key).filter(|node| !node.is_null() && node.as_str() != Some(""))
}

/// Source: source-controller `api/v1/gitrepository_types.go` (`GitRepositoryRef`): commit before name before semver
/// before tag before branch.
fn git(reference: Option<&Node>) -> Option<(String, Option<&Node>)> {
    if text(reference, "commit").is_some() {
        return None;
    }
    if let Some(name) = text(reference, "name") {
        let is_branch = name.as_str().is_some_and(|name| name.starts_with("refs/heads/"));
        return is_branch.then(|| (format!("the reference `{}`", name.shown().unwrap_or_default()), Some(name)));
    }
    if let Some(range) = text(reference, "semver") {
        return open_range(range);
    }
    if text(reference, "tag").is_some() {
        return None;
    }
    match text(reference, "branch") {
        Some(branch) => Some((format!("the branch `{}`", branch.shown().unwrap_or_default()), Some(branch))),
        None => Some(("no reference, which is the branch `master`".to_owned(), None)),
    }
}

/// Source: source-controller `api/v1/ocirepository_types.go` (`OCIRepositoryRef`): digest before semver before tag.
fn oci(reference: Option<&Node>) -> Option<(String, Option<&Node>)> {
    if text(reference, "digest").is_some() {
        return None;
    }
    if let Some(range) = text(reference, "semver") {
        return open_range(range);
    }
    match text(reference, "tag") {
        None => Some(("no reference, which is the tag `latest`".to_owned(), None)),
        Some(tag) => (tag.as_str() == Some("latest")).then(|| ("the tag `latest`".to_owned(), Some(tag))),
    }
}

fn open_range(node: &Node) -> Option<(String, Option<&Node>)> {
    let text = node.as_str().filter(|text| is_open_range(text))?;
    Some((format!("the range `{text}`"), Some(node)))
}

/// Whether a range takes every later version.
fn is_open_range(text: &str) -> bool {
    text.split("||").any(|range| {
        let range = range.trim();
        let is_any = matches!(range, "" | "*" | "x" | "X");
        let is_above = range.starts_with('>') && !range.contains('<');
        is_any || is_above
    })
}

/// What an address of a kustomization file names that may change, if it is one.
fn remote(entry: &str) -> Option<String> {
    let is_web = entry.starts_with("https://") || entry.starts_with("http://");
    let is_repository = entry.contains("//") || entry.contains("?ref=") || entry.starts_with("github.com/");
    if entry.starts_with("https://raw.githubusercontent.com/") {
        let branch = entry.split('/').nth(5).filter(|part| is_branch(part));
        let branch = branch.or_else(|| entry.split("/refs/heads/").nth(1).and_then(|rest| rest.split('/').next()));
        return branch.map(|branch| format!("the branch `{branch}`"));
    }
    if entry.contains("/releases/latest/") {
        return Some("the newest release".to_owned());
    }
    let is_file = entry.split('?').next().is_some_and(|path| path.ends_with(".yaml") || path.ends_with(".yml"));
    if !is_repository || (is_web && is_file) {
        return None;
    }
    match entry.split_once("ref=").map(|(_, reference)| reference.split('&').next().unwrap_or_default()) {
        None => Some("no reference, which is the default branch".to_owned()),
        Some(reference) => is_branch(reference).then(|| format!("the branch `{reference}`")),
    }
}

/// Names that only branches have.
fn is_branch(name: &str) -> bool {
    matches!(name, "main" | "master" | "HEAD" | "develop" | "dev" | "trunk")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_open_where_it_has_no_upper_end() {
        for open in ["*", ">=1.0.0", ">1 || 0.x", "", "x"] {
            assert!(is_open_range(open), "{open}");
        }
        for closed in ["1.2.3", "1.x", "^1", "~1.2", ">=1 <2", "1 - 2"] {
            assert!(!is_open_range(closed), "{closed}");
        }
    }

    #[test]
    fn addresses_float_without_a_tag() {
        assert!(remote("https://github.com/a/b//deploy?ref=main").is_some());
        assert!(remote("https://github.com/a/b//deploy").is_some());
        assert!(remote("https://raw.githubusercontent.com/a/b/main/x.yaml").is_some());
        assert!(remote("https://github.com/a/b/releases/latest/download/x.yaml").is_some());
        assert_eq!(remote("https://github.com/a/b//deploy?ref=v1.2.0"), None);
        assert_eq!(remote("https://raw.githubusercontent.com/a/b/v1/x.yaml"), None);
        assert_eq!(remote("https://github.com/a/b/releases/download/v1/x.yaml"), None);
        assert_eq!(remote("../base"), None);
    }
}
