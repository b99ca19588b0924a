//! Which stores of the tree speak TLS.

use std::collections::BTreeMap;

use super::tenants::Tenant;
use crate::cluster::Cluster;
use crate::cluster::release::Release;
use crate::finding::Label;
use crate::yaml::Node;

/// Whether a store speaks TLS, and the place that decides it.
#[derive(Clone, Debug)]
pub struct Tls {
    /// It does.
    pub is_on: bool,
    /// The place.
    pub place: Label,
}

/// What is known, by the name of the store.
pub fn of_stores(cluster: &Cluster<'_>, releases: &[Release<'_>]) -> BTreeMap<String, Tls> {
    let mut known = BTreeMap::new();
    for tenant in Tenant::all(cluster) {
        if let (Some(name), Some(tls)) = (tenant.name(), of_tenant(&tenant)) {
            known.insert(format!("Tenant {}/{name}", tenant.namespace()), tls);
        }
    }
    for release in releases.iter().filter(|release| release.is("minio") && release.is_closed) {
        let is_standalone = release.source.url.as_deref().is_some_and(|url| url.contains("charts.min.io"));
        let (Some(name), true) = (release.full_name(63), is_standalone) else { continue };
        let switch = release.values.dig("tls.enabled");
        let is_on = match switch {
            Some(node) => node.as_bool(),
            None => Some(false),
        };
        let Some(is_on) = is_on else { continue };
        let place = label(is_on, switch.map_or_else(|| release.object.place(), Node::span));
        known.insert(format!("HelmRelease {}/{name}", release.namespace), Tls { is_on, place });
    }
    known
}

fn label(is_on: bool, place: crate::source::Span) -> Label {
    Label::new(place, if is_on { "the store speaks TLS" } else { "the store speaks no TLS" })
}

/// Source: minio/operator `pkg/apis/minio.min.io/v2/helper.go` (`TLS`, `AutoCert`): certificates are requested unless
/// that is switched off.
fn of_tenant(tenant: &Tenant<'_>) -> Option<Tls> {
    let field = |name: &str| tenant.field(name).or_else(|| tenant.field(&format!("certificate.{name}")));
    let request = field("requestAutoCert");
    let has_own = field("externalCertSecret").is_some_and(|list| list.is_unknown() || !list.items().is_empty());
    let is_on = match request {
        Some(node) => node.as_bool()? || has_own,
        None if tenant.is_closed => true,
        None => return None,
    };
    Some(Tls { is_on, place: label(is_on, request.map_or_else(|| tenant.object.place(), Node::span)) })
}
