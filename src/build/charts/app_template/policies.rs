//! Network policies.

use super::Template;
use super::items::{Item, Type};
use super::metadata::{Head, Pairs};
use crate::build::charts::draft::Draft;
use crate::build::charts::go::{given, given_at};
use crate::yaml::{Map, Node, Value};

impl Template<'_> {
    pub fn policies(&self) -> Vec<Node> {
        self.items(Type::Policy).iter().filter_map(|item| self.policy(item)).collect()
    }

    fn policy(&self, item: &Item) -> Option<Node> {
        let draft = Draft::at(item.place);
        let values = &item.values;
        let path = format!("networkpolicies.{}", item.id);
        if given(values, "type").is_some_and(|of| !matches!(of.as_str(), Some("native" | "kubernetes"))) {
            self.remarks.gap(Type::Policy.kinds(), format!("what `{path}` makes is not known"));
            return None;
        }
        if given(values, "policyTypes").is_none() && self.version.major < 5 {
            self.missing(item.place, format!("{path}.policyTypes"));
        }
        let rules = |direction: &str, peers: &str| {
            let written = given_at(values, &["rules", direction])?;
            Some(self.rules(written, peers, &format!("{path}.rules.{direction}")))
        };
        let spec = draft.map([
            ("podSelector", Some(self.subject_of(&draft, item, &path))),
            ("policyTypes", given(values, "policyTypes").cloned()),
            ("ingress", rules("ingress", "from")),
            ("egress", rules("egress", "to")),
        ]);
        let head = Head::new(&draft, "networking.k8s.io/v1", "NetworkPolicy", item.name.as_deref()?);
        Some(self.object(&draft, values, head, [("spec", Some(spec))]))
    }

    /// The pods that a policy is for.
    fn subject_of(&self, draft: &Draft, item: &Item, path: &str) -> Node {
        if let Some(written) = item.values.get("podSelector") {
            return written.clone();
        }
        if given(&item.values, "controllers").is_some() {
            return draft.unknown("${CONTROLLERS}");
        }
        let reference = given(&item.values, "controller");
        if let Some(controller) = self.controller_of(reference) {
            let extra = Pairs::new(draft).and(item.values.get("extraSelectorLabels"));
            let labels = extra.and(Some(&self.selector(draft, controller).node()));
            return draft.map([("matchLabels", Some(labels.node()))]);
        }
        match reference {
            Some(reference) if !reference.is_unknown() => {
                self.no_such(Type::Controller, reference, format!("{path}.controller"));
            }
            Some(_) => {}
            None => self.missing(item.place, format!("{path}.controller")),
        }
        draft.unknown("${CONTROLLER}")
    }

    /// Rules in which a peer may be a controller of the release, from 5.3 on.
    fn rules(&self, written: &Node, peers: &str, path: &str) -> Node {
        let Value::Seq(list) = &written.value else { return written.clone() };
        let made = list.iter().enumerate().map(|(at, rule)| {
            let (Some(map), Some(Value::Seq(all))) = (rule.as_map(), rule.get(peers).map(|all| &all.value)) else {
                return rule.clone();
            };
            let path = format!("{path}[{at}].{peers}");
            let peered = all.iter().enumerate().map(|(at, peer)| self.peer(peer, &format!("{path}[{at}]")));
            let mut map: Map = map.clone();
            if let Some(target) = map.get_mut(peers) {
                target.value = Value::Seq(peered.collect::<Vec<_>>().into());
            }
            Node { value: Value::Map(map.into()), origin: rule.origin.clone() }
        });
        Node { value: Value::Seq(made.collect::<Vec<_>>().into()), origin: written.origin.clone() }
    }

    fn peer(&self, peer: &Node, path: &str) -> Node {
        let (Some(map), Some(reference)) = (peer.as_map(), peer.get("controller")) else { return peer.clone() };
        let draft = Draft::at(reference.span());
        let labels = match self.controller_of(Some(reference)) {
            Some(controller) => self.selector(&draft, controller).node(),
            None => {
                if !reference.is_unknown() {
                    self.no_such(Type::Controller, reference, format!("{path}.controller"));
                }
                draft.unknown("${CONTROLLER}")
            }
        };
        let mut map: Map = map.clone();
        map.remove("controller");
        map.set("podSelector", reference.span(), draft.map([("matchLabels", Some(labels))]));
        Node { value: Value::Map(map.into()), origin: peer.origin.clone() }
    }
}
