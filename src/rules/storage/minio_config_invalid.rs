//! A MinIO Tenant has the configuration that the operator asks for. Card: rules/storage/minio-config-invalid.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::storage::Tenant;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// The key the operator reads. Source: minio/operator `pkg/controller/secrets.go`, `sidecar/pkg/configuration`.
const KEY: &str = "config.env";

/// The variables without which the server keeps its well-known credentials.
const ROOT: [&str; 2] = ["MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MinioConfigInvalid {}

impl Rule for MinioConfigInvalid {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        // The chart writes a configuration from its own values.
        for tenant in Tenant::all(cluster).into_iter().filter(|tenant| !tenant.by_chart && tenant.is_closed) {
            let found = match tenant.field("configuration.name") {
                Some(name) => content(cluster, &tenant, name, out),
                // Older operators take another Secret.
                None if tenant.field("credsSecret").is_some() || tenant.field("configuration").is_some() => None,
                None => Some(unset(&tenant)),
            };
            if let Some(found) = found {
                out.report(weighed(cluster, tenant.object, Confidence::High, found));
            }
        }
    }
}

fn unset(tenant: &Tenant<'_>) -> Observation {
    let object = tenant.object.reference();
    Observation::new(
        "minio-config-invalid",
        format!("{object} names no Secret with its configuration, and the operator refuses it"),
        Label::new(tenant.object.place(), "no `spec.configuration`"),
    )
    .about(object, "spec.configuration")
    .help(format!("set `spec.configuration.name` to a Secret whose key `{KEY}` exports {} and {}", ROOT[0], ROOT[1]))
}

fn content(cluster: &Cluster<'_>, tenant: &Tenant<'_>, name: &Node, out: &mut Sink) -> Option<Observation> {
    let object = tenant.object;
    let text = name.as_str()?;
    // A Secret that is missing is told by its own rule.
    let keys = cluster.keys("Secret", object.namespace(), text)?;
    let shown = format!("Secret `{}/{text}`", object.namespace());
    if !keys.known.contains_key(KEY) {
        if keys.open {
            out.undecided(
                cluster,
                "outside",
                format!("the configuration of {}", object.reference()),
                format!("{shown} may have more keys"),
            );
            return None;
        }
        let mut found = Observation::new(
            "minio-config-invalid",
            format!("{} takes its configuration from {shown}, which has no key `{KEY}`", object.reference()),
            Label::new(name.span(), "has no such key"),
        )
        .about(object.reference(), "spec.configuration.name")
        .trail(trail(name))
        .help(format!("name the key of the Secret `{KEY}`"));
        for place in keys.known.values().take(3) {
            found = found.related(Label::new(*place, "a key of it"));
        }
        return Some(found);
    }
    let secret = cluster.get("", "Secret", object.namespace(), text).filter(|secret| !secret.encrypted)?;
    let lacking = lacking(secret)?;
    let place = keys.known.get(KEY)?;
    Some(
        Observation::new(
            "minio-config-invalid",
            format!("the configuration of {} does not set {}", object.reference(), lacking.join(" and ")),
            Label::new(*place, "sets no such variable"),
        )
        .about(object.reference(), "spec.configuration.name")
        .related(Label::new(name.span(), "the configuration is named here"))
        .help(format!("export {} in `{KEY}`", lacking.join(" and "))),
    )
}

/// The variables that a readable configuration does not set. Only the names are looked at.
fn lacking(secret: &Object) -> Option<Vec<String>> {
    let text = secret.at(&["stringData", KEY])?.as_str().filter(|text| !text.starts_with("ENC["))?;
    let set = |variable: &str| {
        text.lines().any(|line| {
            let line = line.trim_start();
            let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
            line.strip_prefix(variable).is_some_and(|rest| rest.starts_with('='))
        })
    };
    let lacking: Vec<String> = ROOT.iter().filter(|name| !set(name)).map(|name| format!("`{name}`")).collect();
    (!lacking.is_empty() && !text.contains("${")).then_some(lacking)
}
