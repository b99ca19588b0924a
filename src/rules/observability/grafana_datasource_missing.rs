//! The datasources of Grafana lead to Services and ports that exist. Card:
//! rules/observability/grafana-datasource-missing.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::backends::{Address, Named};
use crate::cluster::grafana::grafanas;
use crate::cluster::pods::{ServiceSet, Services};
use crate::cluster::storage::{Endpoint, Host};
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

const ID: &str = "grafana-datasource-missing";

/// Where Grafana's values list datasources.
const PATHS: [&str; 2] = ["datasources.*.datasources[]", "additionalDataSources[]"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GrafanaDatasourceMissing {}

/// A datasource.
struct Datasource<'w> {
    object: &'w Object,
    name: String,
    url: &'w Node,
    endpoint: Endpoint,
    // The Service it leads to.
    namespace: String,
    service: String,
}

impl Rule for GrafanaDatasourceMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let datasources = datasources(cluster);
        if datasources.is_empty() {
            return;
        }
        let services = cluster.services();
        for datasource in &datasources {
            let Datasource { namespace, service, .. } = datasource;
            let address = Address { asker: None, namespace, name: service };
            let undecided = |why: String| (format!("Service `{namespace}/{service}` of a datasource"), why);
            match services.find(cluster, address) {
                Named::Service(set) => {
                    if let Some(found) = wrong_port(datasource, set) {
                        out.report(weighed(cluster, datasource.object, Confidence::Medium, found));
                    }
                }
                Named::Missing { is_sure } if is_sure || services.is_slip(namespace, service) => {
                    out.report(weighed(cluster, datasource.object, Confidence::Medium, absent(datasource, services)));
                }
                Named::Missing { .. } => {
                    let (what, why) = undecided("a chart that is not known may make it".to_owned());
                    out.undecided(cluster, "service", what, why);
                }
                Named::Unknown(why) => {
                    let (what, why) = undecided(why);
                    out.undecided(cluster, "service", what, why);
                }
            }
        }
    }
}

fn datasources<'w>(cluster: &Cluster<'w>) -> Vec<Datasource<'w>> {
    let mut all = Vec::new();
    for grafana in grafanas(cluster) {
        for node in PATHS.iter().flat_map(|path| grafana.values.each(path)) {
            all.extend(datasource(cluster, grafana.release, &grafana.namespace, node));
        }
    }
    let mut homes: Vec<&str> =
        cluster.of_kind("grafana.integreatly.org", "Grafana").map(|grafana| grafana.namespace()).collect();
    homes.dedup();
    // A short name means the namespace of the Grafana that takes the datasource.
    let home = if let [only] = homes.as_slice() { *only } else { "" };
    for object in cluster.of_kind("grafana.integreatly.org", "GrafanaDatasource") {
        all.extend(object.dig("spec.datasource").and_then(|node| datasource(cluster, object, home, node)));
    }
    all
}

fn datasource<'w>(cluster: &Cluster<'w>, object: &'w Object, home: &str, node: &'w Node) -> Option<Datasource<'w>> {
    let url = node.get("url")?;
    let endpoint = Endpoint::parse(url.as_str()?)?;
    // What the browser connects to is no name of the cluster.
    let by_browser = node.get("access").and_then(Node::as_str).is_some_and(|access| access != "proxy");
    let is_namespace = |name: &str| cluster.get("", "Namespace", "", name).is_some();
    let Host::Service { namespace, name: service } = endpoint.host(home, &is_namespace) else { return None };
    let name = node.get("name").and_then(Node::shown).unwrap_or_default().into_owned();
    (!by_browser).then_some(Datasource { object, name, url, endpoint, namespace, service })
}

fn absent(datasource: &Datasource<'_>, services: &Services<'_>) -> Observation {
    let Datasource { namespace, service, .. } = datasource;
    let message = format!(
        "datasource `{}` of {} leads to Service `{namespace}/{service}`, which does not exist",
        datasource.name,
        datasource.object.reference()
    );
    let mut found = start(datasource, message, "no such Service");
    let mut like: Vec<&ServiceSet<'_>> = services
        .in_namespace(namespace)
        .filter(|set| set.name.contains(service.as_str()) || service.contains(set.name.as_str()))
        .collect();
    if like.is_empty() {
        like.extend(services.meant(namespace, service));
    }
    let names: Vec<String> = like.iter().take(4).map(|set| format!("`{}.{}`", set.name, set.namespace)).collect();
    match names.as_slice() {
        [] => {}
        [only] => found = found.help(format!("did you mean {only}?")),
        all => found = found.help(format!("use one of the Services there: {}", all.join(", "))),
    }
    for (name, place) in services.switched_off(namespace, service) {
        found = found.related(Label::new(place, format!("without `{name}`")));
    }
    like.iter()
        .take(1)
        .fold(found, |found, set| found.related(Label::new(set.object.place(), "makes the Services there")))
}

fn wrong_port(datasource: &Datasource<'_>, set: &ServiceSet<'_>) -> Option<Observation> {
    // A headless Service passes every port of its pods.
    let is_headless = set.object.dig("spec.clusterIP").and_then(Node::as_str) == Some("None");
    let port = datasource.endpoint.effective_port(None)?;
    let numbers: Vec<u16> = set.ports.iter().map(|own| own.number).collect::<Option<_>>()?;
    if is_headless || set.ports_open || numbers.is_empty() || numbers.contains(&port) {
        return None;
    }
    let known: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    let message = format!(
        "datasource `{}` of {} leads to port {port} of {}, which has {} only",
        datasource.name,
        datasource.object.reference(),
        set.shown(),
        known.join(", ")
    );
    let found = start(datasource, message, "no port of the Service");
    Some(found.related(Label::new(set.object.place(), "the Service")).help(format!("use port {}", known.join(" or "))))
}

fn start(datasource: &Datasource<'_>, message: String, label: &str) -> Observation {
    Observation::new(ID, message, Label::new(datasource.url.span(), label))
        .about(datasource.object.reference(), format!("datasources[{}]", datasource.name))
        .trail(trail(datasource.url))
}
