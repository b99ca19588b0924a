//! Whether a Flux object exists, with those that stand in no file: of the bootstrap, of FluxInstances, charts and
//! templates.

use hashbrown::HashSet;
use std::collections::BTreeSet;

use super::{Cluster, Presence};
use crate::build::flux::{ReleaseNames, SourceKey};
use crate::build::{Object, State};
use crate::finding::ObjectRef;
use crate::yaml::{Node, Value};

/// API group of Kustomizations.
pub const KUSTOMIZE: &str = "kustomize.toolkit.fluxcd.io";
/// API group of HelmReleases.
pub const HELM: &str = "helm.toolkit.fluxcd.io";
/// API group of sources.
pub const SOURCE: &str = "source.toolkit.fluxcd.io";
/// API group of alerts and receivers.
pub const NOTIFICATION: &str = "notification.toolkit.fluxcd.io";
/// API group of image automation.
pub const IMAGE: &str = "image.toolkit.fluxcd.io";

/// The kinds of the Flux API, with their groups.
pub const KINDS: &[(&str, &str)] = &[
    (KUSTOMIZE, "Kustomization"),
    (HELM, "HelmRelease"),
    (SOURCE, "GitRepository"),
    (SOURCE, "OCIRepository"),
    (SOURCE, "HelmRepository"),
    (SOURCE, "HelmChart"),
    (SOURCE, "Bucket"),
    (SOURCE, "ExternalArtifact"),
    (NOTIFICATION, "Alert"),
    (NOTIFICATION, "Provider"),
    (NOTIFICATION, "Receiver"),
    (IMAGE, "ImageRepository"),
    (IMAGE, "ImagePolicy"),
    (IMAGE, "ImageUpdateAutomation"),
];

/// Whether a Flux object exists.
#[derive(Clone, Copy, Debug)]
pub enum FluxPresence<'w> {
    /// It stands in the tree.
    Here(&'w Object),
    /// It is made at the bootstrap, or by another object.
    Made,
    /// This object may make it.
    Possible(&'w Object),
    /// A part of the cluster that could bring it was not looked at.
    Unknown,
    /// It does not exist.
    Absent,
}

/// What of a cluster makes Flux objects.
pub struct FluxMakers<'c, 'w> {
    cluster: &'c Cluster<'w>,
    // Sources that the build has artifacts for.
    resolved: HashSet<&'w SourceKey>,
    templates: Vec<Template<'w>>,
}

/// An object that may make Flux objects.
struct Template<'w> {
    by: &'w Object,
    // The only kinds; `None` for any.
    kinds: Option<BTreeSet<&'static str>>,
    // The only namespace; `None` for any.
    namespace: Option<String>,
}

impl<'c, 'w> FluxMakers<'c, 'w> {
    /// Looks through a cluster.
    pub fn of(cluster: &'c Cluster<'w>) -> Self {
        let built = cluster.kustomizations().iter().filter(|one| !matches!(one.state, State::External(_)));
        let releases = cluster.of_kind(HELM, "HelmRelease").filter(|release| !cluster.is_rendered(release));
        let mut templates: Vec<Template<'_>> = Vec::new();
        for release in releases {
            // A chart of one's own may hold anything.
            let source = release.dig("spec.chart.spec.sourceRef.kind").and_then(Node::as_str);
            let is_foreign = cluster.chart(release).is_some_and(|chart| chart.is_foreign);
            if source.is_some_and(|kind| kind != "HelmRepository") && !is_foreign {
                let namespace = Some(ReleaseNames::of(release).namespace);
                templates.push(Template { by: release, kinds: None, namespace });
            }
            let kinds = cluster.values(release).map(|values| templated(&values.root)).unwrap_or_default();
            templates.push(Template { by: release, kinds: Some(kinds), namespace: None });
        }
        let others = cluster
            .objects()
            .filter(|object| object.gvk.group == "kyverno.io" || object.is("fluxcd.controlplane.io", "ResourceSet"));
        templates.extend(others.map(|by| Template { by, kinds: Some(templated(&by.node)), namespace: None }));
        templates.retain(|template| template.kinds.as_ref().is_none_or(|kinds| !kinds.is_empty()));
        FluxMakers { cluster, resolved: built.filter_map(|one| one.spec.source.as_ref()).collect(), templates }
    }

    /// Whether an object of the Flux API exists.
    pub fn presence(&self, group: &str, kind: &str, namespace: &str, name: &str) -> FluxPresence<'w> {
        let known = self.cluster.presence(group, kind, namespace, name);
        if let Presence::Present(object) = known {
            return FluxPresence::Here(object);
        }
        let source = (group == SOURCE).then(|| SourceKey {
            kind: kind.to_owned(),
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        });
        if self.is_made(group, kind, namespace, name, source.as_ref()) {
            return FluxPresence::Made;
        }
        let makes = |template: &&Template<'_>| {
            template.namespace.as_deref().is_none_or(|only| only == namespace)
                && template.kinds.as_ref().is_none_or(|kinds| kinds.contains(kind))
        };
        if let Some(template) = self.templates.iter().find(makes) {
            return FluxPresence::Possible(template.by);
        }
        let reference = ObjectRef {
            api_version: group.to_owned(),
            kind: kind.to_owned(),
            namespace: Some(namespace.to_owned()),
            name: name.to_owned(),
        };
        match known {
            Presence::Absent => FluxPresence::Absent,
            _ if self.cluster.is_external(&reference) => FluxPresence::Unknown,
            // What waits for a source does not bring it.
            _ if source.is_some_and(|source| !self.comes_from_elsewhere(&source)) => FluxPresence::Absent,
            _ => FluxPresence::Unknown,
        }
    }

    fn is_made(&self, group: &str, kind: &str, namespace: &str, name: &str, source: Option<&SourceKey>) -> bool {
        if self.cluster.products().find(group, kind, namespace, name).is_some()
            || source.is_some_and(|source| self.resolved.contains(source))
        {
            return true;
        }
        let root = self.cluster.kustomizations().first().filter(|root| !root.by_hand);
        let is_root = kind == "Kustomization"
            && root.is_some_and(|root| root.spec.namespace == namespace && root.spec.name == name);
        is_root
            || (matches!(kind, "GitRepository" | "OCIRepository" | "Bucket" | "Kustomization")
                && self.is_sync(namespace, name))
    }

    /// Whether a release of the chart `flux-instance` makes the objects that apply the cluster under this name.
    /// Source: controlplaneio-fluxcd/charts `charts/flux-instance/templates/instance.yaml`; the operator names them
    /// after the namespace where nothing else is said.
    fn is_sync(&self, namespace: &str, name: &str) -> bool {
        self.cluster.of_kind(HELM, "HelmRelease").any(|release| {
            let Some(sync) = release.dig("spec.values.instance.sync") else { return false };
            let own = sync.get("name").and_then(Node::as_str).unwrap_or(namespace);
            ReleaseNames::of(release).namespace == namespace && own == name
        })
    }

    /// Whether a part that was not looked at could bring a source, those left out that wait for it themselves.
    fn comes_from_elsewhere(&self, source: &SourceKey) -> bool {
        let waits = |what: &str| {
            self.cluster.kustomizations().iter().any(|one| {
                matches!(one.state, State::External(_))
                    && one.spec.source.as_ref() == Some(source)
                    && one.spec.shown() == what
            })
        };
        let parts = self.cluster.build().not_built.iter();
        parts
            .filter(|part| part.could_bring(SOURCE, &source.kind, &source.namespace, Some(&source.name)))
            .any(|part| part.class != "source" || !waits(&part.what))
    }

    /// The Kustomization that applies the whole cluster, where it is known under a name.
    pub fn root(&self) -> Option<&'w crate::build::KustomizationBuild> {
        self.cluster.kustomizations().first().filter(|root| !root.by_hand)
    }
}

/// The kinds of the Flux API of which a tree of values holds objects, as maps or as text.
fn templated(node: &Node) -> BTreeSet<&'static str> {
    fn walk(node: &Node, found: &mut BTreeSet<&'static str>) {
        match &node.value {
            Value::Map(map) => {
                let text = |key: &str| map.get(key).and_then(Node::as_str);
                if let (Some(version), Some(own)) = (text("apiVersion"), text("kind")) {
                    let is_flux = |(group, kind): &&(&str, &str)| own == *kind && version.starts_with(group);
                    found.extend(KINDS.iter().filter(is_flux).map(|(_, kind)| *kind));
                }
                map.iter().for_each(|entry| walk(&entry.value, found));
            }
            Value::Seq(items) => items.iter().for_each(|item| walk(item, found)),
            Value::Str(text) if text.contains(".toolkit.fluxcd.io/") => {
                let is_held = |(_, kind): &&(&str, &str)| text.contains(&format!("kind: {kind}"));
                found.extend(KINDS.iter().filter(is_held).map(|(_, kind)| *kind));
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(node, &mut found);
    found
}
