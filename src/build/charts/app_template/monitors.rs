//! ServiceMonitors and PodMonitors.

use super::Template;
use super::items::{Item, Type};
use super::metadata::{Head, Pairs};
use crate::build::charts::draft::Draft;
use crate::build::charts::go::{given, given_at};
use crate::yaml::Node;

const API: &str = "monitoring.coreos.com/v1";

impl Template<'_> {
    pub fn service_monitors(&self) -> Vec<Node> {
        self.items(Type::ServiceMonitor).iter().filter_map(|item| self.service_monitor(item)).collect()
    }

    /// `jobLabel` and `namespaceSelector`.
    fn of_monitor(&self, draft: &Draft, item: &Item) -> [(&'static str, Option<Node>); 2] {
        let default = match self.version.major {
            5.. => Some("app.kubernetes.io/name"),
            4 => item.name.as_deref(),
            _ => None,
        };
        let label = given(&item.values, "jobLabel").filter(|_| self.version.major >= 5).cloned();
        let here = draft.list(vec![self.draft().text(self.release.names.namespace.as_str())]);
        let namespaces = (self.version.major >= 3).then(|| draft.map([("matchNames", Some(here))]));
        [("jobLabel", label.or_else(|| default.map(|text| draft.text(text)))), ("namespaceSelector", namespaces)]
    }

    fn service_monitor(&self, item: &Item) -> Option<Node> {
        let draft = Draft::at(item.place);
        let values = &item.values;
        let path = format!("serviceMonitor.{}", item.id);
        if given(values, "endpoints").is_none() {
            self.missing(item.place, format!("{path}.endpoints"));
        }
        let selector = given(values, "selector").cloned().unwrap_or_else(|| {
            let service = draft.map([("app.kubernetes.io/service", Some(self.monitored(&draft, item, &path)))]);
            let labels = self.release_labels(Pairs::new(&draft).and(Some(&service)));
            draft.map([("matchLabels", Some(labels.node()))])
        });
        let rest = [
            ("selector", Some(selector)),
            ("endpoints", given(values, "endpoints").cloned()),
            ("targetLabels", given(values, "targetLabels").cloned()),
        ];
        let spec = draft.map(self.of_monitor(&draft, item).into_iter().chain(rest));
        let head = Head::new(&draft, API, "ServiceMonitor", item.name.as_deref()?);
        Some(self.object(&draft, values, head, [("spec", Some(spec))]))
    }

    /// The name of the Service that a monitor is for.
    fn monitored(&self, draft: &Draft, item: &Item, path: &str) -> Node {
        let values = &item.values;
        if let Some(name) = given(values, "serviceName").or_else(|| given_at(values, &["service", "name"])) {
            return name.clone();
        }
        if let Some(reference) = given_at(values, &["service", "identifier"]) {
            return self.reference(Type::Service, reference, format!("{path}.service.identifier"));
        }
        if self.version.major < 3 {
            return draft.text(self.names.full_name.as_str());
        }
        // Whether 4.0 fills it in is not known.
        let only = self.only(Type::Service).filter(|_| self.version.major >= 4);
        if only.is_none() {
            self.missing(item.place, format!("{path}.service"));
        }
        match only.and_then(|service| service.name.as_deref()) {
            Some(name) => draft.text(name),
            None => draft.unknown("${SERVICE}"),
        }
    }

    pub fn pod_monitors(&self) -> Vec<Node> {
        self.items(Type::PodMonitor).iter().filter_map(|item| self.pod_monitor(item)).collect()
    }

    fn pod_monitor(&self, item: &Item) -> Option<Node> {
        let draft = Draft::at(item.place);
        let values = &item.values;
        let path = format!("podMonitor.{}", item.id);
        if given(values, "podMetricsEndpoints").is_none() {
            self.missing(item.place, format!("{path}.podMetricsEndpoints"));
        }
        let selector = values.get("selector").cloned().unwrap_or_else(|| {
            let reference = given_at(values, &["controller", "identifier"]);
            let labels = match (self.controller_of(reference), reference) {
                (Some(controller), _) => self.selector(&draft, controller).node(),
                (None, Some(reference)) => {
                    if !reference.is_unknown() {
                        self.no_such(Type::Controller, reference, format!("{path}.controller.identifier"));
                    }
                    draft.unknown("${CONTROLLER}")
                }
                (None, None) => {
                    self.missing(item.place, format!("{path}.controller"));
                    draft.unknown("${CONTROLLER}")
                }
            };
            draft.map([("matchLabels", Some(labels))])
        });
        let rest = [
            ("selector", Some(selector)),
            ("podMetricsEndpoints", given(values, "podMetricsEndpoints").cloned()),
            ("podTargetLabels", given(values, "podTargetLabels").cloned()),
        ];
        let spec = draft.map(self.of_monitor(&draft, item).into_iter().chain(rest));
        let head = Head::new(&draft, API, "PodMonitor", item.name.as_deref()?);
        Some(self.object(&draft, values, head, [("spec", Some(spec))]))
    }
}
