//! Services, and which of them and of their ports come first.

use super::Template;
use super::items::{Item, Type};
use super::metadata::{Head, Pairs};
use crate::build::charts::draft::{Draft, made_of};
use crate::build::charts::go::{given, is_true, printed};
use crate::build::charts::made::Trouble;
use crate::yaml::{Entry, Node, Value};

/// Types of Services that the chart takes.
const TYPES: [&str; 5] = ["ClusterIP", "LoadBalancer", "NodePort", "ExternalName", "ExternalIP"];

/// The ports that count, by name.
pub fn ports(service: &Item) -> Vec<&Entry> {
    let all = service.values.get("ports").into_iter().flat_map(Node::entries);
    let mut ports: Vec<&Entry> =
        all.filter(|port| port.value.as_map().is_some() && port.value.get("enabled").is_none_or(is_true)).collect();
    ports.sort_by(|a, b| a.key.cmp(&b.key));
    ports
}

/// The port that stands for a Service: the one that says so, else the first.
pub fn primary_port(service: &Item) -> Option<&Node> {
    let ports = ports(service);
    let primary = ports.iter().rfind(|port| given(&port.value, "primary").is_some());
    primary.or(ports.first()).map(|port| &port.value)
}

/// The number of a port, for a reference to it by name.
pub fn port_number<'s>(service: &'s Item, name: &str) -> Option<&'s Node> {
    service.values.at(&["ports", name, "port"])
}

impl Template<'_> {
    pub fn services(&self) -> Vec<Node> {
        self.items(Type::Service).iter().filter_map(|item| self.service(item)).collect()
    }

    /// The controller that a Service, a policy or a monitor is for: the one it names, else the only one.
    pub fn controller_of(&self, reference: Option<&Node>) -> Option<&Item> {
        match reference.filter(|reference| is_true(reference)) {
            Some(reference) => self.item(Type::Controller, reference.as_str()?),
            None => self.only(Type::Controller),
        }
    }

    /// The Service that stands for a controller: the one that says so, else the first.
    pub fn primary_service(&self, controller: &Item) -> Option<&Item> {
        let leads_here = |service: &&Item| {
            self.controller_of(service.values.get("controller")).is_some_and(|other| other.id == controller.id)
        };
        let own: Vec<&Item> = self.items(Type::Service).iter().filter(leads_here).collect();
        let primary = own.iter().rfind(|service| given(&service.values, "primary").is_some());
        primary.or(own.first()).copied()
    }

    fn check_service(&self, item: &Item) {
        let path = format!("service.{}", item.id);
        let values = &item.values;
        match given(values, "controller") {
            Some(reference) if !reference.is_unknown() && self.controller_of(Some(reference)).is_none() => {
                self.no_such(Type::Controller, reference, format!("{path}.controller"));
            }
            // Whether 4.0 fills it in is not known.
            None if self.only(Type::Controller).is_none() || self.version.major < 4 => {
                self.missing(item.place, format!("{path}.controller"));
            }
            _ => {}
        }
        let of = given(values, "type");
        if let Some(written) = of.filter(|of| of.as_str().is_some_and(|of| !TYPES.contains(&of))) {
            let message = format!("`{}` is no type of a Service", written.shown().unwrap_or_default());
            self.note(Trouble::Invalid, written.span(), format!("{path}.type"), message);
        }
        let is_external = of.is_some_and(|of| of.as_str() == Some("ExternalName") || of.is_unknown());
        let listed = ports(item);
        if listed.is_empty() && !is_external && !values.get("ports").is_some_and(Node::holds_unknown) {
            self.missing(item.place, format!("{path}.ports"));
        }
        for port in listed {
            let by_range = self.version.major >= 5 && given(&port.value, "portRange").is_some();
            if given(&port.value, "port").is_none() && !by_range && !is_external {
                self.missing(port.key_span, format!("{path}.ports.{}.port", port.key));
            }
        }
    }

    fn service(&self, item: &Item) -> Option<Node> {
        self.check_service(item);
        let name = item.name.as_deref()?;
        let draft = Draft::at(item.place);
        let values = &item.values;
        let of = given(values, "type").cloned().unwrap_or_else(|| draft.text("ClusterIP"));
        let is = |wanted: &str| of.as_str() == Some(wanted);
        let only = |key: &'static str, applies: bool| (key, given(values, key).filter(|_| applies).cloned());
        let as_written = |key: &'static str| (key, given(values, key).cloned());
        let selector = match self.controller_of(values.get("controller")) {
            Some(controller) => {
                let extra = Pairs::new(&draft).and(values.get("extraSelectorLabels"));
                extra.and(Some(&self.selector(&draft, controller).node())).node()
            }
            None => draft.unknown("${CONTROLLER}"),
        };
        let spec = draft.map([
            ("type", Some(of.clone())),
            only("loadBalancerIP", is("LoadBalancer")),
            only("loadBalancerSourceRanges", is("LoadBalancer")),
            only("loadBalancerClass", is("LoadBalancer")),
            only("externalName", is("ExternalName")),
            only("clusterIP", is("ClusterIP") || self.version.is_at_least(5, 3) && !is("ExternalName")),
            as_written("internalTrafficPolicy"),
            as_written("externalTrafficPolicy"),
            ("allocateLoadBalancerNodePorts", values.get("allocateLoadBalancerNodePorts").cloned()),
            as_written("sessionAffinity"),
            as_written("sessionAffinityConfig"),
            as_written("externalIPs"),
            as_written("publishNotReadyAddresses"),
            as_written("ipFamilyPolicy"),
            as_written("ipFamilies"),
            as_written("trafficDistribution"),
            ("ports", Some(self.service_ports(&draft, item))),
            ("selector", Some(selector)),
        ]);
        let mut head = Head::new(&draft, "v1", "Service", name);
        head.labels = head.labels.with("app.kubernetes.io/service", name);
        Some(self.object(&draft, values, head, [("spec", Some(spec))]))
    }

    fn service_ports(&self, draft: &Draft, item: &Item) -> Node {
        if let Some(unknown) = item.values.get("ports").filter(|ports| ports.is_unknown()) {
            return unknown.clone();
        }
        let mut made = Vec::new();
        for entry in ports(item) {
            let port = &entry.value;
            let draft = Draft::at(entry.key_span);
            let protocol =
                given(port, "protocol").filter(|protocol| !matches!(protocol.as_str(), Some("HTTP" | "HTTPS")));
            let protocol = protocol.cloned().unwrap_or_else(|| draft.text("TCP"));
            let one = |number: &Node, target: &Node, name: Node| {
                draft.map([
                    ("port", Some(printed(number))),
                    ("targetPort", Some(printed(target))),
                    ("protocol", Some(protocol.clone())),
                    ("name", Some(name)),
                    ("nodePort", given(port, "nodePort").map(printed)),
                    ("appProtocol", given(port, "appProtocol").cloned()),
                ])
            };
            if let Some(number) = given(port, "port") {
                let target = given(port, "targetPort").unwrap_or(number);
                made.push(one(number, target, draft.text(entry.key.clone())));
            } else if let Some(range) = given(port, "portRange") {
                made.extend(numbers(range).map(|number| {
                    let node = Node { value: Value::Int(number), ..made_of(range, "") };
                    one(&node, &node, draft.text(format!("{}-{number}", entry.key)))
                }));
            }
        }
        draft.list(made)
    }
}

/// The numbers of a `portRange`.
fn numbers(range: &Node) -> std::ops::RangeInclusive<i64> {
    let at = |key: &str| range.get(key).and_then(Node::as_int).filter(|number| (1..=65_535).contains(number));
    match (at("start"), at("end")) {
        (Some(start), Some(end)) => start..=end,
        _ => std::ops::RangeInclusive::new(1, 0),
    }
}
