//! Waits until files of a tree on disk change: told by the operating system, or by looking again and again where it
//! cannot tell.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use notify::{Config, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

use super::{Disk, FileSystem, parent};

/// How long nothing may change before the change is over: editors and git write many files at once.
const QUIET: Duration = Duration::from_millis(100);

/// How often files are looked at where nobody tells of changes.
const POLL: Duration = Duration::from_millis(500);

/// Changes of a tree from one moment on. The folders of its files are watched, and no others: what version control
/// leaves out may be large.
pub struct Changes {
    events: Receiver<notify::Result<Event>>,
    // Watches as long as it lives.
    _watcher: Box<dyn Watcher>,
    root: PathBuf,
    also: Vec<PathBuf>,
    known: BTreeSet<PathBuf>,
    own: Vec<PathBuf>,
}

impl Changes {
    /// From now on, for the tree and some files elsewhere; `own` are files that whoever waits writes.
    ///
    /// # Errors
    /// The folders cannot be watched in any way.
    pub fn of(disk: &Disk, also: Vec<PathBuf>, own: Vec<PathBuf>) -> std::io::Result<Self> {
        let files = disk.walk();
        let root = disk.root().to_owned();
        let mut folders: BTreeSet<PathBuf> = files.iter().map(|path| root.join(parent(path))).collect();
        folders.insert(root.clone());
        folders.extend(also.iter().filter_map(|file| Some(file.parent()?.to_owned())));
        let known = files.iter().map(|path| root.join(path)).collect();
        let (events, watcher) = told(&folders).or_else(|_| looked_at(&folders)).map_err(std::io::Error::other)?;
        Ok(Changes { events, _watcher: watcher, root, also, known, own })
    }

    /// Waits until something changed, and then until nothing does for a while. False when there is nobody to tell.
    pub fn wait(&self) -> bool {
        loop {
            let Ok(first) = self.events.recv() else { return false };
            let mut is_changed = self.counts(&first);
            loop {
                match self.events.recv_timeout(QUIET) {
                    Ok(event) => is_changed |= self.counts(&event),
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return is_changed,
                }
            }
            if is_changed {
                return true;
            }
        }
    }

    /// Whether an event is about the tree as version control would keep it. Lost events may have been.
    fn counts(&self, event: &notify::Result<Event>) -> bool {
        let Ok(event) = event else { return true };
        if matches!(event.kind, EventKind::Access(_)) {
            return false;
        }
        if event.need_rescan() {
            return true;
        }
        let mut now: Option<BTreeSet<PathBuf>> = None;
        event.paths.iter().any(|path| {
            if self.own.contains(path) || path.components().any(|part| part.as_os_str() == ".git") {
                return false;
            }
            let mut is_there_now = || {
                let now = now.get_or_insert_with(|| self.kept_now());
                // A new folder may hold files.
                now.range(path.clone()..).next().is_some_and(|next| next.starts_with(path))
            };
            self.also.contains(path)
                || self.known.range(path.clone()..).next().is_some_and(|next| next.starts_with(path))
                || is_there_now()
        })
    }

    fn kept_now(&self) -> BTreeSet<PathBuf> {
        let files = Disk::new(&self.root).map(|disk| disk.walk()).unwrap_or_default();
        files.iter().map(|path| self.root.join(path)).collect()
    }
}

type Told = (Receiver<notify::Result<Event>>, Box<dyn Watcher>);

fn told(folders: &BTreeSet<PathBuf>) -> notify::Result<Told> {
    let (sender, events) = channel();
    let mut watcher = RecommendedWatcher::new(sender, Config::default())?;
    watch(&mut watcher, folders)?;
    Ok((events, Box::new(watcher)))
}

fn looked_at(folders: &BTreeSet<PathBuf>) -> notify::Result<Told> {
    let (sender, events) = channel();
    let mut watcher = PollWatcher::new(sender, Config::default().with_poll_interval(POLL))?;
    watch(&mut watcher, folders)?;
    Ok((events, Box::new(watcher)))
}

fn watch(watcher: &mut dyn Watcher, folders: &BTreeSet<PathBuf>) -> notify::Result<()> {
    let is_there = |folder: &&PathBuf| Path::is_dir(folder);
    folders.iter().filter(is_there).try_for_each(|folder| watcher.watch(folder, RecursiveMode::NonRecursive))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Wait = fn(&BTreeSet<PathBuf>) -> notify::Result<Told>;

    fn changes(root: &Path, wait: Wait) -> Changes {
        let disk = Disk::new(root).unwrap();
        let mut changes = Changes::of(&disk, Vec::new(), vec![disk.root().join("report.json")]).unwrap();
        let (events, watcher) = wait(&BTreeSet::from([disk.root().to_owned()])).unwrap();
        (changes.events, changes._watcher) = (events, watcher);
        changes
    }

    #[test]
    fn a_change_ends_the_wait_and_what_does_not_count_does_not() {
        for wait in [told as Wait, looked_at] {
            let folder = tempfile::tempdir().unwrap();
            let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
            write(".gitignore", "*.tmp\n");
            write("a.yaml", "a: 1\n");
            let changes = changes(folder.path(), wait);
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
        let changes = changes(folder.path(), told);
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
            assert_eq!(changes.counts(&event(name)), counts, "{name}");
        }
    }
}
