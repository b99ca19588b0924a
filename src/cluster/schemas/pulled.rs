//! What was pulled from the network, as the lock file and the cache have it. Nothing here asks the network.

use hashbrown::HashMap;

use super::cache::{Cache, Kept};
use super::lock::LockFile;
use crate::fault::Fault;

/// What addresses answered.
#[derive(Clone, Debug, Default)]
pub struct Pulled {
    answers: HashMap<String, Option<Vec<u8>>>,
}

/// What is known of an address.
pub enum Answer<'p> {
    /// It has this schema.
    Schema(&'p [u8]),
    /// It has none.
    None,
    /// It was never asked, or its schema is not in the cache.
    Unknown,
}

impl Pulled {
    /// What the lock names and the cache has.
    ///
    /// # Errors
    /// [`Fault`] where the cache has another text than was locked.
    pub fn load(file: &LockFile, cache: &Cache) -> Result<Self, Fault> {
        let mut answers: HashMap<_, _> = file.lock.absent.iter().map(|url| (url.clone(), None)).collect();
        for locked in &file.lock.schemas {
            match cache.read(locked) {
                Kept::Text(text) => {
                    answers.insert(locked.url.clone(), Some(text));
                }
                Kept::Nothing => {}
                Kept::Other => {
                    let path = cache.path(&locked.sha256);
                    let message = format!("`{}` is not the schema that was locked", path.display());
                    let help = Some("`flux-vet schemas pull` fetches it again".to_owned());
                    return Err(file.fault(locked, message, "the sum of what was pulled", help));
                }
            }
        }
        Ok(Pulled { answers })
    }

    /// What an address answered.
    pub fn answer(&self, url: &str) -> Answer<'_> {
        match self.answers.get(url) {
            Some(Some(text)) => Answer::Schema(text),
            Some(None) => Answer::None,
            None => Answer::Unknown,
        }
    }
}
