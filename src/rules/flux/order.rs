//! What Flux does before what: Kustomizations and HelmReleases, what they depend on, who applies them, whom they wait for.

use hashbrown::{HashMap, HashSet};

use super::depends_on::{HELM_RELEASE, KUSTOMIZATION, dependencies};
use super::reference::Named;
use super::source_missing::SOURCE_FIELDS;
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::flux::{HELM, KUSTOMIZE, SOURCE};
use crate::source::Span;
use crate::yaml::Node;

/// Why one object comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// An entry of `dependsOn`.
    DependsOn,
    /// `wait`, or an entry of `healthChecks`.
    WaitsFor,
    /// The other one applies it.
    AppliedBy,
    /// The other one applies its source.
    SourceBy,
}

/// An object that needs another one.
#[derive(Clone, Copy, Debug)]
pub struct Need<'w> {
    /// Position of the other object in [`Order::objects`].
    pub of: usize,
    /// Why.
    pub why: Why,
    /// Where that is written.
    pub place: Span,
    /// The entry of `dependsOn`, where that is why.
    pub entry: Option<&'w Node>,
}

/// Kustomizations and HelmReleases with their needs.
pub struct Order<'w> {
    /// The objects.
    pub objects: Vec<&'w Object>,
    /// What each needs.
    pub needs: Vec<Vec<Need<'w>>>,
    at: HashMap<(&'w str, &'w str, &'w str), usize>,
    // The Kustomization objects by position among the Kustomizations of the build.
    of_build: Vec<Option<usize>>,
}

impl<'w> Order<'w> {
    /// Reads a cluster.
    pub fn of(cluster: &Cluster<'w>) -> Self {
        let objects: Vec<&Object> = cluster
            .of_kind(KUSTOMIZE, "Kustomization")
            .chain(cluster.of_kind(HELM, "HelmRelease"))
            .filter(|object| object.release.is_none())
            .collect();
        let mut at = HashMap::new();
        for (position, object) in objects.iter().enumerate() {
            at.entry((object.gvk.kind.as_str(), object.namespace(), object.name.as_str())).or_insert(position);
        }
        let of_build = cluster
            .kustomizations()
            .iter()
            .map(|one| at.get(&("Kustomization", one.spec.namespace.as_str(), one.spec.name.as_str())).copied())
            .collect();
        let mut order = Order { needs: vec![Vec::new(); objects.len()], objects, at, of_build };
        order.dependencies(cluster);
        order.appliers(cluster);
        order.waits();
        order
    }

    /// The position of a Kustomization or HelmRelease.
    pub fn position(&self, kind: &str, namespace: &str, name: &str) -> Option<usize> {
        self.at.get(&(kind, namespace, name)).copied()
    }

    /// The position of the Kustomization that applies an object.
    pub fn applier(&self, object: &Object) -> Option<usize> {
        self.of_build.get(object.kustomization).copied().flatten()
    }

    /// The needs of one object.
    pub fn needs(&self, at: usize) -> &[Need<'w>] {
        self.needs.get(at).map(Vec::as_slice).unwrap_or_default()
    }

    /// The needs of one object for one reason.
    pub fn needs_by(&self, at: usize, why: Why) -> impl Iterator<Item = &Need<'w>> {
        self.needs(at).iter().filter(move |need| need.why == why)
    }

    /// Whether git says that an object is not reconciled.
    pub fn is_suspended(&self, at: usize) -> bool {
        self.objects.get(at).is_some_and(|object| is_suspended(object))
    }

    /// The objects that have applied what they hold before one begins: what it and its parents depend on, at any
    /// distance; those that wait for their children bring these with them.
    pub fn started_before(&self, from: usize) -> HashSet<usize> {
        // Whether an object is ready, or has only begun.
        let mut seen: HashSet<(usize, bool)> = HashSet::new();
        let mut open = vec![(from, false)];
        while let Some((at, is_ready)) = open.pop() {
            let before = self.needs(at).iter().filter_map(|need| match need.why {
                Why::DependsOn => Some((need.of, true)),
                Why::AppliedBy | Why::SourceBy => Some((need.of, false)),
                Why::WaitsFor => is_ready.then_some((need.of, true)),
            });
            open.extend(before.filter(|item| seen.insert(*item)));
        }
        seen.into_iter().map(|(at, _)| at).filter(|at| *at != from).collect()
    }

    fn add(&mut self, at: usize, need: Need<'w>) {
        if let Some(needs) = self.needs.get_mut(at) {
            needs.push(need);
        }
    }

    fn dependencies(&mut self, cluster: &Cluster<'w>) {
        for kind in [KUSTOMIZATION, HELM_RELEASE] {
            for dependency in dependencies(cluster, kind) {
                let (Some(name), Some(namespace)) = (dependency.name, dependency.namespace) else { continue };
                let from = self.position(kind.kind, dependency.from.namespace(), &dependency.from.name);
                if let (Some(from), Some(of)) = (from, self.position(kind.kind, namespace, name)) {
                    let place = dependency.entry.get("name").unwrap_or(dependency.entry).span();
                    self.add(from, Need { of, why: Why::DependsOn, place, entry: Some(dependency.entry) });
                }
            }
        }
    }

    /// Who applies each object, and its source.
    fn appliers(&mut self, cluster: &Cluster<'w>) {
        for at in 0..self.objects.len() {
            let Some(object) = self.objects.get(at).copied() else { continue };
            let applier = self.applier(object).filter(|of| *of != at);
            if let Some(of) = applier {
                self.add(at, Need { of, why: Why::AppliedBy, place: object.place(), entry: None });
            }
            for field in SOURCE_FIELDS.iter().filter(|field| object.is(field.group, field.kind)) {
                let Some(entry) = object.dig(field.path) else { continue };
                let named = Named::of(object, entry);
                let kind = entry.get("kind").and_then(Node::as_str);
                let (Some(kind), Some(name), Some(namespace)) = (kind, named.name, named.namespace) else { continue };
                let Some(source) = cluster.get(SOURCE, kind, namespace, name) else { continue };
                if let Some(of) = self.applier(source).filter(|of| *of != at && Some(*of) != applier) {
                    let place = entry.get("name").unwrap_or(entry).span();
                    self.add(at, Need { of, why: Why::SourceBy, place, entry: None });
                }
            }
        }
    }

    /// Whom Kustomizations wait for. Source: kustomize-controller `internal/controller/kustomization_controller.go`
    /// (`checkHealth`): with `wait` the objects that it applies, else the list; never itself.
    fn waits(&mut self) {
        let mut applied: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, needs) in self.needs.iter().enumerate() {
            for need in needs.iter().filter(|need| need.why == Why::AppliedBy) {
                applied.entry(need.of).or_default().push(at);
            }
        }
        for at in 0..self.objects.len() {
            let Some(object) = self.objects.get(at).copied().filter(|object| object.gvk.group == KUSTOMIZE) else {
                continue;
            };
            let wait = object.dig("spec.wait").filter(|wait| wait.as_bool() == Some(true));
            if let Some(wait) = wait {
                let place = wait.span();
                for of in applied.get(&at).cloned().unwrap_or_default() {
                    self.add(at, Need { of, why: Why::WaitsFor, place, entry: None });
                }
                continue;
            }
            for entry in object.dig("spec.healthChecks").map(Node::items).unwrap_or_default() {
                let text = |key: &str| entry.get(key).and_then(Node::as_str).unwrap_or_default();
                let group = text("apiVersion").split('/').next().unwrap_or_default();
                if group != KUSTOMIZE && group != HELM {
                    continue;
                }
                let of = self.position(text("kind"), text("namespace"), text("name")).filter(|of| *of != at);
                if let Some(of) = of {
                    let place = entry.get("name").unwrap_or(entry).span();
                    self.add(at, Need { of, why: Why::WaitsFor, place, entry: None });
                }
            }
        }
    }
}

/// Whether git says that an object is not reconciled.
pub fn is_suspended(object: &Object) -> bool {
    object.dig("spec.suspend").and_then(Node::as_bool) == Some(true)
}
