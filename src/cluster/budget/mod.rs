//! What the cluster asks for: every contributor with its amounts and their places, and a list of what cannot be
//! counted. What is not known is never taken as nothing.

pub mod bounds;
mod collect;
mod copies;
pub mod document;
mod pod;
mod profile;
pub mod table;

use std::collections::{BTreeMap, BTreeSet};

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::quantity::Quantity;
use crate::finding::Confidence;
use crate::source::Span;
use crate::yaml::Node;

pub use copies::Copies;
pub use pod::{Amount, Amounts, Container, Defaults, Pod, Side, Stated, Tally};
pub use profile::WorkloadSpec;

/// What is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure<'a> {
    /// Requests of a resource.
    Requests(&'a str),
    /// Limits of a resource.
    Limits(&'a str),
    /// Storage of volume claims.
    Storage,
    /// Pods.
    Pods,
    /// Volume claims.
    Claims,
}

impl Measure<'_> {
    /// Its name for people, in the plural.
    pub fn name(self) -> String {
        match self {
            Measure::Requests(resource) => format!("{resource} requests"),
            Measure::Limits(resource) => format!("{resource} limits"),
            Measure::Storage => "volume sizes".to_owned(),
            Measure::Pods => "pods".to_owned(),
            Measure::Claims => "volume claims".to_owned(),
        }
    }
}

/// Which part of a cluster is summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// Everything.
    Cluster,
    /// One namespace.
    Namespace(&'a str),
    /// What one Flux Kustomization applies: its index.
    Kustomization(usize),
}

/// A claim for storage.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Its name, or that of its template.
    pub name: String,
    /// Its size.
    pub size: Stated,
    /// How many of it each copy has.
    pub count: u64,
}

impl Claim {
    /// A claim from a PersistentVolumeClaim or a template of one.
    pub fn of_template(name: &str, template: &Node) -> Self {
        let size = template.at(&["spec", "resources", "requests", "storage"]).filter(|node| !node.is_null());
        let size = size.map_or_else(|| Stated::Unclear("states no size".to_owned()), Stated::read);
        Claim { name: name.to_owned(), size, count: 1 }
    }
}

/// Pods or claims that come in a number of equal copies.
#[derive(Clone, Debug)]
pub struct Contributor<'w> {
    /// The object that brings them.
    pub object: &'w Object,
    /// Which part of it; empty when it is the whole object.
    pub part: String,
    /// Where its pods are.
    pub namespace: String,
    /// How many there are.
    pub copies: Copies,
    /// One pod.
    pub pod: Option<Pod>,
    /// Claims of one copy.
    pub claims: Vec<Claim>,
    /// The weight of the proof.
    pub trust: Confidence,
    /// Its pods come and go: Jobs.
    pub transient: bool,
}

/// Something that may ask for resources and cannot be counted.
#[derive(Clone, Debug)]
pub struct Uncounted<'w> {
    /// The object.
    pub object: &'w Object,
    /// Which part of it; empty when it is the whole object.
    pub part: String,
    /// Where its pods are.
    pub namespace: String,
    /// Why.
    pub reason: String,
}

/// A sum, and how far it can be relied on.
#[derive(Clone, Debug, Default)]
pub struct Sum<'w> {
    /// With every autoscaler at its minimum: what is asked for in any case.
    pub least: Quantity,
    /// With every autoscaler at its maximum.
    pub most: Quantity,
    /// What it is made of, largest first.
    pub parts: Vec<Part<'w>>,
    /// What is not in it: the thing, and why.
    pub uncounted: Vec<(String, String)>,
}

/// One contributor's share of a sum.
#[derive(Clone, Debug)]
pub struct Part<'w> {
    /// The object.
    pub object: &'w Object,
    /// Which part of it.
    pub part: String,
    /// Share at the minimum.
    pub least: Quantity,
    /// Share at the maximum.
    pub most: Quantity,
    /// Amount of one copy.
    pub each: Quantity,
    /// The value to edit.
    pub place: Span,
    /// Whether it is the default of a chart.
    pub by_default: bool,
    /// The weight of the proof.
    pub trust: Confidence,
    /// Its pods come and go.
    pub transient: bool,
}

/// Everything that was counted in a cluster.
#[derive(Debug)]
pub struct Account<'w> {
    /// What was counted.
    pub contributors: Vec<Contributor<'w>>,
    /// What was not.
    pub uncounted: Vec<Uncounted<'w>>,
    /// What was not built: the thing, why, and the only namespace it can bring objects into.
    not_built: Vec<(String, String, Option<String>)>,
}

/// `HelmRelease a/b (part)`, for lists.
pub fn shown(object: &Object, part: &str) -> String {
    let reference = object.reference();
    if part.is_empty() { reference.to_string() } else { format!("{reference} ({part})") }
}

impl<'w> Account<'w> {
    /// Counts a cluster.
    pub fn of(cluster: &Cluster<'w>) -> Self {
        collect::collect(cluster)
    }

    fn covers(scope: Scope<'_>, object: &Object, namespace: &str) -> bool {
        match scope {
            Scope::Cluster => true,
            Scope::Namespace(name) => name == namespace,
            Scope::Kustomization(index) => object.kustomization == index,
        }
    }

    /// Whether there is anything in a scope, counted or not.
    pub fn knows(&self, scope: Scope<'_>) -> bool {
        scope == Scope::Cluster
            || self.contributors.iter().any(|one| Self::covers(scope, one.object, &one.namespace))
            || self.uncounted.iter().any(|one| Self::covers(scope, one.object, &one.namespace))
    }

    /// Sums a measure over a scope.
    pub fn sum(&self, scope: Scope<'_>, measure: Measure<'_>) -> Sum<'w> {
        let mut sum = Sum::default();
        let mut uncounted: BTreeSet<(String, String)> = BTreeSet::new();
        for contributor in self.contributors.iter().filter(|one| Self::covers(scope, one.object, &one.namespace)) {
            let share = contributor.share(measure);
            let name = || shown(contributor.object, &contributor.part);
            uncounted.extend(share.gaps.into_iter().map(|gap| (name(), gap)));
            let part = Part {
                object: contributor.object,
                part: contributor.part.clone(),
                least: share.value.times(contributor.copies.least),
                most: share.value.times(contributor.copies.most),
                each: share.value,
                place: share.biggest.map_or_else(|| contributor.object.place(), |amount| amount.place),
                by_default: share.biggest.is_some_and(|amount| amount.by_default),
                trust: contributor.trust,
                transient: contributor.transient,
            };
            if let Some(gap) = contributor.copies.gap.clone().filter(|_| contributor.matters_to(measure)) {
                uncounted.insert((name(), gap));
            }
            sum.least = sum.least + part.least;
            sum.most = sum.most + part.most;
            if !part.most.is_zero() {
                sum.parts.push(part);
            }
        }
        for one in self.uncounted.iter().filter(|one| Self::covers(scope, one.object, &one.namespace)) {
            uncounted.insert((shown(one.object, &one.part), one.reason.clone()));
        }
        for (what, why, namespace) in &self.not_built {
            let within = match scope {
                Scope::Cluster => true,
                Scope::Namespace(name) => namespace.as_deref().is_none_or(|only| only == name),
                Scope::Kustomization(_) => false,
            };
            if within {
                uncounted.insert((what.clone(), why.clone()));
            }
        }
        sum.uncounted = uncounted.into_iter().collect();
        sum.parts.sort_by(|a, b| {
            b.most
                .cmp(&a.most)
                .then_with(|| a.object.full_name().cmp(&b.object.full_name()))
                .then_with(|| a.part.cmp(&b.part))
        });
        sum
    }

    /// Sums of a measure by namespace.
    pub fn by_namespace(&self, measure: Measure<'_>) -> BTreeMap<String, Sum<'w>> {
        let namespaces: BTreeSet<&String> = self
            .contributors
            .iter()
            .map(|one| &one.namespace)
            .chain(self.uncounted.iter().map(|one| &one.namespace))
            .collect();
        namespaces.into_iter().map(|name| (name.clone(), self.sum(Scope::Namespace(name), measure))).collect()
    }
}

impl Contributor<'_> {
    /// Whether it has pods (or claims) that a measure is about.
    fn matters_to(&self, measure: Measure<'_>) -> bool {
        match measure {
            Measure::Requests(_) | Measure::Limits(_) | Measure::Pods => self.pod.is_some(),
            Measure::Storage | Measure::Claims => self.all_claims().next().is_some(),
        }
    }

    fn all_claims(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().chain(self.pod.iter().flat_map(|pod| &pod.claims))
    }

    /// What one copy adds to a sum.
    pub fn share(&self, measure: Measure<'_>) -> Tally {
        // Where there is no copy, nothing is missing.
        if self.copies.most == 0 && self.copies.gap.is_none() {
            return Tally::default();
        }
        match measure {
            Measure::Requests(resource) => {
                self.pod.as_ref().map(|pod| pod.tally(Side::Requests, resource)).unwrap_or_default()
            }
            Measure::Limits(resource) => {
                self.pod.as_ref().map(|pod| pod.tally(Side::Limits, resource)).unwrap_or_default()
            }
            Measure::Pods => Tally {
                value: Quantity::count(u64::from(self.pod.is_some())),
                biggest: self.copies_place(),
                gaps: Vec::new(),
            },
            Measure::Claims => {
                let count = self.all_claims().map(|claim| claim.count).sum();
                let biggest = self.all_claims().find_map(|claim| claim.size.known().copied());
                Tally { value: Quantity::count(count), biggest, gaps: Vec::new() }
            }
            Measure::Storage => {
                let mut tally = Tally::default();
                for claim in self.all_claims() {
                    match &claim.size {
                        Stated::Known(amount) => {
                            tally.value = tally.value + amount.value.times(claim.count);
                            if tally.biggest.is_none_or(|biggest| biggest.value < amount.value) {
                                tally.biggest = Some(*amount);
                            }
                        }
                        Stated::Unclear(why) => tally.gaps.push(format!("claim `{}`: {why}", claim.name)),
                    }
                }
                tally
            }
        }
    }

    fn copies_place(&self) -> Option<Amount> {
        let place = self.copies.place?;
        Some(Amount { value: Quantity::count(1), place, by_default: false })
    }
}
