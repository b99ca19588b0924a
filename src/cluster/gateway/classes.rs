//! Classes of Gateways and Ingresses: which are there, and which something may make.

use crate::build::flux::ReleaseNames;
use crate::cluster::Cluster;
use crate::cluster::producers::is_related;

/// Beginnings of the names of classes that clouds and distributions bring along.
const BROUGHT_ALONG: [&str; 8] =
    ["gke-", "gce", "azure", "webapprouting.", "amazon-vpc-", "alb", "addon-http-application-routing", "openshift-"];

/// Charts that run controllers of Gateways or Ingresses, and may make classes of any name.
const CONTROLLERS: [&str; 6] =
    ["aws-load-balancer-controller", "ingress-nginx", "nginx-ingress", "traefik", "tailscale-operator", "cilium"];

/// What is known of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It is there.
    Present,
    /// Something may make it.
    Unknown,
    /// It is not there, while others are.
    Missing,
}

/// What is known of a class. Where no class stands in the tree, nothing is known of any.
pub fn class(cluster: &Cluster<'_>, group: &str, kind: &str, name: &str) -> Class {
    if cluster.get(group, kind, "", name).is_some() {
        return Class::Present;
    }
    let is_brought = BROUGHT_ALONG.iter().any(|start| name.starts_with(start));
    let is_absent = cluster.existence(group, kind, "", name).is_absent();
    if is_brought || !is_absent || cluster.of_kind(group, kind).next().is_none() {
        return Class::Unknown;
    }
    let may_make = |release: &crate::build::Object| {
        let chart = cluster.chart(release).and_then(|chart| chart.name.as_deref());
        let is_controller = chart.is_none_or(|chart| CONTROLLERS.contains(&chart));
        cluster.model(release).is_none()
            && !cluster.is_rendered(release)
            && (is_controller || is_related(cluster, release, &ReleaseNames::of(release), name))
    };
    if cluster.of_kind("helm.toolkit.fluxcd.io", "HelmRelease").any(may_make) { Class::Unknown } else { Class::Missing }
}
