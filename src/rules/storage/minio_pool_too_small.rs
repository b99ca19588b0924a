//! The pools of a Tenant satisfy the MinIO operator. Card: rules/storage/minio-pool-too-small.md

use serde::Deserialize;

use crate::cluster::quantity::Quantity;
use crate::cluster::storage::Tenant;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::weighed;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MinioPoolTooSmall {}

impl Rule for MinioPoolTooSmall {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for tenant in Tenant::all(cluster) {
            for (at, pool) in tenant.pools().iter().enumerate() {
                let name = pool
                    .get("name")
                    .and_then(Node::as_str)
                    .map_or_else(|| format!("#{at}"), |name| format!("`{name}`"));
                let found = counts(&tenant, pool, &name).into_iter().chain(claim(&tenant, pool, &name));
                found.for_each(|found| out.report(weighed(cluster, tenant.object, Confidence::High, found)));
            }
        }
    }
}

/// Source: minio/operator `pkg/apis/minio.min.io/v2/helper.go` (`Pool.Validate`): two servers need four volumes and three
/// need six; any other number of servers needs one volume each.
fn counts(tenant: &Tenant<'_>, pool: &Node, name: &str) -> Option<Observation> {
    let (servers_at, volumes_at) = (pool.get("servers")?, pool.get("volumesPerServer")?);
    let (servers, volumes) = (servers_at.as_int()?, volumes_at.as_int()?);
    let object = tenant.object.reference();
    let path = format!("pools[{name}]");
    for (count, node, what) in [(servers, servers_at, "server"), (volumes, volumes_at, "volume for each server")] {
        if count <= 0 {
            return Some(
                Observation::new(
                    "minio-pool-too-small",
                    format!("pool {name} of {object} has {count} {what}s, and the operator asks for one at least"),
                    Label::new(node.span(), "none"),
                )
                .about(object, path)
                .trail(trail(node))
                .help("set it to 1 at least"),
            );
        }
    }
    if !(2..=3).contains(&servers) || volumes >= 2 {
        return None;
    }
    let size = size(tenant, pool);
    let cost = |claims: i64| match size.zip(u64::try_from(claims).ok()) {
        Some((size, claims)) => format!("{claims} claims, {} in all", size.times(claims).shown()),
        None => format!("{claims} claims"),
    };
    let total = servers * volumes;
    Some(
        Observation::new(
            "minio-pool-too-small",
            format!(
                "pool {name} of {object} has {total} volumes on {servers} servers, and the operator asks for {} at least",
                servers * 2
            ),
            Label::new(volumes_at.span(), "too few volumes"),
        )
        .about(object, path)
        .trail(trail(volumes_at))
        .related(Label::new(servers_at.span(), "with so many servers"))
        .help(format!(
            "set `volumesPerServer: 2` ({}), or `servers: 4` ({})",
            cost(servers * 2),
            cost(4 * volumes)
        )),
    )
}

/// The size of a claim.
fn size(tenant: &Tenant<'_>, pool: &Node) -> Option<Quantity> {
    let path = if tenant.by_chart { "size" } else { "volumeClaimTemplate.spec.resources.requests.storage" };
    Quantity::parse(&pool.dig(path)?.scalar_text()?)
}

/// What the claims of a Tenant must say. The chart writes them from values with defaults.
fn claim(tenant: &Tenant<'_>, pool: &Node, name: &str) -> Option<Observation> {
    let template = pool.get("volumeClaimTemplate").filter(|template| !tenant.by_chart && !template.holds_unknown())?;
    let storage = template.dig("spec.resources.requests.storage").filter(|size| !size.is_null());
    let amount = storage.and_then(Node::scalar_text).and_then(|text| Quantity::parse(&text));
    let (what, place) = match storage {
        None => ("no size", template),
        Some(size) if amount.is_some_and(Quantity::is_zero) => ("a size of nothing", size),
        Some(_) if template.dig("spec.accessModes").is_none_or(|modes| modes.items().is_empty()) => {
            ("no access mode", template)
        }
        Some(_) => return None,
    };
    let object = tenant.object.reference();
    Some(
        Observation::new(
            "minio-pool-too-small",
            format!("the claims of pool {name} of {object} have {what}, which the operator refuses"),
            Label::new(key_of(pool, "volumeClaimTemplate").unwrap_or(place.span()), what),
        )
        .about(object, format!("pools[{name}].volumeClaimTemplate"))
        .trail(trail(place))
        .help("set `spec.resources.requests.storage` and `spec.accessModes` of the claim template"),
    )
}

fn key_of(node: &Node, key: &str) -> Option<crate::source::Span> {
    Some(node.as_map()?.entry(key)?.key_span)
}
