//! The lock file: which schema of the network each kind has, and which addresses have none.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::config::{Places, typed};
use crate::fault::Fault;
use crate::source::{ReadError, Sources};

/// Name of the file at the root of the repository.
pub const FILE_NAME: &str = ".flux-vet-schemas.lock.json";

const VERSION: u32 = 1;

/// What was pulled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    version: u32,
    /// The schemas, sorted.
    pub schemas: BTreeSet<Locked>,
    /// Addresses that were asked and have nothing.
    pub absent: BTreeSet<String>,
}

/// A schema. The order is that of the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Locked {
    /// Of the objects it is for.
    pub api_version: String,
    /// Of the objects it is for.
    pub kind: String,
    /// Where it was found.
    pub url: String,
    /// Of its text, in hexadecimal digits.
    pub sha256: String,
    /// Bytes of its text.
    pub size: u64,
}

impl Default for Lock {
    fn default() -> Self {
        Lock { version: VERSION, schemas: BTreeSet::new(), absent: BTreeSet::new() }
    }
}

impl Lock {
    /// The schema of an address.
    pub fn at(&self, url: &str) -> Option<&Locked> {
        self.schemas.iter().find(|locked| locked.url == url)
    }

    /// The file.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// A lock that was read, and where its values stand.
#[derive(Clone, Debug, Default)]
pub struct LockFile {
    /// What it says.
    pub lock: Lock,
    places: Places,
}

impl LockFile {
    /// Reads the file at the root; `None` where there is none.
    ///
    /// # Errors
    /// [`Fault`] at the place of what is wrong.
    pub fn read(sources: &Sources) -> Result<Option<Self>, Fault> {
        let id = match sources.load(FILE_NAME) {
            Ok(id) => id,
            Err(ReadError::Missing) => return Ok(None),
            Err(error) => return Err(Fault::Read { path: FILE_NAME.to_owned(), reason: error.to_string() }),
        };
        let (lock, places) = typed::<Lock>(sources, id, "the lock file of schemas")?;
        let lock = lock.unwrap_or_default();
        let help = || Some("write it anew with `flux-vet schemas pull --update`".to_owned());
        if lock.version != VERSION {
            let message = format!("version {} of the lock file is not known here", lock.version);
            return Err(places.fault("version", message, "here", help()));
        }
        let file = LockFile { lock, places };
        // The name of a file in the cache is made of it.
        let is_sum = |sum: &str| sum.len() == 64 && sum.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        match file.lock.schemas.iter().find(|locked| !is_sum(&locked.sha256)) {
            Some(locked) => Err(file.fault(locked, "this is no SHA-256 sum".to_owned(), "here", help())),
            None => Ok(Some(file)),
        }
    }

    /// A fault at the sum of a schema.
    pub fn fault(&self, locked: &Locked, message: String, label: &str, help: Option<String>) -> Fault {
        let listed = self.places.node("schemas").map(crate::yaml::Node::items).unwrap_or_default();
        let is_it = |item: &crate::yaml::Node| item.get("url").and_then(crate::yaml::Node::as_str) == Some(&locked.url);
        let at = listed.iter().position(is_it).unwrap_or_default();
        self.places.fault(&format!("schemas.{at}.sha256"), message, label, help)
    }
}
