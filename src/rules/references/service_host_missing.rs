//! Every host inside the cluster is that of a Service. Card: rules/references/service-host-missing.md

use hashbrown::HashSet;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::hosts::{
    Candidate, elsewhere, is_made, is_of_the_distribution, is_related, misspelt, opaque, renamed, wanted,
};
use crate::cluster::hosts::{Form, HostUse};
use crate::cluster::producers::Existence;
use crate::cluster::{Cluster, trail};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServiceHostMissing {}

/// What is known of a host that is no Service of the tree.
enum Verdict {
    Missing(Option<Candidate>),
    NamespaceMissing(Option<Candidate>),
    Unknown(String),
    Fine,
}

impl Rule for ServiceHostMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        // One finding for each object and Service, and for each place, which many objects may be made of.
        let mut found: BTreeMap<(String, String, String), Observation> = BTreeMap::new();
        let mut places: HashSet<Span> = HashSet::new();
        let mut unknown: BTreeMap<String, String> = BTreeMap::new();
        for host in wanted(cluster) {
            let key = (host.from.reference().to_string(), host.namespace.clone(), host.name.clone());
            if let Some(known) = found.get_mut(&key) {
                known.related.push(Label::new(host.place, "named here too"));
                continue;
            }
            if places.contains(&host.place) {
                continue;
            }
            let verdict = verdict(cluster, host);
            if matches!(verdict, Verdict::Missing(_) | Verdict::NamespaceMissing(_)) {
                places.insert(host.place);
            }
            match verdict {
                Verdict::Fine => {}
                Verdict::Missing(near) => {
                    found.insert(key, observation(host, "which does not exist", near));
                }
                Verdict::NamespaceMissing(near) => {
                    let tail = format!("but there is no namespace `{}`", host.namespace);
                    found.insert(key, observation(host, &tail, near));
                }
                Verdict::Unknown(reason) => {
                    let subject = format!("Service `{}/{}`", host.namespace, host.name);
                    unknown.entry(subject).or_insert_with(|| format!("{} names it; {reason}", key.0));
                }
            }
        }
        unknown.into_iter().for_each(|(subject, reason)| out.undecided(cluster, "chart", subject, reason));
        found.into_values().for_each(|observation| out.report(observation));
    }
}

fn verdict(cluster: &Cluster<'_>, host: &HostUse<'_>) -> Verdict {
    let namespace = host.namespace.as_str();
    if is_made(cluster, namespace, &host.name) {
        return Verdict::Fine;
    }
    match cluster.existence("", "Service", namespace, &host.name) {
        Existence::Here(_) | Existence::Made(_) => return Verdict::Fine,
        // A name alone may be anything that a resolver knows.
        _ if host.form == Form::Bare => {
            let near = misspelt(cluster, host).filter(|near| near.place.is_some());
            let opaque = opaque(cluster, namespace, &host.name);
            let is_free = !opaque.iter().any(|release| is_related(cluster, release, &host.name));
            return match near {
                Some(near) if is_free && !cluster.is_open(namespace) => Verdict::Missing(Some(near)),
                _ => Verdict::Fine,
            };
        }
        Existence::Unknown => return Verdict::Unknown("a part of the cluster was not built".to_owned()),
        Existence::Possible(object) => return Verdict::Unknown(format!("{} may make it", object.reference())),
        Existence::Absent => {}
    }
    if is_of_the_distribution(namespace) {
        return Verdict::Unknown(format!("namespace `{namespace}` also holds what comes with the cluster"));
    }
    let near = elsewhere(cluster, host);
    if !cluster.used_namespaces().contains(namespace) {
        return Verdict::NamespaceMissing(near);
    }
    if near.is_none() && !cluster.runs_in(namespace) {
        return Verdict::Unknown(format!("the tree runs nothing in namespace `{namespace}`"));
    }
    let near = near.or_else(|| renamed(cluster, host)).or_else(|| misspelt(cluster, host));
    let opaque = opaque(cluster, namespace, &host.name);
    let Some(first) = opaque.first() else { return Verdict::Missing(near) };
    if near.is_some() && !opaque.iter().any(|release| is_related(cluster, release, &host.name)) {
        return Verdict::Missing(near);
    }
    Verdict::Unknown(format!("the chart of {} was not rendered", first.reference()))
}

fn observation(host: &HostUse<'_>, tail: &str, near: Option<Candidate>) -> Observation {
    let found = Observation::new(
        "service-host-missing",
        format!("{} names the host of Service `{}/{}`, {tail}", host.from.reference(), host.namespace, host.name),
        Label::new(host.place, "no such Service"),
    )
    .about(host.from.reference(), format!("{}[{}.{}]", host.path, host.name, host.namespace))
    .confidence(Confidence::Medium)
    .trail(trail(host.node));
    let Some(near) = near else { return found };
    let shown = match host.form {
        Form::Bare => near.name.clone(),
        Form::Short => format!("{}.{}", near.name, near.namespace),
        Form::Full => format!("{}.{}.svc", near.name, near.namespace),
    };
    let found = found.help(format!("did you mean `{shown}`?"));
    match near.place {
        Some(place) => found.related(Label::new(place, "nearest Service")),
        None => found,
    }
}
