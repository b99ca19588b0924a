//! What the values of a release say against the schema of its chart, where the chart stands in this tree. Helm judges them
//! together with the chart's own values, so that nothing is missing here.

use serde_json::Value;

use super::Schema;
use super::compiled::of_text;
use super::judge::{self, Trouble, Violation};
use crate::build::Object;
use crate::build::flux::SourceKey;
use crate::cluster::Cluster;
use crate::source::{Entry, MAX_TEXT_BYTES, join, normalize};
use crate::yaml::Node;

/// Words of schemas about what is not there, or that hang on it.
const ABOUT_ABSENCE: [&str; 13] = [
    "required",
    "minProperties",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedProperties",
    "contains",
];

/// The schema of a chart is there and cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unusable;

/// Everything that is wrong with the values of a release.
///
/// # Errors
/// [`Unusable`] where the schema of its chart is none, or asks for too much work.
pub fn violations(cluster: &Cluster<'_>, release: &Object) -> Result<Vec<Violation>, Unusable> {
    let (Some(values), Some(path)) = (cluster.values(release), path(cluster, release)) else { return Ok(Vec::new()) };
    let schema = schema(&text(cluster, &path)?).ok_or(Unusable)?;
    let object = Object { node: values.root.clone(), ..release.clone() };
    let mut found = judge::judge(cluster, 0, &object, &schema).map_err(|_| Unusable)?;
    for violation in &mut found {
        if violation.trouble == Trouble::Field {
            violation.message = format!("the chart of {} takes no value `{}`", release.reference(), violation.path);
        }
        violation.path = format!("spec.values.{}", violation.path);
    }
    Ok(found)
}

fn text(cluster: &Cluster<'_>, path: &str) -> Result<Vec<u8>, Unusable> {
    cluster.sources().note(&[path.to_owned()]);
    let system = cluster.sources().system();
    let size = system.size(path).ok().filter(|size| *size <= MAX_TEXT_BYTES);
    size.and_then(|_| system.read(path).ok()).ok_or(Unusable)
}

fn schema(text: &[u8]) -> Option<Schema> {
    let mut text: Value = serde_json::from_slice(text).ok()?;
    relax(&mut text);
    let compiled = of_text(text)?;
    Some(Schema { compiled, is_of_tree: true, is_bare: false, is_unpulled: false, is_unusable: false, wrong: None })
}

/// The schema of the chart of a release that comes from where the release itself comes from.
fn path(cluster: &Cluster<'_>, release: &Object) -> Option<String> {
    let chart = release.dig("spec.chart.spec")?;
    let text = |path: &str| chart.dig(path).and_then(Node::as_str);
    let is_off = |when: &str| release.dig(when).and_then(Node::as_bool) == Some(true);
    let source = SourceKey {
        kind: text("sourceRef.kind")?.to_owned(),
        namespace: text("sourceRef.namespace").unwrap_or_else(|| release.namespace()).to_owned(),
        name: text("sourceRef.name")?.to_owned(),
    };
    let applied = cluster.kustomization_of(release)?;
    // With other repositories on the disk, the path may be one in these.
    let is_elsewhere = !cluster.config().sources.is_empty();
    if source.kind != "GitRepository" || applied.spec.source.as_ref() != Some(&source) || is_elsewhere {
        return None;
    }
    if is_off("spec.install.disableSchemaValidation") && is_off("spec.upgrade.disableSchemaValidation") {
        return None;
    }
    let path = join(&normalize(text("chart")?), "values.schema.json")?;
    (cluster.sources().system().entry(&path) == Ok(Entry::File)).then_some(path)
}

/// Takes out what is said about absence.
fn relax(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    map.retain(|key, _| !ABOUT_ABSENCE.contains(&key.as_str()));
    for key in ["properties", "patternProperties", "definitions", "$defs"] {
        if let Some(Value::Object(inner)) = map.get_mut(key) {
            inner.values_mut().for_each(relax);
        }
    }
    for key in ["items", "additionalProperties"] {
        if let Some(inner) = map.get_mut(key) {
            relax(inner);
        }
    }
    if let Some(Value::Array(all)) = map.get_mut("allOf") {
        all.iter_mut().for_each(relax);
    }
}
