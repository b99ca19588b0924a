//! What the rules about classes share: a class that is named and missing.

use crate::build::Object;
use crate::cluster::gateway::{Class, class, is_template};
use crate::cluster::nearest::nearest_name;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::Sink;
use crate::rules::findings::{rewrite, weighed};
use crate::yaml::Node;

/// Reports a class that an object names and that is certainly not there.
pub fn check(
    rule: &'static str,
    cluster: &Cluster<'_>,
    (object, node): (&Object, &Node),
    (group, kind): (&str, &str),
    sure: Confidence,
    out: &mut Sink,
) {
    let Some(name) = node.as_str().filter(|name| !name.is_empty() && !is_template(name)) else { return };
    match class(cluster, group, kind, name) {
        Class::Present => return,
        Class::Unknown => {
            let what = format!("{kind} `{name}` of {}", object.reference());
            return out.undecided(cluster, "gateway", what, "a chart or the distribution may bring it");
        }
        Class::Missing => {}
    }
    let mut found = Observation::new(
        rule,
        format!("{} is of {kind} `{name}`, which does not exist", object.reference()),
        Label::new(node.span(), "no such class"),
    )
    .about(object.reference(), format!("class[{name}]"))
    .trail(trail(node));
    let others: Vec<&Object> = cluster.of_kind(group, kind).collect();
    if let Some(near) = nearest_name(name, others.iter().map(|other| other.name.as_str())) {
        found = found.help(format!("did you mean `{near}`?"));
        found.fix = rewrite(node, "class", near);
    }
    for other in others.iter().take(3) {
        found = found.related(Label::new(other.place(), "a class that exists"));
    }
    out.report(weighed(cluster, object, sure, found));
}
