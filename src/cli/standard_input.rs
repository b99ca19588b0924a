//! What comes from standard input: a stream of manifests in place of a tree, or the unsaved text of one of its files.

use std::io::{Read, stdin};
use std::sync::Arc;

use super::tree;
use crate::fault::Fault;
use crate::source::{Disk, Memory, Overlay};

/// The text of a file as an editor shows it.
pub struct Unsaved {
    name: String,
    text: Vec<u8>,
}

impl Unsaved {
    /// Reads the text of the file that is called so on the command line.
    ///
    /// # Errors
    /// Standard input cannot be read.
    pub fn read(name: &str) -> Result<Self, Fault> {
        Ok(Unsaved { name: name.to_owned(), text: whole()? })
    }

    /// The tree as it would be with the text. A file that version control leaves out is no part of it.
    ///
    /// # Errors
    /// The file does not lie below the root.
    pub fn over(&self, disk: &Disk) -> Result<Overlay, Fault> {
        let path = tree::below(disk, &self.name)?;
        Ok(Overlay::unsaved(Arc::new(disk.clone()), [(path.as_str(), self.text.as_slice())]))
    }
}

/// A tree of one file: the stream.
///
/// # Errors
/// Standard input cannot be read.
pub fn stream() -> Result<Memory, Fault> {
    let mut memory = Memory::default();
    memory.insert("stdin.yaml", whole()?);
    Ok(memory)
}

fn whole() -> Result<Vec<u8>, Fault> {
    let mut bytes = Vec::new();
    let unreadable =
        |error: std::io::Error| Fault::Read { path: "standard input".to_owned(), reason: error.to_string() };
    stdin().lock().read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}
