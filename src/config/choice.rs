//! Which configuration a run takes: that of the root, another file, or none.

use std::io::ErrorKind;
use std::path::Path;

use crate::fault::Fault;
use crate::source::{Disk, ReadError, normalize};

/// Which configuration a run takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The file at the root, the defaults where there is none.
    #[default]
    Found,
    /// A file of the tree.
    At(String),
    /// A text that stands elsewhere: the configuration of the working tree for another revision, a file outside of the
    /// root.
    Text {
        /// Its path, as reports show it.
        path: String,
        /// The text.
        text: String,
    },
    /// The defaults, whatever the root has.
    Isolated,
}

impl Choice {
    /// A file, looked for in folders and then at the root.
    ///
    /// # Errors
    /// There is no such file, or it cannot be read.
    pub fn of_file(path: &Path, folders: &[&Path], disk: &Disk) -> Result<Self, Fault> {
        let unreadable = |error: &std::io::Error| Fault::Read {
            path: path.display().to_string(),
            reason: match error.kind() {
                ErrorKind::NotFound => ReadError::Missing.to_string(),
                _ => error.to_string(),
            },
        };
        let mut folders = folders.iter().copied().chain([disk.root()]);
        let Some(found) = folders.find_map(|folder| folder.join(path).canonicalize().ok()) else {
            return Err(unreadable(&ErrorKind::NotFound.into()));
        };
        if let Some(inside) = found.strip_prefix(disk.root()).ok().and_then(Path::to_str) {
            return Ok(Choice::At(normalize(inside)));
        }
        let text = std::fs::read_to_string(&found).map_err(|error| unreadable(&error))?;
        Ok(Choice::Text { path: path.display().to_string(), text })
    }
}
