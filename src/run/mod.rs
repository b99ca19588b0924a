//! Which rules run, and running them over the clusters of a tree: one that panics becomes one finding, the others still run.

pub(crate) mod kept;

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
use kept::Said;

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

/// What a run over the rules gave.
pub(crate) struct Ran {
    /// What was seen, with the entry of its cluster.
    pub(crate) seen: Seen,
    /// What was covered.
    pub(crate) coverage: Coverage,
    /// What the rules said of each cluster by itself.
    pub(crate) said: Vec<Arc<Said>>,
}

/// Runs every predicate over every cluster but those of which it is known what they say; a predicate that panics becomes
/// one finding, the others still run.
pub(crate) fn run(
    predicates: &Predicates,
    repository: &Repository<'_>,
    clusters: &[Cluster<'_>],
    known: Vec<Option<Arc<Said>>>,
    progress: &Progress,
) -> Ran {
    let changed: Vec<&Cluster<'_>> = clusters.iter().filter(|cluster| !cluster.is_unchanged).collect();
    let mut prepared: Vec<Said> = changed.iter().map(|cluster| prepare(predicates, cluster)).collect();
    if predicates.len() >= MANY {
        // Else the threads wait for the one whose rule asks first. What fails here fails again in each rule, and is told.
        changed.par_iter().for_each(|cluster| drop(catch_unwind(AssertUnwindSafe(|| cluster.ready()))));
    }
    let pairs: Vec<_> =
        clusters.iter().flat_map(|cluster| predicates.iter().map(move |rule| (rule, cluster))).collect();
    let check = |((id, rule), cluster): &(&(String, Box<dyn Rule>), &Cluster<'_>)| {
        let checked = || {
            let alone = (!cluster.is_unchanged).then(|| told(cluster, id, |sink| rule.check(cluster, sink)));
            (alone, told(cluster, id, |sink| rule.check_beside(repository, cluster, sink)))
        };
        progress.part(|| format!("{id} {}", if cluster.entry().is_empty() { "." } else { cluster.entry() }), checked)
    };
    let checked: Vec<(Option<Sink>, Sink)> = pairs.par_iter().map(check).collect();
    let place = clusters.first().and_then(place_of);
    let of_repository: Vec<Sink> = predicates
        .par_iter()
        .map(|(id, rule)| {
            let check = || guarded(id, place, |sink| rule.check_repository(repository, sink));
            progress.part(|| id.clone(), check)
        })
        .collect();

    let mut ran = Ran { seen: Vec::new(), coverage: coverage(repository, clusters), said: Vec::new() };
    let (mut checked, mut prepared) = (checked.into_iter(), prepared.drain(..));
    for (cluster, known) in clusters.iter().zip(known.into_iter().chain(std::iter::repeat(None))) {
        let entry = Some(Arc::from(cluster.entry()));
        ran.take(&entry, cluster.build().observations.iter().cloned());
        let (alone, beside): (Vec<Option<Sink>>, Said) = checked.by_ref().take(predicates.len()).unzip();
        let said = known.filter(|_| cluster.is_unchanged).unwrap_or_else(|| {
            let prepared = prepared.next().unwrap_or_default();
            Arc::new(prepared.into_iter().chain(alone.into_iter().flatten()).collect())
        });
        said.iter().chain(&beside).for_each(|sink| ran.take_all(&entry, sink));
        ran.said.push(said);
    }
    of_repository.iter().for_each(|sink| ran.take_all(&None, sink));
    ran.coverage.unknown.sort();
    ran.coverage.unknown.dedup();
    ran
}

impl Ran {
    fn take(&mut self, cluster: &Option<Arc<str>>, observations: impl Iterator<Item = Observation>) {
        self.seen.extend(observations.map(|observation| (cluster.clone(), observation)));
    }

    fn take_all(&mut self, cluster: &Option<Arc<str>>, sink: &Sink) {
        self.coverage.unknown.extend_from_slice(&sink.not_checked);
        self.take(cluster, sink.observations.iter().cloned());
    }
}

fn place_of(cluster: &Cluster<'_>) -> Option<Span> {
    cluster.kustomizations().first().map(|root| root.spec.place)
}

fn prepare(predicates: &Predicates, cluster: &Cluster<'_>) -> Said {
    predicates.iter().map(|(id, rule)| guarded(id, place_of(cluster), |_| rule.prepare(cluster))).collect()
}

/// What a rule says of a cluster: what it says of the objects of a rendered chart stands at the release.
fn told(cluster: &Cluster<'_>, id: &str, check: impl FnOnce(&mut Sink)) -> Sink {
    let mut sink = guarded(id, place_of(cluster), check);
    sink.observations = sink.observations.into_iter().map(|seen| cluster.at_release(seen)).collect();
    sink
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::{BuildOptions, Library, world};
    use crate::source::{Memory, Sources};

    struct Fails;

    impl Rule for Fails {
        fn check(&self, _: &Cluster<'_>, _: &mut Sink) {
            panic!("a mistake of ours");
        }

        fn check_repository(&self, _: &Repository<'_>, _: &mut Sink) {
            panic!("another one");
        }
    }

    struct Says;

    impl Rule for Says {
        fn check_beside(&self, repository: &Repository<'_>, cluster: &Cluster<'_>, out: &mut Sink) {
            let count = repository.documents.len();
            out.undecided(cluster, "count", format!("{count} documents"), "it still runs");
        }
    }

    #[test]
    fn a_rule_that_fails_is_a_finding_and_the_others_run() {
        let mut memory = Memory::default();
        memory.insert("cluster/kustomization.yaml", "resources: []\n");
        let sources = Sources::new(memory);
        let library = Library::new(&sources);
        let config = Config::default();
        let world = world(&library, &BuildOptions { entries: vec!["cluster".to_owned()], ..BuildOptions::default() });
        let repository = Repository::new(&library, &config, crate::documents(&library), &world);
        let clusters: Vec<Cluster<'_>> = world.clusters.iter().map(|build| Cluster::new(&repository, build)).collect();
        let rules: Predicates = vec![("fails".to_owned(), Box::new(Fails)), ("says".to_owned(), Box::new(Says))];
        let ran = run(&rules, &repository, &clusters, Vec::new(), &Progress::default());
        let seen: Vec<(&str, &str)> = ran.seen.iter().map(|(_, seen)| (&*seen.rule, &*seen.message)).collect();
        let failed = ("internal-error", "the rule `fails` failed on this tree");
        assert_eq!(seen, [failed, failed]);
        assert!(ran.coverage.unknown.iter().any(|part| part.what == "1 documents"), "{:?}", ran.coverage);
    }
}
