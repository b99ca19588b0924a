//! Waits until files of a tree on disk change: told by the operating system, or by looking again and again where it
//! cannot tell.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use notify::event::Flag;
use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::{Disk, FileSystem, parent};

/// How long nothing may change before the change is over: editors and git write many files at once.
const QUIET: Duration = Duration::from_millis(100);

/// How often files are looked at where nobody tells of changes.
const POLL: Duration = Duration::from_millis(500);

/// Changes of a tree from one moment on. The folders of its files are watched, and no others: what version control
/// leaves out may be large.
pub struct Changes {
    events: Receiver<notify::Result<Event>>,
    _watch: Watch,
    root: PathBuf,
    also: Vec<PathBuf>,
    known: BTreeSet<PathBuf>,
    own: Vec<PathBuf>,
}

impl Changes {
    /// From now on, for the tree and some files elsewhere; `own` are files that whoever waits writes.
    pub fn of(disk: &Disk, also: Vec<PathBuf>, own: Vec<PathBuf>) -> Self {
        let files = disk.walk();
        let root = disk.root().to_owned();
        let mut folders: BTreeSet<PathBuf> = files.iter().map(|path| root.join(parent(path))).collect();
        folders.insert(root.clone());
        folders.extend(also.iter().filter_map(|file| Some(file.parent()?.to_owned())));
        let known = files.iter().map(|path| root.join(path)).collect();
        let (events, watch) = told(&folders).unwrap_or_else(|_| looked_at(&root, &also, &own));
        Changes { events, _watch: watch, root, also, known, own }
    }

    /// Waits until something changed, and then until nothing does for a while. False when there is nobody to tell.
    pub fn wait(&self) -> bool {
        loop {
            let Ok(first) = self.events.recv() else { return false };
            let mut batch = vec![first];
            loop {
                match self.events.recv_timeout(QUIET) {
                    Ok(event) => batch.push(event),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return false,
                }
            }
            if self.count(&batch) {
                return true;
            }
        }
    }

    /// Whether events are about the tree as version control keeps it. Lost events may have been.
    fn count(&self, events: &[notify::Result<Event>]) -> bool {
        let mut new: Vec<&PathBuf> = Vec::new();
        for event in events {
            let Ok(event) = event else { return true };
            if event.need_rescan() {
                return true;
            }
            if matches!(event.kind, EventKind::Access(_)) {
                continue;
            }
            let is_ours =
                |path: &&PathBuf| !self.own.contains(path) && !path.components().any(|part| part.as_os_str() == ".git");
            for path in event.paths.iter().filter(is_ours) {
                if self.also.contains(path) || holds(&self.known, path) {
                    return true;
                }
                new.push(path);
            }
        }
        // One look at the tree for all of them: many may be files that version control leaves out.
        !new.is_empty() && {
            let now = self.kept_now();
            new.iter().any(|path| holds(&now, path))
        }
    }

    fn kept_now(&self) -> BTreeSet<PathBuf> {
        files(&self.root).collect()
    }
}

/// Whether a path is one of the files, or a folder of one.
fn holds(files: &BTreeSet<PathBuf>, path: &Path) -> bool {
    files.range(path.to_owned()..).next().is_some_and(|next| next.starts_with(path))
}

/// The files of the tree as they are now.
fn files(root: &Path) -> impl Iterator<Item = PathBuf> {
    let files = Disk::new(root).map(|disk| disk.walk()).unwrap_or_default();
    files.into_iter().map(|path| root.join(path))
}

/// Who watches; nobody does any more when it is dropped.
enum Watch {
    /// The operating system.
    Told(#[expect(dead_code, reason = "it watches as long as it lives")] RecommendedWatcher),
    /// A thread of ours.
    LookedAt(#[expect(dead_code, reason = "the thread ends when it is gone")] Arc<()>),
}

type Watched = (Receiver<notify::Result<Event>>, Watch);

fn told(folders: &BTreeSet<PathBuf>) -> notify::Result<Watched> {
    let (sender, events) = channel();
    let mut watcher = RecommendedWatcher::new(sender, Config::default())?;
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        watcher.watch(folder, RecursiveMode::NonRecursive)?;
    }
    Ok((events, Watch::Told(watcher)))
}

/// The polling of `notify` 8.2 compares whole seconds, and misses what changes twice in one.
fn looked_at(root: &Path, also: &[PathBuf], own: &[PathBuf]) -> Watched {
    let (root, also, own) = (root.to_owned(), also.to_owned(), own.to_owned());
    let look = move || -> BTreeMap<PathBuf, Option<(SystemTime, u64)>> {
        let all = files(&root).chain(also.iter().cloned()).filter(|path| !own.contains(path));
        let stamp = |path: &PathBuf| {
            let metadata = path.metadata().ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        all.map(|path| (path.clone(), stamp(&path))).collect()
    };
    let mut last = look();
    let (sender, events) = channel();
    let watch = Arc::new(());
    let watched = Arc::downgrade(&watch);
    thread::spawn(move || {
        while watched.strong_count() > 0 {
            thread::sleep(POLL);
            let now = look();
            if now != last && sender.send(Ok(Event::new(EventKind::Any).set_flag(Flag::Rescan))).is_err() {
                break;
            }
            last = now;
        }
    });
    (events, Watch::LookedAt(watch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changes(root: &Path) -> Changes {
        let disk = Disk::new(root).unwrap();
        Changes::of(&disk, Vec::new(), vec![disk.root().join("report.json")])
    }

    #[test]
    fn a_change_ends_the_wait() {
        for looks in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
            write(".gitignore", "*.tmp\n");
            write("a.yaml", "a: 1\n");
            let mut changes = changes(folder.path());
            if looks {
                (changes.events, changes._watch) = looked_at(&changes.root, &changes.also, &changes.own);
            }
            write("ignored.tmp", "x");
            write("report.json", "{}");
            write("a.yaml", "a: 22\n");
            assert!(changes.wait());
        }
    }

    #[test]
    fn files_of_others_and_ignored_files_do_not_count() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".gitignore"), "*.tmp\n").unwrap();
        std::fs::write(folder.path().join("a.yaml"), "a: 1\n").unwrap();
        let changes = changes(folder.path());
        let root = folder.path().canonicalize().unwrap();
        let event = |name: &str| Ok(Event::new(EventKind::Any).add_path(root.join(name)));
        std::fs::create_dir_all(root.join("new/deep")).unwrap();
        std::fs::write(root.join("new/deep/b.yaml"), "b: 1\n").unwrap();
        std::fs::write(root.join("ignored.tmp"), "x").unwrap();
        for (name, counts) in [
            ("a.yaml", true),
            ("new", true),
            ("new/deep/b.yaml", true),
            ("ignored.tmp", false),
            ("report.json", false),
            (".git/index", false),
            ("gone", false),
        ] {
            assert_eq!(changes.count(&[event(name)]), counts, "{name}");
        }
    }
}
