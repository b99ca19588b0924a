//! Whether a text after edits still says what it said, outside of them.

use hashbrown::HashMap;
use std::sync::Arc;

use crate::build::Library;
use crate::build::flux::sops::is_encrypted;
use crate::finding::Edit;
use crate::source::{File, FileId, Memory, Sources};
use crate::yaml::{Mode, Node, Value};

/// What SOPS writes in place of a value, in whatever form the file has.
const ENCRYPTED: &str = "ENC[AES256_GCM,";

/// A file before it is changed.
pub struct Before {
    pub text: Arc<str>,
    /// Scalars of both readings, by where they begin; `None` for what is no YAML.
    values: Option<[Scalars; 2]>,
}

/// Scalars and empty collections by where they begin.
type Scalars = HashMap<usize, Scalar>;

struct Scalar {
    end: usize,
    value: Node,
    /// How often the text stands in the documents: more than once under an alias.
    uses: usize,
}

impl Before {
    /// `None` for a file that no fix may touch: an encrypted one, or one that Flux refuses.
    pub fn of(sources: &Sources, id: FileId, file: &File) -> Option<Self> {
        if file.problem.is_some() || file.text.contains(ENCRYPTED) {
            return None;
        }
        let is_yaml = [".yaml", ".yml", ".json"].iter().any(|ending| file.path.ends_with(ending));
        let values = if is_yaml {
            let library = Library::new(sources);
            Some([scalars(&library, id, Mode::V3)?, scalars(&library, id, Mode::V2)?])
        } else {
            None
        };
        Some(Before { text: file.text.clone(), values })
    }

    /// Whether the text after edits is read as before, but for what the edits replace.
    pub fn bears(&self, edits: &[Edit], after: &str) -> bool {
        let Some(values) = &self.values else { return true };
        let mut memory = Memory::default();
        memory.insert("file.yaml", after.as_bytes());
        let sources = Sources::new(memory);
        let Ok(id) = sources.load("file.yaml") else { return false };
        let library = Library::new(&sources);
        let shift = Shift::new(edits, self.text.contains("\r\n"));
        values.iter().zip([Mode::V3, Mode::V2]).all(|(before, mode)| {
            scalars(&library, id, mode).is_some_and(|after| {
                before.iter().all(|(start, scalar)| match shift.after(*start, scalar.end) {
                    Some(start) => after.get(&start).is_some_and(|new| new.value.same_value(&scalar.value)),
                    // It is edited: fine, unless others repeat it.
                    None => scalar.uses == 1,
                })
            })
        })
    }
}

/// `None` when Flux refuses the file, or one of its documents is encrypted.
fn scalars(library: &Library<'_>, id: FileId, mode: Mode) -> Option<Scalars> {
    let manifests = library.of(id, mode);
    if manifests.broken || manifests.documents.iter().any(is_encrypted) {
        return None;
    }
    let mut found = Scalars::new();
    let mut open: Vec<&Node> = manifests.documents.iter().collect();
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Map(map) if !map.is_empty() => open.extend(map.iter().map(|entry| &entry.value)),
            Value::Seq(items) if !items.is_empty() => open.extend(items.iter()),
            _ => {
                let range = node.span().range();
                let scalar =
                    found.entry(range.start).or_insert_with(|| Scalar { end: range.end, value: node.clone(), uses: 0 });
                scalar.uses += 1;
            }
        }
    }
    Some(found)
}

/// Where places are after edits.
struct Shift {
    /// Start and end of each edit before, and by how much what follows moves.
    steps: Vec<(usize, usize, isize)>,
}

impl Shift {
    fn new(edits: &[Edit], has_returns: bool) -> Self {
        let mut moved = 0;
        let steps = edits.iter().map(|edit| {
            let range = edit.span.range();
            let lines = edit.text.replace("\r\n", "\n");
            let length = lines.len() + if has_returns { lines.matches('\n').count() } else { 0 };
            moved += length as isize - range.len() as isize;
            (range.start, range.end, moved)
        });
        Shift { steps: steps.collect() }
    }

    /// The new start of a text, or `None` when an edit changes it.
    fn after(&self, start: usize, end: usize) -> Option<usize> {
        let mut moved = 0;
        for (from, to, by) in &self.steps {
            // What is put in at the edge of a text, or where nothing stood, may be meant to change it.
            let is_put_in = from == to && start <= *from && *to <= end;
            let fills = start == end && *from <= start && end <= *to;
            if is_put_in || fills {
                return None;
            } else if *to <= start {
                moved = *by;
            } else if *from < end {
                return None;
            }
        }
        start.checked_add_signed(moved)
    }
}
