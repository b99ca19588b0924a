//! The trait of a compiled predicate.

use crate::cluster::{Cluster, Repository};
use crate::finding::{NotChecked, Observation};

/// Where a predicate puts what it sees.
#[derive(Clone, Debug, Default)]
pub struct Sink {
    /// What is wrong.
    pub observations: Vec<Observation>,
    /// What the rule could not decide, for the coverage part of the report.
    pub not_checked: Vec<NotChecked>,
}

impl Sink {
    /// Reports an observation.
    pub fn report(&mut self, observation: Observation) {
        self.observations.push(observation);
    }

    /// Says that something could not be decided.
    pub fn undecided(
        &mut self,
        cluster: &Cluster<'_>,
        class: &'static str,
        what: impl Into<String>,
        reason: impl Into<String>,
    ) {
        let (what, reason) = (what.into(), reason.into());
        self.not_checked.push(NotChecked { cluster: cluster.entry().into(), class, what, reason });
    }
}

/// A compiled predicate. It only reads; the struct that implements it is its options.
pub trait Rule: Send + Sync {
    /// Work on all threads that is done before any rule runs; [`Self::check`] itself is one job among many.
    fn prepare(&self, cluster: &Cluster<'_>) {
        let _ = cluster;
    }

    /// Checks one cluster, by what stands in it and what it can ask of the repository. What comes of it is kept from check to
    /// check of an editor, until something changes that the cluster is made of or asked for.
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let _ = (cluster, out);
    }

    /// The same beside everything that the repository holds; nothing of it is kept.
    fn check_beside(&self, repository: &Repository<'_>, cluster: &Cluster<'_>, out: &mut Sink) {
        let _ = (repository, cluster, out);
    }

    /// Checks what belongs to the repository and to no cluster; runs once.
    fn check_repository(&self, repository: &Repository<'_>, out: &mut Sink) {
        let _ = (repository, out);
    }
}
