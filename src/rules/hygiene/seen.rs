//! What a check of this group says, and how it becomes a finding: one a place.

use std::collections::HashSet;

use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::templates::{Container, Phase, Template};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::Sink;
use crate::rules::findings::weighed;
use crate::source::Span;
use crate::yaml::Node;

/// What a check sees.
pub struct Seen {
    place: Span,
    field: String,
    what: String,
    label: String,
}

impl Seen {
    /// A value that stands there: a clause without subject, and a few words for its place.
    pub fn at(node: &Node, field: impl Into<String>, what: impl Into<String>, label: impl Into<String>) -> Self {
        Seen { place: node.span(), field: field.into(), what: what.into(), label: label.into() }
    }
}

/// A container with its pod.
#[derive(Clone, Copy)]
pub struct Of<'t, 'w> {
    /// The pod.
    pub template: &'t Template<'w>,
    /// The container.
    pub container: Container<'w>,
}

impl<'w> Of<'_, 'w> {
    /// A value of the container.
    pub fn get(&self, path: &[&str]) -> Option<&'w Node> {
        self.container.node.at(path).filter(|node| !node.is_null())
    }

    /// A value of its security context, else of that of the pod.
    pub fn context(&self, path: &[&str]) -> Option<&'w Node> {
        let of = |node: &'w Node| node.get("securityContext")?.at(path).filter(|node| !node.is_null());
        of(self.container.node).or_else(|| of(self.template.spec))
    }

    /// Whether a value that is absent may come from one that cannot be read.
    pub fn is_unclear(&self) -> bool {
        let contexts = [self.container.node.get("securityContext"), self.template.spec.get("securityContext")];
        self.container.node.is_unknown() || contexts.into_iter().flatten().any(Node::is_unknown)
    }

    /// Something that the container lacks.
    pub fn lacks(&self, field: &str, what: impl Into<String>, label: &str) -> Seen {
        Seen::at(self.container.named(), field, what, label)
    }

    /// Whether it runs beside the others for as long as the pod does.
    pub fn is_lasting(&self) -> bool {
        self.container.phase == Phase::Main && !matches!(self.template.object.kind(), "Job" | "CronJob")
    }
}

/// Asks a check about every container.
pub fn containers(
    rule: &'static str,
    cluster: &Cluster<'_>,
    out: &mut Sink,
    check: impl Fn(&Of<'_, '_>) -> Option<Seen>,
) {
    let mut places = HashSet::new();
    for template in cluster.templates() {
        for container in template.containers() {
            let Some(seen) = check(&Of { template: &template, container }) else { continue };
            let whose = format!("container `{}` of {}", container.name(), template.object.reference());
            let path = template.path_of(&container, &seen.field);
            report(rule, cluster, template.object, (&whose, path), seen, &mut places, out);
        }
    }
}

/// Asks a check about every pod template.
pub fn pods(rule: &'static str, cluster: &Cluster<'_>, out: &mut Sink, check: impl Fn(&Template<'_>) -> Option<Seen>) {
    let mut places = HashSet::new();
    for template in cluster.templates() {
        let Some(seen) = check(&template) else { continue };
        let whose = template.object.reference().to_string();
        let path = seen.field.clone();
        report(rule, cluster, template.object, (&whose, path), seen, &mut places, out);
    }
}

/// Asks a check about every object of some kinds.
pub fn objects(
    rule: &'static str,
    cluster: &Cluster<'_>,
    kinds: &[(&str, &str)],
    out: &mut Sink,
    check: impl Fn(&Object) -> Option<Seen>,
) {
    let mut places = HashSet::new();
    for (group, kind) in kinds {
        for object in cluster.of_kind(group, kind) {
            let Some(seen) = check(object) else { continue };
            let path = seen.field.clone();
            report(rule, cluster, object, (&object.reference().to_string(), path), seen, &mut places, out);
        }
    }
}

fn report(
    rule: &'static str,
    cluster: &Cluster<'_>,
    object: &Object,
    (whose, path): (&str, String),
    seen: Seen,
    places: &mut HashSet<(Span, String)>,
    out: &mut Sink,
) {
    // A component makes the same for many.
    if !places.insert((seen.place, seen.field)) {
        return;
    }
    let found = Observation::new(rule, format!("{whose} {}", seen.what), Label::new(seen.place, seen.label))
        .about(object.reference(), path);
    out.report(weighed(cluster, object, Confidence::High, found));
}

/// A rule of this group without options: its type, its id, and what it asks.
macro_rules! rule {
    ($name:ident, $id:literal, |$cluster:ident, $out:ident| $check:expr) => {
        #[doc = concat!("Options: none. Card: rules/hygiene/", $id, ".md")]
        #[derive(Debug, Default, serde::Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {}

        impl crate::rulebook::Rule for $name {
            fn check(&self, $cluster: &crate::cluster::Cluster<'_>, $out: &mut crate::rulebook::Sink) {
                $check
            }
        }
    };
    ($name:ident, $id:literal, containers $check:path) => {
        rule!($name, $id, |cluster, out| crate::rules::hygiene::seen::containers($id, cluster, out, $check));
    };
    ($name:ident, $id:literal, pods $check:path) => {
        rule!($name, $id, |cluster, out| crate::rules::hygiene::seen::pods($id, cluster, out, $check));
    };
    ($name:ident, $id:literal, $kinds:expr, $check:path) => {
        rule!($name, $id, |cluster, out| crate::rules::hygiene::seen::objects($id, cluster, &$kinds, out, $check));
    };
}
pub(super) use rule;
