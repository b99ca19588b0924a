//! Charts of nothing but definitions, which are called so: `prometheus-operator-crds`, `gateway-api-crds`.

use super::{ChartModel, Release, Remarks};
use crate::finding::Confidence;
use crate::yaml::Node;

/// The model.
pub struct Definitions;

impl ChartModel for Definitions {
    fn knows(&self, release: &Release<'_>) -> Option<Confidence> {
        let name = release.chart.name.as_deref()?;
        ["-crds", "-crd"].iter().any(|end| name.ends_with(end)).then_some(Confidence::Medium)
    }

    fn objects(&self, _release: &Release<'_>, remarks: &Remarks) -> Vec<Node> {
        remarks.gap(&[("apiextensions.k8s.io", "CustomResourceDefinition")], "its definitions are not modelled");
        Vec::new()
    }
}
