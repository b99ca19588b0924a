//! What the rules about backends share: a Service that is missing, and a port that it does not have.

use crate::build::Object;
use crate::cluster::backends::{Address, Named};
use crate::cluster::gateway::{Backend, Route, is_template};
use crate::cluster::pods::{ServicePort, ServiceSet, Services, Target};
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::Sink;
use crate::rules::findings::{rewrite, weighed};
use crate::yaml::Node;

/// Every backend of a route, with the object that names it.
pub fn of_routes<'r, 'w>(routes: &'r [Route<'w>]) -> impl Iterator<Item = (&'w Object, Backend<'w>)> + use<'r, 'w> {
    // What a chart makes of the rules in its values is its own affair.
    let own = routes.iter().filter(|route| !route.object.is("helm.toolkit.fluxcd.io", "HelmRelease"));
    own.flat_map(|route| Backend::of_route(route).into_iter().map(|backend| (route.object, backend)))
}

/// Reports a Service that is named and does not exist.
pub fn missing<'w>(
    rule: &'static str,
    cluster: &Cluster<'w>,
    services: &Services<'w>,
    (object, backend): (&'w Object, &Backend<'w>),
    out: &mut Sink,
) {
    let Some(name) = backend.name.as_str() else { return };
    let namespace = backend.namespace.as_str();
    let address = Address { asker: Some(object), namespace, name };
    let what = || format!("Service `{namespace}/{name}` of {}", object.reference());
    let sure = match services.find(cluster, address) {
        Named::Service(_) => return,
        Named::Unknown(why) => return out.undecided(cluster, "service", what(), why),
        Named::Missing { is_sure: true } => Confidence::High,
        Named::Missing { is_sure: false } if services.is_slip(namespace, name) => Confidence::Medium,
        Named::Missing { is_sure: false } => {
            return out.undecided(cluster, "service", what(), "a chart that is not known may make it");
        }
    };
    let mut found = Observation::new(
        rule,
        format!("{} sends to Service `{namespace}/{name}`, which does not exist", object.reference()),
        Label::new(backend.name.span(), "no such Service"),
    )
    .about(object.reference(), format!("backend[{namespace}/{name}]"))
    .trail(trail(backend.name));
    if let Some(meant) = services.meant(namespace, name) {
        found = found.related(Label::new(meant.object.place(), "probably meant"));
        if meant.namespace == namespace {
            found = found.help(format!("did you mean `{}`?", meant.name));
            found.fix = rewrite(backend.name, "name", &meant.name);
        } else {
            found = found.help(format!("the Service of that name is in namespace `{}`", meant.namespace));
        }
    }
    out.report(weighed(cluster, object, sure, found));
}

/// Reports a port that a Service does not have.
pub fn port<'w>(
    rule: &'static str,
    cluster: &Cluster<'w>,
    services: &Services<'w>,
    (object, backend): (&'w Object, &Backend<'w>),
    out: &mut Sink,
) {
    let Some(set) = backend.name.as_str().and_then(|name| services.get(&backend.namespace, name)) else { return };
    let Some(port) = backend.port.filter(|port| !port.is_unknown()) else { return };
    if set.ports_open || set.ports.is_empty() || set.ports.iter().any(|own| own.number.is_none()) {
        return;
    }
    let Some(text) = port.scalar_text() else { return };
    let number = port.as_int().and_then(|number| u16::try_from(number).ok());
    let has = set.ports.iter().any(|own| match number {
        Some(_) => own.number == number,
        None => own.name.as_deref() == Some(&*text),
    });
    if has || is_template(&text) {
        return;
    }
    let known: Vec<String> = set.ports.iter().map(shown).collect();
    let mut found = Observation::new(
        rule,
        format!(
            "{} sends to port `{text}` of {}, which has {} only",
            object.reference(),
            set.shown(),
            known.join(", ")
        ),
        Label::new(port.span(), "no port of the Service"),
    )
    .about(object.reference(), format!("backend[{}/{}:{text}]", set.namespace, set.name))
    .trail(trail(port))
    .related(Label::new(ports_place(set), "its ports"))
    .help(format!("name one of its ports: {}", known.join(", ")));
    if let Some(number) = meant(set, &text) {
        found = found.help(format!("`{text}` is where the Service leads: name its own port {number}"));
        found.fix = rewrite(port, "port", &number.to_string()).filter(|_| set.ports.len() == 1);
    } else if let [only] = set.ports.as_slice()
        && let Some(number) = only.number
    {
        found.fix = rewrite(port, "port", &number.to_string());
    }
    out.report(weighed(cluster, object, Confidence::High, found));
}

fn shown(port: &ServicePort) -> String {
    match (&port.name, port.number) {
        (Some(name), Some(number)) => format!("{number} (`{name}`)"),
        (None, Some(number)) => number.to_string(),
        (name, None) => format!("`{}`", name.as_deref().unwrap_or_default()),
    }
}

/// The port of the Service that leads to what was written in its place.
fn meant(set: &ServiceSet<'_>, text: &str) -> Option<u16> {
    let leads = |port: &&ServicePort| match &port.target {
        Target::Written(node) => node.scalar_text().as_deref() == Some(text),
        Target::Number(number) => number.to_string() == text,
        Target::Unknown => false,
    };
    set.ports.iter().find(leads)?.number
}

fn ports_place(set: &ServiceSet<'_>) -> crate::source::Span {
    let first = set.object.dig("spec.ports.0.port").filter(|_| set.object.is("", "Service"));
    first.map_or(set.object.place(), Node::span)
}
