//! The pods of Loki fit its deployment mode. Card: rules/observability/loki-mode-conflict.md

use serde::Deserialize;

use super::loki_values::Loki;
use crate::cluster::Cluster;
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

const SINGLE: &str = "singleBinary";
const SCALABLE: [&str; 3] = ["read", "write", "backend"];
const DISTRIBUTED: [&str; 8] =
    ["ingester", "distributor", "querier", "queryFrontend", "queryScheduler", "indexGateway", "compactor", "ruler"];

/// Kinds of storage that are no disk. Source: grafana/loki `production/helm/loki/templates/_helpers.tpl`
/// (`loki.isUsingObjectStorage`).
const OBJECT_STORES: [&str; 7] = ["s3", "gcs", "azure", "swift", "alibabacloud", "cos", "bos"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LokiModeConflict {}

impl Rule for LokiModeConflict {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for loki in Loki::all(cluster).into_iter().filter(Loki::is_loki_3) {
            let Some(counts) = Counts::of(&loki) else {
                let what = format!("the pods of {}", loki.object.reference());
                out.undecided(cluster, "values", what, "their number is not known for this version of the chart");
                continue;
            };
            if let Some(conflict) = conflict(&loki, &counts) {
                out.report(loki.weighed(cluster, Confidence::High, found(&loki, conflict)));
            }
        }
    }
}

/// How many pods of each family are asked for.
struct Counts {
    single: i64,
    scalable: Vec<&'static str>,
    distributed: Vec<&'static str>,
}

impl Counts {
    fn of(loki: &Loki<'_>) -> Option<Self> {
        let running = |targets: &[&'static str]| -> Option<Vec<&'static str>> {
            let mut running = Vec::new();
            for target in targets {
                if loki.replicas(target)? > 0 {
                    running.push(*target);
                }
            }
            Some(running)
        };
        Some(Counts {
            single: loki.replicas(SINGLE)?,
            scalable: running(&SCALABLE)?,
            distributed: running(&DISTRIBUTED)?,
        })
    }
}

struct Conflict {
    what: String,
    /// The targets to turn off, or to turn down.
    targets: Vec<&'static str>,
    beside: Vec<&'static str>,
    help: String,
}

/// The conditions under which the chart refuses to render. Source: grafana/loki
/// `production/helm/loki/templates/validate.yaml`.
fn conflict(loki: &Loki<'_>, counts: &Counts) -> Option<Conflict> {
    let on_disk = loki.storage().map(|storage| !OBJECT_STORES.contains(&storage.as_str()));
    let mode = loki.mode();
    let off = |targets: &[&str]| {
        let values: Vec<String> = targets.iter().map(|target| format!("`{target}.replicas: 0`")).collect();
        format!("set {}", values.join(", "))
    };
    let Counts { single, scalable, distributed } = counts;
    if on_disk == Some(true) && *single > 1 {
        return Some(Conflict {
            what: format!("{single} pods of `singleBinary` on a disk"),
            targets: vec![SINGLE],
            beside: Vec::new(),
            help: "set `singleBinary.replicas: 1`, or store in an object store".to_owned(),
        });
    }
    let others: Vec<&str> = scalable.iter().chain(distributed).copied().collect();
    if on_disk == Some(true) && *single == 0 && !others.is_empty() {
        return Some(Conflict {
            what: format!("pods of `{}` on a disk", others.join("`, `")),
            targets: others.clone(),
            beside: Vec::new(),
            help: format!("{} and `singleBinary.replicas: 1`, or store in an object store", off(&others)),
        });
    }
    let is_between = |names: &[&str]| mode.as_deref().is_none_or(|mode| names.contains(&mode));
    if !scalable.is_empty() && !distributed.is_empty() && !is_between(&["SimpleScalable<->Distributed"]) {
        let is_scalable = mode.as_deref() == Some("SimpleScalable");
        let (wrong, right) = if is_scalable { (distributed, scalable) } else { (scalable, distributed) };
        return Some(both(wrong, right, off(wrong)));
    }
    if *single > 0 && !distributed.is_empty() {
        let is_distributed = mode.as_deref() == Some("Distributed");
        let single = vec![SINGLE];
        let (wrong, right) = if is_distributed { (&single, distributed) } else { (distributed, &single) };
        return Some(both(wrong, right, off(wrong)));
    }
    let transition = ["SingleBinary<->SimpleScalable", "Monolithic<->SimpleScalable"];
    if *single > 0 && !scalable.is_empty() && !is_between(&transition) {
        let is_scalable = mode.as_deref() == Some("SimpleScalable") && loki.value("deploymentMode").node().is_some();
        let single = vec![SINGLE];
        let (wrong, right) = if is_scalable { (&single, scalable) } else { (scalable, &single) };
        return Some(both(wrong, right, off(wrong)));
    }
    None
}

fn both(wrong: &[&'static str], right: &[&'static str], help: String) -> Conflict {
    Conflict {
        what: format!("pods of `{}` beside those of `{}`", wrong.join("`, `"), right.join("`, `")),
        targets: wrong.to_vec(),
        beside: right.to_vec(),
        help,
    }
}

fn found(loki: &Loki<'_>, conflict: Conflict) -> Observation {
    let mode = loki.value("deploymentMode").node();
    let place = |target: &&str| loki.value(&format!("{target}.replicas")).node().map(|node| node.span());
    // What is wrong may be a default: then what stands beside it is the place.
    let primary = conflict.targets.iter().chain(&conflict.beside).find_map(&place);
    let primary = primary.or(mode.map(|node| node.span())).unwrap_or_else(|| loki.object.place());
    let asked = mode.and_then(|mode| mode.as_str()).map(|mode| format!(" in mode {mode}")).unwrap_or_default();
    let mut found = Observation::new(
        "loki-mode-conflict",
        format!("{} asks for {}{asked}, which the chart refuses", loki.object.reference(), conflict.what),
        Label::new(primary, "does not fit the mode"),
    )
    .about(loki.object.reference(), "spec.values.deploymentMode")
    .help(conflict.help);
    if let Some(mode) = mode {
        found = found.related(Label::new(mode.span(), "the mode"));
    }
    for other in conflict.targets.iter().chain(&conflict.beside).filter_map(place) {
        found = found.related(Label::new(other, "pods of it"));
    }
    if loki.storage().is_some_and(|storage| !OBJECT_STORES.contains(&storage.as_str()))
        && let Some(storage) = loki.value("loki.storage.type").node()
    {
        found = found.related(Label::new(storage.span(), "the storage"));
    }
    found
}
