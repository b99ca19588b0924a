//! Probes of containers: there, and not the same.

use super::seen::{Of, Seen, rule};
use crate::yaml::Node;

rule!(LivenessProbeMissing, "liveness-probe-missing", containers liveness);
rule!(ReadinessProbeMissing, "readiness-probe-missing", containers readiness);
rule!(ProbesIdentical, "probes-identical", containers identical);

fn liveness(of: &Of<'_, '_>) -> Option<Seen> {
    missing(of, "livenessProbe")
}

fn readiness(of: &Of<'_, '_>) -> Option<Seen> {
    missing(of, "readinessProbe")
}

fn missing(of: &Of<'_, '_>, probe: &str) -> Option<Seen> {
    let is_missing = of.is_lasting() && of.get(&[probe]).is_none() && !of.container.node.is_unknown();
    is_missing.then(|| of.lacks(probe, format!("has no `{probe}`"), "is not asked"))
}

/// What is asked, without how often.
fn question(probe: &Node) -> Option<&Node> {
    ["httpGet", "tcpSocket", "grpc", "exec"].iter().find_map(|key| probe.get(key))
}

fn identical(of: &Of<'_, '_>) -> Option<Seen> {
    let (liveness, readiness) = (of.get(&["livenessProbe"])?, of.get(&["readinessProbe"])?);
    let is_same = question(liveness)?.same_value(question(readiness)?) && times(liveness) == times(readiness);
    is_same
        .then(|| Seen::at(liveness, "livenessProbe", "asks the same to restart it as to send it traffic", "the same"))
}

/// After how many seconds a probe gives up.
fn times(probe: &Node) -> i64 {
    let number = |key: &str, default: i64| probe.get(key).and_then(Node::as_int).unwrap_or(default);
    number("periodSeconds", 10).saturating_mul(number("failureThreshold", 3))
}
