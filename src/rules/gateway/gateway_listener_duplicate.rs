//! The listeners of a Gateway are distinct. Card: rules/gateway/gateway-listener-duplicate.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::gateway::{Gateway, Listener};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewayListenerDuplicate {}

impl Rule for GatewayListenerDuplicate {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for gateway in cluster.gateways().iter() {
            // A Gateway has at most 64 listeners.
            for (at, listener) in gateway.listeners.iter().enumerate() {
                let earlier = gateway.listeners.iter().take(at);
                let found = earlier.filter_map(|other| same(gateway, other, listener)).next();
                if let Some(observation) = found {
                    out.report(weighed(cluster, gateway.object, Confidence::High, observation));
                }
            }
        }
    }
}

/// What two listeners may not share. Source: gateway-api `apis/v1/gateway_types.go` (validation of `Listeners`).
fn same(gateway: &Gateway<'_>, first: &Listener<'_>, second: &Listener<'_>) -> Option<Observation> {
    let text = |listener: &Listener<'_>, key: &str| listener.node.get(key).and_then(known);
    let name = text(second, "name");
    let object = gateway.object.reference();
    let report = |message: String, label: &str, (one, other): (&Node, &Node), key: String| {
        Observation::new("gateway-listener-duplicate", message, Label::new(other.span(), label))
            .about(gateway.object.reference(), format!("listeners[{key}]"))
            .related(Label::new(one.span(), "the first"))
    };
    let place = |listener: &Listener<'_>, key: &str| listener.node.get(key).unwrap_or(listener.node).clone();
    if name.is_some() && name == text(first, "name") {
        let name = name.unwrap_or_default();
        let message = format!("{object} has two listeners called `{name}`");
        return Some(report(message, "the name again", (&place(first, "name"), &place(second, "name")), name));
    }
    let port = text(second, "port")?;
    let protocol = text(second, "protocol")?;
    let hostname = match (first.hostname(), second.hostname()) {
        (None, None) => None,
        (Some(first), Some(second)) => Some(known(second).filter(|name| known(first).as_ref() == Some(name))?),
        _ => return None,
    };
    if text(first, "port").as_ref() != Some(&port) || text(first, "protocol").as_ref() != Some(&protocol) {
        return None;
    }
    let (one, other) = (text(first, "name").unwrap_or_default(), name.unwrap_or_default());
    let serves = hostname.map_or_else(|| "every hostname".to_owned(), |hostname| format!("`{hostname}`"));
    let message =
        format!("{object} has two listeners for {protocol} on port {port} and {serves}: `{one}` and `{other}`");
    Some(report(message, "the same again", (&place(first, "name"), &place(second, "name")), other))
}

fn known(node: &Node) -> Option<String> {
    node.scalar_text().map(std::borrow::Cow::into_owned).filter(|text| !text.contains("${"))
}
