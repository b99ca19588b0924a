//! Releases of Loki's chart: their values, with what the chart takes where they say nothing.
//! Source: grafana/loki `production/helm/loki` 6.x (`values.yaml`, `templates/validate.yaml`, `templates/_helpers.tpl`).

use crate::build::Object;
use crate::build::charts::Version;
use crate::build::flux::{ReleaseNames, ReleaseValues};
use crate::cluster::Cluster;
use crate::finding::{Confidence, Observation};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// The major versions of the chart of Grafana. Later ones are those of the community, with defaults of their own.
const GRAFANA: std::ops::RangeInclusive<u64> = 6..=7;

/// A release of the chart.
#[derive(Clone, Copy)]
pub struct Loki<'w> {
    /// The HelmRelease.
    pub object: &'w Object,
    values: &'w ReleaseValues,
    major: Option<u64>,
}

/// A value, as far as it can be known.
#[derive(Clone, Copy, Debug)]
pub enum Value<'w> {
    /// The tree gives it.
    Set(&'w Node),
    /// The chart's own.
    Default,
    /// Only a run would tell.
    Unknown,
}

impl<'w> Value<'w> {
    /// The node, where the tree gives one.
    pub fn node(self) -> Option<&'w Node> {
        match self {
            Value::Set(node) => Some(node),
            Value::Default | Value::Unknown => None,
        }
    }

    /// The text that is in effect; `None` where it is not known.
    pub fn text(self, default: Option<&str>) -> Option<String> {
        match self {
            Value::Set(node) => node.scalar_text().map(std::borrow::Cow::into_owned),
            Value::Default => default.map(ToOwned::to_owned),
            Value::Unknown => None,
        }
    }

    /// The switch that is in effect; `None` where it is not known.
    pub fn flag(self, default: bool) -> Option<bool> {
        match self {
            Value::Set(node) if node.is_null() => Some(false),
            Value::Set(node) => node.as_bool(),
            Value::Default => Some(default),
            Value::Unknown => None,
        }
    }

    /// The number that is in effect; `None` where it is not known. Null counts as nothing.
    pub fn number(self, default: Option<i64>) -> Option<i64> {
        match self {
            Value::Set(node) if node.is_null() => Some(0),
            Value::Set(node) => node.as_int().or_else(|| node.as_str()?.parse().ok()),
            Value::Default => default,
            Value::Unknown => None,
        }
    }
}

impl<'w> Loki<'w> {
    /// Every release of a cluster that is not rendered and whose values follow the layout of chart 3 and later.
    pub fn all(cluster: &Cluster<'w>) -> Vec<Self> {
        let releases = cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease");
        let loki = releases.filter_map(|object| {
            let chart = cluster.chart(object)?;
            let is_loki = chart.name.as_deref() == Some("loki") && !cluster.is_rendered(object);
            let values = cluster.values(object).filter(|_| is_loki)?;
            Some(Loki { object, values, major: chart.pinned().map(|version: Version| version.major) })
        });
        loki.filter(|loki| loki.major.is_none_or(|major| major >= 3)).collect()
    }

    /// Whether it is chart 6 or 7, whose defaults are known.
    pub fn is_of_grafana(&self) -> bool {
        self.major.is_some_and(|major| GRAFANA.contains(&major))
    }

    /// Whether it runs Loki 3 or later. A version that is not pinned counts as the newest.
    pub fn is_loki_3(&self) -> bool {
        self.major.is_none_or(|major| major >= 6)
    }

    /// The namespace it installs into.
    pub fn namespace(&self) -> String {
        ReleaseNames::of(self.object).namespace
    }

    /// Whether the configuration is written elsewhere, so that the values below `loki` do not make it.
    pub fn is_configured_elsewhere(&self) -> bool {
        ["loki.config", "loki.configObjectName", "loki.existingSecretForConfig"]
            .iter()
            .any(|path| self.values.root.dig(path).is_some_and(|node| !node.is_null()))
    }

    /// A value.
    pub fn value(&self, path: &str) -> Value<'w> {
        let mut node = &self.values.root;
        for key in path.split('.') {
            if node.is_unknown() {
                return Value::Unknown;
            }
            match node.get(key) {
                Some(child) => node = child,
                None if self.values.is_closed() => return Value::Default,
                None => return Value::Unknown,
            }
        }
        if node.is_unknown() { Value::Unknown } else { Value::Set(node) }
    }

    /// A setting of Loki: `structuredConfig` has the last word over the value of the chart.
    pub fn setting(&self, of_loki: &str, of_chart: &str) -> Value<'w> {
        match self.value(&format!("loki.structuredConfig.{of_loki}")) {
            Value::Default => self.value(&format!("loki.{of_chart}")),
            Value::Unknown if self.value(&format!("loki.{of_chart}")).node().is_some() => {
                // Sources that cannot be read seldom hold the structured configuration beside inline values.
                self.value(&format!("loki.{of_chart}"))
            }
            known => known,
        }
    }

    /// The deployment mode; `None` where it is not known.
    pub fn mode(&self) -> Option<String> {
        self.value("deploymentMode").text(self.is_of_grafana().then_some("SimpleScalable"))
    }

    /// How many pods of a target are asked for; `None` where it is not known.
    pub fn replicas(&self, target: &str) -> Option<i64> {
        let default = if matches!(target, "read" | "write" | "backend") { 3 } else { 0 };
        self.value(&format!("{target}.replicas")).number(self.is_of_grafana().then_some(default))
    }

    /// The kind of storage; `None` where it is not known.
    pub fn storage(&self) -> Option<String> {
        self.value("loki.storage.type").text(Some("s3"))
    }

    /// Whether an argument of one of its targets, or of all, mentions a text; `None` where they are not known.
    pub fn passes(&self, target: &str, text: &str) -> Option<bool> {
        let mut is_known = true;
        for path in [format!("{target}.extraArgs"), "global.extraArgs".to_owned(), "defaults.extraArgs".to_owned()] {
            match self.value(&path) {
                Value::Set(node) => {
                    if node.items().iter().filter_map(Node::as_str).any(|argument| argument.contains(text)) {
                        return Some(true);
                    }
                    is_known &= !node.holds_unknown();
                }
                Value::Default => {}
                Value::Unknown => is_known = false,
            }
        }
        is_known.then_some(false)
    }

    /// The finding, as sure as values of a chart can be.
    pub fn weighed(&self, cluster: &Cluster<'_>, sure: Confidence, found: Observation) -> Observation {
        // The values are those the chart reads: they weigh as much as fields of an object.
        let lossless = !cluster.has_losses() && self.values.is_closed();
        match if lossless { sure } else { sure.min(Confidence::Medium) } {
            Confidence::High => found,
            lower => weighed(cluster, self.object, lower, found),
        }
    }
}
