//! ConfigMaps with dashboards are loaded by Grafana's sidecar. Card:
//! rules/observability/grafana-dashboard-not-loaded.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::grafana::{Grafana, grafanas};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::{Entry, Node};

const ID: &str = "grafana-dashboard-not-loaded";

/// The label the sidecar goes by where the values name none.
/// Source: grafana/helm-charts `charts/grafana/values.yaml` (`sidecar.dashboards.label`).
const LABEL: &str = "grafana_dashboard";

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GrafanaDashboardNotLoaded {}

/// What a sidecar loads.
struct Sidecar<'w> {
    grafana: Grafana<'w>,
    label: String,
    value: Option<String>,
    // Namespaces it looks into; `None` is every one.
    namespaces: Option<Vec<String>>,
}

impl Rule for GrafanaDashboardNotLoaded {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let has_operator = cluster.of_kind("grafana.integreatly.org", "Grafana").next().is_some();
        let grafanas = grafanas(cluster);
        let [grafana] = grafanas.as_slice() else { return };
        if has_operator || !grafana.is_closed {
            return;
        }
        let Some(sidecar) = sidecar(grafana) else { return };
        for object in cluster.of_kind("", "ConfigMap") {
            let dashboards: Vec<&Entry> = dashboards(object).collect();
            let Some(first) = dashboards.first() else { continue };
            if let Some(found) = judged(&sidecar, object, first) {
                out.report(weighed(cluster, object, Confidence::Medium, found));
            }
        }
    }
}

/// The sidecar of a Grafana, where it is on and its settings are known. The stack of Prometheus has it on by itself.
fn sidecar<'w>(grafana: &Grafana<'w>) -> Option<Sidecar<'w>> {
    let settings = grafana.values.dig("sidecar.dashboards");
    let given = |key: &str| settings.and_then(|settings| settings.get(key)).filter(|node| !node.is_null());
    let is_stack = !grafana.path.is_empty();
    let is_on = given("enabled").map_or(Some(is_stack), Node::as_bool)?;
    let text = |key: &str| match given(key) {
        Some(node) => node.scalar_text().map(|text| Some(text.into_owned())),
        None => Some(None),
    };
    let searched = match given("searchNamespace") {
        None if is_stack => None,
        None => Some(vec![grafana.namespace.clone()]),
        Some(node) if node.as_str() == Some("ALL") => None,
        Some(node) => {
            let listed = node.items().iter().filter_map(Node::as_str).map(ToOwned::to_owned);
            let written = node.as_str().into_iter().flat_map(|text| text.split(',')).map(|name| name.trim().to_owned());
            Some(listed.chain(written).collect())
        }
    };
    is_on.then_some(Sidecar {
        grafana: grafana.clone(),
        label: text("label")?.unwrap_or_else(|| LABEL.to_owned()),
        value: text("labelValue")?.filter(|value| !value.is_empty()),
        namespaces: searched,
    })
}

/// The entries of a ConfigMap that are dashboards.
fn dashboards(object: &Object) -> impl Iterator<Item = &Entry> {
    let data = object.at(&["data"]).into_iter().flat_map(Node::entries);
    data.filter(|entry| {
        let is_panel = |text: &str| text.contains("\"panels\"") && text.contains("\"schemaVersion\"");
        entry.key.ends_with(".json") && entry.value.as_str().is_some_and(is_panel)
    })
}

fn judged(sidecar: &Sidecar<'_>, object: &Object, dashboard: &Entry) -> Option<Observation> {
    let reference = object.reference();
    let whose = sidecar.grafana.release.reference();
    let key = &dashboard.key;
    let own = object.at(&["metadata", "labels", sidecar.label.as_str()]);
    let start = |message: String, label: &str, place| {
        Observation::new(ID, message, Label::new(place, label))
            .about(reference.clone(), key.to_string())
            .related(Label::new(sidecar.grafana.release.place(), "the Grafana"))
    };
    if let Err(error) =
        dashboard.value.as_str().map_or(Ok(()), |text| serde_json::from_str::<serde::de::IgnoredAny>(text).map(|_| ()))
    {
        let message = format!("dashboard `{key}` of {reference} is no JSON: {error}");
        return Some(start(message, "no JSON", dashboard.key_span));
    }
    let is_labelled = own.is_some_and(|own| match (&sidecar.value, own.shown()) {
        (Some(wanted), Some(value)) => own.is_unknown() || value == wanted.as_str(),
        _ => true,
    });
    let wanted = format!("{}: \"{}\"", sidecar.label, sidecar.value.as_deref().unwrap_or("1"));
    if !is_labelled {
        // One that somebody mounts by name needs no label.
        let is_named = names(sidecar.grafana.values, &object.name);
        let message =
            format!("{reference} holds a dashboard, but not the label `{}` that {whose} loads", sidecar.label);
        let place = own.map_or(object.place(), Node::span);
        return (!is_named).then(|| start(message, "not loaded", place).help(format!("add the label `{wanted}`")));
    }
    let namespaces = sidecar.namespaces.as_ref()?;
    if namespaces.iter().any(|name| name == object.namespace()) {
        return None;
    }
    let message =
        format!("{reference} holds a dashboard, but {whose} looks into namespace `{}` only", namespaces.join("`, `"));
    Some(start(message, "not looked into", object.place()).help("set `sidecar.dashboards.searchNamespace: ALL`"))
}

/// Whether a text of some values is a name.
fn names(values: &Node, name: &str) -> bool {
    values.as_str() == Some(name)
        || values.items().iter().any(|item| names(item, name))
        || values.entries().any(|entry| names(&entry.value, name))
}
