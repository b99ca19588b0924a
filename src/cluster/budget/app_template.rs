//! Releases of the app-template chart: controllers, their containers and persistence, as its values say.

use super::copies::{Copies, Scalers};
use super::pod::{Container, Pod, Stated};
use super::profile::{Found, Owner};
use super::{Claim, Contributor};
use crate::build::flux::ReleaseValues;
use crate::cluster::Cluster;
use crate::yaml::{Entry, Node};

/// Whether an item of a map counts.
fn is_enabled(entry: &&Entry) -> bool {
    entry.value.as_map().is_some() && entry.value.get("enabled").and_then(Node::as_bool) != Some(false)
}

/// Counts a release.
pub fn expand<'w>(
    cluster: &Cluster<'w>,
    scalers: &Scalers,
    owner: &Owner<'w>,
    release_name: &str,
    values: &ReleaseValues,
    found: &mut Found<'w>,
) {
    let root = &values.root;
    let open = values.open.first().map(|source| format!("values of {source} are not known"));
    if let Some(why) = &open {
        found.uncounted.push(owner.uncounted("", why.clone()));
    }
    let Some(controllers) = root.get("controllers").filter(|node| node.as_map().is_some()) else {
        if values.is_closed() {
            found.uncounted.push(owner.uncounted("", "its values name no `controllers`"));
        }
        return;
    };
    let enabled: Vec<&Entry> = controllers.entries().filter(is_enabled).collect();
    let base = ["global.fullnameOverride", "fullnameOverride"]
        .iter()
        .find_map(|path| root.dig(path)?.as_str())
        .unwrap_or(release_name);
    for entry in &enabled {
        let name = match enabled.len() {
            1 => base.to_owned(),
            _ if base.ends_with(&format!("-{}", entry.key)) || base == entry.key => base.to_owned(),
            _ => format!("{base}-{}", entry.key),
        };
        let mut contributor = controller(cluster, scalers, owner, root, entry, &name);
        for container in contributor.pod.iter_mut().flat_map(|pod| pod.containers.iter_mut().chain(&mut pod.init)) {
            container.open = container.open.take().or_else(|| open.clone());
        }
        found.contributors.push(contributor);
    }
    for entry in root.get("persistence").into_iter().flat_map(Node::entries).filter(is_enabled) {
        let item = &entry.value;
        let kind = item.get("type").and_then(Node::as_str).unwrap_or("persistentVolumeClaim");
        if kind != "persistentVolumeClaim" || item.get("existingClaim").is_some_and(|claim| !claim.is_null()) {
            continue;
        }
        found.contributors.push(Contributor {
            object: owner.object,
            part: format!("persistence.{}", entry.key),
            namespace: owner.namespace.clone(),
            copies: Copies::exactly(1, None),
            pod: None,
            claims: vec![sized(&entry.key, item)],
            trust: owner.trust,
            transient: false,
        });
    }
}

fn sized(name: &str, item: &Node) -> Claim {
    let size = item.get("size").filter(|size| !size.is_null());
    let size = size.map_or_else(|| Stated::Unclear("states no size".to_owned()), Stated::read);
    Claim { name: name.to_owned(), size, count: 1 }
}

fn controller<'w>(
    cluster: &Cluster<'w>,
    scalers: &Scalers,
    owner: &Owner<'w>,
    root: &Node,
    entry: &Entry,
    name: &str,
) -> Contributor<'w> {
    let spec = &entry.value;
    let kind = spec.get("type").and_then(Node::as_str).unwrap_or("deployment").to_lowercase();
    let job = |key: &str| {
        let of = |field: &str| spec.at(&[key, field]);
        if of("suspend").and_then(Node::as_bool) == Some(true) {
            return Copies::exactly(0, of("suspend").map(Node::span));
        }
        let copies = Copies::read(of("parallelism"), 1);
        match of("completions").filter(|node| !node.is_null()) {
            Some(node) => copies.at_most(&Copies::read(Some(node), 1)),
            None => copies,
        }
    };
    let own = Copies::read(spec.get("replicas"), 1);
    let copies = match kind.as_str() {
        "daemonset" => {
            Copies::of_nodes(cluster, pod_option(root, spec, "nodeSelector").map(|_| spec.get("pod").unwrap_or(spec)))
        }
        "cronjob" => job("cronjob"),
        "job" => job("job"),
        "statefulset" => scalers.over("StatefulSet", &owner.namespace, name, own),
        _ => scalers.over("Deployment", &owner.namespace, name, own),
    };
    let containers = |key: &str, with_defaults: bool| -> Vec<Container> {
        spec.get(key)
            .into_iter()
            .flat_map(Node::entries)
            .filter(is_enabled)
            .map(|item| container(spec, item, with_defaults))
            .collect()
    };
    let applies = spec.get("applyDefaultContainerOptionsToInitContainers").and_then(Node::as_bool) != Some(false);
    let whole_pod =
        pod_option(root, spec, "resources").filter(|node| node.entries().next().is_some()).map(|resources| {
            let mut whole = Container::empty("", resources.span());
            whole.overlay(resources);
            whole
        });
    let templates =
        if kind == "statefulset" { spec.at(&["statefulset", "volumeClaimTemplates"]).map(Node::items) } else { None };
    let claims = templates
        .unwrap_or_default()
        .iter()
        .map(|item| sized(item.get("name").and_then(Node::as_str).unwrap_or_default(), item));
    Contributor {
        object: owner.object,
        part: if entry.key == *owner.object.name { String::new() } else { entry.key.to_string() },
        namespace: owner.namespace.clone(),
        copies,
        pod: Some(Pod {
            containers: containers("containers", true),
            init: containers("initContainers", applies),
            whole: whole_pod,
            ..Pod::default()
        }),
        claims: claims.collect(),
        trust: owner.trust,
        transient: kind == "cronjob" || kind == "job",
    }
}

/// An option of the pod: the controller's, else the release's.
fn pod_option<'n>(root: &'n Node, controller: &'n Node, key: &str) -> Option<&'n Node> {
    controller.at(&["pod", key]).or_else(|| root.at(&["defaultPodOptions", key])).filter(|node| !node.is_null())
}

fn container(controller: &Node, entry: &Entry, with_defaults: bool) -> Container {
    let mut container = Container::empty(&entry.key, entry.key_span);
    container.restartable = entry.value.get("restartPolicy").and_then(Node::as_str) == Some("Always");
    let own = entry.value.get("resources").filter(|node| !node.is_null());
    let default = controller.at(&["defaultContainerOptions", "resources"]).filter(|_| with_defaults);
    let merges = controller.get("defaultContainerOptionsStrategy").and_then(Node::as_str) == Some("merge");
    let is_set = own.is_some_and(|node| node.is_unknown() || node.entries().next().is_some());
    if let Some(default) = default.filter(|_| merges || !is_set) {
        container.overlay(default);
    }
    if let Some(own) = own {
        container.overlay(own);
    }
    container
}

/// Whether values have the shape of the chart, whatever its name.
pub fn is_shaped(values: &Node) -> bool {
    let controllers = values.get("controllers").into_iter().flat_map(Node::entries);
    let mut controllers =
        controllers.filter(|entry| entry.value.get("containers").is_some_and(|node| node.as_map().is_some()));
    controllers.next().is_some()
}

/// The major version of the chart, where it is pinned.
pub fn major(version: Option<&str>) -> Option<u64> {
    super::chart::numbers(version?)?.first().copied()
}
