//! Controllers: the workloads, and what limits and scales them.

use super::Template;
use super::items::{Item, Type, items};
use super::metadata::Head;
use crate::build::charts::draft::{Draft, made_of};
use crate::build::charts::go::{given, given_at};
use crate::build::charts::made::Trouble;
use crate::yaml::Node;

/// Types of controllers, with group, version and kind.
const TYPES: [(&str, &str, &str); 5] = [
    ("deployment", "apps/v1", "Deployment"),
    ("statefulset", "apps/v1", "StatefulSet"),
    ("daemonset", "apps/v1", "DaemonSet"),
    ("cronjob", "batch/v1", "CronJob"),
    ("job", "batch/v1", "Job"),
];

impl Template<'_> {
    pub fn controllers(&self) -> Vec<Node> {
        self.items(Type::Controller).iter().flat_map(|item| self.controller(item)).collect()
    }

    fn controller(&self, item: &Item) -> Vec<Node> {
        let path = format!("controllers.{}", item.id);
        let containers = item.values.get("containers");
        let is_open = containers.is_some_and(Node::holds_unknown);
        if items(&item.values, "containers", &[], self.remarks).is_empty() && !is_open {
            self.missing(item.place, format!("{path}.containers"));
        }
        let Some((api, kind)) = self.type_of(item, &path) else { return Vec::new() };
        let Some(name) = item.name.as_deref() else { return Vec::new() };
        let draft = Draft::at(item.place);
        let spec = match kind {
            "Deployment" => self.deployment(&draft, item, &path),
            "StatefulSet" => self.stateful_set(&draft, item, &path),
            "DaemonSet" => self.daemon_set(&draft, item),
            "CronJob" => self.cron_job(&draft, item),
            _ => self.job(&draft, item, "job"),
        };
        let mut objects =
            vec![self.object(&draft, &item.values, self.head(&draft, item, api, kind, name), [("spec", Some(spec))])];
        if self.version.major >= 5 {
            objects.extend(self.disruption_budget(item, name));
            objects.extend(self.autoscaler(item, kind, name, &path));
        }
        objects
    }

    fn head<'h>(&self, draft: &Draft, item: &Item, api: &'h str, kind: &'h str, name: &'h str) -> Head<'h> {
        let mut head = Head::new(draft, api, kind, name);
        head.labels = head.labels.with(self.controller_key(), &item.id);
        head
    }

    /// Group, version and kind of a controller.
    fn type_of(&self, item: &Item, path: &str) -> Option<(&'static str, &'static str)> {
        let written = given(&item.values, "type");
        let named = written.map_or(Some("deployment"), Node::as_str);
        let known = TYPES.iter().find(|(name, ..)| Some(*name) == named);
        if let (None, Some(written)) = (known, written) {
            if written.is_unknown() {
                self.remarks.gap(Type::Controller.kinds(), format!("the type of `{path}` is not known"));
            } else {
                let message = format!("`{}` is no type of a controller", written.shown().unwrap_or_default());
                self.note(Trouble::Invalid, written.span(), format!("{path}.type"), message);
            }
        }
        known.map(|(_, api, kind)| (*api, *kind))
    }

    fn history(&self, draft: &Draft, item: &Item) -> Node {
        item.values.get("revisionHistoryLimit").cloned().unwrap_or_else(|| draft.number(3))
    }

    fn matched(&self, draft: &Draft, item: &Item) -> Node {
        draft.map([("matchLabels", Some(self.selector(draft, item).node()))])
    }

    /// `replicas`: one, unless a number is given; none is written for null.
    fn replicas(&self, draft: &Draft, item: &Item) -> Option<Node> {
        match item.values.get("replicas") {
            Some(written) => Some(written.clone()).filter(|written| !written.is_null()),
            None => Some(draft.number(1)),
        }
    }

    fn strategy(&self, draft: &Draft, item: &Item, path: &str, default: &str, allowed: [&str; 2]) -> Node {
        let Some(written) = given(&item.values, "strategy") else { return draft.text(default) };
        if written.as_str().is_some_and(|text| !allowed.contains(&text)) {
            let message = format!("`{}` is none of {}", written.shown().unwrap_or_default(), allowed.join(", "));
            self.note(Trouble::Invalid, written.span(), format!("{path}.strategy"), message);
        }
        written.clone()
    }

    /// `rollingUpdate` of a strategy, under the names of Kubernetes.
    fn rolling(&self, item: &Item, strategy: &Node, names: &[(&'static str, &'static str)]) -> Option<Node> {
        let written = given(&item.values, "rollingUpdate").filter(|_| strategy.as_str() == Some("RollingUpdate"))?;
        let value = |(own, kubernetes): &(&'static str, &'static str)| {
            (*kubernetes, written.get(kubernetes).or_else(|| written.get(own)).filter(|node| !node.is_null()).cloned())
        };
        let made = Draft::at(written.span()).map(names.iter().map(value));
        given_at(&made, &[]).cloned()
    }

    fn deployment(&self, draft: &Draft, item: &Item, path: &str) -> Node {
        let strategy = self.strategy(draft, item, path, "Recreate", ["Recreate", "RollingUpdate"]);
        let rolling = self.rolling(item, &strategy, &[("unavailable", "maxUnavailable"), ("surge", "maxSurge")]);
        draft.map([
            ("revisionHistoryLimit", Some(self.history(draft, item))),
            ("replicas", self.replicas(draft, item)),
            ("strategy", Some(draft.map([("type", Some(strategy)), ("rollingUpdate", rolling)]))),
            ("selector", Some(self.matched(draft, item))),
            ("template", Some(self.pod_template(draft, item, false))),
        ])
    }

    fn stateful_set(&self, draft: &Draft, item: &Item, path: &str) -> Node {
        let strategy = self.strategy(draft, item, path, "RollingUpdate", ["OnDelete", "RollingUpdate"]);
        let rolling =
            self.rolling(item, &strategy, &[("partition", "partition"), ("maxUnavailable", "maxUnavailable")]);
        let own = |key: &str| given_at(&item.values, &["statefulset", key]).cloned();
        let management = own("podManagementPolicy").unwrap_or_else(|| draft.text("OrderedReady"));
        let ordinals = own("startOrdinal").map(|start| draft.map([("start", Some(start))]));
        let service = match own("serviceName") {
            Some(written) if written.as_map().is_some() => given(&written, "identifier").map(|reference| {
                self.reference(Type::Service, reference, format!("{path}.statefulset.serviceName.identifier"))
            }),
            Some(written) => Some(written),
            None => Some(draft.text(self.names.full_name.as_str())),
        };
        draft.map([
            ("revisionHistoryLimit", Some(self.history(draft, item))),
            ("replicas", self.replicas(draft, item)),
            ("podManagementPolicy", Some(management)),
            ("updateStrategy", Some(draft.map([("type", Some(strategy)), ("rollingUpdate", rolling)]))),
            ("ordinals", ordinals),
            ("selector", Some(self.matched(draft, item))),
            ("serviceName", service),
            ("persistentVolumeClaimRetentionPolicy", own("persistentVolumeClaimRetentionPolicy")),
            ("template", Some(self.pod_template(draft, item, false))),
            ("volumeClaimTemplates", self.claim_templates(item)),
        ])
    }

    fn daemon_set(&self, draft: &Draft, item: &Item) -> Node {
        let strategy = given(&item.values, "strategy").filter(|_| self.version.major >= 5).map(|strategy| {
            let rolling = self.rolling(item, strategy, &[("unavailable", "maxUnavailable"), ("surge", "maxSurge")]);
            draft.map([("type", Some(strategy.clone())), ("rollingUpdate", rolling)])
        });
        draft.map([
            ("revisionHistoryLimit", Some(self.history(draft, item))),
            ("updateStrategy", strategy),
            ("selector", Some(self.matched(draft, item))),
            ("template", Some(self.pod_template(draft, item, false))),
        ])
    }

    fn cron_job(&self, draft: &Draft, item: &Item) -> Node {
        let settings = item.values.get("cronjob");
        let own = |key: &str| settings.and_then(|settings| given(settings, key)).cloned();
        let number = |key: &str, default: i64| {
            let written = settings.and_then(|settings| settings.get(key)).filter(|node| !node.is_null());
            Some(written.cloned().unwrap_or_else(|| draft.number(default)))
        };
        if own("schedule").is_none() {
            self.missing(item.place, format!("controllers.{}.cronjob.schedule", item.id));
        }
        let job = self.job(draft, item, "cronjob");
        draft.map([
            ("suspend", Some(own("suspend").unwrap_or_else(|| draft.flag(false)))),
            ("concurrencyPolicy", Some(own("concurrencyPolicy").unwrap_or_else(|| draft.text("Forbid")))),
            ("startingDeadlineSeconds", number("startingDeadlineSeconds", 30)),
            ("timeZone", own("timeZone")),
            ("schedule", own("schedule")),
            ("successfulJobsHistoryLimit", number("successfulJobsHistory", 1)),
            ("failedJobsHistoryLimit", number("failedJobsHistory", 1)),
            ("jobTemplate", Some(draft.map([("spec", Some(job))]))),
        ])
    }

    /// The specification of a Job, from the settings of a job or a cronjob.
    fn job(&self, draft: &Draft, item: &Item, key: &str) -> Node {
        let settings = item.values.get(key);
        let own = |key: &str| settings.and_then(|settings| given(settings, key)).cloned();
        let of_job = |name: &str| own(name).filter(|_| key == "job");
        let limit = settings.and_then(|settings| settings.get("backoffLimit")).filter(|node| !node.is_null());
        draft.map([
            ("suspend", (key == "job").then(|| own("suspend").unwrap_or_else(|| draft.flag(false)))),
            ("activeDeadlineSeconds", own("activeDeadlineSeconds")),
            ("ttlSecondsAfterFinished", own("ttlSecondsAfterFinished")),
            ("parallelism", own("parallelism")),
            ("completions", of_job("completions")),
            ("completionMode", of_job("completionMode")),
            ("backoffLimit", Some(limit.cloned().unwrap_or_else(|| draft.number(6)))),
            ("template", Some(self.pod_template(draft, item, true))),
        ])
    }

    fn disruption_budget(&self, item: &Item, name: &str) -> Option<Node> {
        let values = given(&item.values, "podDisruptionBudget")?;
        let draft = Draft::at(values.span());
        let amount = |key: &'static str| (key, given(values, key).cloned());
        let selector = self.matched(&draft, item);
        let spec = draft.map([("selector", Some(selector)), amount("minAvailable"), amount("maxUnavailable")]);
        let head = self.head(&draft, item, "policy/v1", "PodDisruptionBudget", name);
        Some(self.object(&draft, values, head, [("spec", Some(spec))]))
    }

    fn autoscaler(&self, item: &Item, kind: &str, name: &str, path: &str) -> Option<Node> {
        let values = given(&item.values, "horizontalPodAutoscaler")?;
        let draft = Draft::at(values.span());
        if !matches!(kind, "Deployment" | "StatefulSet") {
            let message = format!("a {kind} has no autoscaler");
            self.note(Trouble::Invalid, draft.place(), format!("{path}.horizontalPodAutoscaler"), message);
            return None;
        }
        let target = draft.map([
            ("apiVersion", Some(draft.text("apps/v1"))),
            ("kind", Some(draft.text(kind))),
            ("name", Some(made_of(values, name))),
        ]);
        let number = |key: &'static str| (key, values.get(key).filter(|node| !node.is_null()).cloned());
        let spec = draft.map([
            ("scaleTargetRef", Some(target)),
            number("minReplicas"),
            number("maxReplicas"),
            ("metrics", given(values, "metrics").cloned()),
            ("behavior", given(values, "behavior").cloned()),
        ]);
        let head = self.head(&draft, item, "autoscaling/v2", "HorizontalPodAutoscaler", name);
        Some(self.object(&draft, values, head, [("spec", Some(spec))]))
    }
}
