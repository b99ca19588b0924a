//! What a pod takes of its node, and whose account and rank it has.

use super::seen::{Seen, objects, rule};
use crate::cluster::Cluster;
use crate::cluster::templates::Template;
use crate::rulebook::Sink;
use crate::yaml::Node;

rule!(HostNetworkShared, "host-network-shared", pods network);
rule!(HostPidShared, "host-pid-shared", pods pid);
rule!(HostIpcShared, "host-ipc-shared", pods ipc);
rule!(HostPathMounted, "host-path-mounted", pods host_path);
rule!(DockerSocketMounted, "docker-socket-mounted", pods docker);
rule!(SysctlUnsafe, "sysctl-unsafe", pods sysctl);
rule!(ServiceAccountDefault, "service-account-default", pods account);
rule!(ServiceAccountFieldDeprecated, "service-account-field-deprecated", pods old_field);
rule!(PriorityClassMissing, "priority-class-missing", pods priority);
rule!(TokenAutomounted, "token-automounted", |cluster, out| automounted(cluster, out));
rule!(NamespaceDefaultUsed, "namespace-default-used", |cluster, out| default_namespace(cluster, out));

fn shared(template: &Template<'_>, key: &str, what: &str) -> Option<Seen> {
    let node = template.spec.get(key).filter(|node| node.as_bool() == Some(true))?;
    Some(Seen::at(node, key, format!("shares the {what} of its node"), "of the node"))
}

fn network(template: &Template<'_>) -> Option<Seen> {
    shared(template, "hostNetwork", "network")
}

fn pid(template: &Template<'_>) -> Option<Seen> {
    shared(template, "hostPID", "processes")
}

fn ipc(template: &Template<'_>) -> Option<Seen> {
    shared(template, "hostIPC", "memory between processes")
}

/// The first folder of the node that a pod mounts and that a test takes.
fn mounted(template: &Template<'_>, is_meant: fn(&str) -> bool) -> Option<Seen> {
    let volumes = template.spec.get("volumes").map(Node::items).unwrap_or_default();
    let node = volumes
        .iter()
        .filter_map(|volume| volume.at(&["hostPath", "path"]))
        .find(|node| node.as_str().is_some_and(is_meant))?;
    let path = node.as_str()?;
    Some(Seen::at(node, format!("volumes[{path}]"), format!("mounts `{path}` of its node"), "of the node"))
}

/// Sockets of container runtimes.
fn is_runtime(path: &str) -> bool {
    path.ends_with("/docker.sock") || path.ends_with("/containerd.sock") || path.ends_with("/crio.sock")
}

fn host_path(template: &Template<'_>) -> Option<Seen> {
    mounted(template, |path| !is_runtime(path))
}

fn docker(template: &Template<'_>) -> Option<Seen> {
    mounted(template, is_runtime)
}

/// Settings of the kernel that reach no other pod. Source: kubernetes/website
/// `content/en/docs/tasks/administer-cluster/sysctl-cluster.md`.
const SAFE_SYSCTLS: [&str; 10] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
];

fn sysctl(template: &Template<'_>) -> Option<Seen> {
    let listed = template.spec.at(&["securityContext", "sysctls"]).map(Node::items).unwrap_or_default();
    let (node, name) = listed
        .iter()
        .filter_map(|one| one.get("name"))
        .filter_map(|node| Some((node, node.as_str()?)))
        .find(|(_, name)| !SAFE_SYSCTLS.contains(name))?;
    Some(Seen::at(node, "securityContext.sysctls", format!("sets `{name}` of the kernel"), "not a safe one"))
}

/// What to point at when the whole workload is meant.
fn whole<'w>(template: &Template<'w>) -> &'w Node {
    template.object.at(&["metadata", "name"]).unwrap_or(template.spec)
}

fn account(template: &Template<'_>) -> Option<Seen> {
    const FIELD: &str = "serviceAccountName";
    let given = template.spec.get(FIELD).or_else(|| template.spec.get("serviceAccount"));
    match given.filter(|node| !node.is_null()) {
        None => Some(Seen::at(whole(template), FIELD, "runs as the service account `default`", "names no account")),
        Some(node) => match node.as_str() {
            Some("default" | "") => Some(Seen::at(node, FIELD, "runs as the service account `default`", "of all pods")),
            _ => None,
        },
    }
}

fn old_field(template: &Template<'_>) -> Option<Seen> {
    let node = template.spec.get("serviceAccount").filter(|_| template.spec.get("serviceAccountName").is_none())?;
    Some(Seen::at(node, "serviceAccount", "names its account in the field `serviceAccount`", "the former field"))
}

fn priority(template: &Template<'_>) -> Option<Seen> {
    let is_missing = template.spec.get("priorityClassName").is_none_or(Node::is_null);
    let is_lasting = !matches!(template.object.kind(), "Job" | "CronJob");
    (is_missing && is_lasting)
        .then(|| Seen::at(whole(template), "priorityClassName", "has no priority class", "first to go"))
}

fn automounted(cluster: &Cluster<'_>, out: &mut Sink) {
    const FIELD: &str = "automountServiceAccountToken";
    super::seen::pods("token-automounted", cluster, out, |template| {
        let name = template.spec.get("serviceAccountName").and_then(Node::as_str).unwrap_or("default");
        let account = cluster.get("", "ServiceAccount", template.object.namespace(), name);
        // An account of its own is there to be used; that of all pods is not.
        let own = template.spec.get(FIELD).filter(|node| !node.is_null());
        let of_account = account.and_then(|account| account.dig(FIELD));
        let is_off = own.or(of_account).is_some_and(|node| node.as_bool() != Some(true));
        let is_bound = name != "default";
        (!is_off && !is_bound).then(|| {
            Seen::at(own.unwrap_or(whole(template)), FIELD, "mounts the token of `default`", "a token it does not need")
        })
    });
}

fn default_namespace(cluster: &Cluster<'_>, out: &mut Sink) {
    const KINDS: [(&str, &str); 7] = [
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("apps", "DaemonSet"),
        ("batch", "Job"),
        ("batch", "CronJob"),
        ("", "Pod"),
        ("", "Service"),
    ];
    objects("namespace-default-used", cluster, &KINDS, out, |object| {
        let node = object.at(&["metadata", "namespace"]).or_else(|| object.at(&["metadata", "name"]))?;
        (object.namespace() == "default")
            .then(|| Seen::at(node, "metadata.namespace", "is in the namespace `default`", "everybody's namespace"))
    });
}
