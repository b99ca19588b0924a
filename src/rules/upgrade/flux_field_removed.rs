//! Objects of Flux have only fields of their version. Card: rules/upgrade/flux-field-removed.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::apis::{GoneField, gone_fields};
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct FluxFieldRemoved {}

impl Rule for FluxFieldRemoved {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for object in cluster.objects() {
            for row in gone_fields(object) {
                if let Some(found) = finding(object, row) {
                    out.report(weighed(cluster, object, Confidence::High, found));
                }
            }
        }
    }
}

fn finding(object: &Object, row: &GoneField) -> Option<Observation> {
    let (parent, key) = row.field.rsplit_once('.')?;
    let entry = object.dig(parent)?.as_map()?.entry(key)?;
    let found = Observation::new(
        "flux-field-removed",
        format!("{} sets `{}`, which `{}` does not have", object.reference(), row.field, object.gvk.api_version()),
        Label::new(entry.key_span, "no such field"),
    )
    .about(object.reference(), row.field.clone())
    .trail(trail(&entry.value));
    Some(match row.replacement.as_str() {
        "" => found.help("remove the field"),
        other => found.help(format!("write it as `{other}`")),
    })
}
