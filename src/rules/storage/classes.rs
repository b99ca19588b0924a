//! What the rules about storage classes and snapshot classes share.

use std::collections::BTreeMap;

use super::values::texts;
use crate::build::Object;
use crate::cluster::classes::{ClassKind, Classes, Found};
use crate::cluster::nearest::nearest_name;
use crate::cluster::{Cluster, trail};
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, Observation};
use crate::rulebook::Sink;
use crate::rules::references::missing::wanted;
use crate::yaml::Node;

/// Further places that are shown.
const MOST_SHOWN: usize = 6;

/// A class that something names.
struct Use<'w> {
    by: &'w Object,
    path: String,
    node: &'w Node,
}

/// Reports every class that is named and that nothing makes, once for each name.
pub fn check(
    rule: &'static str,
    kind: ClassKind,
    keys: &[&str],
    provided: &[String],
    cluster: &Cluster<'_>,
    out: &mut Sink,
) {
    let uses = uses(cluster, kind, keys);
    if uses.is_empty() {
        return;
    }
    let classes = Classes::of(cluster, kind);
    for (name, mut uses) in uses {
        if provided.contains(&name) {
            continue;
        }
        match classes.find(cluster, &name) {
            Found::Here => {}
            Found::Unknown(reason) => {
                out.undecided(cluster, "chart", format!("whether {} `{name}` exists", kind.id().1), reason);
            }
            Found::Missing => {
                uses.sort_by_cached_key(|one| cluster.sources().location(one.node.span()));
                out.observations.extend(observation(rule, cluster, &classes, kind.id().1, &name, &uses));
            }
        }
    }
}

fn uses<'w>(cluster: &Cluster<'w>, kind: ClassKind, keys: &[&str]) -> BTreeMap<String, Vec<Use<'w>>> {
    let mut uses: BTreeMap<String, Vec<Use<'_>>> = BTreeMap::new();
    // Volumes that stand in the tree bind by the name alone, whether or not there is such a class.
    let volumes: Vec<&str> = cluster
        .of_kind("", "PersistentVolume")
        .filter_map(|volume| volume.dig("spec.storageClassName")?.as_str())
        .collect();
    let is_bound = |object: &Object, name: &str| {
        object.kind() == "PersistentVolumeClaim"
            && (volumes.contains(&name)
                || object.dig("spec.volumeName").is_some()
                || object.dig("spec.selector").is_some())
    };
    for link in wanted(cluster, |link| (link.group, link.kind) == kind.id()) {
        if !is_bound(link.from, &link.name) {
            let one = Use { by: link.from, path: link.field.clone(), node: link.node };
            uses.entry(link.name.to_string()).or_default().push(one);
        }
    }
    for text in texts(cluster, keys) {
        // Object stores have storage classes, too: in capitals. A dash stands for none.
        let is_name =
            |name: &&str| name.len() > 1 && name.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '.'));
        if let Some(name) = text.node.as_str().filter(is_name) {
            let one = Use { by: text.release, path: format!("values.{}", text.path), node: text.node };
            uses.entry(name.to_owned()).or_default().push(one);
        }
    }
    uses
}

fn observation(
    rule: &'static str,
    cluster: &Cluster<'_>,
    classes: &Classes<'_>,
    kind: &str,
    name: &str,
    uses: &[Use<'_>],
) -> Option<Observation> {
    let first = uses.first()?;
    let message = format!("{} names {kind} `{name}`, which does not exist", first.by.reference());
    let mut found = Observation::new(rule, message, Label::new(first.node.span(), "no such class"))
        .about(first.by.reference(), format!("{}[{name}]", first.path))
        .trail(trail(first.node));
    for one in uses.iter().skip(1).take(MOST_SHOWN) {
        found = found.related(Label::new(one.node.span(), "named here too"));
    }
    match nearest_name(name, classes.known().map(|(known, _)| known)) {
        Some(near) => {
            found = found.help(format!("did you mean `{near}`?"));
            if let Some((_, place)) = classes.known().find(|(known, _)| *known == near) {
                found = found.related(Label::new(place, "nearest name"));
            }
            if first.node.origin.is_source() && uses.len() == 1 {
                let edits = vec![Edit { span: first.node.span(), text: near.to_owned() }];
                let title = format!("write name `{near}`");
                found = found.fix(Fix { title, applicability: Applicability::Unsafe, edits });
            }
        }
        None => {
            let known: Vec<String> = classes.known().map(|(known, _)| format!("`{known}`")).collect();
            found = found.help(format!("name one that the tree makes: {}", known.join(", ")));
        }
    }
    Some(if cluster.has_losses() { found.confidence(Confidence::Low) } else { found })
}
