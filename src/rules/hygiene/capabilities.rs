//! Capabilities of containers: dropped, and not added.

use super::seen::{Of, Seen, rule};
use crate::yaml::Node;

rule!(CapabilitiesNotDropped, "capabilities-not-dropped", containers not_dropped);
rule!(CapabilityAdded, "capability-added", containers added);

const FIELD: &str = "securityContext.capabilities";

fn listed<'w>(of: &Of<'_, 'w>, key: &str) -> &'w [Node] {
    of.get(&["securityContext", "capabilities", key]).map(Node::items).unwrap_or_default()
}

fn not_dropped(of: &Of<'_, '_>) -> Option<Seen> {
    let dropped = listed(of, "drop");
    let is_all = |node: &Node| node.is_unknown() || node.as_str().is_some_and(|name| name.eq_ignore_ascii_case("all"));
    let list = of.get(&["securityContext", "capabilities", "drop"]);
    if dropped.iter().any(is_all) || of.is_unclear() || list.is_some_and(Node::is_unknown) {
        return None;
    }
    Some(match list.filter(|_| !dropped.is_empty()) {
        Some(list) => Seen::at(list, FIELD, "drops some capabilities and keeps the others", "not `ALL`"),
        None => of.lacks(FIELD, "drops no capabilities", "keeps those of the runtime"),
    })
}

/// Source: kubernetes/pod-security-admission `policy/check_capabilities_restricted.go`.
const HARMLESS: &str = "NET_BIND_SERVICE";

fn added(of: &Of<'_, '_>) -> Option<Seen> {
    let names = listed(of, "add").iter().filter_map(|node| Some((node, node.as_str()?)));
    let names: Vec<(&Node, &str)> = names.filter(|(_, name)| name.trim_start_matches("CAP_") != HARMLESS).collect();
    let (first, _) = names.first()?;
    let shown: Vec<String> = names.iter().map(|(_, name)| format!("`{name}`")).collect();
    Some(Seen::at(first, FIELD, format!("adds {}", shown.join(", ")), "added"))
}
