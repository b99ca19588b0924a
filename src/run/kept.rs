//! What an earlier check of the same tree found out about clusters: the rules do not run again over one that an edit did
//! not reach.
//!
//! A cluster is as it was when its Kustomizations were not built again, what came of them is equal, the files that its rules
//! read are the same, and the repository answers its questions as before; and when configuration, cards and profiles are.

use std::sync::{Arc, Mutex, PoisonError};

use hashbrown::HashMap;

use crate::build::{ClusterBuild, World};
use crate::cluster::beside::Answers;
use crate::cluster::{Cluster, Repository};
use crate::config::Choice;
use crate::rulebook::Sink;
use crate::source::{File, Found, Sources};

/// The clusters of the last check.
#[derive(Debug, Default)]
pub struct Runs(Mutex<Last>);

#[derive(Debug, Default)]
struct Last {
    setting: Option<Setting>,
    clusters: HashMap<Arc<str>, Kept>,
}

/// What decides which rules run, and how.
#[derive(Clone, Debug)]
pub struct Setting {
    choice: Choice,
    files: Found,
}

impl Setting {
    /// The configuration that was chosen, and the files that it, cards and profiles were read from. `None` where one of
    /// them is no text.
    pub fn of(choice: &Choice, window: &Sources) -> Option<Self> {
        Some(Setting { choice: choice.clone(), files: Found::of(window, window.loads(0))? })
    }
}

/// A cluster, and what its rules said.
#[derive(Debug)]
struct Kept {
    build: ClusterBuild,
    // Where it is said that the entry is built: a file, or the name of a folder.
    home: Arc<File>,
    files: Found,
    answers: Answers,
    said: Arc<Said>,
}

/// What the rules said of a cluster, in their order.
pub type Said = Vec<Sink>;

impl Runs {
    /// What the rules said of each cluster, where nothing that they see has changed.
    pub fn find(
        &self,
        setting: &Setting,
        repository: &Repository<'_>,
        builds: &[ClusterBuild],
    ) -> Vec<Option<Arc<Said>>> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sources = repository.sources();
        let is_same = |last: &Setting| last.choice == setting.choice && last.files.is_as_it_was(sources);
        if !last.setting.as_ref().is_some_and(is_same) {
            return vec![None; builds.len()];
        }
        let find = |build: &ClusterBuild| {
            let known = last.clusters.get(&build.entry)?;
            let is_same = build.is_kept
                && known.files.is_as_it_was(sources)
                && home(build, sources).is_some_and(|home| Arc::ptr_eq(&home, &known.home))
                && known.build == *build
                && known.answers.again(repository) == known.answers;
            is_same.then(|| known.said.clone())
        };
        builds.iter().map(find).collect()
    }

    /// Keeps what a check found out, for the next one.
    pub fn keep(&self, setting: Setting, finished: Vec<Finished>, world: World) {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut before = std::mem::take(&mut last.clusters);
        let keep = |(finished, build): (Finished, ClusterBuild)| {
            let entry = build.entry.clone();
            let kept = match finished {
                Finished::Unchanged => before.remove(&entry)?,
                Finished::Checked { home: Some(home), files: Some(files), answers, said } => {
                    Kept { build: ClusterBuild { is_kept: true, ..build }, home, files, answers: *answers, said }
                }
                Finished::Checked { .. } => return None,
            };
            Some((entry, kept))
        };
        last.clusters = finished.into_iter().zip(world.clusters).filter_map(keep).collect();
        last.setting = Some(setting);
    }
}

/// A cluster at the end of a check.
pub enum Finished {
    /// Nothing that its rules see has changed.
    Unchanged,
    /// The rules ran over it.
    Checked {
        /// Where it is said that its entry is built.
        home: Option<Arc<File>>,
        /// The files that they read; `None` where one of them is no text.
        files: Option<Found>,
        /// What they asked of the repository.
        answers: Box<Answers>,
        /// What they said.
        said: Arc<Said>,
    },
}

impl Finished {
    /// A cluster over which the rules ran.
    pub fn of(cluster: &Cluster<'_>, said: Arc<Said>) -> Self {
        if cluster.is_unchanged {
            return Finished::Unchanged;
        }
        let sources = cluster.sources();
        Finished::Checked {
            home: home(cluster.build(), sources),
            files: Found::of(sources, sources.loads(0)),
            answers: Box::new(cluster.answers()),
            said,
        }
    }
}

fn home(build: &ClusterBuild, sources: &Sources) -> Option<Arc<File>> {
    Some(sources.file(build.kustomizations.first()?.spec.place.file))
}
