//! A workload selects its own pods. Card: rules/references/workload-selector-mismatch.md

use serde::Deserialize;

use crate::cluster::pods::{Labels, Selector};
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Source: the validation of Kubernetes, `pkg/apis/apps/validation/validation.go`; a Job has its selector made for it
/// unless `manualSelector` is set.
const KINDS: [(&str, &str); 5] =
    [("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("apps", "ReplicaSet"), ("batch", "Job")];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WorkloadSelectorMismatch {}

impl Rule for WorkloadSelectorMismatch {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in KINDS.iter().flat_map(|(group, kind)| cluster.of_kind(group, kind)) {
            // What a model of a chart says of labels is one thing on both sides.
            let is_own =
                object.kind() != "Job" || object.dig("spec.manualSelector").and_then(Node::as_bool) == Some(true);
            let Some(node) = object.dig("spec.selector").filter(|_| is_own && object.modelled.is_none()) else {
                continue;
            };
            let Some(template) = object.dig("spec.template") else { continue };
            let written = template.at(&["metadata", "labels"]);
            let labels = Labels::of(written);
            let selector = Selector::of(Some(node));
            let fails = selector.requirements.iter().find(|one| one.accepts(labels.value(&one.key)).is_no());
            let Some(requirement) = fails else { continue };
            let message =
                format!("{} selects `{}`, which its own pods do not carry", object.reference(), requirement.shown);
            let label = written.and_then(|labels| labels.get(&requirement.key));
            let value = node.at(&["matchLabels", &requirement.key]);
            let mut found = Observation::new(
                "workload-selector-mismatch",
                message,
                Label::new(requirement.place, "its pods lack this"),
            )
            .about(object.reference(), format!("spec.selector[{}]", requirement.key))
            .trail(value.map(trail).unwrap_or_default());
            found = match label {
                Some(label) => found.related(Label::new(label.span(), "the label of its pods")).help(format!(
                    "write the same value for `{}` in the selector and in the template",
                    requirement.key
                )),
                None => found
                    .related(Label::new(written.unwrap_or(template).span(), "the labels of its pods"))
                    .help(format!("give the pods the label `{}`", requirement.shown)),
            };
            out.report(found);
        }
    }
}
