//! Every object of a cluster that brings pods or claims.

use hashbrown::HashMap;

use super::copies::{Copies, Scalers};
use super::pod::{Defaults, Pod};
use super::profile::{Found, Owner, expand};
use super::{Account, Claim, Contributor};
use crate::build::Object;
use crate::build::charts::Extent;
use crate::build::flux::ReleaseNames;
use crate::cluster::Cluster;
use crate::cluster::profiles::Values;
use crate::cluster::release::Release;
use crate::finding::Confidence;
use crate::yaml::Node;

/// Counts a cluster.
pub fn collect<'w>(cluster: &Cluster<'w>) -> Account<'w> {
    let scalers = Scalers::of(cluster);
    let mut found = Found::default();
    for object in cluster.objects().chain(cluster.modelled()) {
        match (&*object.gvk.group, &*object.gvk.kind) {
            ("apps", "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet")
            | ("batch", "Job" | "CronJob")
            | ("", "Pod" | "ReplicationController" | "PersistentVolumeClaim") => {
                found.contributors.push(workload(cluster, &scalers, object))
            }
            // What was rendered are objects of their own.
            ("helm.toolkit.fluxcd.io", "HelmRelease") if cluster.is_rendered(object) => {}
            ("helm.toolkit.fluxcd.io", "HelmRelease") => release(cluster, object, &mut found),
            _ => operated(cluster, object, &mut found),
        }
    }
    let ranges = limit_ranges(cluster);
    for contributor in &mut found.contributors {
        if let Some(pod) = &mut contributor.pod {
            pod.apply_defaults(ranges.get(&contributor.namespace));
        }
    }
    let not_built = cluster.build().not_built.iter();
    Account {
        contributors: found.contributors,
        uncounted: found.uncounted,
        not_built: not_built.map(|one| (one.what.clone(), one.reason.clone(), one.namespace.clone())).collect(),
    }
}

fn limit_ranges(cluster: &Cluster<'_>) -> HashMap<String, Defaults> {
    let mut ranges: HashMap<String, Defaults> = HashMap::new();
    for object in cluster.of_kind("", "LimitRange") {
        for item in object.dig("spec.limits").map(Node::items).unwrap_or_default() {
            if item.get("type").and_then(Node::as_str) == Some("Container") {
                ranges.entry(object.namespace().to_owned()).or_default().add(item);
            }
        }
    }
    ranges
}

fn workload<'w>(cluster: &Cluster<'w>, scalers: &Scalers, object: &'w Object) -> Contributor<'w> {
    let kind = object.kind();
    let template = match kind {
        "Pod" => object.at(&["spec"]),
        "CronJob" => object.at(&["spec", "jobTemplate", "spec", "template", "spec"]),
        "PersistentVolumeClaim" => None,
        _ => object.at(&["spec", "template", "spec"]),
    };
    let copies = match kind {
        "Pod" | "PersistentVolumeClaim" => Copies::exactly(1, None),
        "DaemonSet" => Copies::of_nodes(cluster, template),
        "Job" => job(object.at(&["spec"])),
        "CronJob" if object.dig("spec.suspend").and_then(Node::as_bool) == Some(true) => {
            Copies::exactly(0, object.dig("spec.suspend").map(Node::span))
        }
        "CronJob" => job(object.dig("spec.jobTemplate.spec")),
        _ => scalers.over(kind, object.namespace(), &object.name, Copies::read(object.dig("spec.replicas"), 1)),
    };
    let claims = match kind {
        "PersistentVolumeClaim" => vec![Claim::of_template(&object.name, &object.node)],
        "StatefulSet" => {
            let templates = object.dig("spec.volumeClaimTemplates").map(Node::items).unwrap_or_default();
            let named = |template: &Node| {
                template.at(&["metadata", "name"]).and_then(Node::as_str).unwrap_or_default().to_owned()
            };
            templates.iter().map(|template| Claim::of_template(&named(template), template)).collect()
        }
        _ => Vec::new(),
    };
    Contributor {
        object,
        part: String::new(),
        namespace: object.namespace().to_owned(),
        copies,
        pod: template.map(|spec| pod(cluster, object, spec)),
        claims,
        trust: object.modelled.unwrap_or(Confidence::High),
        transient: matches!(kind, "Job" | "CronJob"),
    }
}

/// A pod; where values of its release are not known, they may set what it does not state.
fn pod(cluster: &Cluster<'_>, object: &Object, spec: &Node) -> Pod {
    let mut pod = Pod::read(spec);
    let release = object.modelled.and(object.release).and_then(|at| cluster.object(at));
    let source = release.and_then(|release| cluster.values(release)?.open.first());
    if let Some(source) = source {
        for container in pod.containers.iter_mut().chain(&mut pod.init) {
            container.open.get_or_insert_with(|| format!("values of {source} are not known"));
        }
    }
    pod
}

fn job(spec: Option<&Node>) -> Copies {
    let get = |key: &str| spec.and_then(|spec| spec.get(key)).filter(|node| !node.is_null());
    if get("suspend").and_then(Node::as_bool) == Some(true) {
        return Copies::exactly(0, get("suspend").map(Node::span));
    }
    let copies = Copies::read(get("parallelism"), 1);
    match get("completions") {
        Some(node) => copies.at_most(&Copies::read(Some(node), 1)),
        None => copies,
    }
}

fn release<'w>(cluster: &Cluster<'w>, object: &'w Object, found: &mut Found<'w>) {
    // A document without a chart is a fragment for a patch.
    if object.dig("spec.chart").is_none() && object.dig("spec.chartRef").is_none() {
        return;
    }
    let mut owner = Owner { object, namespace: ReleaseNames::of(object).namespace, trust: Confidence::Medium };
    let (Some(values), Some(chart)) = (cluster.values(object), cluster.chart(object)) else { return };
    if let Some(renderers) = object.dig("spec.postRenderers") {
        let text = renderers.to_json().to_string();
        if text.contains("resources") || text.contains("replicas") {
            found.uncounted.push(owner.uncounted("post-renderers", "they may change copies and resources"));
        }
    }
    if cluster.model(object).is_some() {
        // What it makes are objects of their own; there may be more.
        if let Extent::Open(why) = cluster.makes(object, "apps", "Deployment") {
            found.uncounted.push(owner.uncounted("", why.to_owned()));
        }
        return;
    }
    let fit = Release::of(cluster, object).and_then(|release| cluster.profiles().of_release(&release));
    match fit.and_then(|fit| Some((fit, fit.profile.workloads.as_ref()?))) {
        Some((fit, workloads)) => {
            owner.trust = fit.trust(Confidence::Medium);
            let open = values.open.first().map(|source| format!("values of {source} are not known"));
            expand(workloads, cluster, &owner, &Values { root: &values.root, item: None, open }, found);
            if fit.profile.opaque {
                found.uncounted.push(owner.uncounted("", "some of what its chart runs is not known"));
            }
        }
        None => {
            let reason = match &chart.name {
                Some(name) => format!("what the chart `{name}` runs is not known"),
                None => "its chart is not known".to_owned(),
            };
            found.uncounted.push(owner.uncounted("", reason));
        }
    }
}

fn operated<'w>(cluster: &Cluster<'w>, object: &'w Object, found: &mut Found<'w>) {
    let owner = Owner { object, namespace: object.namespace().to_owned(), trust: Confidence::Medium };
    let Some(profile) = cluster.profiles().of_object(object) else { return };
    if let Some(workloads) = &profile.workloads {
        expand(workloads, cluster, &owner, &Values { root: &object.node, item: None, open: None }, found);
    } else if profile.opaque {
        found
            .uncounted
            .push(owner.uncounted("", format!("what its operator runs for this {} is not known", object.kind())));
    }
}
