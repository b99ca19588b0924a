//! The security context of containers. What the pod sets counts where the container sets nothing.

use super::seen::{Of, Seen, rule};
use crate::yaml::Node;

rule!(ContainerPrivileged, "container-privileged", containers privileged);
rule!(PrivilegeEscalationAllowed, "privilege-escalation-allowed", containers escalation);
rule!(ContainerRunsAsRoot, "container-runs-as-root", containers root);
rule!(RootFilesystemWritable, "root-filesystem-writable", containers writable);
rule!(SeccompProfileMissing, "seccomp-profile-missing", containers seccomp);
rule!(ProcMountUnmasked, "proc-mount-unmasked", containers proc_mount);

fn privileged(of: &Of<'_, '_>) -> Option<Seen> {
    let node = of.get(&["securityContext", "privileged"]).filter(|node| node.as_bool() == Some(true))?;
    Some(Seen::at(node, "securityContext.privileged", "is privileged", "owns the node"))
}

fn escalation(of: &Of<'_, '_>) -> Option<Seen> {
    const FIELD: &str = "securityContext.allowPrivilegeEscalation";
    match of.get(&["securityContext", "allowPrivilegeEscalation"]) {
        Some(node) if node.as_bool() == Some(true) => {
            Some(Seen::at(node, FIELD, "may gain privileges", "allowed here"))
        }
        Some(_) => None,
        None if of.is_unclear() => None,
        None => Some(of.lacks(FIELD, "does not set `allowPrivilegeEscalation: false`", "allowed by default")),
    }
}

fn root(of: &Of<'_, '_>) -> Option<Seen> {
    let user = of.context(&["runAsUser"]);
    if let Some(user) = user.filter(|user| user.as_int() == Some(0)) {
        return Some(Seen::at(user, "securityContext.runAsUser", "runs as root", "root"));
    }
    let non_root = of.context(&["runAsNonRoot"]);
    let is_right = user.is_some() || non_root.is_some_and(|node| node.as_bool() != Some(false));
    if is_right || of.is_unclear() {
        return None;
    }
    Some(match non_root {
        Some(node) => Seen::at(node, "securityContext.runAsNonRoot", "may run as root", "allowed here"),
        None => of.lacks("securityContext.runAsNonRoot", "does not set `runAsNonRoot: true`", "may run as root"),
    })
}

fn writable(of: &Of<'_, '_>) -> Option<Seen> {
    const FIELD: &str = "securityContext.readOnlyRootFilesystem";
    match of.get(&["securityContext", "readOnlyRootFilesystem"]) {
        Some(node) if node.as_bool() == Some(false) => {
            Some(Seen::at(node, FIELD, "may write to the files of its image", "writable"))
        }
        Some(_) => None,
        None if of.is_unclear() => None,
        None => Some(of.lacks(FIELD, "does not set `readOnlyRootFilesystem: true`", "writable by default")),
    }
}

fn seccomp(of: &Of<'_, '_>) -> Option<Seen> {
    const FIELD: &str = "securityContext.seccompProfile";
    match of.context(&["seccompProfile", "type"]) {
        Some(node) if node.as_str() == Some("Unconfined") => {
            Some(Seen::at(node, FIELD, "switches seccomp off", "any system call"))
        }
        Some(_) => None,
        None if of.is_unclear() || is_privileged(of) => None,
        None => Some(of.lacks(FIELD, "has no seccomp profile", "any system call")),
    }
}

fn is_privileged(of: &Of<'_, '_>) -> bool {
    of.get(&["securityContext", "privileged"]).and_then(Node::as_bool) == Some(true)
}

fn proc_mount(of: &Of<'_, '_>) -> Option<Seen> {
    let node = of.get(&["securityContext", "procMount"]).filter(|node| node.as_str() == Some("Unmasked"))?;
    Some(Seen::at(node, "securityContext.procMount", "sees `/proc` unmasked", "unmasked"))
}
