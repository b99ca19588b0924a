//! Which releases of Flux and Kubernetes run a cluster, as far as the configuration or the tree says.

use std::collections::BTreeSet;

use super::Cluster;
use super::flux::{HELM, SOURCE};
use crate::build::charts::numbers;
use crate::config::Version;
use crate::source::Span;
use crate::yaml::Node;

/// A release that runs a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Major and minor number.
    pub numbers: Vec<u64>,
    /// As written.
    pub shown: String,
    /// Where that is said.
    pub place: Option<Span>,
}

/// The definition that every Flux has.
const FLUX_CRD: &str = "kustomizations.kustomize.toolkit.fluxcd.io";

impl Running {
    fn declared(cluster: &Cluster<'_>, key: &str, version: Version) -> Self {
        let numbers = vec![u64::from(version.major), u64::from(version.minor)];
        Running { numbers, shown: version.to_string(), place: cluster.config_place(key) }
    }

    /// A version or a range as written: a range counts as its newest release.
    fn read(node: &Node) -> Option<Self> {
        let written = node.scalar_text()?;
        let shown = written.trim().trim_start_matches('v').to_owned();
        Some(Running { numbers: newest(&shown)?, shown, place: Some(node.span()) })
    }
}

/// Major and minor number of the newest release that a text allows.
fn newest(text: &str) -> Option<Vec<u64>> {
    // A range that ends nowhere follows every release.
    if text == "latest" || text.starts_with(['^', '>', '*']) && !text.contains(['<', ',', '|']) {
        return Some(vec![u64::MAX]);
    }
    let mut parts = text.trim_start_matches(['~', '=', 'v', ' ']).split('.');
    match (parts.next()?.parse().ok()?, parts.next()) {
        (major, Some("x" | "X" | "*") | None) => Some(vec![major, u64::MAX]),
        (major, Some(minor)) => Some(vec![major, minor.parse().ok()?]),
    }
}

impl Cluster<'_> {
    /// The release of Flux.
    pub fn flux_version(&self) -> Option<Running> {
        if let Some(version) = self.declared().flux {
            return Some(Running::declared(self, "flux", version));
        }
        let instance = self.of_kind("fluxcd.controlplane.io", "FluxInstance");
        let written = instance.filter_map(|instance| instance.dig("spec.distribution.version")).next();
        let by_chart = || {
            let is_instance = |name: &str| name == "flux-instance";
            let mut releases = self
                .of_kind(HELM, "HelmRelease")
                .filter(|release| self.chart(release).and_then(|chart| chart.name.as_deref()).is_some_and(is_instance));
            releases.find_map(|release| self.values(release)?.root.dig("instance.distribution.version"))
        };
        let by_label = || {
            let definition = self.get("apiextensions.k8s.io", "CustomResourceDefinition", "", FLUX_CRD)?;
            definition.at(&["metadata", "labels", "app.kubernetes.io/version"])
        };
        let by_manifests = || {
            let sources = ["OCIRepository", "GitRepository"].map(|kind| self.of_kind(SOURCE, kind));
            let is_flux = |url: &str| url.ends_with("fluxcd/flux-manifests") || url.ends_with("fluxcd/flux2");
            let mut sources = sources.into_iter().flatten();
            sources.find_map(|source| {
                source.dig("spec.url")?.as_str().filter(|url| is_flux(url))?;
                source.dig("spec.ref.tag").or_else(|| source.dig("spec.ref.semver"))
            })
        };
        Running::read(written.or_else(by_chart).or_else(by_label).or_else(by_manifests)?)
    }

    /// The release of Kubernetes: of the configuration, of an upgrade that the tree orders, or what every file with
    /// settings of Talos or kubeadm says.
    pub fn kubernetes_version(&self) -> Option<Running> {
        if let Some(version) = self.declared().kubernetes {
            return Some(Running::declared(self, "kubernetes", version));
        }
        let orders = self.of_kind("tuppr.home-operations.com", "KubernetesUpgrade");
        let ordered: Vec<&Node> = orders.filter_map(|order| order.dig("spec.kubernetes.version")).collect();
        let said: Vec<&Node> = if ordered.is_empty() { self.kubernetes_versions().collect() } else { ordered };
        let read: Vec<Running> = said
            .into_iter()
            .filter(|node| node.scalar_text().is_some_and(|text| is_release(&text)))
            .filter_map(Running::read)
            .collect();
        let different: BTreeSet<&[u64]> = read.iter().map(|running| running.numbers.as_slice()).collect();
        if different.len() > 1 {
            return None;
        }
        read.into_iter().next()
    }
}

fn is_release(text: &str) -> bool {
    numbers(text).is_some_and(|numbers| numbers.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_counts_as_its_newest_release() {
        assert_eq!(newest("2.9.3"), Some(vec![2, 9]));
        assert_eq!(newest("2.8.x"), Some(vec![2, 8]));
        assert_eq!(newest("~2.8.1"), Some(vec![2, 8]));
        assert_eq!(newest("2.x"), Some(vec![2, u64::MAX]));
        assert_eq!(newest(">=2.7.0"), Some(vec![u64::MAX]));
        assert_eq!(newest("*"), Some(vec![u64::MAX]));
        assert_eq!(newest(">=2.7.0 <2.9.0"), None);
        assert_eq!(newest("main"), None);
    }
}
