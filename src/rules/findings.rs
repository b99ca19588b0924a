//! What rules of several groups share: how sure a finding is, and small edits.

use crate::build::Object;
use crate::cluster::Cluster;
use crate::finding::{Applicability, Confidence, Edit, Fix, Observation};
use crate::yaml::Node;

/// The finding, as sure as the object that it is about: what a model or the values of a chart say weighs less.
pub fn weighed(cluster: &Cluster<'_>, object: &Object, sure: Confidence, observation: Observation) -> Observation {
    let by_model = match object.modelled {
        Some(confidence) => confidence,
        None if object.is("helm.toolkit.fluxcd.io", "HelmRelease") => Confidence::Medium,
        None => Confidence::High,
    };
    let by_build = if cluster.has_losses() { Confidence::Medium } else { Confidence::High };
    match sure.min(by_model).min(by_build) {
        Confidence::High => observation,
        lower => observation.confidence(lower),
    }
}

/// Writes another text in the place of a value, where it stands in the tree as it is.
pub fn rewrite(node: &Node, what: &str, text: &str) -> Option<Fix> {
    node.origin.is_source().then(|| Fix {
        title: format!("write {what} `{text}`"),
        applicability: Applicability::Unsafe,
        edits: vec![Edit { span: node.span(), text: text.to_owned() }],
    })
}
