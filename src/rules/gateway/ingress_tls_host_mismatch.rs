//! The hosts of an Ingress and those of its certificates are the same. Card:
//! rules/gateway/ingress-tls-host-mismatch.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::gateway::hosts;
use crate::cluster::pods::Answer;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IngressTlsHostMismatch {}

impl Rule for IngressTlsHostMismatch {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for ingress in cluster.of_kind("networking.k8s.io", "Ingress") {
            let tls = ingress.node.each("spec.tls[]");
            let secured = ingress.node.each("spec.tls[].hosts[]");
            let served = ingress.node.each("spec.rules[].host");
            // A certificate without hosts is for all of them, and a rule without host serves all.
            let is_listed = |entry: &&Node| entry.get("hosts").is_some_and(|hosts| !hosts.items().is_empty());
            let rules = ingress.node.each("spec.rules[]");
            let serves_all = rules.iter().any(|rule| rule.get("host").is_none_or(Node::is_null));
            if tls.is_empty() || !tls.iter().all(is_listed) || serves_all || served.is_empty() {
                continue;
            }
            let mut report = |node: &Node, message: String, label: &str| {
                let found = Observation::new("ingress-tls-host-mismatch", message, Label::new(node.span(), label))
                    .about(ingress.reference(), format!("host[{}]", node.shown().unwrap_or_default()))
                    .trail(trail(node));
                out.report(weighed(cluster, ingress, Confidence::Medium, found));
            };
            for node in &secured {
                if any(&served, |own| covers(node, own).or(covers(own, node))).is_no() {
                    report(node, words(ingress, node, "has a certificate for", "no rule serves"), "no rule for it");
                }
            }
            for node in &served {
                if any(&secured, |own| covers(own, node)).is_no() {
                    report(node, words(ingress, node, "serves", "no entry of `tls` is for"), "not under `tls`");
                }
            }
        }
    }
}

fn words(ingress: &Object, node: &Node, does: &str, lacks: &str) -> String {
    format!("{} {does} `{}`, which {lacks}", ingress.reference(), node.shown().unwrap_or_default())
}

fn any(nodes: &[&Node], test: impl Fn(&Node) -> Answer) -> Answer {
    Answer::any(nodes.iter().map(|node| test(node)))
}

fn covers(pattern: &Node, host: &Node) -> Answer {
    match (hosts::hostname(pattern), hosts::hostname(host)) {
        (Some(pattern), Some(host)) => hosts::covers(&pattern, &host),
        _ => Answer::Unknown,
    }
}
