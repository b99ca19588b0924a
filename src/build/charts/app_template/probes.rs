//! Probes of containers.

use super::Template;
use super::items::Item;
use super::services::primary_port;
use crate::build::charts::draft::Draft;
use crate::build::charts::go::{given, is_true, printed};
use crate::yaml::{Node, Value};

/// Times of a probe, with what they are where they are not written.
const TIMES: [(&str, i64); 4] =
    [("initialDelaySeconds", 0), ("failureThreshold", 3), ("timeoutSeconds", 1), ("periodSeconds", 10)];

impl Template<'_> {
    /// `livenessProbe`, `readinessProbe`, `startupProbe`: those that are switched on.
    pub fn probes(&self, controller: &Item, container: &Node, path: &str) -> Vec<(String, Node)> {
        let mut made = Vec::new();
        for entry in container.get("probes").into_iter().flat_map(Node::entries) {
            if given(&entry.value, "enabled").is_none() {
                continue;
            }
            let draft = Draft::at(entry.key_span);
            let probe = match given(&entry.value, "custom") {
                Some(_) => entry.value.get("spec").cloned(),
                None => self.probe(&draft, controller, &entry.value, &format!("{path}.probes.{}", entry.key)),
            };
            made.extend(probe.filter(is_true).map(|probe| (format!("{}Probe", entry.key), probe)));
        }
        made.sort_by(|a, b| a.0.cmp(&b.0));
        made
    }

    fn probe(&self, draft: &Draft, controller: &Item, values: &Node, path: &str) -> Option<Node> {
        let service = self.primary_service(controller).and_then(primary_port);
        // Without a Service there was no probe, whatever its own port.
        if service.is_none() && self.version.major < 5 {
            return None;
        }
        let written = given(values, "type").and_then(Node::as_str);
        let is_auto = written == Some("AUTO");
        let by_command = self.version.is_at_least(5, 3) && values.get("command").is_some();
        let of = match written {
            None | Some("AUTO") if by_command => "COMMAND",
            _ if is_auto => service.and_then(|port| port.get("protocol")).and_then(Node::as_str).unwrap_or("TCP"),
            Some(of) => of,
            None => "TCP",
        };
        let port = given(values, "port").cloned().or_else(|| {
            let port = service?;
            given(port, "targetPort").cloned().or_else(|| given(port, "port").map(printed))
        });
        let (key, action) = match of {
            "COMMAND" => {
                if given(values, "command").is_none() {
                    self.missing(draft.place(), format!("{path}.command"));
                }
                ("exec", draft.map([("command", values.get("command").cloned())]))
            }
            "HTTP" | "HTTPS" => {
                let scheme = given(values, "type").filter(|_| !is_auto).cloned().unwrap_or_else(|| draft.text(of));
                (
                    "httpGet",
                    draft.map([("path", values.get("path").cloned()), ("scheme", Some(scheme)), ("port", port)]),
                )
            }
            "GRPC" => ("grpc", draft.map([("service", given(values, "service").cloned()), ("port", port)])),
            _ => ("tcpSocket", draft.map([("port", port)])),
        };
        let time = |(key, default): (&'static str, i64)| {
            let own = values.at(&["spec", key]).filter(|node| !matches!(node.value, Value::Null));
            let made = (self.version.major >= 5).then(|| draft.number(default));
            (key, own.cloned().or(made))
        };
        Some(draft.map([(key, Some(action))].into_iter().chain(TIMES.map(time))))
    }
}
