//! Custom kinds have a definition. Card: rules/schema/crd-missing.md

use hashbrown::HashSet;
use std::collections::BTreeMap;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::flux::HELM;
use crate::cluster::kinds::of_group;
use crate::cluster::operators::{self, Operator};
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

const CRDS: &str = "apiextensions.k8s.io";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CrdMissing {}

impl Rule for CrdMissing {
    fn prepare(&self, cluster: &Cluster<'_>) {
        cluster.judge();
    }

    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let defined: HashSet<(&str, &str)> = definitions(cluster).collect();
        let served: HashSet<&str> = cluster
            .of_kind("apiregistration.k8s.io", "APIService")
            .filter_map(|service| service.dig("spec.group").and_then(Node::as_str))
            .collect();
        let mut kinds: BTreeMap<(&str, &str), (&Object, usize)> = BTreeMap::new();
        for object in cluster.objects().filter(|object| object.release.is_none()) {
            let (group, kind) = (object.gvk.group.as_str(), object.kind());
            let is_elsewhere = of_group(group).is_some() || is_of_flux(group) || served.contains(group);
            // What a schema is given for is known to be there.
            let has_schema = || cluster.judged().is_some_and(|judged| !judged.is_without(&object.gvk));
            if group.contains('.') && !is_elsewhere && !defined.contains(&(group, kind)) && !has_schema() {
                kinds.entry((group, kind)).or_insert((object, 0)).1 += 1;
            }
        }
        for ((group, kind), (object, count)) in kinds {
            match why_open(cluster, group) {
                Some(why) => out.undecided(cluster, "chart", format!("the definition of {kind} ({group})"), why),
                None => out.report(finding(object, count, &defined)),
            }
        }
    }
}

/// Group and kind of every definition.
fn definitions<'w>(cluster: &Cluster<'w>) -> impl Iterator<Item = (&'w str, &'w str)> {
    cluster.of_kind(CRDS, "CustomResourceDefinition").filter_map(|definition| {
        let text = |path: &str| definition.dig(path).and_then(Node::as_str);
        Some((text("spec.group")?, text("spec.names.kind")?))
    })
}

/// Flux brings its own definitions at the bootstrap.
fn is_of_flux(group: &str) -> bool {
    group.ends_with(".fluxcd.io") || group == "fluxcd.controlplane.io"
}

/// What may bring the definition.
fn why_open<'w>(cluster: &Cluster<'w>, group: &str) -> Option<String> {
    if let Some(part) =
        cluster.build().not_built.iter().find(|part| part.could_bring(CRDS, "CustomResourceDefinition", "", None))
    {
        return Some(format!("{} was not built, and could bring it", part.what));
    }
    let rows: Vec<&Operator> = operators::of_group(group).collect();
    let releases = || cluster.of_kind(HELM, "HelmRelease");
    let opens = |release: &&'w Object| match rows.is_empty() {
        // Charts that are not known bring what they like.
        true => !cluster.is_rendered(release) && cluster.model(release).is_none(),
        false => {
            rows.iter().any(|row| row.is_chart_of(cluster, release) && row.brings_crds(cluster, release) != Some(false))
        }
    };
    if let Some(release) = releases().find(opens) {
        return Some(format!("{} may bring it", release.reference()));
    }
    let charts: Vec<&str> = rows.iter().flat_map(|row| &row.charts).map(String::as_str).collect();
    // An operator that is installed under another name, or as plain manifests of a remote folder.
    let is_called = |release: &&'w Object| {
        charts.iter().any(|chart| release.name.contains(chart)) || group.contains(release.name.as_str())
    };
    if let Some(release) = releases().find(is_called) {
        return Some(format!("{} may bring it", release.reference()));
    }
    let words: Vec<&str> = charts.iter().copied().chain([group]).collect();
    let file = cluster.bootstrap_mention(&words, |_| true)?;
    Some(format!("`{file}` may bring it before Flux runs"))
}

fn finding(object: &Object, count: usize, defined: &HashSet<(&str, &str)>) -> Observation {
    let (group, kind) = (object.gvk.group.as_str(), object.kind());
    let place = object.at(&["kind"]).map_or_else(|| object.place(), Node::span);
    let more = if count > 1 { format!(", as {} further objects do", count - 1) } else { String::new() };
    let message = format!("{} is of a kind that nothing here defines: {kind} of `{group}`{more}", object.reference());
    let found = Observation::new("crd-missing", message, Label::new(place, "no definition"))
        .about(object.reference(), "kind")
        .trail(object.at(&["kind"]).map(trail).unwrap_or_default());
    let near = crate::config::nearest(kind, defined.iter().filter(|(own, _)| *own == group).map(|(_, kind)| *kind));
    match near {
        Some(near) => found.help(format!("did you mean `{near}`?")),
        None => found.help("apply its CustomResourceDefinition, or the chart that brings it, before"),
    }
}
