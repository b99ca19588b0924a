//! What an input that was not looked at could bring into a cluster.

use std::collections::BTreeSet;

use smol_str::SmolStr;

/// Words of addresses and names that say nothing of a project.
const COMMON: &[&str] = &[
    "api",
    "app",
    "apps",
    "archive",
    "asset",
    "assets",
    "base",
    "blob",
    "bundle",
    "chart",
    "charts",
    "cluster",
    "com",
    "common",
    "config",
    "configs",
    "controller",
    "crd",
    "crds",
    "default",
    "dependencies",
    "deploy",
    "deployment",
    "deployments",
    "dev",
    "develop",
    "dist",
    "docker",
    "download",
    "downloads",
    "example",
    "examples",
    "file",
    "files",
    "flux",
    "ghcr",
    "git",
    "github",
    "githubusercontent",
    "gitlab",
    "head",
    "heads",
    "helm",
    "http",
    "https",
    "install",
    "installation",
    "json",
    "k8s",
    "kubernetes",
    "kustomization",
    "kustomize",
    "latest",
    "main",
    "manager",
    "manifest",
    "manifests",
    "master",
    "net",
    "oci",
    "operator",
    "org",
    "overlay",
    "overlays",
    "prod",
    "production",
    "public",
    "quay",
    "raw",
    "refs",
    "release",
    "releases",
    "repo",
    "repos",
    "resources",
    "server",
    "source",
    "sources",
    "src",
    "stable",
    "standard",
    "system",
    "tags",
    "tree",
    "www",
    "yaml",
    "yml",
];

/// Names of projects are words of at least so many characters; shorter ones are parts of versions.
const SHORTEST: usize = 3;

/// Namespaces that anybody's manifests may put their objects into.
const SHARED_NAMESPACES: &[&str] = &["", "default", "kube-system", "kube-public"];

/// An input that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The input.
    pub what: String,
    /// Why.
    pub reason: &'static str,
    /// What it could bring.
    pub brings: Brings,
}

impl LeftOut {
    /// An entry that leads into another source.
    pub fn elsewhere(entry: &str) -> Self {
        LeftOut { what: entry.to_owned(), reason: "from another source", brings: Brings::Anything }
    }

    /// An entry that is an address.
    pub fn remote(entry: &str) -> Self {
        LeftOut { what: entry.to_owned(), reason: "remote", brings: Brings::at_address(entry) }
    }
}

/// What a part that was not looked at could bring into the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Brings {
    /// Nothing: everything it holds is known.
    Nothing,
    /// Nothing but the kinds of others.
    Definitions,
    /// What another project publishes: the kinds of others, and objects that are called after it or live in a namespace
    /// that is.
    Published {
        /// Words of the project.
        words: BTreeSet<SmolStr>,
        /// Flux objects may be among them: it is a tree for Flux.
        for_flux: bool,
    },
    /// A file of manifests by somebody else, which never holds this cluster's Flux objects.
    Manifests,
    /// Like what the rest of its build holds: these kinds, and anything that is not Flux's own.
    Kinds(Vec<String>),
    /// Anything.
    Anything,
}

impl Brings {
    /// What somebody publishes at an address.
    pub fn at_address(address: &str) -> Self {
        let path = address.split('?').next().unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default();
        if is_of_definitions(last) { Brings::Definitions } else { Brings::published([path], false) }
    }

    /// What a project of these names publishes; anything where they say nothing of a project.
    pub fn published<'t>(names: impl IntoIterator<Item = &'t str>, for_flux: bool) -> Self {
        let words: BTreeSet<SmolStr> = names.into_iter().flat_map(words).filter(|word| is_telling(word)).collect();
        if words.is_empty() { Brings::Anything } else { Brings::Published { words, for_flux } }
    }

    /// Whether an object could be among it; any of the namespace where there is no name.
    pub fn could_bring(&self, group: &str, kind: &str, namespace: &str, name: Option<&str>) -> bool {
        let is_flux = group.ends_with(".toolkit.fluxcd.io");
        match self {
            Brings::Nothing => false,
            Brings::Definitions => is_definition(kind),
            Brings::Published { .. } if is_definition(kind) => true,
            Brings::Published { words: own, for_flux } => {
                let is_own = |text: &str| words(text).any(|word| own.contains(&word));
                let is_shared = || SHARED_NAMESPACES.contains(&namespace);
                (*for_flux || !is_flux) && (is_own(namespace) || name.map_or_else(is_shared, is_own))
            }
            Brings::Manifests => !is_flux,
            Brings::Kinds(kinds) => !is_flux || kinds.iter().any(|held| held == kind),
            Brings::Anything => true,
        }
    }
}

fn is_definition(kind: &str) -> bool {
    kind == "CustomResourceDefinition"
}

/// Whether a file or folder is called after definitions, and after nothing that comes with them.
fn is_of_definitions(name: &str) -> bool {
    let has = |some: &[&str]| words(name).any(|word| some.contains(&word.as_str()));
    has(&["crd", "crds"]) && !has(&["and", "with", "install", "all"])
}

fn is_telling(word: &str) -> bool {
    word.len() >= SHORTEST && !COMMON.contains(&word) && !word.starts_with(|c: char| c.is_ascii_digit())
}

/// The words of a text, in small letters.
fn words(text: &str) -> impl Iterator<Item = SmolStr> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| SmolStr::from(word.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONITORING: &str = "https://raw.githubusercontent.com/acme/telemetry-operator/v0.71.0/example/bundle.yaml";

    #[test]
    fn a_project_brings_what_is_called_after_it() {
        let bundle = Brings::at_address(MONITORING);
        assert!(bundle.could_bring("", "Secret", "observability", Some("telemetry-certs")));
        assert!(bundle.could_bring("apps", "Deployment", "telemetry", Some("collector")));
        assert!(!bundle.could_bring("", "Secret", "network", Some("tunnel-operator")), "`operator` says nothing");
        assert!(!bundle.could_bring("helm.toolkit.fluxcd.io", "HelmRelease", "telemetry", Some("telemetry")));
        assert!(bundle.could_bring("apiextensions.k8s.io", "CustomResourceDefinition", "", Some("a.example.com")));
    }

    #[test]
    fn an_address_of_definitions_brings_nothing_else() {
        let crds = Brings::at_address("https://example.com/acme/telemetry/releases/download/v1/telemetry.crds.yaml");
        assert_eq!(crds, Brings::Definitions);
        assert!(!crds.could_bring("", "Secret", "telemetry", Some("telemetry")));
        let both = Brings::at_address("https://example.com/acme/telemetry/v1/install-with-crds.yaml");
        assert!(both.could_bring("", "Secret", "telemetry", Some("telemetry")));
    }

    #[test]
    fn an_address_that_names_no_project_brings_anything() {
        assert_eq!(Brings::at_address("https://github.com/x/kubernetes//deploy?ref=v1"), Brings::Anything);
    }
}
