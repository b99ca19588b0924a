//! The pipeline up to the build, for those who want to see what is built: the whole tree, or one folder.

use hashbrown::HashSet;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::build::kustomize::{self, Builder, LeftOut};
use crate::build::{Library, World};
use crate::cluster::profiles::Profiles;
use crate::cluster::schemas::Location;
use crate::cluster::schemas::lock::LockFile;
use crate::cluster::schemas::pull::{Wanted, wanted};
use crate::cluster::{Cluster, Repository};
use crate::config::{Choice, Config};
use crate::fault::Fault;
use crate::finding::{Coverage, Finding, Observation, Summary};
use crate::report::{RuleText, Run};
use crate::rulebook::Catalogue;
use crate::source::{FileSystem, Sources};
use crate::verdict::suppressions::Suppressions;
use crate::verdict::{self, Court};
use crate::yaml::Node;
use crate::{build, rules};

/// What a build had to say, ready to be reported.
pub struct Said {
    findings: Vec<Finding>,
    coverage: Coverage,
    summary: Summary,
    rules: Vec<RuleText>,
}

impl Said {
    fn new(
        sources: &Sources,
        config: &Config,
        observations: Vec<(Option<Arc<str>>, Observation)>,
    ) -> Result<Self, Fault> {
        let catalogue: Catalogue = rules::catalogue()?;
        let court = Court {
            sources,
            config,
            catalogue: &catalogue,
            only: Vec::new(),
            asked: Vec::new(),
            running: &HashSet::new(),
            built: &HashSet::new(),
        };
        let findings = court.judge(observations, Suppressions::default());
        Ok(Said {
            summary: verdict::summary(&findings),
            rules: crate::rule_texts(&catalogue, config, &HashSet::new()),
            coverage: Coverage::default(),
            findings,
        })
    }

    /// As a finished run.
    pub fn run<'a>(&'a self, sources: &'a Sources) -> Run<'a> {
        Run {
            sources,
            findings: &self.findings,
            coverage: &self.coverage,
            summary: self.summary,
            rules: &self.rules,
            views: None,
        }
    }
}

/// A tree as Flux would apply it.
pub struct BuiltTree {
    /// The files that spans point into.
    pub sources: Sources,
    /// The clusters.
    pub world: World,
    /// What the build had to say.
    pub said: Said,
}

/// Builds a tree.
///
/// # Errors
/// A [`Fault`] when the run itself is broken.
pub fn tree(system: impl FileSystem + 'static, config: &Choice) -> Result<BuiltTree, Fault> {
    let sources = Sources::new(system);
    let config = Config::choose(&sources, config)?;
    let library = Library::new(&sources);
    let world = build::world(&library, &crate::build_options(&config));
    let observations = world
        .clusters
        .iter()
        .flat_map(|cluster| cluster.observations.iter().map(|seen| (Some(cluster.entry.clone()), seen.clone())))
        .collect();
    let said = Said::new(&sources, &config, observations)?;
    Ok(BuiltTree { said, world, sources })
}

/// Builds a tree and lets somebody look at its clusters, ready to be asked.
///
/// # Errors
/// A [`Fault`] when the run itself is broken.
pub fn clusters<T>(
    system: impl FileSystem + 'static,
    config: &Choice,
    look: impl FnOnce(&[Cluster<'_>]) -> T,
) -> Result<T, Fault> {
    let sources = Sources::new(system);
    let config = Config::choose(&sources, config)?;
    let library = Library::new(&sources);
    let world = build::world(&library, &crate::build_options(&config));
    let profiles = Profiles::load(&sources, &config)?;
    let repository = Repository::new(&library, &config, crate::documents(&library), &world).with_profiles(profiles);
    let clusters: Vec<Cluster<'_>> = world.clusters.iter().map(|build| Cluster::new(&repository, build)).collect();
    Ok(look(&clusters))
}

/// Which schemas a tree wants of the network.
pub struct WantedSchemas {
    /// Whether some place for schemas is in the network.
    pub has_network: bool,
    /// The kinds.
    pub kinds: BTreeSet<Wanted>,
    /// What is locked.
    pub lock: Option<LockFile>,
}

/// Builds a tree and finds out which schemas it wants of the network.
///
/// # Errors
/// A [`Fault`] when the run itself is broken, or the lock file is.
pub fn wanted_schemas(
    system: impl FileSystem + 'static,
    config: &Choice,
    given: &[Location],
) -> Result<WantedSchemas, Fault> {
    let sources = Sources::new(system);
    let config = Config::choose(&sources, config)?;
    let lock = LockFile::read(&sources)?;
    let schemas = crate::schema_locations(&sources, &config, given)?;
    let has_network = schemas.has_network();
    let library = Library::new(&sources);
    let world = build::world(&library, &crate::build_options(&config));
    let repository = Repository::new(&library, &config, crate::documents(&library), &world).with_schemas(schemas);
    let clusters: Vec<Cluster<'_>> = world.clusters.iter().map(|build| Cluster::new(&repository, build)).collect();
    Ok(WantedSchemas { has_network, kinds: wanted(&clusters), lock })
}

/// One kustomization folder, built as kustomize builds it.
pub struct BuiltFolder {
    /// The files that spans point into.
    pub sources: Sources,
    /// The objects, in order.
    pub objects: Vec<Node>,
    /// kustomize would fail here.
    pub broken: bool,
    /// Inputs that were not looked at.
    pub open: Vec<LeftOut>,
    /// What the build had to say.
    pub said: Said,
}

/// Builds one folder; `None` when it has no kustomization file.
///
/// # Errors
/// A [`Fault`] when the run itself is broken.
pub fn folder(
    system: impl FileSystem + 'static,
    directory: &str,
    options: kustomize::Options,
) -> Result<Option<BuiltFolder>, Fault> {
    let sources = Sources::new(system);
    let library = Library::new(&sources);
    let spec = kustomize::read_folder(&library, directory)
        .map_err(|error| Fault::Read { path: directory.to_owned(), reason: error.to_string() })?;
    let Some(spec) = spec else { return Ok(None) };
    let outcome = Builder::new(&library, options).build(&spec);
    let observations = outcome.observations.into_iter().map(|observation| (None, observation)).collect();
    let said = Said::new(&sources, &Config::default(), observations)?;
    let objects = outcome.resources.into_iter().map(|resource| resource.node.into_node()).collect();
    Ok(Some(BuiltFolder { objects, broken: outcome.broken, open: outcome.open, said, sources }))
}
