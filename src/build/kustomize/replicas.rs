//! The number of replicas. Source: kustomize `api/internal/builtins/ReplicaCountTransformer.go`.

use super::field_spec::{Create, FieldSpec};
use super::file::ReplicasEntry;
use super::log::Log;
use super::resource::Resource;
use crate::finding::{Label, Observation};
use crate::yaml::{Node, Origin, Step, Value};

/// Sets the count on every workload that has or had the name.
pub fn apply(resources: &mut [Resource], entry: &ReplicasEntry, fields: &[FieldSpec], log: &mut Log) {
    let mut found = false;
    for field in fields {
        for resource in resources.iter_mut() {
            let gvk = resource.id().gvk;
            if !(field.gvk.selects(&gvk) && resource.was_named(&entry.name.text)) {
                continue;
            }
            found = true;
            let outcome = field.apply(&mut resource.node, &gvk, Create::Scalar, &mut |node| {
                let before = (!node.is_null()).then(|| node.origin.clone());
                let value = Value::Int(entry.count);
                *node = Node { value, origin: Origin::derived(Step::Transformed, entry.count_span, before) };
                Ok(())
            });
            if let Err(error) = outcome {
                log.fail(resource.refusal(&error, entry.name.span, "replicas set here"));
            }
        }
    }
    if found || log.is_open() {
        return;
    }
    let scaled = |resource: &&Resource| fields.iter().any(|field| field.gvk.selects(&resource.id().gvk));
    let nearest = resources
        .iter()
        .filter(scaled)
        .map(|resource| (strsim::levenshtein(&resource.id().name, &entry.name.text), resource))
        .filter(|(distance, _)| *distance <= entry.name.text.len() / 3 + 1)
        .min_by_key(|(distance, _)| *distance);
    let mut observation = Observation::new(
        "build-failed",
        format!("`replicas` names `{}`, which no workload of this build is called", entry.name.text),
        Label::new(entry.name.span, "no such workload"),
    )
    .keyed(entry.name.text.clone());
    if let Some((_, resource)) = nearest {
        observation = observation
            .help(format!("did you mean `{}`?", resource.id().name))
            .related(Label::new(resource.place(), "nearest workload"));
    }
    log.fail(observation);
}
