//! What the rules about hosts inside the cluster share: which Service a host is, and what else may have been meant.

use crate::build::Object;
use crate::build::charts::Extent;
use crate::build::flux::ReleaseNames;
use crate::cluster::Cluster;
use crate::cluster::hosts::HostUse;
use crate::cluster::pods::services_of;
use crate::source::Span;
use crate::yaml::Node;

/// Namespaces of which a tree never holds everything.
const OF_THE_DISTRIBUTION: &[&str] = &["default", "kube-system", "kube-public", "kube-node-lease", "flux-system"];

/// Shorter words of names say nothing.
const SHORTEST_WORD: usize = 4;

/// Every host that no rule about object storage speaks of.
pub fn wanted<'c, 'w>(cluster: &'c Cluster<'w>) -> Vec<&'c HostUse<'w>> {
    let mut connections: Vec<Span> = cluster.storage().connections().iter().map(|one| one.text.span).collect();
    connections.sort_by_key(|span| (span.file, span.start));
    let is_storage = |place: Span| {
        let at = connections.partition_point(|span| (span.file, span.start) <= (place.file, place.start));
        let before = at.checked_sub(1).and_then(|at| connections.get(at));
        before.is_some_and(|span| span.file == place.file && place.end <= span.end)
    };
    cluster.hosts().iter().filter(|host| !is_storage(host.place)).collect()
}

/// Whether Services of a namespace come from elsewhere as well.
pub fn is_of_the_distribution(namespace: &str) -> bool {
    OF_THE_DISTRIBUTION.contains(&namespace)
}

/// Whether a release of a namespace is known to make a Service of a name.
pub fn is_made(cluster: &Cluster<'_>, namespace: &str, name: &str) -> bool {
    let known = cluster.installed_in(namespace).filter_map(|release| services_of(cluster, release));
    known.into_iter().any(|services| services.made.iter().any(|set| set.name == name))
}

/// The releases of a namespace that may make a Service of a name.
pub fn opaque<'w>(cluster: &Cluster<'w>, namespace: &str, name: &str) -> Vec<&'w Object> {
    let is_opaque = |release: &&'w Object| {
        matches!(cluster.makes(release, "", "Service"), Extent::Open(_))
            && services_of(cluster, release).is_none_or(|services| services.may_make(name))
    };
    cluster.installed_in(namespace).filter(is_opaque).collect()
}

/// Whether a name shares a word with a release or its chart, as the names of what charts make do.
pub fn is_related(cluster: &Cluster<'_>, release: &Object, name: &str) -> bool {
    let names = ReleaseNames::of(release);
    let chart = cluster.chart(release).and_then(|chart| chart.name.clone());
    let own = [Some(release.name.to_string()), names.name, chart.map(|chart| chart.to_string())];
    let words = |text: &str| -> Vec<String> {
        text.split('-').filter(|word| word.len() >= SHORTEST_WORD).map(ToOwned::to_owned).collect()
    };
    let asked = words(name);
    own.iter().flatten().any(|own| {
        own.contains(name) || name.contains(own.as_str()) || words(own).iter().any(|word| asked.contains(word))
    })
}

/// A Service that may have been meant.
pub struct Candidate {
    /// Its name.
    pub name: String,
    /// Its namespace.
    pub namespace: String,
    /// Its place; none where something else makes it.
    pub place: Option<Span>,
}

/// The Service of that name in another namespace.
pub fn elsewhere(cluster: &Cluster<'_>, host: &HostUse<'_>) -> Option<Candidate> {
    let object = cluster.named(&host.name).filter(|object| object.is("", "Service"));
    let first = object.min_by(|a, b| a.namespace().cmp(b.namespace()));
    let there = first.map(|object| Candidate {
        name: host.name.clone(),
        namespace: object.namespace().to_owned(),
        place: Some(object.place()),
    });
    there.or_else(|| {
        let namespace = cluster.products().namespaces("Service", &host.name).min()?;
        Some(Candidate { name: host.name.clone(), namespace: namespace.to_owned(), place: None })
    })
}

/// The Service of a release that would have that name if the release were called like its chart.
pub fn renamed(cluster: &Cluster<'_>, host: &HostUse<'_>) -> Option<Candidate> {
    cluster.installed_in(&host.namespace).find_map(|release| {
        let services = services_of(cluster, release)?;
        let (_, own) = services.usual.iter().find(|(usual, _)| *usual == host.name)?;
        let values = cluster.values(release)?;
        let place = values.root.get("fullnameOverride").map_or(release.place(), Node::span);
        Some(Candidate { name: own.clone(), namespace: host.namespace.clone(), place: Some(place) })
    })
}

/// The Service of that namespace whose name differs by a slip.
pub fn misspelt(cluster: &Cluster<'_>, host: &HostUse<'_>) -> Option<Candidate> {
    let objects = cluster.in_namespace(&host.namespace).filter(|object| object.is("", "Service"));
    let there = objects.map(|object| (object.name.as_str(), Some(object.place())));
    let made = cluster.products().names("Service", &host.namespace).map(|name| (name, None));
    let limit = if host.name.len() > 5 { 2 } else { 1 };
    there
        .chain(made)
        .map(|(name, place)| (strsim::damerau_levenshtein(name, &host.name), name, place))
        .filter(|(distance, ..)| (1..=limit).contains(distance))
        .min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)))
        .map(|(_, name, place)| Candidate { name: name.to_owned(), namespace: host.namespace.clone(), place })
}
