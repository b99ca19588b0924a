//! The inputs that were not looked at, as findings for who asks. Card: rules/kustomize/input-not-rendered.md

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Names that one finding lists.
const MOST_NAMES: usize = 5;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct InputNotRendered {}

impl Rule for InputNotRendered {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let mut by_class: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for part in &cluster.build().not_built {
            by_class.entry(part.class).or_default().push(&part.what);
        }
        let releases = cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease");
        let of_charts: Vec<String> = releases
            .filter(|release| !cluster.is_rendered(release))
            .map(|release| release.reference().to_string())
            .collect();
        if !of_charts.is_empty() {
            by_class.insert("chart", of_charts.iter().map(String::as_str).collect());
        }
        let Some(root) = cluster.kustomizations().first() else { return };
        for (class, mut names) in by_class {
            names.sort_unstable();
            names.dedup();
            let what = match class {
                "source" => "of the Kustomizations, from other sources",
                "remote" => "of the inputs, fetched from elsewhere",
                "broken" => "of the parts, which Flux would refuse to build",
                "chart" => "of the charts",
                _ => "of the parts",
            };
            let shown = names.iter().take(MOST_NAMES).copied().collect::<Vec<_>>().join(", ");
            let more = names.len().saturating_sub(MOST_NAMES);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            out.report(
                Observation::new(
                    "input-not-rendered",
                    format!("not looked at: {} {what}: {shown}{more}", names.len()),
                    Label::new(root.spec.path_place, "below this entry"),
                )
                .keyed(class.to_owned()),
            );
        }
    }
}
