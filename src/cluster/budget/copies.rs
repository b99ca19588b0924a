//! How many copies of a pod there are.

use hashbrown::HashMap;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::source::Span;
use crate::yaml::{Node, Value};

/// A number of copies, from the least to the most.
#[derive(Clone, Debug)]
pub struct Copies {
    /// What is there in any case.
    pub least: u64,
    /// The most that can be there, as far as it is known.
    pub most: u64,
    /// Where the number is said.
    pub place: Option<Span>,
    /// Why the number is not known, where it is not.
    pub gap: Option<String>,
}

impl Copies {
    /// A number that is known.
    pub fn exactly(number: u64, place: Option<Span>) -> Self {
        Copies { least: number, most: number, place, gap: None }
    }

    /// A number that is not known.
    pub fn unknown(why: impl Into<String>, place: Option<Span>) -> Self {
        Copies { least: 0, most: 0, place, gap: Some(why.into()) }
    }

    /// A number as a node says it; absent and null give the default.
    pub fn read(node: Option<&Node>, default: u64) -> Self {
        let Some(node) = node.filter(|node| !node.is_null()) else { return Copies::exactly(default, None) };
        match whole(node) {
            Some(number) => Copies::exactly(number, Some(node.span())),
            None => {
                // A text may have come out of a Secret.
                let why = match &node.value {
                    Value::Unknown(unknown) => format!("the number of copies, `{}`, is not known", unknown.template),
                    _ => "the number of copies is no number".to_owned(),
                };
                Copies::unknown(why, Some(node.span()))
            }
        }
    }

    /// So many times this.
    #[must_use]
    pub fn times(self, number: u64) -> Self {
        Copies { least: self.least.saturating_mul(number), most: self.most.saturating_mul(number), ..self }
    }

    /// Not more than another number, as far as that is known.
    #[must_use]
    pub fn at_most(self, other: &Copies) -> Self {
        if other.gap.is_some() {
            self
        } else {
            Copies { least: self.least.min(other.least), most: self.most.min(other.most), ..self }
        }
    }

    /// The copies of a DaemonSet: one a node.
    pub fn of_nodes(cluster: &Cluster<'_>, spec: Option<&Node>) -> Self {
        let Some(nodes) = cluster.declared().nodes else {
            return Copies::unknown("runs on every node, and `nodes` is not configured", None);
        };
        let mut copies = Copies::exactly(u64::from(nodes), None);
        let selects = spec.and_then(|spec| spec.get("nodeSelector")).into_iter().flat_map(Node::entries);
        let narrowed =
            selects.filter(|entry| entry.key != "kubernetes.io/os" && entry.key != "kubernetes.io/arch").count() > 0;
        if narrowed || spec.and_then(|spec| spec.at(&["affinity", "nodeAffinity"])).is_some() {
            copies.least = 0;
            copies.gap = Some("runs on chosen nodes only".to_owned());
        }
        copies
    }
}

/// A whole number, also as a text.
pub fn whole(node: &Node) -> Option<u64> {
    match node.as_int() {
        Some(number) => u64::try_from(number).ok(),
        None => node.as_str()?.parse().ok(),
    }
}

/// The autoscalers of a cluster, by what they scale: kind, namespace, name.
#[derive(Debug, Default)]
pub struct Scalers {
    by_target: HashMap<(String, String, String), Copies>,
}

impl Scalers {
    /// Reads HorizontalPodAutoscalers and ScaledObjects.
    pub fn of(cluster: &Cluster<'_>) -> Self {
        let mut scalers = Scalers::default();
        for object in cluster.of_kind("autoscaling", "HorizontalPodAutoscaler") {
            scalers.add(object, &["minReplicas"], 1, "maxReplicas", None);
        }
        for object in cluster.of_kind("keda.sh", "ScaledObject") {
            scalers.add(object, &["idleReplicaCount", "minReplicaCount"], 0, "maxReplicaCount", Some(100));
        }
        scalers
    }

    fn add(&mut self, object: &Object, least: &[&str], least_default: u64, most: &str, most_default: Option<u64>) {
        let Some(spec) = object.at(&["spec"]) else { return };
        let text = |key: &str| spec.at(&["scaleTargetRef", key]).and_then(Node::as_str);
        let Some(name) = text("name") else { return };
        let kind = text("kind").unwrap_or("Deployment");
        let least = Copies::read(least.iter().find_map(|key| spec.get(key)), least_default);
        let most = spec
            .get(most)
            .map(|node| Copies::read(Some(node), 0))
            .or(most_default.map(|number| Copies::exactly(number, None)));
        let most = most.unwrap_or_else(|| Copies::unknown("its autoscaler states no maximum", Some(object.place())));
        let copies = Copies {
            least: least.least.min(most.most),
            most: most.most.max(least.most),
            place: most.place,
            gap: least.gap.or(most.gap),
        };
        self.by_target.insert((kind.to_owned(), object.namespace().to_owned(), name.to_owned()), copies);
    }

    /// The copies of a workload: what its autoscaler says, else its own.
    pub fn over(&self, kind: &str, namespace: &str, name: &str, own: Copies) -> Copies {
        self.by_target.get(&(kind.to_owned(), namespace.to_owned(), name.to_owned())).cloned().unwrap_or(own)
    }
}
