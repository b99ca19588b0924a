//! The items of the values: maps by identifier, each of which makes an object.

use smol_str::SmolStr;

use crate::build::charts::go::is_true;
use crate::build::charts::made::Remarks;
use crate::source::Span;
use crate::yaml::Node;

/// What an item makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    Controller,
    Service,
    Ingress,
    Route,
    Claim,
    ConfigMap,
    Secret,
    ExternalSecret,
    Account,
    ServiceMonitor,
    PodMonitor,
    Policy,
    Role,
    Binding,
    Raw,
}

impl Type {
    /// All of them, in the order in which they are collected.
    pub const ALL: [Type; 15] = [
        Type::Controller,
        Type::Service,
        Type::Ingress,
        Type::Route,
        Type::Claim,
        Type::ConfigMap,
        // Accounts come before Secrets: some have a token.
        Type::Account,
        Type::Secret,
        Type::ExternalSecret,
        Type::ServiceMonitor,
        Type::PodMonitor,
        Type::Policy,
        Type::Role,
        Type::Binding,
        Type::Raw,
    ];

    /// Where its items stand in the values.
    pub fn path(self) -> &'static str {
        match self {
            Type::Controller => "controllers",
            Type::Service => "service",
            Type::Ingress => "ingress",
            Type::Route => "route",
            Type::Claim => "persistence",
            Type::ConfigMap => "configMaps",
            Type::Secret => "secrets",
            Type::ExternalSecret => "externalSecrets",
            Type::Account => "serviceAccount",
            Type::ServiceMonitor => "serviceMonitor",
            Type::PodMonitor => "podMonitor",
            Type::Policy => "networkpolicies",
            Type::Role => "rbac.roles",
            Type::Binding => "rbac.bindings",
            Type::Raw => "rawResources",
        }
    }

    /// The kinds of the objects; empty where they may be any.
    pub fn kinds(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Type::Controller => &[
                ("apps", "Deployment"),
                ("apps", "StatefulSet"),
                ("apps", "DaemonSet"),
                ("batch", "CronJob"),
                ("batch", "Job"),
                ("policy", "PodDisruptionBudget"),
                ("autoscaling", "HorizontalPodAutoscaler"),
            ],
            Type::Service => &[("", "Service")],
            Type::Ingress => &[("networking.k8s.io", "Ingress")],
            Type::Route => &[
                ("gateway.networking.k8s.io", "HTTPRoute"),
                ("gateway.networking.k8s.io", "GRPCRoute"),
                ("gateway.networking.k8s.io", "TCPRoute"),
                ("gateway.networking.k8s.io", "TLSRoute"),
                ("gateway.networking.k8s.io", "UDPRoute"),
                ("gateway.networking.k8s.io", "ReferenceGrant"),
            ],
            Type::Claim => &[("", "PersistentVolumeClaim")],
            Type::ConfigMap => &[("", "ConfigMap")],
            Type::Secret => &[("", "Secret")],
            Type::ExternalSecret => &[("external-secrets.io", "ExternalSecret")],
            Type::Account => &[("", "ServiceAccount")],
            Type::ServiceMonitor => &[("monitoring.coreos.com", "ServiceMonitor")],
            Type::PodMonitor => &[("monitoring.coreos.com", "PodMonitor")],
            Type::Policy => &[("networking.k8s.io", "NetworkPolicy"), ("cilium.io", "CiliumNetworkPolicy")],
            Type::Role => &[("rbac.authorization.k8s.io", "Role"), ("rbac.authorization.k8s.io", "ClusterRole")],
            Type::Binding => {
                &[("rbac.authorization.k8s.io", "RoleBinding"), ("rbac.authorization.k8s.io", "ClusterRoleBinding")]
            }
            Type::Raw => &[],
        }
    }
}

/// An item that counts.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its identifier.
    pub id: SmolStr,
    /// The place of the identifier.
    pub place: Span,
    /// What is written under it.
    pub values: Node,
    /// Name of the object; `None` where it is not known.
    pub name: Option<String>,
}

/// The items under a path that count, by identifier: maps that are not switched off.
pub fn items(root: &Node, path: &str, kinds: &[(&str, &str)], remarks: &Remarks) -> Vec<Item> {
    let Some(all) = root.dig(path) else { return Vec::new() };
    if all.is_unknown() {
        remarks.gap(kinds, format!("`{path}` is not known"));
    }
    let mut items = Vec::new();
    for entry in all.entries() {
        let switch = entry.value.get("enabled");
        if entry.value.is_unknown() || switch.is_some_and(Node::is_unknown) {
            remarks.gap(kinds, format!("whether `{path}.{}` counts is not known", entry.key));
        }
        if entry.value.as_map().is_some() && switch.is_none_or(is_true) {
            let (id, place, values) = (entry.key.clone(), entry.key_span, entry.value.clone());
            items.push(Item { id, place, values, name: None });
        }
    }
    items.sort_by(|a, b| a.id.cmp(&b.id));
    items
}
