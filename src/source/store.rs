//! Every file of a run, read once and kept, seen through a file system.

use hashbrown::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::{File, FileId, FileSystem, Location, MAX_TEXT_BYTES, ReadError, Span, TextProblem, relative_to};

/// Every file of the run, read once and kept. Shared between threads.
///
/// A [window](Sources::window) shows the same files through another file system: an artifact that holds a part of the
/// repository, a folder beside it. Ids and spans are good in every window.
pub struct Sources {
    system: Arc<dyn FileSystem>,
    store: Arc<Store>,
    // What this window answered for a path.
    known: RwLock<HashMap<String, Result<FileId, ReadError>>>,
    // The root, and the folder that locations are told from.
    told_from: Option<(String, String)>,
    // Every path that was asked for, where somebody wants to know.
    loads: Option<Mutex<Vec<String>>>,
}

#[derive(Default)]
struct Store {
    // Empty places are those of files that were read before, and not yet again.
    files: RwLock<Vec<Option<Arc<File>>>>,
    // By the path that reports show.
    ids: RwLock<HashMap<String, FileId>>,
    // What was read before, by the same paths.
    before: HashMap<String, (FileId, Arc<File>)>,
}

impl Store {
    /// The id of a path, which two threads may have read at the same time: the first entry wins.
    fn keep(&self, file: File) -> FileId {
        let mut ids = write(&self.ids);
        match ids.get(&*file.path) {
            Some(id) => *id,
            None => {
                let path = file.path.to_string();
                let id = self.push(file);
                ids.insert(path, id);
                id
            }
        }
    }

    /// Gives a file the place that it had before, and what is known of it where it says the same; else a new place.
    fn push(&self, file: File) -> FileId {
        let mut files = write(&self.files);
        if let Some((id, known)) = self.before.get(&*file.path)
            && let Some(free) = files.get_mut(id.0 as usize).filter(|place| place.is_none())
        {
            let is_same = known.text == file.text && known.problem == file.problem;
            *free = Some(if is_same { known.clone() } else { Arc::new(file) });
            return *id;
        }
        let id = FileId(u32::try_from(files.len()).unwrap_or(u32::MAX));
        files.push(Some(Arc::new(file)));
        id
    }
}

impl Sources {
    /// Sources over a file system.
    pub fn new(system: impl FileSystem + 'static) -> Self {
        Sources::over(Arc::new(system), Arc::default())
    }

    /// Sources over a tree that was read before: a file that says what it said is the same [`File`] under the same id.
    pub fn after(before: &Sources, system: impl FileSystem + 'static) -> Self {
        let files = read(&before.store.files);
        let ids = read(&before.store.ids);
        let known = ids.iter().filter_map(|(path, id)| {
            let file = files.get(id.0 as usize)?.clone()?;
            Some((path.clone(), (*id, file)))
        });
        let store =
            Store { before: known.collect(), files: RwLock::new(vec![None; files.len()]), ids: RwLock::default() };
        Sources::over(Arc::new(system), Arc::new(store))
    }

    fn over(system: Arc<dyn FileSystem>, store: Arc<Store>) -> Self {
        Sources { system, store, known: RwLock::default(), told_from: None, loads: None }
    }

    /// The same files, seen through another file system.
    #[must_use]
    pub fn window(&self, system: Arc<dyn FileSystem>) -> Sources {
        Sources::over(system, self.store.clone())
    }

    /// The same files, seen through the same file system, for somebody who wants to know which of them were asked for.
    #[must_use]
    pub fn recording(&self) -> Sources {
        Sources { loads: Some(Mutex::default()), ..self.window(self.system.clone()) }
    }

    /// How often a path was asked for so far; 0 where nobody wanted to know.
    pub fn count_loads(&self) -> usize {
        self.loads.as_ref().map_or(0, |loads| lock(loads).len())
    }

    /// Every path that was asked for since there were so many, as often as it was.
    pub fn loads(&self, since: usize) -> Vec<String> {
        let since = |loads: &Mutex<Vec<String>>| lock(loads).get(since..).map(<[String]>::to_vec);
        self.loads.as_ref().and_then(since).unwrap_or_default()
    }

    /// Takes note of paths that somebody else asked for.
    pub fn note(&self, paths: &[String]) {
        if let Some(loads) = &self.loads {
            lock(loads).extend_from_slice(paths);
        }
    }

    /// The file system below.
    pub fn system(&self) -> &dyn FileSystem {
        &*self.system
    }

    /// The file system below, to build others on.
    pub fn shared_system(&self) -> Arc<dyn FileSystem> {
        self.system.clone()
    }

    /// Reads a file as text, once. Content that is no text gives a file with [`File::problem`] set.
    ///
    /// # Errors
    /// [`ReadError`] when there is no readable file at that path.
    pub fn load(&self, path: &str) -> Result<FileId, ReadError> {
        if let Some(loads) = &self.loads {
            lock(loads).push(path.to_owned());
        }
        if let Some(known) = read(&self.known).get(path) {
            return known.clone();
        }
        let loaded = self.load_text(path);
        write(&self.known).entry(path.to_owned()).or_insert(loaded).clone()
    }

    fn load_text(&self, path: &str) -> Result<FileId, ReadError> {
        let size = self.system.size(path)?;
        let shown = self.system.shown(path);
        if let Some(id) = read(&self.store.ids).get(&*shown) {
            return Ok(*id);
        }
        let (text, problem) = if size > MAX_TEXT_BYTES {
            ("".into(), Some(TextProblem::TooLarge { size }))
        } else {
            text_of(self.system.read(path)?)
        };
        Ok(self.store.keep(File::new(&shown, text, problem)))
    }

    /// Adds a text that stands in no file (standard input, a card's example, the configuration of another root).
    pub fn add(&self, path: &str, text: &str) -> FileId {
        let id = self.store.push(File::new(path, text.into(), None));
        write(&self.store.ids).insert(path.to_owned(), id);
        write(&self.known).insert(path.to_owned(), Ok(id));
        id
    }

    /// Every file that was read, in no particular order of paths.
    pub fn files(&self) -> Vec<(FileId, Arc<File>)> {
        let files = read(&self.store.files);
        (0..).map(FileId).zip(files.iter()).filter_map(|(id, file)| Some((id, file.clone()?))).collect()
    }

    /// The file of an id. Ids come from this value only, so the empty file is never seen.
    pub fn file(&self, id: FileId) -> Arc<File> {
        let found = read(&self.store.files).get(id.0 as usize).cloned().flatten();
        found.unwrap_or_else(|| Arc::new(File::new("", "".into(), None)))
    }

    /// From now on, locations have paths relative to another folder than the root. Both are absolute, with `/`.
    pub fn tell_from(&mut self, root: &str, folder: &str) {
        self.told_from = Some((root.to_owned(), folder.to_owned()));
    }

    /// A path below the root, as locations show it.
    pub fn told(&self, path: &Arc<str>) -> Arc<str> {
        match &self.told_from {
            Some((root, folder)) => relative_to(folder, &format!("{root}/{path}")).into(),
            None => path.clone(),
        }
    }

    /// Where a span stands, for people.
    pub fn location(&self, span: Span) -> Location {
        let file = self.file(span.file);
        let (line, column) = file.line_column(span.start as usize);
        let (end_line, end_column) = file.line_column(span.end as usize);
        Location { path: self.told(&file.path), line, column, end_line, end_column }
    }

    /// The text a span covers.
    pub fn text(&self, span: Span) -> String {
        self.file(span.file).slice(span).to_owned()
    }
}

fn text_of(bytes: Vec<u8>) -> (Arc<str>, Option<TextProblem>) {
    if let Some(offset) = memchr::memchr(0, &bytes) {
        return ("".into(), Some(TextProblem::Binary { offset }));
    }
    match String::from_utf8(bytes) {
        Ok(text) => (text.into(), None),
        Err(error) => {
            let offset = error.utf8_error().valid_up_to();
            (String::from_utf8_lossy(error.as_bytes()).into_owned().into(), Some(TextProblem::NotUtf8 { offset }))
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

// A poisoned lock means that another thread panicked while pushing; the data is append-only and still whole.
fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::Memory;
    use super::*;

    fn sources(text: &str) -> (Sources, FileId) {
        let sources = Sources::new(Memory::default());
        let id = sources.add("a.yaml", text);
        (sources, id)
    }

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let (sources, id) = sources("ä: 1\nkey: välue\n");
        let at = sources.location(Span::new(id, 11..17));
        assert_eq!((at.line, at.column, at.end_line, at.end_column), (2, 6, 2, 11));
    }

    #[test]
    fn a_byte_order_mark_and_windows_line_ends_do_not_move_columns() {
        let (sources, id) = sources("\u{feff}a: 1\r\nb: 2\r\n");
        assert_eq!(sources.location(Span::new(id, 3..4)).column, 1);
        let second = sources.location(Span::new(id, 9..10));
        assert_eq!((second.line, second.column), (2, 1));
    }

    #[test]
    fn the_end_of_the_last_line_has_a_place() {
        let (sources, id) = sources("a: 1");
        assert_eq!(sources.location(Span::new(id, 4..4)).column, 5);
    }

    #[test]
    fn paths_can_be_told_from_another_folder() {
        let (mut sources, id) = sources("a: 1");
        let place = Span::new(id, 0..1);
        for (folder, path) in [("/ws", "sub/a.yaml"), ("/ws/sub/b", "../a.yaml"), ("/other", "../ws/sub/a.yaml")] {
            sources.tell_from("/ws/sub", folder);
            assert_eq!(&*sources.location(place).path, path);
        }
    }

    #[test]
    fn what_says_the_same_is_the_same_file_the_next_time() {
        let tree = |changed: &str| {
            let mut memory = Memory::default();
            memory.insert("a.yaml", "a: 1\n");
            memory.insert("b.yaml", changed);
            memory
        };
        let first = Sources::new(tree("b: 1\n"));
        let ids = ["b.yaml", "a.yaml"].map(|path| first.load(path).unwrap());
        let second = Sources::after(&first, tree("b: 2\n"));
        assert!(second.files().is_empty());
        assert_eq!(["a.yaml", "b.yaml"].map(|path| second.load(path).unwrap()), [ids[1], ids[0]]);
        assert!(Arc::ptr_eq(&first.file(ids[1]), &second.file(ids[1])));
        assert_eq!((&*first.file(ids[0]).text, &*second.file(ids[0]).text), ("b: 1\n", "b: 2\n"));
        assert_ne!(second.add("a.yaml", "a: 3\n"), ids[1]);
    }

    #[test]
    fn invalid_text_keeps_an_id_and_says_why() {
        let mut files = Memory::default();
        files.insert("bad.yaml", b"a: \xff".to_vec());
        files.insert("nul.yaml", b"a: \0".to_vec());
        let sources = Sources::new(files);
        let bad = sources.load("bad.yaml").unwrap();
        assert_eq!(sources.file(bad).problem, Some(TextProblem::NotUtf8 { offset: 3 }));
        let nul = sources.load("nul.yaml").unwrap();
        assert_eq!(sources.file(nul).problem, Some(TextProblem::Binary { offset: 3 }));
    }
}
