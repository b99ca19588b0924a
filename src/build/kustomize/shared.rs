//! Folders outside of a build's own, such as the base of many overlays: built once for every build that lists them.

use std::sync::{Arc, PoisonError, RwLock};

use hashbrown::HashMap;

use super::accumulate::{Accumulated, Builder, MAX_CHANGES, MAX_DEPTH, MAX_FOLDERS, Options};
use super::log::Log;
use crate::source::is_at_or_below;

/// What building a folder gave, as a folder that lists it takes it over.
pub struct Folder {
    all: Accumulated,
    log: Log,
    // Something asked for the schema of a kind.
    consulted: bool,
    // The folders that it lists, and those that they list.
    folders: Vec<String>,
    // How many stand below each other.
    height: usize,
    changes: usize,
    // Paths that were read, where somebody wants to know.
    loads: Vec<String>,
}

/// The folders that were built so far, seen through one file system.
#[derive(Default)]
pub struct Folders(RwLock<HashMap<(String, Options), Arc<Folder>>>);

impl Builder<'_, '_> {
    /// Whether others are likely to list a folder too, and what it gives does not depend on who does.
    pub(super) fn is_shared(&self, path: &str) -> bool {
        let is_outside = self.stack.first().is_some_and(|root| !is_at_or_below(path, root));
        self.shares && is_outside && !self.tracking.is_on() && self.schema.is_plain()
    }

    /// What a folder gives, from an earlier build where there was one. The folder is entered already.
    pub(super) fn shared(&mut self, path: &str, build: impl Fn(&mut Self, &mut Accumulated)) -> Accumulated {
        let key = (path.to_owned(), self.options.clone());
        let known = self.library.folders.0.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(folder) = known.filter(|folder| self.may_enter(folder)) {
            return self.take(&folder);
        }
        // A builder of its own, to see what this folder alone does.
        let mut own = Builder {
            stack: self.stack.clone(),
            deepest: self.stack.len(),
            entered_before: self.folders_entered(),
            changes: self.changes,
            ..Builder::new(self.library, self.options.clone())
        };
        let mut all = Accumulated::default();
        let loads_before = self.library.sources.count_loads();
        build(&mut own, &mut all);
        // A schema that is chosen counts from there on.
        if !own.schema.is_plain() {
            let (mut all, shares) = (Accumulated::default(), std::mem::take(&mut self.shares));
            build(self, &mut all);
            self.shares = shares;
            return all;
        }
        all.forget_index();
        let folder = Arc::new(Folder {
            all,
            consulted: own.schema.is_consulted(),
            height: own.deepest - self.stack.len(),
            changes: own.changes - self.changes,
            folders: own.entered,
            log: own.log,
            loads: self.library.sources.loads(loads_before),
        });
        // What fails may fail for a reason that lies above.
        if !folder.log.broken {
            self.library.folders.0.write().unwrap_or_else(PoisonError::into_inner).insert(key, folder.clone());
        }
        self.take(&folder)
    }

    /// Whether a folder leads back to none of those that are open, and stays within the limits.
    fn may_enter(&self, folder: &Folder) -> bool {
        let leads_back = |path: &String| self.stack.iter().any(|open| is_at_or_below(open, path));
        !folder.folders.iter().any(leads_back)
            && self.stack.len() + folder.height <= MAX_DEPTH
            && self.folders_entered() + folder.folders.len() <= MAX_FOLDERS
            && self.changes + folder.changes <= MAX_CHANGES
    }

    fn take(&mut self, folder: &Folder) -> Accumulated {
        self.log.absorb(&folder.log);
        self.library.sources.note(&folder.loads);
        self.entered.extend_from_slice(&folder.folders);
        self.changes += folder.changes;
        self.deepest = self.deepest.max(self.stack.len() + folder.height);
        if folder.consulted {
            self.schema.merged();
        }
        folder.all.clone()
    }
}
