//! What a build has to say while it goes on: nothing aborts it.

use hashbrown::HashSet;

use super::brings::LeftOut;
use crate::finding::Observation;
use crate::source::FileId;

/// Observations, and what they mean for the build.
#[derive(Debug, Default)]
pub struct Log {
    /// What is to be said.
    pub observations: Vec<Observation>,
    /// Kustomize would fail: nothing would be applied.
    pub broken: bool,
    /// Entries were left out because they are missing or cannot be read: what they would bring is not there.
    pub lost: bool,
    /// Inputs that were not looked at: the set of resources is open.
    pub open: Vec<LeftOut>,
    /// Files that were read.
    pub files: HashSet<FileId>,
}

impl Log {
    /// Something that does not stop the build.
    pub fn note(&mut self, observation: Observation) {
        self.observations.push(observation);
    }

    /// Something that kustomize fails at.
    pub fn fail(&mut self, observation: Observation) {
        self.broken = true;
        self.observations.push(observation);
    }

    /// Something that kustomize fails at, and that would have brought resources.
    pub fn lose(&mut self, observation: Observation) {
        self.lost = true;
        self.fail(observation);
    }

    /// Says what another one says.
    pub fn absorb(&mut self, other: &Log) {
        self.observations.extend(other.observations.iter().cloned());
        self.broken |= other.broken;
        self.lost |= other.lost;
        self.open.extend(other.open.iter().cloned());
        self.files.extend(other.files.iter().copied());
    }

    /// Whether resources may be missing from the build: what is not found may be among them.
    pub fn is_open(&self) -> bool {
        self.broken || !self.open.is_empty()
    }
}
