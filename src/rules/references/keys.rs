//! What the rules about missing keys share.

use super::missing::{confidence, shown, wanted};
use crate::cluster::links::{AskedKey, Link};
use crate::cluster::producers::Keys;
use crate::cluster::{Cluster, trail};
use crate::config::nearest;
use crate::finding::{Applicability, Edit, Fix, Label, Observation};
use crate::rulebook::Sink;

/// Reports every key that is asked for and that an object of this kind does not have.
pub fn check(rule: &'static str, cluster: &Cluster<'_>, out: &mut Sink, is_meant: impl Fn(&Link<'_>) -> bool) {
    for link in wanted(cluster, |link| is_meant(link) && !link.optional && !link.keys.is_empty()) {
        let Some(keys) = cluster.keys(link.kind, &link.namespace, &link.name) else { continue };
        for asked in link.keys.iter().filter(|asked| keys.lacks(&asked.key) && !asked.key.contains("${")) {
            let found = observation(rule, link, asked, &keys);
            out.report(match confidence(cluster, link) {
                Some(confidence) => found.confidence(confidence),
                None => found,
            });
        }
    }
}

fn observation(rule: &'static str, link: &Link<'_>, asked: &AskedKey<'_>, keys: &Keys) -> Observation {
    let mut found = Observation::new(
        rule,
        format!(
            "{} `{}` takes key `{}` of {}, which does not have it",
            link.from.kind(),
            link.from.full_name(),
            asked.key,
            shown(link)
        ),
        Label::new(asked.node.span(), "no such key"),
    )
    .about(link.from.reference(), format!("{}[{}].{}", link.field, link.name, asked.key))
    .trail(trail(asked.node));
    let known: Vec<&str> = keys.known.keys().map(String::as_str).collect();
    if let Some(near) = nearest(&asked.key, known.iter().copied()) {
        found = found.help(format!("did you mean `{near}`?"));
        if let Some(place) = keys.known.get(near) {
            found = found.related(Label::new(*place, "nearest key"));
        }
        // A default key has no place of its own to rename.
        if asked.node.origin.is_source() && asked.node.as_str() == Some(&asked.key) {
            found = found.fix(Fix {
                title: format!("write `{near}`"),
                applicability: Applicability::Unsafe,
                edits: vec![Edit { span: asked.node.span(), text: near.to_owned() }],
            });
        }
    } else if let Some((_, place)) = keys.known.first_key_value() {
        let listed: Vec<String> = known.iter().take(5).map(|key| format!("`{key}`")).collect();
        found = found.help(format!("it has {}", listed.join(", "))).related(Label::new(*place, "its keys"));
    }
    found
}
