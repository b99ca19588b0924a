//! What cannot be changed is not changed. Card: rules/upgrade/immutable-field-changed.md

use std::borrow::Cow;

use serde::Deserialize;

use crate::build::Object;
use crate::build::flux::ReleaseNames;
use crate::cluster::before::Former;
use crate::cluster::quantity::Quantity;
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Longest value that a message shows.
const LONGEST: usize = 60;

/// Replaces an object that cannot be changed. Source: fluxcd/pkg `ssa/manager_apply.go`.
const FORCE: &str = "kustomize.toolkit.fluxcd.io/force";

/// Group, kind, fields that the API server refuses to change. Source: kubernetes/kubernetes
/// `pkg/apis/{apps,batch,core,rbac,storage}/validation/validation.go`; minio/operator `pkg/apis/minio.min.io/v2`.
const FIELDS: &[(&str, &str, &[&str])] = &[
    ("apps", "Deployment", &["spec.selector"]),
    ("apps", "DaemonSet", &["spec.selector"]),
    ("apps", "ReplicaSet", &["spec.selector"]),
    (
        "apps",
        "StatefulSet",
        &["spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates"],
    ),
    ("batch", "Job", &["spec.selector", "spec.template", "spec.completionMode"]),
    ("", "PersistentVolumeClaim", &["spec.storageClassName", "spec.accessModes", "spec.volumeMode", "spec.selector"]),
    ("", "Service", &["spec.clusterIP"]),
    ("", "Secret", &["type"]),
    ("rbac.authorization.k8s.io", "RoleBinding", &["roleRef"]),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", &["roleRef"]),
    ("storage.k8s.io", "StorageClass", &["provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"]),
    ("apiextensions.k8s.io", "CustomResourceDefinition", &["spec.group", "spec.scope", "spec.names.kind"]),
];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImmutableFieldChanged {}

impl Rule for ImmutableFieldChanged {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        if cluster.before().is_none() {
            return;
        }
        for object in cluster.objects().filter(|object| object.release.is_none() && !is_forced(cluster, object)) {
            let Some(former) = cluster.former(object) else { continue };
            fields(object, former, out);
            match (&*object.gvk.group, object.kind()) {
                ("", "PersistentVolumeClaim") => shrunk(object, former, out),
                ("", "ConfigMap" | "Secret") => data(object, former, out),
                ("minio.min.io", "Tenant") => pools(object, former, out),
                ("helm.toolkit.fluxcd.io", "HelmRelease") => release(object, former, out),
                _ => {}
            }
        }
    }
}

fn is_forced(cluster: &Cluster<'_>, object: &Object) -> bool {
    let own = object.annotation(FORCE).or_else(|| object.label(FORCE));
    let kustomization = cluster.kustomization_of(object).and_then(|one| cluster.object(one.object?));
    own == Some("enabled") || kustomization.and_then(|one| one.dig("spec.force")).and_then(Node::as_bool) == Some(true)
}

fn fields(object: &Object, former: &Former, out: &mut Sink) {
    let known = FIELDS.iter().find(|(group, kind, _)| object.is(group, kind));
    for path in known.map(|(_, _, paths)| *paths).unwrap_or_default() {
        let (now, before) = (given(object.dig(path)), given(former.node.dig(path)));
        // What was left to the API server was filled in by it.
        let (Some(now), Some(before)) = (now, before) else { continue };
        if changed(now, before) {
            report(
                object,
                path,
                now,
                before,
                "the API server refuses the change, and nothing of its Kustomization is applied",
                out,
            );
        }
    }
}

fn given(node: Option<&Node>) -> Option<&Node> {
    node.filter(|node| !node.is_null() && !node.holds_unknown())
}

fn changed(now: &Node, before: &Node) -> bool {
    !now.same_value(before)
}

/// A claim may grow, where its class allows it, and never shrinks.
fn shrunk(object: &Object, former: &Former, out: &mut Sink) {
    let path = "spec.resources.requests.storage";
    let (Some(now), Some(before)) = (given(object.dig(path)), given(former.node.dig(path))) else { return };
    let amount = |node: &Node| node.scalar_text().and_then(|text| Quantity::parse(&text));
    if amount(now).zip(amount(before)).is_some_and(|(now, before)| now < before) {
        report(object, path, now, before, "a claim can grow and not shrink", out);
    }
}

/// The data of what is immutable.
fn data(object: &Object, former: &Former, out: &mut Sink) {
    if former.node.get("immutable").and_then(Node::as_bool) != Some(true) {
        return;
    }
    for path in ["data", "binaryData", "stringData"] {
        let (Some(now), Some(before)) = (given(object.dig(path)), given(former.node.dig(path))) else { continue };
        if changed(now, before) {
            let message = format!("`{path}` of {} is changed, and the object is immutable", object.reference());
            let found = Observation::new("immutable-field-changed", message, Label::new(now.span(), "was different"));
            out.report(found.about(object.reference(), path));
        }
    }
}

/// Servers and volumes of a pool are for ever.
fn pools(object: &Object, former: &Former, out: &mut Sink) {
    let pools = |node: &Node| -> Vec<Node> { node.dig("spec.pools").map(Node::items).unwrap_or_default().to_vec() };
    let name = |pool: &Node| pool.get("name").and_then(Node::as_str).map(ToOwned::to_owned);
    let former = pools(&former.node);
    for pool in pools(&object.node) {
        let Some(before) = former.iter().find(|before| name(before) == name(&pool)) else { continue };
        for path in ["servers", "volumesPerServer"] {
            let (Some(now), Some(before)) = (given(pool.get(path)), given(before.get(path))) else { continue };
            if changed(now, before) {
                let path = format!("spec.pools[{}].{path}", name(&pool).unwrap_or_default());
                report(object, &path, now, before, "the operator refuses the change: add a pool instead", out);
            }
        }
    }
}

/// Another name or namespace is another release: the old one is uninstalled.
fn release(object: &Object, former: &Former, out: &mut Sink) {
    for path in ["spec.releaseName", "spec.targetNamespace", "spec.storageNamespace"] {
        let (now, before) = (given(object.dig(path)), given(former.node.dig(path)));
        let own = match path {
            "spec.releaseName" => ReleaseNames::of(object).name.unwrap_or_default(),
            _ => object.namespace().to_owned(),
        };
        let text = |node: Option<&Node>| node.and_then(Node::as_str).map_or_else(|| own.clone(), ToOwned::to_owned);
        if text(now) == text(before) || (now.is_none() && before.is_none()) {
            continue;
        }
        let message = format!(
            "`{path}` of {} changes from `{}` to `{}`: Helm uninstalls the release and installs another one",
            object.reference(),
            text(before),
            text(now)
        );
        let place = now.map_or_else(|| object.place(), Node::span);
        let found = Observation::new("immutable-field-changed", message, Label::new(place, "another release"));
        out.report(found.about(object.reference(), path));
    }
}

fn report(object: &Object, path: &str, now: &Node, before: &Node, effect: &str, out: &mut Sink) {
    let change = match (shown(object, before), shown(object, now)) {
        (Some(before), Some(now)) => format!(" from `{before}` to `{now}`"),
        _ => String::new(),
    };
    let message = format!("`{path}` of {} changes{change}: {effect}", object.reference());
    let found = Observation::new("immutable-field-changed", message, Label::new(now.span(), "was different"));
    out.report(found.about(object.reference(), path).trail(trail(now)));
}

/// A short value that is no secret.
fn shown<'n>(object: &Object, node: &'n Node) -> Option<Cow<'n, str>> {
    node.scalar_text().filter(|text| text.len() <= LONGEST && !object.is("", "Secret"))
}
