//! Probes ask a port that their container has. Card: rules/workloads/probe-port-missing.md

use serde::Deserialize;

use super::ports::is_template;
use crate::cluster::nearest::nearest_name;
use crate::cluster::templates::{Container, Template};
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::rules::findings::{rewrite, weighed};
use crate::yaml::Node;

/// Where a container names a port that the kubelet asks.
const PLACES: [(&[&str], &str); 10] = [
    (&["livenessProbe", "httpGet", "port"], "livenessProbe.httpGet.port"),
    (&["livenessProbe", "tcpSocket", "port"], "livenessProbe.tcpSocket.port"),
    (&["readinessProbe", "httpGet", "port"], "readinessProbe.httpGet.port"),
    (&["readinessProbe", "tcpSocket", "port"], "readinessProbe.tcpSocket.port"),
    (&["startupProbe", "httpGet", "port"], "startupProbe.httpGet.port"),
    (&["startupProbe", "tcpSocket", "port"], "startupProbe.tcpSocket.port"),
    (&["lifecycle", "postStart", "httpGet", "port"], "lifecycle.postStart.httpGet.port"),
    (&["lifecycle", "postStart", "tcpSocket", "port"], "lifecycle.postStart.tcpSocket.port"),
    (&["lifecycle", "preStop", "httpGet", "port"], "lifecycle.preStop.httpGet.port"),
    (&["lifecycle", "preStop", "tcpSocket", "port"], "lifecycle.preStop.tcpSocket.port"),
];

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ProbePortMissing {}

impl Rule for ProbePortMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let sure = |template: &Template<'_>| template.object.modelled != Some(Confidence::Low);
        for template in cluster.templates().filter(sure) {
            for container in template.containers() {
                for (path, shown) in PLACES {
                    let asked = container.node.at(path).and_then(|node| Some((node, node.as_str()?)));
                    let Some((node, text)) = asked.filter(|(_, text)| !is_template(text)) else { continue };
                    let probe = Probe { template: &template, container: &container, node, text, field: shown };
                    if let Some(found) = probe.check() {
                        out.report(weighed(cluster, template.object, Confidence::High, found));
                    }
                }
            }
        }
    }
}

/// A port that is written as a text.
struct Probe<'p, 'w> {
    template: &'p Template<'w>,
    container: &'p Container<'w>,
    node: &'w Node,
    text: &'w str,
    field: &'static str,
}

impl Probe<'_, '_> {
    fn check(&self) -> Option<Observation> {
        if self.text.bytes().all(|byte| byte.is_ascii_digit()) { Some(self.quoted()) } else { self.missing() }
    }

    fn finding(&self, what: &str, label: &str) -> Observation {
        let whose = self.template.object.reference();
        let probe = self.field.split('.').find(|part| *part != "lifecycle").unwrap_or_default();
        let message = format!("`{probe}` of container `{}` of {whose} {what}", self.container.name());
        Observation::new("probe-port-missing", message, Label::new(self.node.span(), label))
            .about(whose, self.template.path_of(self.container, self.field))
            .trail(trail(self.node))
    }

    /// A text of digits is taken for a name, and a name holds a letter.
    fn quoted(&self) -> Observation {
        let what =
            format!("names its port with the text `{}`, which is no number: the API server refuses it", self.text);
        let found = self
            .finding(&what, "a text, no number")
            .why("A port is a number or a name, and a name holds a letter.")
            .help(format!("write `{}` without quotes, also where an alias brings it here", self.text));
        if !self.node.origin.is_source() {
            return found;
        }
        found.fix(Fix {
            title: format!("write the number {}", self.text),
            applicability: Applicability::Safe,
            edits: vec![Edit { span: self.node.span(), text: self.text.to_owned() }],
        })
    }

    fn missing(&self) -> Option<Observation> {
        let listed = self.container.node.get("ports");
        if listed.is_some_and(Node::holds_unknown) {
            return None;
        }
        let ports = listed.map(Node::items).unwrap_or_default();
        let names: Vec<(&str, &Node)> =
            ports.iter().filter_map(|port| port.get("name")).filter_map(|name| Some((name.as_str()?, name))).collect();
        if names.iter().any(|(name, _)| *name == self.text || is_template(name)) {
            return None;
        }
        let has = match names.as_slice() {
            [] => "has no named port".to_owned(),
            some => some.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", "),
        };
        let has = if names.is_empty() { has } else { format!("has {has}") };
        let mut found = self.finding(&format!("asks port `{}`; the container {has}", self.text), "no such port");
        for (name, node) in &names {
            found = found.related(Label::new(node.span(), format!("port `{name}`")));
        }
        if names.is_empty() {
            found = found.related(Label::new(self.container.named().span(), "without such a port"));
        }
        let near = nearest_name(self.text, names.iter().map(|(name, _)| *name)).or(match names.as_slice() {
            [(only, _)] => Some(*only),
            _ => None,
        });
        Some(match near.and_then(|near| Some((near, rewrite(self.node, "port", near)?))) {
            Some((near, fix)) => found.help(format!("write `{near}`, or the number")).fix(fix),
            None => found,
        })
    }
}
