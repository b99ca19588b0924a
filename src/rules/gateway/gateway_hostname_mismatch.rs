//! A route has a hostname that its listener serves. Card: rules/gateway/gateway-hostname-mismatch.md

use serde::Deserialize;

use crate::cluster::gateway::{Gateway, Listener, Parent, Route};
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewayHostnameMismatch {}

impl Rule for GatewayHostnameMismatch {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let gateways = cluster.gateways();
        let with_hostnames = |route: &Route<'_>| !matches!(route.kind, "TCPRoute" | "UDPRoute");
        for (route, parent, gateway) in gateways.attachments().filter(|(route, ..)| with_hostnames(route)) {
            let own = gateway.object.namespace();
            let admits = |listener: &Listener<'_>| {
                listener.admits_namespace(cluster, own, &route.namespace).and(listener.admits_kind(route.kind))
            };
            // A route that no listener admits is another rule's business.
            let is_admitted = !gateway.some(parent, admits).is_no();
            if is_admitted && gateway.some(parent, |listener| admits(listener).and(listener.serves(route))).is_no() {
                out.report(weighed(cluster, route.object, Confidence::Medium, apart(route, parent, gateway)));
            }
        }
    }
}

fn apart<'w>(route: &Route<'w>, parent: &Parent<'w>, gateway: &Gateway<'w>) -> Observation {
    let shown = |node: &Node| node.shown().unwrap_or_default().into_owned();
    let mut served: Vec<&Node> = gateway.meant(parent).filter_map(|(listener, _)| listener.hostname()).collect();
    served.dedup_by_key(|node| shown(node));
    let (names, wanted): (Vec<String>, Vec<String>) =
        (served.iter().map(|node| shown(node)).collect(), route.hostnames.iter().map(|node| shown(node)).collect());
    let first = route.hostnames.first().copied().unwrap_or(parent.name);
    let found = Observation::new(
        "gateway-hostname-mismatch",
        format!(
            "{} has `{}`, but {} serves `{}` only",
            route.shown(),
            wanted.join("`, `"),
            gateway.object.reference(),
            names.join("`, `")
        ),
        Label::new(first.span(), "not served by the listener"),
    )
    .about(route.reference(), format!("hostnames[{}]", gateway.object.full_name()))
    .trail(trail(first));
    served.iter().take(4).fold(found, |found, node| found.related(Label::new(node.span(), "the listener's hostname")))
}
