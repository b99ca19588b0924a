//! The Pod Security Standards over pod templates. Source: kubernetes/pod-security-admission `policy/check_*.go`,
//! kubernetes/website `content/en/docs/concepts/security/pod-security-standards.md`.

use super::templates::{Container, Template};
use crate::source::Span;
use crate::yaml::Node;

/// A level; each holds those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Anything.
    Privileged,
    /// Nothing that reaches the node.
    Baseline,
    /// Hardened.
    Restricted,
}

impl Level {
    /// A level as labels of namespaces name it.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "privileged" => Some(Level::Privileged),
            "baseline" => Some(Level::Baseline),
            "restricted" => Some(Level::Restricted),
            _ => None,
        }
    }

    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        }
    }
}

/// What a template does that a level forbids.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The value; what should hold it where it is absent.
    pub place: Span,
    /// The container; `None` where it is the pod.
    pub container: Option<String>,
    /// What it does, as a clause without subject: ``sets `hostNetwork` ``.
    pub what: String,
    /// The field, relative to the `spec` of the pod or to the container.
    pub field: String,
}

/// Capabilities that baseline lets containers add.
const BASELINE_CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];

/// Settings of the kernel that are safe.
const SAFE_SYSCTLS: [&str; 9] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
];

/// Types of SELinux that are no escape.
const SELINUX_TYPES: [&str; 5] = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/// Volumes that restricted allows.
const VOLUMES: [&str; 8] =
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"];

/// Everything of a template that a level forbids. What is not known violates nothing.
pub fn violations(template: &Template<'_>, level: Level) -> Vec<Violation> {
    let mut found = Vec::new();
    if level >= Level::Baseline {
        baseline_pod(template, &mut found);
    }
    for container in template.containers() {
        let of = Of { template, container };
        if level >= Level::Baseline {
            of.baseline(&mut found);
        }
        if level >= Level::Restricted {
            of.restricted(&mut found);
        }
    }
    if level >= Level::Restricted {
        for (at, volume) in template.spec.get("volumes").map(Node::items).unwrap_or_default().iter().enumerate() {
            let mut kinds = volume.entries().filter(|entry| entry.key != "name");
            if let Some(entry) = kinds.find(|entry| !VOLUMES.contains(&entry.key.as_str()) && entry.key != "hostPath") {
                let what = format!("mounts a volume of type `{}`", entry.key);
                found.push(Violation { place: entry.key_span, container: None, what, field: format!("volumes[{at}]") });
            }
        }
    }
    found
}

fn baseline_pod(template: &Template<'_>, found: &mut Vec<Violation>) {
    let mut add = |place: Span, what: String, field: &str| {
        found.push(Violation { place, container: None, what, field: field.to_owned() });
    };
    for key in ["hostNetwork", "hostPID", "hostIPC"] {
        if let Some(value) = template.spec.get(key).filter(|value| value.as_bool() == Some(true)) {
            add(value.span(), format!("sets `{key}`"), key);
        }
    }
    for volume in template.spec.get("volumes").map(Node::items).unwrap_or_default() {
        if let Some(path) = volume.get("hostPath").filter(|path| !path.is_null()) {
            let shown = path.get("path").and_then(Node::shown).unwrap_or_default();
            add(path.get("path").unwrap_or(path).span(), format!("mounts `{shown}` of the node"), "volumes");
        }
    }
    let context = template.spec.get("securityContext");
    for sysctl in context.and_then(|own| own.get("sysctls")).map(Node::items).unwrap_or_default() {
        let Some(name) = sysctl.get("name") else { continue };
        if name.as_str().is_some_and(|name| !SAFE_SYSCTLS.contains(&name)) {
            add(
                name.span(),
                format!("sets `{}` of the kernel", name.shown().unwrap_or_default()),
                "securityContext.sysctls",
            );
        }
    }
    if let Some(context) = context {
        for (place, what, field) in shared(context) {
            add(place, what, &format!("securityContext.{field}"));
        }
    }
}

/// What both the context of a pod and that of a container may set.
fn shared(context: &Node) -> Vec<(Span, String, &'static str)> {
    let mut found = Vec::new();
    let text = |path: &[&str]| context.at(path).and_then(|node| Some((node.span(), node.as_str()?)));
    if let Some((place, "Unconfined")) = text(&["seccompProfile", "type"]) {
        found.push((place, "switches seccomp off".to_owned(), "seccompProfile.type"));
    }
    if let Some((place, "Unconfined")) = text(&["appArmorProfile", "type"]) {
        found.push((place, "switches AppArmor off".to_owned(), "appArmorProfile.type"));
    }
    if let Some((place, kind)) = text(&["seLinuxOptions", "type"]).filter(|(_, kind)| !SELINUX_TYPES.contains(kind)) {
        found.push((place, format!("runs as SELinux type `{kind}`"), "seLinuxOptions.type"));
    }
    for key in ["user", "role"] {
        if let Some((place, set)) = text(&["seLinuxOptions", key]).filter(|(_, set)| !set.is_empty()) {
            found.push((place, format!("sets the SELinux {key} `{set}`"), "seLinuxOptions"));
        }
    }
    if context.at(&["windowsOptions", "hostProcess"]).and_then(Node::as_bool) == Some(true) {
        found.push((context.span(), "runs as a process of the node".to_owned(), "windowsOptions.hostProcess"));
    }
    found
}

/// A container of a template.
struct Of<'t, 'w> {
    template: &'t Template<'w>,
    container: Container<'w>,
}

impl Of<'_, '_> {
    fn add(&self, found: &mut Vec<Violation>, place: Span, what: impl Into<String>, field: &str) {
        let container = Some(self.container.name());
        found.push(Violation { place, container, what: what.into(), field: field.to_owned() });
    }

    fn context(&self) -> Option<&Node> {
        self.container.node.get("securityContext").filter(|context| !context.is_null())
    }

    fn place(&self) -> Span {
        self.container.named().span()
    }

    fn baseline(&self, found: &mut Vec<Violation>) {
        for port in self.container.node.get("ports").map(Node::items).unwrap_or_default() {
            if let Some(port) = port.get("hostPort").filter(|port| port.as_int().is_some_and(|number| number != 0)) {
                self.add(found, port.span(), "takes a port of the node", "ports");
            }
        }
        let Some(context) = self.context() else { return };
        if let Some(value) = context.get("privileged").filter(|value| value.as_bool() == Some(true)) {
            self.add(found, value.span(), "is privileged", "securityContext.privileged");
        }
        for capability in context.at(&["capabilities", "add"]).map(Node::items).unwrap_or_default() {
            if let Some(name) = capability.as_str().filter(|name| !BASELINE_CAPABILITIES.contains(name)) {
                self.add(
                    found,
                    capability.span(),
                    format!("adds the capability `{name}`"),
                    "securityContext.capabilities",
                );
            }
        }
        if let Some(mount) = context.get("procMount").filter(|mount| mount.as_str().is_some_and(|one| one != "Default"))
        {
            self.add(found, mount.span(), "unmasks `/proc`", "securityContext.procMount");
        }
        for (place, what, field) in shared(context) {
            self.add(found, place, what, &format!("securityContext.{field}"));
        }
    }

    /// A setting of the container, else of the pod.
    fn setting(&self, path: &[&str]) -> Option<&Node> {
        let pod = || self.template.spec.get("securityContext")?.at(path);
        let own = self.context().and_then(|context| context.at(path));
        own.filter(|node| !node.is_null()).or_else(|| pod().filter(|node| !node.is_null()))
    }

    /// Whether its contexts are known as a whole.
    fn is_unknown(&self) -> bool {
        let pod = self.template.spec.get("securityContext");
        self.context().is_some_and(Node::holds_unknown) || pod.is_some_and(Node::holds_unknown)
    }

    fn restricted(&self, found: &mut Vec<Violation>) {
        if self.is_unknown() {
            return;
        }
        let own = |path: &[&str]| self.context().and_then(|context| context.at(path));
        match own(&["allowPrivilegeEscalation"]) {
            Some(value) if value.as_bool() == Some(false) => {}
            Some(value) => {
                self.add(found, value.span(), "may gain privileges", "securityContext.allowPrivilegeEscalation")
            }
            None => self.add(
                found,
                self.place(),
                "does not set `allowPrivilegeEscalation: false`",
                "securityContext.allowPrivilegeEscalation",
            ),
        }
        match self.setting(&["runAsNonRoot"]) {
            Some(value) if value.as_bool() == Some(true) => {}
            Some(value) => self.add(found, value.span(), "may run as root", "securityContext.runAsNonRoot"),
            None => self.add(found, self.place(), "does not set `runAsNonRoot: true`", "securityContext.runAsNonRoot"),
        }
        if let Some(user) = self.setting(&["runAsUser"]).filter(|user| user.as_int() == Some(0)) {
            self.add(found, user.span(), "runs as root", "securityContext.runAsUser");
        }
        match self.setting(&["seccompProfile", "type"]) {
            Some(profile) if matches!(profile.as_str(), Some("RuntimeDefault" | "Localhost")) => {}
            // Baseline speaks of it.
            Some(profile) if profile.as_str() == Some("Unconfined") => {}
            Some(profile) => {
                self.add(found, profile.span(), "has no seccomp profile", "securityContext.seccompProfile")
            }
            None => self.add(found, self.place(), "has no seccomp profile", "securityContext.seccompProfile"),
        }
        let dropped = own(&["capabilities", "drop"]).map(Node::items).unwrap_or_default();
        if !dropped.iter().any(|one| one.as_str() == Some("ALL")) {
            let place = own(&["capabilities", "drop"]).map_or_else(|| self.place(), Node::span);
            self.add(found, place, "does not drop `ALL` capabilities", "securityContext.capabilities");
        }
        for capability in own(&["capabilities", "add"]).map(Node::items).unwrap_or_default() {
            let name = capability.as_str().filter(|name| *name != "NET_BIND_SERVICE");
            // Others are told by baseline.
            if let Some(name) = name.filter(|name| BASELINE_CAPABILITIES.contains(name)) {
                self.add(
                    found,
                    capability.span(),
                    format!("adds the capability `{name}`"),
                    "securityContext.capabilities",
                );
            }
        }
    }
}
