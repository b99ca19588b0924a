//! A Job can be changed through Flux. Card: rules/workloads/job-force-missing.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::finding::{Applicability, Fix, Label, Observation, Severity};
use crate::rulebook::{Rule, Sink};
use crate::rules::flux::edits::insert_first;
use crate::yaml::Node;

/// Source: fluxcd/pkg `ssa/manager_apply.go` (`ForceSelector`), kustomize-controller.
const FORCE: &str = "kustomize.toolkit.fluxcd.io/force";
const APPLY: &str = "kustomize.toolkit.fluxcd.io/ssa";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct JobForceMissing {}

impl Rule for JobForceMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for job in cluster.of_kind("batch", "Job").filter(|job| job.release.is_none() && !job.name.is_empty()) {
            if !is_forced(cluster, job) && !carries_version(&job.name) {
                out.report(missing(cluster, job));
            }
        }
    }
}

fn is_forced(cluster: &Cluster<'_>, job: &Object) -> bool {
    let is = |key: &str, wanted: &str| {
        let value = job.annotation(key).or_else(|| job.label(key));
        value.is_some_and(|value| value.eq_ignore_ascii_case(wanted))
    };
    let kustomization = cluster.kustomization_of(job).and_then(|one| cluster.object(one.object?));
    let by_kustomization = kustomization.and_then(|object| object.dig("spec.force"));
    is(FORCE, "enabled")
        || is(APPLY, "IfNotPresent")
        || by_kustomization.is_some_and(|force| force.as_bool() != Some(false))
}

/// Whether a name ends in a number that somebody raises with each change, as `setup-v7` and `setup-2024-01-31` do.
fn carries_version(name: &str) -> bool {
    let last = name.rsplit(['-', '.']).next().unwrap_or_default();
    let digits = last.strip_prefix('v').unwrap_or(last);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn missing(cluster: &Cluster<'_>, job: &Object) -> Observation {
    let found = Observation::new(
        "job-force-missing",
        format!("{} cannot be changed: its pod template is immutable, and Flux does not replace it", job.reference()),
        Label::new(job.place(), "no edit can be applied"),
    )
    .about(job.reference(), "metadata.annotations");
    // The Job goes away by itself, and the next round of Flux applies it as it is then.
    let found = match job.dig("spec.ttlSecondsAfterFinished").and_then(Node::as_int) {
        Some(_) => found
            .severity(Severity::Info)
            .why("A finished Job is deleted after its time, and Flux makes it again in the next round: until then an edit is refused, and it runs over and over."),
        None => found,
    };
    match fix(cluster, job) {
        Some(fix) => found.fix(fix),
        None => found,
    }
}

fn fix(cluster: &Cluster<'_>, job: &Object) -> Option<Fix> {
    let entry = format!("{FORCE}: enabled");
    let edit = match job.at(&["metadata", "annotations"]) {
        Some(annotations) => insert_first(cluster, annotations, &entry, std::slice::from_ref(&entry))?,
        None => {
            let lines = ["annotations:".to_owned(), format!("  {entry}")];
            insert_first(cluster, job.at(&["metadata"])?, &format!("annotations: {{{entry}}}"), &lines)?
        }
    };
    Some(Fix {
        title: "have Flux replace the Job when it changes".to_owned(),
        applicability: Applicability::Safe,
        edits: vec![edit],
    })
}
