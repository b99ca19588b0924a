//! Pod templates of controllers.

use super::Template;
use super::items::{Item, Type};
use super::metadata::Pairs;
use crate::build::charts::draft::Draft;
use crate::build::charts::go::{given, is_true, merged, set};
use crate::yaml::{Map, Node, Value};

/// Options of a pod that are copied.
const OPTIONS: [&str; 20] = [
    "priorityClassName",
    "runtimeClassName",
    "schedulerName",
    "securityContext",
    "hostname",
    "hostUsers",
    "shareProcessNamespace",
    "dnsConfig",
    "hostAliases",
    "imagePullSecrets",
    "terminationGracePeriodSeconds",
    "resources",
    "resourceClaims",
    "resizePolicy",
    "nodeSelector",
    "affinity",
    "topologySpreadConstraints",
    "tolerations",
    "schedulingGates",
    "restartPolicy",
];

impl Template<'_> {
    /// An option of the pods of a controller: its own, else that of the release.
    fn pod_option(&self, controller: &Item, key: &str) -> Option<Node> {
        let default = self.root.get("defaultPodOptions").and_then(|options| set(options, key));
        let own = controller.values.get("pod").and_then(|pod| set(pod, key));
        let merges = self.root.get("defaultPodOptionsStrategy").and_then(Node::as_str) == Some("merge");
        match (default, own) {
            (Some(default), Some(own)) if merges && own.as_map().is_some() => Some(merged(default, own)),
            (default, own) => own.or(default).cloned(),
        }
    }

    fn flag(&self, draft: &Draft, controller: &Item, key: &str, default: bool) -> Node {
        self.pod_option(controller, key).unwrap_or_else(|| draft.flag(default))
    }

    /// The template of a controller's pods. `runs_once` is the case of Jobs.
    pub fn pod_template(&self, draft: &Draft, controller: &Item, runs_once: bool) -> Node {
        let metadata = draft.map([
            ("annotations", self.pod_annotations(draft, controller)),
            ("labels", Some(self.pod_labels(draft, controller))),
        ]);
        draft.map([("metadata", Some(metadata)), ("spec", Some(self.pod_spec(draft, controller, runs_once)))])
    }

    fn propagates(&self) -> bool {
        self.root.dig("global.propagateGlobalMetadataToPods").is_some_and(is_true)
    }

    fn pod_labels(&self, draft: &Draft, controller: &Item) -> Node {
        let own = self.labels_of_pod(controller);
        let selector = self.selector(draft, controller).node();
        let global = self.option(&["global", "labels"]).filter(|_| self.propagates());
        let none = Pairs::new(draft);
        // The labels of the selector cannot be changed from 5.3 on.
        let pairs = match self.version.is_at_least(5, 3) {
            true => none.and(Some(&selector)).and(own.as_ref()).and(global),
            false => none.and(own.as_ref()).and(Some(&selector)).and(global),
        };
        pairs.node()
    }

    /// `labels` of the pod options. Up to 4.1 those of the controller were put over those of the release.
    fn labels_of_pod(&self, controller: &Item) -> Option<Node> {
        if self.version.is_at_least(4, 2) {
            return self.pod_option(controller, "labels");
        }
        let default = self.root.at(&["defaultPodOptions", "labels"]);
        let own = controller.values.at(&["pod", "labels"]);
        match (default, own) {
            (Some(default), Some(own)) => Some(merged(default, own)),
            (default, own) => own.or(default).cloned(),
        }
    }

    fn pod_annotations(&self, draft: &Draft, controller: &Item) -> Option<Node> {
        let mut pairs = Pairs::new(draft)
            .and(controller.values.at(&["pod", "annotations"]))
            .and(self.root.at(&["defaultPodOptions", "annotations"]))
            .and(self.option(&["global", "annotations"]).filter(|_| self.propagates()));
        for (of, key) in [(Type::ConfigMap, "checksum/configMaps"), (Type::Secret, "checksum/secrets")] {
            let mut counted =
                self.items(of).iter().filter(|item| item.values.get("includeInChecksum").is_none_or(is_true));
            if let Some(first) = counted.next() {
                let sum = Draft::at(first.place).unknown("${CHECKSUM}");
                pairs = pairs.and(Some(&draft.map([(key, Some(sum))])));
            }
        }
        pairs.filled()
    }

    fn pod_spec(&self, draft: &Draft, controller: &Item, runs_once: bool) -> Node {
        let automount = self.version.major < 5;
        let on_host = self.flag(draft, controller, "hostNetwork", false);
        let policy = self.pod_option(controller, "dnsPolicy").unwrap_or_else(|| match &on_host.value {
            Value::Unknown(_) => draft.unknown("${DNS_POLICY}"),
            Value::Bool(true) => draft.text("ClusterFirstWithHostNet"),
            _ => draft.text("ClusterFirst"),
        });
        let mut fields: Vec<(&str, Option<Node>)> = vec![
            ("enableServiceLinks", Some(self.flag(draft, controller, "enableServiceLinks", self.version.major < 3))),
            ("serviceAccountName", Some(self.account_name(draft, controller))),
            (
                "automountServiceAccountToken",
                Some(self.flag(draft, controller, "automountServiceAccountToken", automount)),
            ),
            ("hostIPC", Some(self.flag(draft, controller, "hostIPC", false))),
            ("hostNetwork", Some(on_host)),
            ("hostPID", Some(self.flag(draft, controller, "hostPID", false))),
            ("dnsPolicy", Some(policy)),
        ];
        for key in OPTIONS {
            let option = match key {
                "restartPolicy" if runs_once => {
                    let own = controller.values.get("pod").and_then(|pod| given(pod, key)).cloned();
                    Some(own.unwrap_or_else(|| draft.text("Never")))
                }
                "topologySpreadConstraints" => {
                    self.pod_option(controller, key).map(|all| self.spread(controller, &all))
                }
                _ => self.pod_option(controller, key),
            };
            fields.push((key, option));
        }
        fields.push(("initContainers", self.containers(controller, "initContainers")));
        fields.push(("containers", self.containers(controller, "containers")));
        fields.push(("volumes", self.pod_volumes(controller)));
        draft.map(fields)
    }

    /// Constraints without a selector get that of the controller, from 5.0 on.
    fn spread(&self, controller: &Item, written: &Node) -> Node {
        let Value::Seq(list) = &written.value else { return written.clone() };
        let made = list.iter().map(|one| {
            let Some(map) = one.as_map().filter(|map| self.version.major >= 5 && map.get("labelSelector").is_none())
            else {
                return one.clone();
            };
            let draft = Draft::at(one.span());
            let labels = self.selector(&draft, controller).node();
            let mut map: Map = map.clone();
            map.set("labelSelector", one.span(), draft.map([("matchLabels", Some(labels))]));
            Node { value: Value::Map(map.into()), origin: one.origin.clone() }
        });
        Node { value: Value::Seq(made.collect::<Vec<_>>().into()), origin: written.origin.clone() }
    }
}
