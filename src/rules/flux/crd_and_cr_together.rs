//! A custom resource does not stand beside the release that brings its CRD. Card: rules/flux/crd-and-cr-together.md

use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;

use serde::Deserialize;

use super::order::Order;
use crate::build::Object;
use crate::cluster::flux::HELM;
use crate::cluster::operators::{Operator, of_group, operators};
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, ObjectRef, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CrdAndCrTogether {}

const CRDS: &str = "apiextensions.k8s.io";

/// Releases of charts of the table: the release, and its row.
type Installed<'w> = Vec<(&'w Object, &'static Operator)>;

impl Rule for CrdAndCrTogether {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let installed = installed(cluster);
        // Groups by the Kustomization that applies a release which brings them.
        let mut brought: HashMap<(usize, &str), &Object> = HashMap::new();
        for (release, row) in installed.iter().filter(|(release, row)| row.brings_crds(cluster, release) == Some(true))
        {
            for group in &row.groups {
                brought.entry((release.kustomization, group)).or_insert(release);
            }
        }
        let mut assumed: Option<Assumed<'_>> = None;
        // One finding for each release: the first of its objects, and how many more there are.
        let mut together: BTreeMap<(usize, &str), Vec<&Object>> = BTreeMap::new();
        for object in cluster.objects().filter(|object| object.release.is_none()) {
            let key = (object.kustomization, object.gvk.group.as_str());
            if brought.contains_key(&key) {
                together.entry(key).or_default().push(object);
            }
        }
        for ((kustomization, group), objects) in together {
            let Some(release) = brought.get(&(kustomization, group)) else { continue };
            let by_hand = cluster.kustomizations().get(kustomization).is_none_or(|one| one.by_hand);
            if by_hand || is_plain(cluster, group) {
                continue;
            }
            let reason = elsewhere(cluster, &installed, group, kustomization, &objects);
            if let Some(reason) =
                reason.or_else(|| assumed.get_or_insert_with(|| Assumed::of(cluster, &installed)).why(group))
            {
                if let Some(object) = objects.first() {
                    out.undecided(cluster, "chart", format!("the CRD of {}", object.reference()), reason);
                }
                continue;
            }
            if let Some(found) = report(cluster, release, &objects) {
                out.report(found);
            }
        }
    }
}

/// Groups whose kinds are used by Kustomizations that nothing makes wait for what brings them.
struct Assumed<'w> {
    groups: BTreeMap<&'w str, &'w Object>,
}

impl<'w> Assumed<'w> {
    fn of(cluster: &Cluster<'w>, installed: &Installed<'w>) -> Self {
        let order = Order::of(cluster);
        let mut brought: HashMap<&str, Vec<usize>> = HashMap::new();
        for (release, row) in installed.iter().filter(|(release, row)| row.brings_crds(cluster, release) != Some(false))
        {
            for group in &row.groups {
                brought.entry(group).or_default().extend(order.applier(release));
            }
        }
        let mut before: HashMap<usize, HashSet<usize>> = HashMap::new();
        let mut groups = BTreeMap::new();
        for object in cluster.objects().filter(|object| object.release.is_none()) {
            let group = object.gvk.group.as_str();
            let (Some(by), Some(at)) = (brought.get(group), order.applier(object)) else { continue };
            let earlier = before.entry(at).or_insert_with(|| order.started_before(at));
            if !by.iter().any(|by| *by == at || earlier.contains(by)) {
                groups.entry(group).or_insert(object);
            }
        }
        Assumed { groups }
    }

    /// Why the kinds of a group may be there before: it is taken for granted, or those of other charts are, which something
    /// out of sight brings, and with them perhaps this one.
    fn why(&self, group: &str) -> Option<String> {
        let same = self.groups.get(group).map(|object| {
            format!(
                "{} is of that group and waits for nothing, so that something else seems to bring it",
                object.reference()
            )
        });
        same.or_else(|| {
            let (_, object) = self.groups.first_key_value()?;
            Some(format!(
                "{} waits for no chart either, so that something else seems to bring such kinds",
                object.reference()
            ))
        })
    }
}

fn installed<'w>(cluster: &Cluster<'w>) -> Installed<'w> {
    let mut installed = Vec::new();
    for release in cluster.of_kind(HELM, "HelmRelease") {
        let rows = operators().iter().filter(|row| row.is_chart_of(cluster, release));
        installed.extend(rows.map(|row| (release, row)));
    }
    installed
}

/// Whether a CRD of the group stands in the tree: Flux waits for it.
fn is_plain(cluster: &Cluster<'_>, group: &str) -> bool {
    cluster
        .of_kind(CRDS, "CustomResourceDefinition")
        .any(|crd| crd.dig("spec.group").and_then(Node::as_str) == Some(group))
}

/// Why the CRD may be there before, although this release brings it.
fn elsewhere<'w>(
    cluster: &Cluster<'w>,
    installed: &Installed<'w>,
    group: &str,
    kustomization: usize,
    objects: &[&Object],
) -> Option<String> {
    let other = installed.iter().find(|(release, row)| {
        release.kustomization != kustomization
            && row.groups.iter().any(|own| own == group)
            && row.brings_crds(cluster, release) != Some(false)
    });
    if let Some((release, _)) = other {
        return Some(format!("{} brings it, too", release.reference()));
    }
    // Charts that hold nothing but CRDs are called after the chart they belong to.
    let charts: Vec<&str> = of_group(group).flat_map(|row| &row.charts).map(String::as_str).collect();
    let only_crds = cluster.of_kind(HELM, "HelmRelease").find(|release| {
        release.kustomization != kustomization
            && release.name.contains("crd")
            && charts.iter().any(|chart| release.name.contains(chart))
    });
    if let Some(release) = only_crds {
        return Some(format!("{} may bring it", release.reference()));
    }
    let is_declared = |kind: &str| {
        cluster.is_external(&ObjectRef {
            api_version: "apiextensions.k8s.io/v1".to_owned(),
            kind: "CustomResourceDefinition".to_owned(),
            namespace: None,
            name: format!("{}s.{group}", kind.to_ascii_lowercase()),
        })
    };
    if objects.iter().any(|object| is_declared(object.kind())) {
        return Some("the configuration says that it exists outside of the tree".to_owned());
    }
    if cluster.build().not_built.iter().any(|part| part.could_bring(CRDS, "CustomResourceDefinition", "", None)) {
        return Some("a part of the cluster that could bring it was not built".to_owned());
    }
    let words: Vec<&str> = charts.into_iter().chain([group]).collect();
    let file = cluster.bootstrap_mention(&words, |_| true)?;
    Some(format!("`{file}` may install it before Flux runs"))
}

fn report(cluster: &Cluster<'_>, release: &Object, objects: &[&Object]) -> Option<Observation> {
    let (first, rest) = objects.split_first()?;
    let kustomization = cluster.kustomization_of(first)?;
    let others = match rest.len() {
        0 => String::new(),
        1 => " and another object".to_owned(),
        more => format!(" and {more} other objects"),
    };
    let kind = first.at(&["kind"]).unwrap_or(&first.node);
    let mut observation = Observation::new(
        "crd-and-cr-together",
        format!(
            "{}{others} cannot be applied: {} installs the kind, and {} applies both",
            first.reference(),
            release.reference(),
            kustomization.spec.shown()
        ),
        Label::new(kind.span(), "its kind does not exist yet"),
    )
    .about(first.reference(), format!("kind {}", release.full_name()))
    .related(Label::new(release.place(), "installs the kind"))
    .related(Label::new(kustomization.spec.place, "applies both"))
    .trail(trail(kind));
    for object in rest.iter().take(3) {
        observation = observation.related(Label::new(object.kind_place(), "of the same group"));
    }
    Some(observation)
}
