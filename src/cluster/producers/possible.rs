//! What might make an object: releases of charts without model, and custom resources of unknown operators. Their
//! objects are called after them, or as a text of them says.

use crate::build::Object;
use crate::build::charts::{Chart, Extent};
use crate::build::flux::ReleaseNames;
use crate::cluster::Cluster;
use crate::cluster::pods::makes_no_pods;
use crate::cluster::pods::services_of;
use crate::yaml::{Node, Value};

/// Groups whose objects make nothing that others refer to, or whose products stand in the table.
const MAKE_NOTHING: &[&str] = &[
    "",
    "apps",
    "batch",
    "autoscaling",
    "policy",
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "scheduling.k8s.io",
    "admissionregistration.k8s.io",
    "apiregistration.k8s.io",
    "apiextensions.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "node.k8s.io",
    "snapshot.storage.k8s.io",
    "gateway.networking.k8s.io",
    "kustomize.toolkit.fluxcd.io",
    "source.toolkit.fluxcd.io",
    "source.extensions.fluxcd.io",
    "notification.toolkit.fluxcd.io",
    "image.toolkit.fluxcd.io",
    "helm.toolkit.fluxcd.io",
    "cilium.io",
    "monitoring.coreos.com",
    "cert-manager.io",
    "external-secrets.io",
    "postgresql.cnpg.io",
    "externaldns.k8s.io",
    "volsync.backube",
    "gateway.envoyproxy.io",
    "networking.istio.io",
    "security.istio.io",
    "metallb.io",
    "traefik.io",
];

/// Annotations by which tools copy an object into other namespaces.
const COPIES: &[&str] = &["reflector.v1.k8s.emberstack.com/", "replicator.v1.mittwald.de/", "kubed.appscode.com/sync"];

/// Words in annotations of an Ingress by which something makes its certificate.
const CERTIFIERS: &[&str] = &["cert-manager", "acme", "letsencrypt", "certificate"];

/// Classes of Ingresses that bring their certificates. Source: tailscale/tailscale `cmd/k8s-operator/ingress.go`.
const OWN_CERTIFICATES: &[&str] = &["tailscale"];

/// What is looked for.
pub struct Wanted<'a> {
    /// The object that names it, which does not make it itself.
    pub asker: Option<&'a Object>,
    /// API group.
    pub group: &'a str,
    /// Kind.
    pub kind: &'a str,
    /// Namespace.
    pub namespace: &'a str,
    /// Name.
    pub name: &'a str,
}

impl Wanted<'_> {
    fn is_other(&self, object: &Object) -> bool {
        self.asker.is_none_or(|asker| !std::ptr::eq(asker, object))
    }
}

/// The object that might make one of this kind, namespace and name.
pub fn possible<'w>(cluster: &Cluster<'w>, wanted: &Wanted<'_>) -> Option<&'w Object> {
    let (kind, name) = (wanted.kind, wanted.name);
    let is_copied = matches!(kind, "Secret" | "ConfigMap");
    let copied = || {
        let same = |object: &&Object| {
            object.kind() == kind || object.kind() == "ExternalSecret" || object.kind() == "Certificate"
        };
        cluster.named(name).filter(same).find(|object| is_copied_elsewhere(&object.node))
    };
    release(cluster, wanted)
        .or_else(|| custom(cluster, wanted))
        .or_else(|| if is_copied { copied() } else { None })
        .or_else(|| if kind == "Secret" { certified(cluster, wanted) } else { None })
}

/// An Ingress whose certificate somebody provides: annotations that speak of one, a class that brings its own, a policy
/// that changes every Ingress.
fn certified<'w>(cluster: &Cluster<'w>, wanted: &Wanted<'_>) -> Option<&'w Object> {
    let ingress = wanted.asker.filter(|asker| asker.is("networking.k8s.io", "Ingress"))?;
    let mut annotations = ingress.at(&["metadata", "annotations"]).into_iter().flat_map(Node::entries);
    let is_asked_for = annotations.any(|entry| CERTIFIERS.iter().any(|word| entry.key.contains(word)));
    let is_own = ingress
        .dig("spec.ingressClassName")
        .and_then(Node::as_str)
        .is_some_and(|class| OWN_CERTIFICATES.contains(&class));
    if is_asked_for || is_own {
        return cluster.get("networking.k8s.io", "Ingress", ingress.namespace(), &ingress.name);
    }
    cluster.of_kind("kyverno.io", "ClusterPolicy").find(|policy| says(&policy.node, "Ingress"))
}

fn release<'w>(cluster: &Cluster<'w>, wanted: &Wanted<'_>) -> Option<&'w Object> {
    let name = wanted.name;
    // What charts make of classes stands in the table of producers.
    if wanted.namespace.is_empty() && wanted.group.ends_with("storage.k8s.io") {
        return None;
    }
    if wanted.namespace.is_empty() {
        // Objects without namespace have names of their own: the values have to give something this name.
        let speaks = |release: &&Object| {
            let is_known = matches!(cluster.makes(release, wanted.group, wanted.kind), Extent::Whole(_));
            !is_known && cluster.values(release).is_some_and(|values| names(&values.root, name))
        };
        return cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").find(speaks);
    }
    cluster.installed_in(wanted.namespace).find(|release| {
        let is_known = matches!(cluster.makes(release, wanted.group, wanted.kind), Extent::Whole(_));
        if is_known || !wanted.is_other(release) || (is_flux(wanted.group) && !brings_flux_objects(cluster, release)) {
            return false;
        }
        if wanted.group.is_empty()
            && wanted.kind == "Service"
            && let Some(services) = services_of(cluster, release)
        {
            return services.may_make(name) || services.made.iter().any(|set| set.name == name);
        }
        is_related(cluster, release, &ReleaseNames::of(release), name)
    })
}

fn is_flux(group: &str) -> bool {
    group.ends_with("toolkit.fluxcd.io")
}

/// Whether a chart can be thought to make Flux objects: it says so in its name, or it is published by nobody but the
/// owner of the tree. Charts of applications make none.
fn brings_flux_objects(cluster: &Cluster<'_>, release: &Object) -> bool {
    let is_named = |chart: &Chart| chart.name.as_deref().is_none_or(|name| name.contains("flux"));
    let source = release.dig("spec.chart.spec.sourceRef.kind").and_then(Node::as_str);
    cluster
        .chart(release)
        .is_none_or(|chart| is_named(chart) || (!chart.is_foreign && source != Some("HelmRepository")))
}

/// Whether a name looks like one that a release would give: it holds the name of the release or of its chart, or the
/// values say it.
pub fn is_related(cluster: &Cluster<'_>, release: &Object, names: &ReleaseNames, name: &str) -> bool {
    let own = names.name.as_deref().unwrap_or(&release.name);
    let chart = release.dig("spec.chart.spec.chart").and_then(Node::as_str);
    let chart = chart.map(|chart| chart.rsplit('/').next().unwrap_or(chart));
    let is_part = |part: &str| !part.is_empty() && name.contains(part);
    is_part(own)
        || own.contains(name)
        || chart.is_some_and(is_part)
        || cluster.values(release).is_none_or(|values| mentions(&values.root, name))
}

/// Whether something in the values is called so.
fn names(values: &Node, name: &str) -> bool {
    match &values.value {
        Value::Map(map) => map
            .iter()
            .any(|entry| entry.key == "name" && entry.value.as_str() == Some(name) || names(&entry.value, name)),
        Value::Seq(items) => items.iter().any(|item| names(item, name)),
        _ => false,
    }
}

/// Whether a text of the values is the name, in a place that does not only refer to it.
fn mentions(values: &Node, name: &str) -> bool {
    fn walk(node: &Node, key: &str, name: &str) -> bool {
        match &node.value {
            Value::Map(map) => map.iter().any(|entry| walk(&entry.value, &entry.key, name)),
            Value::Seq(items) => items.iter().any(|item| walk(item, key, name)),
            Value::Str(text) => text == name && !refers(key),
            _ => false,
        }
    }
    walk(values, "", name)
}

/// Keys whose value names something that is there already.
fn refers(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.starts_with("existing") || key.ends_with("ref") || key == "host" || key == "hostname"
}

/// The custom resource of an unknown operator that might make it.
pub fn custom<'w>(cluster: &Cluster<'w>, wanted: &Wanted<'_>) -> Option<&'w Object> {
    let (namespace, name) = (wanted.namespace, wanted.name);
    let makes = |object: &&Object| {
        is_custom(object)
            && wanted.is_other(object)
            && (name.contains(object.name.as_str()) || says(&object.node, name))
    };
    cluster.in_namespace(namespace).find(makes).or_else(|| cluster.in_namespace("").find(makes))
}

/// A custom resource of an unknown operator in a namespace, which might run something there.
pub fn any_custom<'w>(cluster: &Cluster<'w>, namespace: &str) -> Option<&'w Object> {
    cluster.in_namespace(namespace).find(|object| is_custom(object) && !makes_no_pods(object))
}

fn is_custom(object: &Object) -> bool {
    !MAKE_NOTHING.contains(&object.gvk.group.as_str())
        && object.release.is_none()
        && super::table::producer(&object.gvk.group, object.kind()).is_none()
}

/// Whether a text of an object is the name.
fn says(node: &Node, name: &str) -> bool {
    match &node.value {
        Value::Map(map) => map.iter().any(|entry| says(&entry.value, name)),
        Value::Seq(items) => items.iter().any(|item| says(item, name)),
        Value::Str(text) => text == name,
        _ => false,
    }
}

fn is_copied_elsewhere(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => map
            .iter()
            .any(|entry| COPIES.iter().any(|copy| entry.key.starts_with(copy)) || is_copied_elsewhere(&entry.value)),
        Value::Seq(items) => items.iter().any(is_copied_elsewhere),
        _ => false,
    }
}
