//! Routes attach to a Gateway and a listener that exist. Card: rules/gateway/gateway-parent-missing.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::gateway::{GROUP, Gateway, Gateways, Parent, Route, is_template};
use crate::cluster::nearest::{Meant, Wanted, nearest_name};
use crate::cluster::producers::Existence;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::{rewrite, weighed};

const ID: &str = "gateway-parent-missing";

/// Charts that run gateways and make no Gateway themselves.
const WITHOUT_GATEWAY: [&str; 8] =
    ["gateway-helm", "cilium", "istiod", "base", "cni", "ztunnel", "kgateway", "contour-gateway-provisioner"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GatewayParentMissing {}

impl Rule for GatewayParentMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let gateways = cluster.gateways();
        for route in &gateways.routes {
            for parent in &route.parents {
                match gateways.parent(parent) {
                    Some(gateway) => {
                        let is_meant = gateway.meant(parent).next().is_some();
                        if gateway.is_known && !is_meant {
                            out.report(weighed(
                                cluster,
                                route.object,
                                Confidence::High,
                                no_listener(route, parent, gateway),
                            ));
                        }
                    }
                    None => missing(cluster, gateways, route, parent, out),
                }
            }
        }
    }
}

fn missing<'w>(cluster: &Cluster<'w>, gateways: &Gateways<'w>, route: &Route<'w>, parent: &Parent<'w>, out: &mut Sink) {
    let of_kind = matches!(
        (parent.group, parent.kind),
        (GROUP, "Gateway" | "ListenerSet") | ("gateway.networking.x-k8s.io", "XListenerSet")
    );
    let (Some(name), true) = (parent.name().filter(|_| !is_template(&parent.namespace)), of_kind) else { return };
    let wanted =
        Wanted { group: parent.group, kind: parent.kind, namespace: &parent.namespace, name, others: &[], by: None };
    let existence = cluster.existence_for(Some(route.object), parent.group, parent.kind, &parent.namespace, name);
    let why = match existence {
        Existence::Absent => None,
        Existence::Possible(object) if makes_no_gateway(cluster, object) => None,
        Existence::Possible(object) => Some(format!("{} may make it", object.reference())),
        Existence::Here(_) | Existence::Made(_) => return,
        Existence::Unknown => Some("a part of the cluster that could hold it was not built".to_owned()),
    };
    let misdirected = cluster.misdirected(&wanted);
    let no_other = gateways.iter().next().is_none().then(|| "no Gateway is in the tree".to_owned());
    if let Some(why) = why.or_else(|| no_other.filter(|_| misdirected.is_none())) {
        let what = format!("{} `{}/{name}` of {}", parent.kind, parent.namespace, route.shown());
        out.undecided(cluster, "gateway", what, why);
        return;
    }
    let observation = absent(route, parent, name, misdirected.or_else(|| cluster.meant(&wanted)).as_ref());
    out.report(weighed(cluster, route.object, Confidence::High, observation));
}

fn makes_no_gateway(cluster: &Cluster<'_>, object: &Object) -> bool {
    let chart = cluster.chart(object).and_then(|chart| chart.name.as_deref());
    chart.is_some_and(|chart| WITHOUT_GATEWAY.contains(&chart))
}

fn absent(route: &Route<'_>, parent: &Parent<'_>, name: &str, meant: Option<&Meant<'_>>) -> Observation {
    let Parent { kind, namespace, .. } = parent;
    let (node, label) = match meant {
        Some(Meant::Elsewhere(_)) => (parent.namespace_node(), format!("no such {kind} here")),
        _ => (parent.name, format!("no such {kind}")),
    };
    let observation = Observation::new(
        ID,
        format!("{} names {kind} `{namespace}/{name}`, which does not exist", route.shown()),
        Label::new(node.span(), label),
    )
    .about(route.reference(), format!("parentRefs[{namespace}/{name}]"))
    .trail(trail(node));
    match meant {
        Some(Meant::Elsewhere(objects)) => {
            let mut found = objects.iter().take(3).fold(observation, |found, object| {
                found.related(Label::new(object.place(), format!("in namespace `{}`", object.namespace())))
            });
            if let [only] = objects.as_slice() {
                let fix = rewrite(node, "namespace", only.namespace()).filter(|_| !std::ptr::eq(node, parent.name));
                found.fix = fix;
                found = found.help(format!("write `namespace: {}`", only.namespace()));
            }
            found
        }
        Some(Meant::Near(object)) => {
            let mut found = observation
                .related(Label::new(object.place(), "nearest name"))
                .help(format!("did you mean `{}`?", object.full_name()));
            found.fix = rewrite(node, "name", &object.name).filter(|_| object.namespace() == namespace);
            found
        }
        Some(Meant::Unbuilt(document)) => {
            let place = document.node.at(&["metadata", "name"]).unwrap_or(&document.node).span();
            observation
                .related(Label::new(place, "written here, not built"))
                .help(format!("list `{}` in its kustomization file", document.path))
        }
        Some(Meant::OtherKind(_)) | None => observation,
    }
}

fn no_listener(route: &Route<'_>, parent: &Parent<'_>, gateway: &Gateway<'_>) -> Observation {
    let node = parent.listener_node();
    let asked = match (parent.section, parent.port) {
        (Some(section), None) => format!("listener `{}`", section.shown().unwrap_or_default()),
        (None, Some(port)) => format!("a listener on port {}", port.shown().unwrap_or_default()),
        (Some(section), Some(port)) => {
            format!("listener `{}` on port {}", section.shown().unwrap_or_default(), port.shown().unwrap_or_default())
        }
        (None, None) => "a listener".to_owned(),
    };
    let names: Vec<&str> = gateway.listeners.iter().filter_map(|listener| listener.name()).collect();
    let object = gateway.object.reference();
    let mut found = Observation::new(
        ID,
        format!("{} asks for {asked} of {object}, which it does not have", route.shown()),
        Label::new(node.span(), "no such listener"),
    )
    .about(route.reference(), format!("parentRefs[{}/{asked}]", gateway.object.full_name()))
    .trail(trail(node))
    .related(Label::new(gateway.object.place(), "the Gateway"))
    .help(format!("name one of its listeners: `{}`", names.join("`, `")));
    if let Some(section) = parent.section.and_then(|section| section.as_str())
        && let Some(near) = nearest_name(section, names.iter().copied())
    {
        found = found.help(format!("did you mean `{near}`?"));
        found.fix = rewrite(node, "sectionName", near);
    }
    found
}
