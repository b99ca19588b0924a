//! Tenants of the MinIO operator: as objects, and in the values of the tenant chart.

use crate::build::Object;
use crate::build::flux::ReleaseNames;
use crate::cluster::Cluster;
use crate::yaml::Node;

/// The name the chart gives its Tenant where the values give none. Source: minio/operator `helm/tenant/values.yaml`.
const CHART_NAME: &str = "myminio";

/// A Tenant, or the values of a release that make one.
#[derive(Clone, Copy, Debug)]
pub struct Tenant<'w> {
    /// The Tenant, or the HelmRelease.
    pub object: &'w Object,
    /// Its spec, or the values below `tenant`.
    pub spec: Option<&'w Node>,
    /// It comes from the values of the chart, which have fields and defaults of their own.
    pub by_chart: bool,
    /// Whether an absent field is really absent.
    pub is_closed: bool,
}

impl<'w> Tenant<'w> {
    /// Every Tenant of a cluster.
    pub fn all(cluster: &Cluster<'w>) -> Vec<Self> {
        let objects = cluster.of_kind("minio.min.io", "Tenant").map(|object| Tenant {
            object,
            spec: object.dig("spec"),
            by_chart: false,
            is_closed: !object.dig("spec").is_some_and(Node::is_unknown),
        });
        let releases = cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").filter_map(|object| {
            let is_tenant = cluster.chart(object)?.name.as_deref() == Some("tenant") && !cluster.is_rendered(object);
            let values = cluster.values(object).filter(|_| is_tenant)?;
            Some(Tenant { object, spec: values.root.get("tenant"), by_chart: true, is_closed: values.is_closed() })
        });
        objects.chain(releases).collect()
    }

    /// The namespace it runs in.
    pub fn namespace(&self) -> String {
        if self.by_chart { ReleaseNames::of(self.object).namespace } else { self.object.namespace().to_owned() }
    }

    /// Its name; `None` where that is not known.
    pub fn name(&self) -> Option<String> {
        if !self.by_chart {
            return Some(self.object.name.to_string());
        }
        match self.spec.and_then(|spec| spec.get("name")).filter(|name| !name.is_null()) {
            Some(name) => name.as_str().map(ToOwned::to_owned),
            None => self.is_closed.then(|| CHART_NAME.to_owned()),
        }
    }

    /// A field of it that is not null.
    pub fn field(&self, path: &str) -> Option<&'w Node> {
        self.spec?.dig(path).filter(|node| !node.is_null())
    }

    /// Its pools.
    pub fn pools(&self) -> &'w [Node] {
        self.field("pools").map(Node::items).unwrap_or_default()
    }
}
