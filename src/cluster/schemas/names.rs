//! What an object may be called, by its kind. Source: Kubernetes `pkg/apis/*/validation`, apiextensions-apiserver
//! `pkg/registry/customresource/validator.go`.

use serde_json::{Value, json};

use crate::build::object::Gvk;
use crate::config::Version;

/// From here on, a Service may begin with a digit where the cluster is told so (`RelaxedServiceNameValidation`).
const RELAXED: Version = Version { major: 1, minor: 34 };

/// The form of the names of a kind.
pub fn form(gvk: &Gvk, kubernetes: Option<Version>) -> &'static str {
    match (gvk.group.as_str(), gvk.kind.as_str()) {
        ("", "Namespace") => "dns-label",
        ("", "Service") if kubernetes.is_some_and(|version| version >= RELAXED) => "dns-label",
        ("", "Service") => "dns-label-1035",
        ("batch", "CronJob") => "cronjob-name",
        ("rbac.authorization.k8s.io", _)
        | ("apiregistration.k8s.io", "APIService")
        | ("certificates.k8s.io", _)
        | ("", "ComponentStatus")
        | ("internal.apiserver.k8s.io", _)
        | ("networking.k8s.io", "IPAddress") => "path-segment",
        _ => "dns-subdomain",
    }
}

/// The same schema, with what names of the kind have to be.
pub fn apply(schema: &mut Value, gvk: &Gvk, kubernetes: Option<Version>) {
    let name = json!({ "format": form(gvk, kubernetes) });
    let metadata = json!({ "properties": { "name": name, "namespace": { "format": "dns-label" } } });
    let rule = json!({ "properties": { "metadata": metadata } });
    let Value::Object(map) = schema else { return };
    match map.get_mut("allOf") {
        Some(Value::Array(all)) => all.push(rule),
        _ => {
            map.insert("allOf".to_owned(), json!([rule]));
        }
    }
}
