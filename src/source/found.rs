//! Files that somebody asked for, as they were then: a later check of the same tree asks whether they still are.

use std::sync::Arc;

use super::{File, FileId, ReadError, Sources};

/// Paths, and what was there.
#[derive(Clone, Debug, Default)]
pub struct Found(Vec<(String, There)>);

type There = Result<(FileId, Arc<File>), ReadError>;

impl Found {
    /// What is at some paths. `None` where one of them is no text: its bytes are not kept, so nobody could tell whether they
    /// changed.
    pub fn of(sources: &Sources, mut paths: Vec<String>) -> Option<Self> {
        paths.sort_unstable();
        paths.dedup();
        let look = |path: String| {
            let found = sources.load(&path).map(|id| (id, sources.file(id)));
            let is_kept = found.as_ref().map_or(true, |(_, file)| file.problem.is_none());
            is_kept.then_some((path, found))
        };
        paths.into_iter().map(look).collect::<Option<Vec<_>>>().map(Found)
    }

    /// Whether everything is as it was. Each file is read here as well: places may point into it.
    pub fn is_as_it_was(&self, sources: &Sources) -> bool {
        self.0.iter().all(|(path, before)| match (sources.load(path), before) {
            (Ok(id), Ok((known, file))) => id == *known && Arc::ptr_eq(&sources.file(id), file),
            (Err(error), Err(known)) => error == *known,
            _ => false,
        })
    }
}
