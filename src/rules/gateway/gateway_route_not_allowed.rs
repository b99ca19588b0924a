//! A listener admits the routes that want to attach to it. Card: rules/gateway/gateway-route-not-allowed.md

use serde::Deserialize;

use crate::cluster::gateway::{Gateway, Listener, Parent, Route};
use crate::cluster::pods::Answer;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;

const ID: &str = "gateway-route-not-allowed";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewayRouteNotAllowed {}

impl Rule for GatewayRouteNotAllowed {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let gateways = cluster.gateways();
        for (route, parent, gateway) in gateways.attachments() {
            if gateway.meant(parent).next().is_none() {
                // Another rule's business.
                continue;
            }
            let of_namespace = |listener: &Listener<'_>| {
                listener.admits_namespace(cluster, gateway.object.namespace(), &route.namespace)
            };
            let of_kind = |listener: &Listener<'_>| listener.admits_kind(route.kind);
            match gateway.some(parent, |listener| of_namespace(listener).and(of_kind(listener))) {
                Answer::Yes => {}
                Answer::Unknown => out.undecided(
                    cluster,
                    "gateway",
                    format!("whether {} admits {}", gateway.object.reference(), route.shown()),
                    "the labels of its namespace or the listeners are not known",
                ),
                Answer::No => {
                    let is_namespace = gateway.some(parent, of_namespace).is_no();
                    let observation = refused(route, parent, gateway, is_namespace);
                    out.report(weighed(cluster, route.object, Confidence::High, observation));
                }
            }
        }
    }
}

fn refused<'w>(route: &Route<'w>, parent: &Parent<'w>, gateway: &Gateway<'w>, is_namespace: bool) -> Observation {
    let listeners: Vec<&Listener<'_>> = gateway.meant(parent).map(|(listener, _)| listener).collect();
    let which = match listeners.as_slice() {
        [only] => format!("listener `{}`", only.name().unwrap_or_default()),
        _ => "no listener".to_owned(),
    };
    let object = gateway.object.reference();
    let (what, admits) = if is_namespace {
        let what = format!("{} stands in namespace `{}`", route.shown(), route.namespace);
        (what, admitted(listeners.iter().map(|listener| listener.admitted())))
    } else {
        let kinds = listeners.iter().map(|listener| match listener.node.at(&["allowedRoutes", "kinds"]) {
            Some(kinds) if !kinds.items().is_empty() => {
                let names = kinds.items().iter().filter_map(|kind| kind.get("kind").and_then(|kind| kind.as_str()));
                names.collect::<Vec<_>>().join(" and ")
            }
            _ => format!("routes for {}", listener.protocol().unwrap_or_default()),
        });
        (format!("{} is of kind {}", route.shown(), route.kind), admitted(kinds))
    };
    let message = match listeners.as_slice() {
        [_] => format!("{what}, but {which} of {object} admits {admits} only"),
        _ => {
            let admits = admits.replace("its own", "their own");
            format!("{what}, but the listeners of {object} admit {admits} only")
        }
    };
    let node = parent.listener_node();
    let found = Observation::new(ID, message, Label::new(node.span(), "does not admit the route"))
        .about(route.reference(), format!("parentRefs[{}]", gateway.object.full_name()))
        .trail(trail(node))
        .help(if is_namespace {
            format!("admit namespace `{}` in the listener's `allowedRoutes.namespaces`", route.namespace)
        } else {
            format!("attach the route to a listener that admits {}", route.kind)
        });
    listeners
        .iter()
        .take(4)
        .fold(found, |found, listener| found.related(Label::new(listener.admission().span(), "admits others only")))
}

/// What is admitted, each once.
fn admitted(each: impl Iterator<Item = String>) -> String {
    let mut all: Vec<String> = each.filter(|text| text != "no namespace").collect();
    all.sort();
    all.dedup();
    if all.is_empty() { "none".to_owned() } else { all.join(" or ") }
}
