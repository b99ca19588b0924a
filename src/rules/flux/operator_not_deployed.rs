//! The operator of custom resources is part of the cluster. Card: rules/flux/operator-not-deployed.md

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::flux::{HELM, SOURCE};
use crate::cluster::operators::{Operator, of_group, operators};
use crate::cluster::{Cluster, FileDocument, Repository, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::file_name;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct OperatorNotDeployed {}

impl Rule for OperatorNotDeployed {
    fn check_beside(&self, repository: &Repository<'_>, cluster: &Cluster<'_>, out: &mut Sink) {
        // The first object of each group that an operator of the table acts on.
        let mut first: BTreeMap<&str, &Object> = BTreeMap::new();
        let mut more: BTreeMap<&str, usize> = BTreeMap::new();
        for object in cluster.objects().filter(|object| object.release.is_none()) {
            let group = object.gvk.group.as_str();
            if operators().iter().any(|row| row.acts && row.groups.iter().any(|own| own == group)) {
                first.entry(group).or_insert(object);
                *more.entry(group).or_default() += 1;
            }
        }
        for (group, object) in first {
            let rows: Vec<&Operator> = of_group(group).collect();
            let Some(document) = candidate(repository, &rows).filter(|_| !runs(cluster, &rows)) else { continue };
            if cluster.build().not_built.iter().any(|part| part.could_bring(HELM, "HelmRelease", "", None)) {
                let what = format!("the operator of {}", object.reference());
                out.undecided(cluster, "broken", what, "a part of the cluster that could bring it was not built");
                continue;
            }
            let charts: Vec<&str> = rows.iter().flat_map(|row| &row.charts).map(String::as_str).collect();
            // A file of CRDs alone runs nothing.
            let is_whole = |path: &str| !file_name(path).contains("crd");
            if let Some(file) = repository.bootstrap_mention(&charts, is_whole) {
                let reason = format!("`{file}` may install it before Flux runs");
                out.undecided(cluster, "chart", format!("the operator of {}", object.reference()), reason);
                continue;
            }
            out.report(report(object, more.get(group).copied().unwrap_or(1) - 1, document));
        }
    }
}

/// Whether something of the cluster may be the operator: its chart, or a workload that is called like it.
fn runs<'w>(cluster: &Cluster<'w>, rows: &[&Operator]) -> bool {
    let charts: Vec<&str> = rows.iter().flat_map(|row| &row.charts).map(String::as_str).collect();
    let is_called = |name: &str| charts.iter().any(|chart| name.contains(chart));
    let is_release =
        |release: &'w Object| is_called(&release.name) || rows.iter().any(|row| row.is_chart_of(cluster, release));
    cluster.of_kind(HELM, "HelmRelease").any(is_release)
        || ["Deployment", "StatefulSet", "DaemonSet"].iter().any(|kind| {
            cluster.of_kind("apps", kind).any(|workload| is_called(&workload.name) || is_called(workload.namespace()))
        })
        || cluster.of_kind("operators.coreos.com", "Subscription").next().is_some()
}

/// A release of the operator's chart that no cluster of the repository builds.
fn candidate<'r>(repository: &'r Repository<'_>, rows: &[&Operator]) -> Option<&'r FileDocument> {
    let charts = rows.iter().filter(|row| row.acts).flat_map(|row| &row.charts);
    let is_unbuilt = |document: &&FileDocument| !repository.reached.contains(&document.node.span().file);
    charts.into_iter().find_map(|chart| {
        repository.releases_of(chart).find(|document| is_unbuilt(document)).or_else(|| {
            let source = repository.written(SOURCE, "OCIRepository", chart).find(is_unbuilt)?;
            let is_of = |release: &&FileDocument| {
                release.node.dig("spec.chartRef.name").and_then(Node::as_str) == Some(chart) && is_unbuilt(release)
            };
            repository.written(HELM, "HelmRelease", chart).find(is_of).filter(|_| is_unbuilt(&source))
        })
    })
}

fn report(object: &Object, more: usize, document: &FileDocument) -> Observation {
    let others = match more {
        0 => String::new(),
        1 => " and another object".to_owned(),
        more => format!(" and {more} other objects"),
    };
    let release = document.node.at(&["metadata", "name"]).unwrap_or(&document.node);
    let kind = object.at(&["kind"]).unwrap_or(&object.node);
    let mut observation = Observation::new(
        "operator-not-deployed",
        format!(
            "nothing acts on {}{others}: HelmRelease `{}` in `{}` would, and nothing lists it",
            object.reference(),
            release.shown().unwrap_or_default(),
            document.path
        ),
        Label::new(kind.span(), "no operator"),
    )
    .about(object.reference(), format!("operator {}", object.gvk.group))
    .related(Label::new(release.span(), "not built"))
    .help(format!("list `{}` in a kustomization file of this cluster", document.path))
    .trail(trail(kind));
    for label in object.trail.iter().take(3) {
        observation = observation.related(Label::new(label.span, "how the object gets there"));
    }
    observation
}
