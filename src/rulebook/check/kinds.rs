//! Which objects a check looks at: kinds, globs, labels.

use smol_str::SmolStr;

use super::block::Select;
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::kinds::of_group;
use crate::config::nearest;
use crate::source::Glob;
use crate::yaml::Node;

/// Kinds that run pods.
const WORKLOADS: [&str; 8] = [
    "core/Pod",
    "apps/Deployment",
    "apps/StatefulSet",
    "apps/DaemonSet",
    "apps/ReplicaSet",
    "batch/Job",
    "batch/CronJob",
    "core/ReplicationController",
];

/// Kinds that Flux reconciles.
const FLUX: [&str; 9] = [
    "kustomize.toolkit.fluxcd.io/Kustomization",
    "helm.toolkit.fluxcd.io/HelmRelease",
    "notification.toolkit.fluxcd.io/Alert",
    "notification.toolkit.fluxcd.io/Provider",
    "notification.toolkit.fluxcd.io/Receiver",
    "image.toolkit.fluxcd.io/ImagePolicy",
    "image.toolkit.fluxcd.io/ImageRepository",
    "image.toolkit.fluxcd.io/ImageUpdateAutomation",
    "source.extensions.fluxcd.io/ArtifactGenerator",
];

/// Kinds that Flux fetches from.
const SOURCES: [&str; 6] = [
    "source.toolkit.fluxcd.io/GitRepository",
    "source.toolkit.fluxcd.io/OCIRepository",
    "source.toolkit.fluxcd.io/HelmRepository",
    "source.toolkit.fluxcd.io/HelmChart",
    "source.toolkit.fluxcd.io/Bucket",
    "source.toolkit.fluxcd.io/ExternalArtifact",
];

/// A kind as a card names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    /// Its group; `None` for any.
    pub group: Option<SmolStr>,
    version: Option<SmolStr>,
    /// Its name.
    pub kind: SmolStr,
}

impl Kind {
    /// Reads `Kind`, `group/Kind`, `group/version/Kind`, or the name of a set.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Vec<Kind>, String> {
        let set: &[&str] = match text {
            "workloads" => &WORKLOADS,
            "flux" => &FLUX,
            "sources" => &SOURCES,
            _ => return Kind::one(text).map(|kind| vec![kind]),
        };
        if text == "flux" {
            return FLUX.iter().chain(&SOURCES).map(|text| Kind::one(text)).collect();
        }
        set.iter().map(|text| Kind::one(text)).collect()
    }

    fn one(text: &str) -> Result<Kind, String> {
        let mut parts = text.rsplit('/');
        let kind = parts.next().unwrap_or_default();
        let (version, group) = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => (None, None),
            (Some(group), None, _) => (None, Some(group)),
            (Some(version), Some(group), None) => (Some(version.into()), Some(group)),
            _ => return Err(format!("`{text}` is not of the form `group/Kind`")),
        };
        if !kind.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Err(format!("`{text}` is neither a kind nor one of `workloads`, `flux`, `sources`"));
        }
        let group = group.map(|group| SmolStr::from(if group == "core" { "" } else { group }));
        Ok(Kind { group, version, kind: kind.into() })
    }

    fn takes(&self, object: &Object) -> bool {
        self.version.as_ref().is_none_or(|version| *version == object.gvk.version)
    }
}

/// What is odd about a kind: a group of the Kubernetes API that has no such kind. Of other groups nothing is known here.
pub fn odd(text: &str) -> Option<String> {
    let [kind] = Kind::parse(text).ok()?.try_into().ok()?;
    let group = kind.group.as_ref()?;
    let known: Vec<&str> = of_group(group)?.map(|(kind, _)| kind).collect();
    if known.contains(&kind.kind.as_str()) {
        return None;
    }
    let near = nearest(&kind.kind, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Some(format!("there is no kind `{text}`{near}"))
}

/// Reads a list of kinds.
///
/// # Errors
/// The position of the one at fault, and what is wrong with it.
pub fn kinds(texts: &[String]) -> Result<Vec<Kind>, (usize, String)> {
    let mut kinds = Vec::new();
    for (at, text) in texts.iter().enumerate() {
        kinds.extend(Kind::parse(text).map_err(|why| (at, why))?);
    }
    Ok(kinds)
}

/// The objects of kinds, those of modelled charts included, in the order of the build.
pub fn objects<'w>(cluster: &Cluster<'w>, kinds: &[Kind]) -> Vec<&'w Object> {
    let mut found = Vec::new();
    for kind in kinds {
        match &kind.group {
            Some(group) => found.extend(cluster.of_kind(group, &kind.kind).filter(|object| kind.takes(object))),
            None => {
                for group in cluster.groups_of(&kind.kind) {
                    found.extend(cluster.of_kind(&group, &kind.kind).filter(|object| kind.takes(object)));
                }
            }
        }
    }
    // Objects of the build lie one behind another in memory, and so do those of the models.
    found.sort_by_key(|object| (object.modelled.is_some(), std::ptr::from_ref(*object) as usize));
    found.dedup_by(|a, b| std::ptr::eq(*a, *b));
    found
}

/// `match`, ready to be asked.
#[derive(Debug)]
pub struct Filter {
    /// Kinds.
    pub kinds: Vec<Kind>,
    namespaces: Vec<Glob>,
    names: Vec<Glob>,
    labels: Vec<(String, String)>,
    clusters: Vec<Glob>,
    exclude: Vec<Filter>,
}

impl Filter {
    /// Reads `match`.
    ///
    /// # Errors
    /// The path of what is wrong, below `match`, and what.
    pub fn new(select: &Select) -> Result<Self, (String, String)> {
        let globs = |key: &str, texts: &[String]| -> Result<Vec<Glob>, (String, String)> {
            let each = texts.iter().enumerate();
            each.map(|(at, text)| Glob::new(text).map_err(|_| (format!("{key}.{at}"), format!("`{text}` is no glob"))))
                .collect()
        };
        let mut exclude = Vec::new();
        for (at, other) in select.exclude.iter().enumerate() {
            exclude.push(Filter::new(other).map_err(|(path, why)| (format!("exclude.{at}.{path}"), why))?);
        }
        Ok(Filter {
            kinds: kinds(&select.kinds).map_err(|(at, why)| (format!("kinds.{at}"), why))?,
            namespaces: globs("namespaces", &select.namespaces)?,
            names: globs("names", &select.names)?,
            labels: select.labels.0.clone(),
            clusters: globs("clusters", &select.clusters)?,
            exclude,
        })
    }

    /// Whether the check runs in a cluster.
    pub fn takes_cluster(&self, cluster: &Cluster<'_>) -> bool {
        self.clusters.is_empty() || self.clusters.iter().any(|glob| glob.matches(cluster.entry()))
    }

    /// Whether a namespace is looked at.
    pub fn takes_namespace(&self, namespace: &str) -> bool {
        (self.namespaces.is_empty() || self.namespaces.iter().any(|glob| glob.matches(namespace)))
            && !self.exclude.iter().any(|other| other.kinds.is_empty() && other.takes_namespace(namespace))
    }

    /// Whether an object of the right kind is looked at.
    pub fn takes(&self, object: &Object) -> bool {
        let named = |globs: &[Glob], name: &str| globs.is_empty() || globs.iter().any(|glob| glob.matches(name));
        named(&self.namespaces, object.namespace())
            && named(&self.names, &object.name)
            && self.labels.iter().all(|(key, value)| {
                let found = object.at(&["metadata", "labels", key.as_str()]).and_then(Node::scalar_text);
                found.as_deref() == Some(value)
            })
            && !self.exclude.iter().any(|other| other.is_of_kind(object) && other.takes(object))
    }

    fn is_of_kind(&self, object: &Object) -> bool {
        let is_it = |kind: &Kind| {
            kind.kind == object.gvk.kind
                && kind.group.as_ref().is_none_or(|group| *group == object.gvk.group)
                && kind.takes(object)
        };
        self.kinds.is_empty() || self.kinds.iter().any(is_it)
    }
}
