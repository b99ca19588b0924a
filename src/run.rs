//! Which rules run, and running them over the clusters of a tree: one that panics becomes one finding, the others still run.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::prelude::*;

use crate::CheckOptions;
use crate::cluster::{Cluster, Repository};
use crate::config::{Config, PathRules};
use crate::fault::Fault;
use crate::finding::{ClusterCoverage, Coverage, Label, Observation};
use crate::progress::Progress;
use crate::rulebook::{Catalogue, Rule, RuleEntry, Sink};
use crate::source::Span;
use crate::verdict::{Switch, switch};

pub(crate) type Predicates = Vec<(String, Box<dyn Rule>)>;

/// Whether a rule runs at all.
pub(crate) fn is_wanted(entry: &RuleEntry, config: &Config, options: &CheckOptions) -> bool {
    let id = &entry.card.id;
    match &options.rules {
        Some(rules) => rules.contains(id),
        None => {
            let named = |path: &PathRules| path.rules.contains_key(id) || path.rules.contains_key(&entry.card.group);
            switch(config, &entry.card) != Switch::Off || config.paths.iter().any(named)
        }
    }
}

pub(crate) fn predicates(catalogue: &Catalogue, config: &Config, options: &CheckOptions) -> Result<Predicates, Fault> {
    let mut predicates = Vec::new();
    for entry in catalogue.iter().filter(|entry| is_wanted(entry, config, options)) {
        let id = &entry.card.id;
        let own = config.rules.get(id).map(|setting| setting.options.clone()).unwrap_or_default();
        let given = options.rule_options.iter().find(|(rule, _)| rule == id).map(|(_, value)| value.clone());
        match entry.predicate(given.unwrap_or(serde_json::Value::Object(own))) {
            None => {}
            Some(Ok(rule)) => predicates.push((id.clone(), rule)),
            Some(Err(why)) => {
                let help = Some(format!("`flux-vet explain {id}` lists the options"));
                return Err(config.fault(
                    &format!("rules.{id}"),
                    format!("the options of `{id}` are wrong: {why}"),
                    "here",
                    help,
                ));
            }
        }
    }
    Ok(predicates)
}

/// So many rules ask for nearly everything that a cluster can be asked.
const MANY: usize = 50;

type Seen = Vec<(Option<Arc<str>>, Observation)>;

/// Runs every predicate over every cluster; a predicate that panics becomes one finding, the others still run.
pub(crate) fn run(
    predicates: &[(String, Box<dyn Rule>)],
    repository: &Repository<'_>,
    clusters: &[Cluster<'_>],
    progress: &Progress,
) -> (Seen, Coverage) {
    let pairs: Vec<_> =
        clusters.iter().flat_map(|cluster| predicates.iter().map(move |rule| (rule, cluster))).collect();
    let prepare = |((id, rule), cluster): &(&(String, Box<dyn Rule>), &Cluster<'_>)| {
        let place = cluster.kustomizations().first().map(|root| root.spec.place);
        (Some(cluster.entry().into()), guarded(id, place, |_| rule.prepare(cluster)))
    };
    let mut results: Vec<(Option<Arc<str>>, Sink)> = pairs.iter().map(prepare).collect();
    if predicates.len() >= MANY {
        // Else the threads wait for the one whose rule asks first. What fails here fails again in each rule, and is told.
        clusters.par_iter().for_each(|cluster| drop(catch_unwind(AssertUnwindSafe(|| cluster.ready()))));
    }
    results.par_extend(pairs.par_iter().map(|((id, rule), cluster)| {
        let place = cluster.kustomizations().first().map(|root| root.spec.place);
        let check = || guarded(id, place, |sink| rule.check(cluster, sink));
        let mut sink =
            progress.part(|| format!("{id} {}", if cluster.entry().is_empty() { "." } else { cluster.entry() }), check);
        sink.observations = sink.observations.into_iter().map(|seen| cluster.at_release(seen)).collect();
        (Some(cluster.entry().into()), sink)
    }));
    let place = clusters.first().and_then(|cluster| cluster.kustomizations().first()).map(|root| root.spec.place);
    results.extend(
        predicates
            .par_iter()
            .map(|(id, rule)| {
                let check = || guarded(id, place, |sink| rule.check_repository(repository, sink));
                (None, progress.part(|| id.clone(), check))
            })
            .collect::<Vec<_>>(),
    );
    let mut seen: Seen = Vec::new();
    let mut coverage = coverage(repository, clusters);
    for cluster in clusters {
        let entry: Arc<str> = cluster.entry().into();
        seen.extend(cluster.build().observations.iter().map(|observation| (Some(entry.clone()), observation.clone())));
    }
    for (cluster, sink) in results {
        coverage.unknown.extend(sink.not_checked);
        seen.extend(sink.observations.into_iter().map(|observation| (cluster.clone(), observation)));
    }
    coverage.unknown.sort();
    coverage.unknown.dedup();
    (seen, coverage)
}

fn guarded(id: &str, place: Option<Span>, check: impl FnOnce(&mut Sink)) -> Sink {
    let mut sink = Sink::default();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let mut sink = Sink::default();
        check(&mut sink);
        sink
    }));
    match (outcome, place) {
        (Ok(done), _) => sink = done,
        (Err(_), Some(place)) => sink.report(
            Observation::new("internal-error", format!("the rule `{id}` failed on this tree"), Label::new(place, ""))
                .keyed(id.to_owned()),
        ),
        (Err(_), None) => {}
    }
    sink
}

pub(crate) fn coverage(repository: &Repository<'_>, clusters: &[Cluster<'_>]) -> Coverage {
    let mut coverage = Coverage::default();
    for cluster in clusters {
        let (kustomizations, built, external, broken) = cluster.counts();
        let objects = cluster.objects().count();
        coverage.objects += objects;
        coverage.clusters.push(ClusterCoverage {
            entry: cluster.entry().into(),
            kustomizations,
            built,
            external,
            broken,
            objects,
        });
        coverage.unknown.extend(cluster.not_checked());
    }
    let mut files: Vec<&Arc<str>> = repository.documents.iter().map(|document| &document.path).collect();
    files.dedup();
    coverage.files = files.len();
    coverage
}
