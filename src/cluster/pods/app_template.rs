//! Pods and Services of bjw-s app-template releases, version by version.

use super::release::Release;
use super::services::{ServicePort, ServiceSet, Target};
use super::workloads::{ADDED_AT_RUN_TIME, flag};
use super::{Endpoint, Labels, PodSet};
use crate::build::flux::ReleaseValues;
use crate::yaml::{Entry, Node};

/// A release of app-template, or of a chart built like it.
pub struct AppTemplate<'r, 'w> {
    release: &'r Release<'w>,
    values: &'r ReleaseValues,
    /// Whether the chart itself is app-template; a chart built on the same library may name things otherwise.
    is_itself: bool,
}

impl<'r, 'w> AppTemplate<'r, 'w> {
    /// The release as app-template, if it is one: by chart name, or by its top-level `controllers`.
    pub fn of(release: &'r Release<'w>, values: &'r ReleaseValues) -> Option<Self> {
        let is_itself = release.is_chart("app-template");
        let alike = || {
            let controllers = values.root.get("controllers");
            controllers.is_some_and(|all| all.entries().any(|one| one.value.get("containers").is_some()))
        };
        (is_itself || alike()).then_some(AppTemplate { release, values, is_itself })
    }

    /// The enabled items of a kind: `controllers`, `service`, `serviceMonitor`.
    pub fn items(&self, key: &str) -> Vec<&'r Entry> {
        let items = self.values.root.get(key).into_iter().flat_map(Node::entries);
        items.filter(|item| item.value.as_map().is_some() && !flag_off(item.value.get("enabled"))).collect()
    }

    /// The value of `app.kubernetes.io/name`.
    fn name(&self) -> Option<String> {
        match self.values.root.dig("global.nameOverride").filter(|node| !node.is_null()) {
            Some(node) => self.text(node),
            None if self.is_itself => self.release.name.clone(),
            None => None,
        }
    }

    /// A text in which a template may name the release.
    pub fn text(&self, node: &Node) -> Option<String> {
        let text = node.scalar_text()?;
        if !text.contains("{{") {
            return Some(text.into_owned());
        }
        let release = self.release.name.as_deref()?;
        let filled = text.replace("{{ .Release.Name }}", release).replace("{{.Release.Name}}", release);
        (!filled.contains("{{")).then_some(filled)
    }

    /// The key of the label that tells controllers apart.
    fn controller_label(&self) -> Option<&'static str> {
        match self.release.chart.as_ref()?.major()? {
            3 => Some("app.kubernetes.io/component"),
            4.. => Some("app.kubernetes.io/controller"),
            _ => None,
        }
    }

    /// The labels that select the pods of a controller.
    pub fn selector_labels(&self, controller: &str) -> Labels {
        let labels = Labels::default()
            .with("app.kubernetes.io/name", self.name().as_deref())
            .with("app.kubernetes.io/instance", self.release.name.as_deref());
        match self.controller_label() {
            Some(key) => labels.with(key, Some(controller)),
            None => labels.open_below(&["app.kubernetes.io/co"]),
        }
    }

    fn merge_labels(&self, labels: Labels, more: Option<&Node>) -> Labels {
        let mut labels = labels;
        if more.is_some_and(Node::is_unknown) {
            return labels.open();
        }
        for entry in more.into_iter().flat_map(Node::entries) {
            labels = labels.with(&entry.key, self.text(&entry.value).as_deref());
        }
        labels
    }

    /// The pods, one set a controller.
    pub fn pods(&self) -> Vec<PodSet<'w>> {
        let root = &self.values.root;
        let defaults = root.get("defaultPodOptions");
        let mut sets: Vec<PodSet<'w>> = Vec::new();
        for controller in self.items("controllers") {
            let own = controller.value.get("pod");
            let mut labels = self.selector_labels(&controller.key).open_below(&ADDED_AT_RUN_TIME);
            labels = self.merge_labels(labels, defaults.and_then(|pod| pod.get("labels")));
            labels = self.merge_labels(labels, own.and_then(|pod| pod.get("labels")));
            let spread = root.dig("global.propagateGlobalMetadataToPods").and_then(Node::as_bool) == Some(true);
            if spread || !self.values.is_closed() || !self.is_itself {
                labels = labels.open();
            }
            let mut pods = PodSet::new(self.release.object, Endpoint::new(&self.release.namespace, labels));
            pods.component = Some(controller.key.to_string());
            pods.place = controller.key_span;
            let option = |key: &str| own.and_then(|pod| pod.get(key)).or_else(|| defaults.and_then(|pod| pod.get(key)));
            pods.endpoint.host_network = flag(option("hostNetwork"));
            pods.annotations = own.and_then(|pod| pod.get("annotations")).cloned();
            let containers: Vec<&Node> = ["containers", "initContainers"]
                .iter()
                .filter_map(|key| controller.value.get(key))
                .flat_map(Node::entries)
                .map(|entry| &entry.value)
                .collect();
            pods.ports = containers.iter().flat_map(|container| super::workloads::container_ports(container)).collect();
            pods.ports_open =
                containers.is_empty() || containers.iter().any(|one| one.get("ports").is_some_and(Node::is_unknown));
            pods.own_policies = !self.values.is_closed()
                || root.get("networkpolicies").is_some_and(|all| all.entries().next().is_some())
                || root.get("rawResources").is_some_and(|all| all.entries().next().is_some());
            sets.push(pods);
        }
        let verified =
            self.release.chart.as_ref().and_then(|chart| chart.major()).is_some_and(|major| (3..=4).contains(&major));
        for set in &mut sets {
            set.verified = verified;
        }
        if sets.is_empty() || !self.values.is_closed() || self.has_raw_workload() {
            sets.push(PodSet::unknown(self.release.object, &self.release.namespace));
        }
        sets
    }

    /// Whether `rawResources` may hold a workload.
    fn has_raw_workload(&self) -> bool {
        let kind = |item: &Entry| {
            let node = item.value.get("kind").or_else(|| item.value.dig("manifest.kind"));
            node.and_then(Node::as_str).map(ToOwned::to_owned)
        };
        let makes_pods = |kind: Option<String>| {
            kind.is_none_or(|kind| {
                matches!(kind.as_str(), "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob" | "Pod")
            })
        };
        self.items("rawResources").into_iter().any(|item| makes_pods(kind(item)))
    }

    /// The controller a service leads to.
    fn controller_of(&self, service: &Node) -> Option<String> {
        match service.get("controller") {
            Some(node) => self.text(node),
            None => match self.items("controllers").as_slice() {
                [only] => Some(only.key.to_string()),
                _ => None,
            },
        }
    }

    /// The Services. `pods` finds the positions of the pods of a controller.
    pub fn services(&self, pods: &dyn Fn(&str) -> Vec<usize>) -> Vec<ServiceSet<'w>> {
        let mut sets = Vec::new();
        for service in self.items("service") {
            let Some(controller) = self.controller_of(&service.value) else { continue };
            let mut labels = Labels::default()
                .with("app.kubernetes.io/name", self.name().as_deref())
                .with("app.kubernetes.io/instance", self.release.name.as_deref())
                .with("app.kubernetes.io/managed-by", Some("Helm"))
                .open_below(&["app.kubernetes.io/", "helm.sh/"]);
            if self.values.root.dig("global.labels").is_some() || !self.is_itself || !self.values.is_closed() {
                labels = labels.open();
            }
            labels = self.merge_labels(labels, service.value.get("labels"));
            let ports = service.value.get("ports").into_iter().flat_map(Node::entries);
            let ports = ports
                .filter(|port| !flag_off(port.value.get("enabled")))
                .map(|port| ServicePort {
                    name: Some(port.key.to_string()),
                    number: port.value.get("port").and_then(number),
                    target: Target::of(&port.value),
                })
                .collect();
            sets.push(ServiceSet {
                object: self.release.object,
                component: Some(service.key.to_string()),
                namespace: self.release.namespace.clone(),
                labels,
                pods: pods(&controller),
                ports,
            });
        }
        sets
    }
}

fn flag_off(node: Option<&Node>) -> bool {
    node.and_then(Node::as_bool) == Some(false)
}

fn number(node: &Node) -> Option<u16> {
    node.as_int().and_then(|number| u16::try_from(number).ok())
}
