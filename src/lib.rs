//! flux-vet: reads a Flux repository the way Flux would apply it and checks what only holds between objects.

#[macro_use]
mod tables;

pub mod build;
pub mod cli;
pub mod cluster;
pub mod config;
pub mod fault;
pub mod finding;
pub mod fix;
pub mod inspect;
pub mod lsp;
pub mod progress;
pub mod repair;
pub mod report;
pub mod rulebook;
pub mod rules;
mod run;
pub mod source;
pub mod verdict;
pub mod yaml;

use hashbrown::HashSet;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use crate::build::flux::SourceKey;
use crate::build::{BuildOptions, Library, ReadSoFar, Undefined};
use crate::cluster::before::Before;
use crate::cluster::budget::table::{By, Table};
use crate::cluster::graph;
use crate::cluster::profiles::Profiles;
use crate::cluster::schemas::cache::Cache;
use crate::cluster::schemas::lock::LockFile;
use crate::cluster::schemas::pulled::Pulled;
use crate::cluster::schemas::{Location, Locations};
use crate::cluster::{Cluster, FileDocument, Repository};
use crate::config::{Choice, Config, Date, NamespacedName, Rendered, SourceName, Version};
use crate::fault::Fault;
use crate::finding::{Coverage, Finding, State, Summary};
use crate::progress::Progress;
use crate::report::{Compared, RuleText, Run, Views};
use crate::rulebook::Catalogue;
use crate::rulebook::user::{self, CardText};
use crate::run::kept::{Finished, Runs, Setting};
use crate::run::{Ran, is_wanted, predicates, run};
use crate::source::{FileId, FileSystem, Sources};
use crate::verdict::baseline::{self, Baseline};
use crate::verdict::suppressions::{Reading, Suppressions};
use crate::verdict::{Court, Switch, switch};
use crate::yaml::Mode;

/// From this Flux version on, an undefined variable fails a build (kustomize-controller 1.9,
/// `internal/features/features.go`).
const STRICT_SINCE: Version = Version { major: 2, minor: 9 };

/// What a run is asked to do.
#[derive(Clone, Debug, Default)]
pub struct CheckOptions {
    /// Which configuration; that of the root where left out.
    pub config: Choice,
    /// Paths below the root that narrow what is reported.
    pub only: Vec<String>,
    /// The day of the run, for ignores that end.
    pub today: Option<Date>,
    /// Runs these rules alone, whatever their default.
    pub rules: Option<Vec<String>>,
    /// The process ends with this run: what it holds is left to the system.
    pub is_last: bool,
    /// The baseline.
    pub baseline: baseline::Choice,
    /// Places for schemas, before those of the configuration.
    pub schema_locations: Vec<Location>,
    /// Folder of pulled schemas; that of the user where left out.
    pub schema_cache: Option<PathBuf>,
    /// What was pulled, in place of what the lock file of the tree says.
    pub schemas_pulled: Option<Pulled>,
    /// Options of a rule, over those of the configuration.
    pub rule_options: Vec<(String, serde_json::Value)>,
    /// Cards of the user, in place of those of the tree.
    pub cards: Option<Vec<CardText>>,
    /// Who is told how the run gets on.
    pub progress: Progress,
    /// Whether somebody wants to see what the clusters look like.
    pub views: bool,
}

/// A finished run.
pub struct Checked {
    /// The files that spans point into.
    pub sources: Sources,
    /// All findings, in their final order.
    pub findings: Vec<Finding>,
    /// What was covered.
    pub coverage: Coverage,
    /// Counts of the reported findings.
    pub summary: Summary,
    /// The cards of the rules that ran.
    pub rules: Vec<RuleText>,
    /// There was nothing to check: no object in the whole tree.
    pub is_empty: bool,
    /// What the baseline lists and is not found any more, one line each.
    pub stale: Vec<String>,
    /// What the clusters look like, where that was asked for.
    pub views: Option<Views>,
}

impl Checked {
    /// As reports print it.
    pub fn as_run(&self) -> Run<'_> {
        Run {
            sources: &self.sources,
            findings: &self.findings,
            coverage: &self.coverage,
            summary: self.summary,
            rules: &self.rules,
            views: self.views.as_ref(),
        }
    }
}

/// Checks a tree: text, nodes, objects, world, rules, verdict.
///
/// # Errors
/// A [`Fault`] when the run itself is broken; what is wrong with the manifests are findings.
pub fn check(system: impl FileSystem + 'static, options: &CheckOptions) -> Result<Checked, Fault> {
    Ok(checked(Sources::new(system), options, Start::default(), |_| ())?.0)
}

/// What is known when a check begins.
#[derive(Clone, Default)]
pub(crate) struct Start {
    /// What an older revision built.
    pub before: Option<Before>,
    /// Files that an earlier check of the same tree read.
    pub read: ReadSoFar,
    /// What an earlier check of the same tree found out about its clusters.
    pub runs: Option<Arc<Runs>>,
}

impl Start {
    /// For a tree that is checked again and again: what is known of it is kept.
    pub(crate) fn of_many() -> Self {
        Start { before: None, read: ReadSoFar::with_builds(), runs: Some(Arc::default()) }
    }
}

/// Checks a tree beside an older one, and lets somebody look at its clusters.
pub(crate) fn checked<T>(
    sources: Sources,
    options: &CheckOptions,
    start: Start,
    look: impl FnOnce(&[Cluster<'_>]) -> T,
) -> Result<(Checked, T), Fault> {
    let mut laps = options.progress.begin();
    // What rules run, and how, is read from these files; a text that was given stands in none.
    let window = sources.recording();
    let is_given = matches!(options.config, Choice::Text { .. });
    let mut config = Config::choose(if is_given { &sources } else { &window }, &options.config)?;
    let library = Library::knowing(&sources, start.read);
    // The files are read beside the rules, which are many small texts themselves.
    let (catalogue, documents) = rayon::join(
        || catalogue(if options.cards.is_some() { &sources } else { &window }, &config, options.cards.as_deref()),
        || documents(&library),
    );
    let catalogue = catalogue?;
    rules::begin(&mut config, &catalogue)?;
    config.check_names(&|name| catalogue.names().contains(&name), &catalogue.names())?;
    let predicates = predicates(&catalogue, &config, options)?;
    let profiles = Profiles::load(&window, &config)?;
    let schemas = schemas(&sources, &config, options)?;
    laps.end("reading", || format!("{} rules, {} files", predicates.len(), sources.files().len()));
    let world = build::world(&library, &build_options(&config));
    laps.end("build", || {
        let objects: usize = world.clusters.iter().map(|cluster| cluster.objects.len()).sum();
        let kustomizations: usize = world.clusters.iter().map(|cluster| cluster.kustomizations.len()).sum();
        format!("{} clusters, {kustomizations} Kustomizations, {objects} objects", world.clusters.len())
    });
    let repository = Repository::new(&library, &config, documents, &world)
        .with_profiles(profiles)
        .with_schemas(schemas)
        .since(start.before);
    let kept = start.runs.as_ref().filter(|_| can_be_kept(&repository, options));
    let kept = kept.and_then(|runs| Some((runs, Setting::of(&options.config, &window)?)));
    let known = kept.as_ref().map(|(runs, setting)| runs.find(setting, &repository, &world.clusters));
    let known = known.unwrap_or_default();
    let windows: Vec<Sources> = world.clusters.iter().filter(|_| kept.is_some()).map(|_| sources.recording()).collect();
    let libraries: Vec<Library<'_>> =
        windows.iter().map(|window| library.through(window, library.folders.clone())).collect();
    let cluster = |(at, build)| {
        let cluster = Cluster::new(&repository, build);
        match libraries.get(at) {
            Some(library) => cluster.after(library, known.get(at).is_some_and(Option::is_some)),
            None => cluster,
        }
    };
    let clusters: Vec<Cluster<'_>> = world.clusters.iter().enumerate().map(cluster).collect();
    let seen = look(&clusters);
    laps.end("index", || format!("{} documents", repository.documents.len()));
    let Ran { seen: observations, coverage, said } = run(&predicates, &repository, &clusters, known, &options.progress);
    laps.end("rules", || format!("{} observations", observations.len()));
    let views = options.views.then(|| views(&clusters));
    let running: HashSet<&str> = predicates.iter().map(|(id, _)| id.as_str()).collect();
    let wanted = catalogue.iter().filter(|entry| is_wanted(entry, &config, options));
    let wanted: HashSet<&str> = wanted.map(|entry| entry.card.id.as_str()).collect();
    let suppressions = Suppressions::read(&Reading {
        library: &library,
        clusters: &clusters,
        config: &config,
        catalogue: &catalogue,
        today: options.today,
    });
    let built: HashSet<FileId> = repository.read.union(&repository.reached).copied().collect();
    let court = Court {
        sources: &sources,
        config: &config,
        catalogue: &catalogue,
        only: options.only.clone(),
        asked: options.rules.clone().unwrap_or_default(),
        running: &wanted,
        built: &built,
    };
    let mut findings = court.judge(observations, suppressions);
    if let Some(rules) = &options.rules {
        findings.retain(|finding| rules.iter().any(|rule| **rule == *finding.rule));
    }
    let listed = Baseline::read(&sources, &options.baseline)?;
    let stale = match &listed {
        Some(listed) => {
            listed.apply(&mut findings, &sources);
            // Paths and chosen rules hide findings, which are not gone.
            let is_whole = options.only.is_empty() && options.rules.is_none();
            let found = Baseline::of(&findings, &sources);
            if is_whole { listed.without(&found).lines() } else { Vec::new() }
        }
        None => Vec::new(),
    };
    let rules = rule_texts(&catalogue, &config, &running);
    let summary = verdict::summary(&findings);
    laps.end("verdict", || format!("{} findings, {} of them reported", findings.len(), summary.total()));
    let is_empty = coverage.objects == 0
        && coverage.clusters.iter().all(|cluster| cluster.kustomizations <= 1)
        && findings.is_empty();
    let finished = kept.is_some().then(|| clusters.iter().zip(said).map(|(of, said)| Finished::of(of, said)).collect());
    leave(clusters, options.is_last);
    leave(repository, options.is_last);
    match (kept, finished) {
        (Some((runs, setting)), Some(finished)) => runs.keep(setting, finished, world),
        _ => leave(world, options.is_last),
    }
    leave(libraries, options.is_last);
    leave(library, options.is_last);
    Ok((Checked { findings, coverage, summary, rules, is_empty, stale, views, sources }, seen))
}

/// Whether everything that decides what rules say is read from files of the tree, and it is noted from which.
fn can_be_kept(repository: &Repository<'_>, options: &CheckOptions) -> bool {
    let is_plain = options.rules.is_none() && options.rule_options.is_empty() && options.cards.is_none();
    is_plain && repository.schemas.all.is_empty() && repository.before.is_none()
}

/// What the clusters look like: namespaces in the budget, and the Flux objects.
fn views(clusters: &[Cluster<'_>]) -> Views {
    let budgets = clusters.iter().map(|cluster| Compared { now: Table::of(cluster, By::Namespace), base: None });
    let graphs = |without_releases| {
        let selection = graph::Selection { without_releases, sources: graph::Sources::Auto, only: &[] };
        clusters.iter().map(|cluster| graph::flux(cluster, &selection)).collect()
    };
    Views { budgets: budgets.collect(), graphs: [graphs(false), graphs(true)] }
}

/// Lets go of a part of a run. Taking a large tree apart, value by value, costs as much as parsing it, and a process that
/// ends does not need it.
fn leave<T>(part: T, is_last: bool) {
    if is_last {
        std::mem::forget(part);
    }
}

/// Our rules and those of the user: the given cards, else those of the tree.
///
/// # Errors
/// [`Fault`] for a card that does not load.
pub fn catalogue(sources: &Sources, config: &Config, cards: Option<&[CardText]>) -> Result<Catalogue, Fault> {
    let mut catalogue = rules::catalogue()?;
    match cards {
        Some(cards) => user::add(&mut catalogue, sources, cards)?,
        None => user::add(&mut catalogue, sources, &user::texts(sources, config)?)?,
    }
    Ok(catalogue)
}

/// Where schemas are: as given, then as configured.
pub(crate) fn schema_locations(sources: &Sources, config: &Config, given: &[Location]) -> Result<Locations, Fault> {
    let mut all = given.to_vec();
    for (at, template) in config.schema_locations.iter().enumerate() {
        let location = Location::new(sources.shared_system(), template)
            .map_err(|error| config.fault(&format!("schema-locations.{at}"), error.to_string(), "here", None))?;
        all.push(location);
    }
    Ok(Locations { all, ..Locations::default() })
}

/// The same, with what was pulled of those in the network. Nothing asks the network here.
fn schemas(sources: &Sources, config: &Config, options: &CheckOptions) -> Result<Locations, Fault> {
    let mut locations = schema_locations(sources, config, &options.schema_locations)?;
    if locations.has_network() {
        locations.pulled = match &options.schemas_pulled {
            Some(pulled) => pulled.clone(),
            None => pulled(sources, options)?,
        };
    }
    Ok(locations)
}

fn pulled(sources: &Sources, options: &CheckOptions) -> Result<Pulled, Fault> {
    let cache = options.schema_cache.clone().map(Cache::new).or_else(Cache::of_user);
    match (LockFile::read(sources)?, cache) {
        (Some(lock), Some(cache)) => Pulled::load(&lock, &cache),
        _ => Ok(Pulled::default()),
    }
}

/// Checks a tree beside an older one: what the older one has too is known. The findings of the older tree are those of
/// the same options and cards, paths apart.
///
/// # Errors
/// As for [`check`], of either tree.
pub fn check_since(
    system: impl FileSystem + 'static,
    base: impl FileSystem + 'static,
    options: &CheckOptions,
) -> Result<Checked, Fault> {
    let sources = Sources::new(system);
    let config = Config::choose(&sources, &options.config)?;
    let cards = match &options.cards {
        Some(cards) => cards.clone(),
        None => user::texts(&sources, &config)?,
    };
    // One lock for both, as there is one configuration.
    let pulled = schemas(&sources, &config, options)?.pulled;
    let options = CheckOptions { cards: Some(cards), schemas_pulled: Some(pulled), ..options.clone() };
    let whole = CheckOptions { only: Vec::new(), baseline: baseline::Choice::None, views: false, ..options.clone() };
    let (base, before) = checked(Sources::new(base), &whole, Start::default(), Before::of)?;
    let start = Start { before: Some(before), ..Start::default() };
    let (mut checked, ()) = checked(sources, &options, start, |_| ())?;
    let reported = base.findings.iter().filter(|finding| finding.state == State::Reported);
    let known: HashSet<&str> = reported.map(|finding| finding.fingerprint.as_str()).collect();
    for finding in &mut checked.findings {
        if finding.state == State::Reported && known.contains(finding.fingerprint.as_str()) {
            finding.state = State::Known;
        }
    }
    checked.summary = verdict::summary(&checked.findings);
    Ok(checked)
}

pub(crate) fn build_options(config: &Config) -> BuildOptions {
    let undefined = |flux: Option<Version>| match (config.strict_substitution, flux) {
        (Some(true), _) => Undefined::Fails,
        (Some(false), _) => Undefined::Blank,
        (None, Some(version)) if version >= STRICT_SINCE => Undefined::Fails,
        (None, Some(_)) => Undefined::Blank,
        (None, None) => Undefined::FailsSince29,
    };
    BuildOptions {
        entries: config.clusters.iter().map(|cluster| cluster.entry.clone()).collect(),
        undefined: undefined(config.flux),
        undefined_at: config
            .clusters
            .iter()
            .map(|cluster| (cluster.entry.clone(), undefined(cluster.flux.or(config.flux))))
            .collect(),
        sources: config.sources.iter().map(|(name, folder)| (source_key(name), folder.clone())).collect(),
        rendered: match &config.charts.rendered {
            Rendered::Each(folders) => {
                let key = |name: &NamespacedName| (name.namespace.clone(), name.name.clone());
                folders.iter().map(|(name, folder)| (key(name), folder.clone())).collect()
            }
            Rendered::Below(_) => BTreeMap::new(),
        },
        rendered_below: match &config.charts.rendered {
            Rendered::Each(_) => None,
            Rendered::Below(folder) => Some(folder.clone()),
        },
    }
}

fn source_key(name: &SourceName) -> SourceKey {
    SourceKey { kind: name.kind.clone(), namespace: name.namespace.clone(), name: name.name.clone() }
}

/// Every document of every YAML file, by path.
pub(crate) fn documents(library: &Library<'_>) -> Vec<FileDocument> {
    let mut files = library.sources.system().walk();
    files.retain(|path| path.ends_with(".yaml") || path.ends_with(".yml"));
    // Whoever takes the first of several takes the same one every time.
    files.sort_unstable();
    files
        .par_iter()
        .flat_map_iter(|path| {
            let path: Arc<str> = path.as_str().into();
            let documents =
                library.load(&path, Mode::V3).map(|manifests| manifests.documents.clone()).unwrap_or_default();
            documents.into_iter().map(move |node| FileDocument { path: path.clone(), node })
        })
        .collect()
}

pub(crate) fn rule_texts(catalogue: &Catalogue, config: &Config, running: &HashSet<&str>) -> Vec<RuleText> {
    catalogue
        .iter()
        .filter(|entry| {
            running.contains(entry.card.id.as_str())
                || (!entry.is_compiled() && switch(config, &entry.card) != Switch::Off)
        })
        .map(|entry| RuleText {
            id: entry.card.id.clone(),
            group: entry.card.group.clone(),
            summary: entry.card.summary.clone(),
            what: entry.card.what.clone(),
            why: entry.card.why.clone(),
            help: entry.card.help.clone(),
            severity: entry.card.severity,
            confidence: entry.card.confidence,
        })
        .collect()
}
