//! Pulled schemas on the disk of the user, each below its own sum: several repositories share them.

use std::env;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::lock::Locked;
use crate::source::{Disk, FileSystem, ReadError};

/// Names the folder, before all others.
pub const VARIABLE: &str = "FLUX_VET_CACHE";

/// The folder.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
}

/// What the cache has of a schema.
#[derive(Debug, PartialEq, Eq)]
pub enum Kept {
    /// The text that was locked.
    Text(Vec<u8>),
    /// Another text: the file is damaged, or somebody changed it.
    Other,
    /// Nothing.
    Nothing,
}

impl Cache {
    /// A folder that may not be there yet.
    pub fn new(folder: PathBuf) -> Self {
        Cache { folder }
    }

    /// The folder of the user, by the custom of the system; `None` where there is no home.
    pub fn of_user() -> Option<Self> {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(folder) = set(VARIABLE) {
            return Some(Cache::new(folder));
        }
        let home = || env::home_dir().filter(|home| home.is_absolute());
        // A path that is not absolute is to be passed over: XDG Base Directory Specification.
        let xdg = || set("XDG_CACHE_HOME").filter(|folder| folder.is_absolute());
        let caches = match env::consts::OS {
            "windows" => set("LOCALAPPDATA").or_else(|| Some(home()?.join("AppData").join("Local"))),
            "macos" => xdg().or_else(|| Some(home()?.join("Library").join("Caches"))),
            _ => xdg().or_else(|| Some(home()?.join(".cache"))),
        };
        Some(Cache::new(caches?.join("flux-vet").join("schemas")))
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file of a schema.
    pub fn path(&self, sha256: &str) -> PathBuf {
        self.folder.join(file_name(sha256))
    }

    /// What there is of a schema.
    pub fn read(&self, locked: &Locked) -> Kept {
        let Ok(disk) = Disk::new(&self.folder) else { return Kept::Nothing };
        let name = file_name(&locked.sha256);
        match disk.size(&name) {
            Ok(size) if size == locked.size => {}
            Err(ReadError::Missing) => return Kept::Nothing,
            _ => return Kept::Other,
        }
        match disk.read(&name) {
            Ok(text) if sum(&text) == locked.sha256 => Kept::Text(text),
            _ => Kept::Other,
        }
    }
}

fn file_name(sha256: &str) -> String {
    format!("{sha256}.json")
}

/// The SHA-256 sum of a text, in hexadecimal digits.
pub fn sum(text: &[u8]) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
