//! One root: the tree on disk, the unsaved texts over it, what was found out and what was published.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gen_lsp_types::{Diagnostic, Uri};
use lsp_server::Request;

use super::kept::Kept;
use super::snapshot::Snapshot;
use super::uri;
use crate::source::{Disk, FileSystem, Overlay};

/// An open document.
#[derive(Clone)]
pub struct Document {
    /// As the client spells it.
    pub uri: Uri,
    /// As the client counts it.
    pub version: i32,
    /// The unsaved text.
    pub text: Arc<str>,
}

/// What was last published for a document: its version, if it is open, and the diagnostics.
pub type Published = (Option<i32>, Vec<Diagnostic>);

/// A repository.
pub struct Root {
    /// Number of the root, never given twice.
    pub id: u64,
    /// As the client spells it.
    spelled: PathBuf,
    disk: Disk,
    /// The tree on disk, as far as it was read.
    pub tree: Arc<Kept>,
    /// Open documents, by path below the root.
    pub open: BTreeMap<String, Document>,
    /// Counts changes.
    pub version: u64,
    /// The version that was last checked.
    pub checked: u64,
    /// The version that is being checked.
    pub in_flight: Option<u64>,
    /// When the next check begins.
    pub due: Option<Instant>,
    /// When the check that is in flight began.
    pub began: Option<Instant>,
    /// How long the last check took.
    pub took: Option<Duration>,
    /// The last check that came to an end.
    pub snapshot: Option<Arc<Snapshot>>,
    /// What the client shows, by path.
    pub published: BTreeMap<String, Published>,
    /// Requests that wait for a check of the current version.
    pub waiting: Vec<Request>,
}

impl Root {
    /// The repository around a folder.
    ///
    /// # Errors
    /// What the operating system says when it cannot be read.
    pub fn around(id: u64, folder: &Path) -> std::io::Result<Self> {
        let spelled = folder.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(folder);
        let disk = Disk::new(spelled)?;
        Ok(Root {
            id,
            spelled: spelled.to_owned(),
            tree: Arc::new(Kept::new(disk.clone())),
            disk,
            open: BTreeMap::new(),
            version: 1,
            checked: 0,
            in_flight: None,
            due: Some(Instant::now()),
            began: None,
            took: None,
            snapshot: None,
            published: BTreeMap::new(),
            waiting: Vec::new(),
        })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        self.disk.root()
    }

    /// The tree on disk.
    pub fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The path below the root, or `None` for what lies elsewhere.
    pub fn below(&self, path: &Path) -> Option<String> {
        let is_spelled = path.strip_prefix(&self.spelled).ok();
        let real = || Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?));
        let below = match is_spelled {
            Some(below) => below.to_owned(),
            None => real()?.strip_prefix(self.disk.root()).ok()?.to_owned(),
        };
        Some(below.to_str()?.replace('\\', "/"))
    }

    /// The URI of a path below the root, as the client spells it.
    pub fn uri(&self, path: &str) -> Uri {
        match self.open.get(path) {
            Some(document) => document.uri.clone(),
            None => uri::of(&folded(&self.spelled.join(path))),
        }
    }

    /// Something changed: it is checked when nothing else does for a while, and at once where a check takes no longer than
    /// that.
    pub fn changed(&mut self, quiet: Duration) {
        self.version += 1;
        let is_quick = self.took.is_some_and(|took| took < quiet);
        // Somebody waits for an answer.
        let pause = if is_quick || !self.waiting.is_empty() { Duration::ZERO } else { quiet };
        self.due = Some(Instant::now() + pause);
    }

    /// The text of a file changed on disk.
    pub fn forget(&mut self, path: &str) {
        // A link may show the same text under another path.
        let is_plain = self.tree.walk().binary_search_by(|known| known.as_str().cmp(path)).is_ok();
        if is_plain && self.tree.links().is_empty() { self.tree.forget(path) } else { self.forget_disk() }
    }

    /// Files came or went: nothing is known of the disk any more.
    pub fn forget_disk(&mut self) {
        if let Ok(disk) = Disk::new(&self.spelled) {
            self.disk = disk;
        }
        self.tree = Arc::new(Kept::new(self.disk.clone()));
    }

    /// The tree with the unsaved texts.
    pub fn overlay(&self) -> Overlay {
        let texts = self.open.iter().map(|(path, document)| (path.as_str(), document.text.as_bytes()));
        Overlay::unsaved(self.tree.clone(), texts)
    }
}

/// A path without `..`: files of a repository beside this one.
fn folded(path: &Path) -> PathBuf {
    let mut folded = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                folded.pop();
            }
            part => folded.push(part),
        }
    }
    folded
}
