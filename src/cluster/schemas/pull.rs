//! Which schemas a tree wants of the network, and how they are fetched, kept and locked. Who speaks to the network is another's.

use hashbrown::HashMap;
use std::collections::BTreeSet;

use serde_json::Value;

use super::cache::{Cache, Kept, sum};
use super::crds;
use super::lock::{Lock, LockFile, Locked};
use crate::build::object::Gvk;
use crate::cluster::Cluster;
use crate::fault::Fault;

/// Bytes of the largest schema that is taken. The largest of real definitions have a fifth of it.
pub const MOST_BYTES: u64 = 8 * 1024 * 1024;

/// Asks addresses.
pub trait Transport {
    /// What an address has: at most [`MOST_BYTES`], or nothing.
    ///
    /// # Errors
    /// Why it did not say.
    fn get(&mut self, url: &str) -> Result<Option<Vec<u8>>, String>;
}

/// Writes a text of the cache, below its sum.
pub type Store<'s> = dyn FnMut(&str, &[u8]) -> Result<(), Fault> + 's;

/// What happens to what is locked already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locking {
    /// It is kept; what is new is added, what nothing asks for any more goes.
    Keep,
    /// Everything is asked for anew.
    Renew,
    /// It is all there may be.
    Only,
}

/// A kind whose schema the network may have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// Of its objects.
    pub api_version: String,
    /// Of its objects.
    pub kind: String,
    /// Where it may be, in the order in which they are asked.
    pub addresses: Vec<String>,
}

/// The kinds that clusters use and nothing on this machine has a schema for, before the network is asked.
pub fn wanted(clusters: &[Cluster<'_>]) -> BTreeSet<Wanted> {
    let mut all = BTreeSet::new();
    for cluster in clusters {
        let kubernetes = cluster.declared().kubernetes;
        let own: BTreeSet<&Gvk> =
            cluster.objects().filter(|object| object.release.is_none()).map(|own| &own.gvk).collect();
        for gvk in own {
            let addresses = cluster.repository.schemas.addresses(gvk, kubernetes);
            if !addresses.is_empty() && crds::schema(cluster, gvk).is_none() {
                all.insert(Wanted { api_version: gvk.api_version(), kind: gvk.kind.to_string(), addresses });
            }
        }
    }
    all
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Done {
    /// The new lock.
    pub lock: Lock,
    /// How many schemas came from the network.
    pub fetched: usize,
    /// Kinds that no address has, as `apiVersion Kind`.
    pub without: Vec<String>,
}

/// Fetches what is wanted.
///
/// # Errors
/// [`Fault`] for an address that does not answer or answers with something else than was locked; the lock is then as before.
pub fn pull(
    wanted: &BTreeSet<Wanted>,
    old: &LockFile,
    locking: Locking,
    cache: &Cache,
    transport: &mut dyn Transport,
    store: &mut Store<'_>,
) -> Result<Done, Fault> {
    let mut pulling = Pulling { old, locking, cache, transport, store, asked: HashMap::new(), fetched: 0 };
    let mut done = Done::default();
    for one in wanted {
        let mut found = None;
        for url in &one.addresses {
            found = pulling.ask(one, url)?;
            match &found {
                Some((sha256, size)) => {
                    done.lock.schemas.insert(Locked {
                        api_version: one.api_version.clone(),
                        kind: one.kind.clone(),
                        url: url.clone(),
                        sha256: sha256.clone(),
                        size: *size,
                    });
                    break;
                }
                None => {
                    done.lock.absent.insert(url.clone());
                }
            }
        }
        if found.is_none() {
            done.without.push(format!("{} {}", one.api_version, one.kind));
        }
    }
    done.without.dedup();
    done.fetched = pulling.fetched;
    Ok(done)
}

/// The sum and the size of a text.
type Sum = (String, u64);

struct Pulling<'p> {
    old: &'p LockFile,
    locking: Locking,
    cache: &'p Cache,
    transport: &'p mut dyn Transport,
    store: &'p mut Store<'p>,
    /// What addresses have: two clusters may ask the same one.
    asked: HashMap<String, Option<Sum>>,
    fetched: usize,
}

impl Pulling<'_> {
    fn ask(&mut self, one: &Wanted, url: &str) -> Result<Option<Sum>, Fault> {
        if let Some(known) = self.asked.get(url) {
            return Ok(known.clone());
        }
        let answer = match self.locking {
            Locking::Renew => self.fetch(url)?,
            _ if self.old.lock.absent.contains(url) => None,
            _ => match self.old.lock.at(url) {
                Some(locked) => Some(self.again(locked)?),
                None if self.locking == Locking::Only => {
                    let message = format!("the schema of {} {} is not locked", one.api_version, one.kind);
                    let help = Some("run `flux-vet schemas pull`, and commit the lock file".to_owned());
                    return Err(Fault::Usage { message, help });
                }
                None => self.fetch(url)?,
            },
        };
        self.asked.insert(url.to_owned(), answer.clone());
        Ok(answer)
    }

    /// What was locked, from the cache or anew.
    fn again(&mut self, locked: &Locked) -> Result<Sum, Fault> {
        let sum = (locked.sha256.clone(), locked.size);
        if matches!(self.cache.read(locked), Kept::Text(_)) || self.fetch(&locked.url)?.as_ref() == Some(&sum) {
            return Ok(sum);
        }
        let message = format!("`{}` has no longer what was locked", locked.url);
        let help = Some("`flux-vet schemas pull --update` takes what it has now".to_owned());
        Err(self.old.fault(locked, message, "the sum of what was pulled", help))
    }

    fn fetch(&mut self, url: &str) -> Result<Option<Sum>, Fault> {
        let failed = |reason: String| Fault::Fetch { url: url.to_owned(), reason };
        let Some(text) = self.transport.get(url).map_err(failed)? else { return Ok(None) };
        // A page that says in words that there is nothing would be a schema that takes everything.
        if !serde_json::from_slice(&text).is_ok_and(|schema: Value| schema.is_object()) {
            return Err(failed("it answers with something that is no schema".to_owned()));
        }
        let sum = sum(&text);
        (self.store)(&sum, &text)?;
        self.fetched += 1;
        Ok(Some((sum, text.len() as u64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses with their texts, and what was asked.
    struct Web(HashMap<&'static str, &'static str>, Vec<String>);

    impl Transport for Web {
        fn get(&mut self, url: &str) -> Result<Option<Vec<u8>>, String> {
            self.1.push(url.to_owned());
            match self.0.get(url) {
                Some(&"down") => Err("it is down".to_owned()),
                Some(text) => Ok(Some(text.as_bytes().to_vec())),
                None => Ok(None),
            }
        }
    }

    fn run(wanted: &BTreeSet<Wanted>, old: &LockFile, locking: Locking, web: &mut Web) -> Result<Done, Fault> {
        let nowhere = Cache::new("no/such/folder".into());
        pull(wanted, old, locking, &nowhere, web, &mut |_, _| Ok(()))
    }

    fn kind(name: &str, addresses: &[&str]) -> Wanted {
        let addresses = addresses.iter().map(|one| (*one).to_owned()).collect();
        Wanted { api_version: "shop.example.org/v1".to_owned(), kind: name.to_owned(), addresses }
    }

    #[test]
    fn the_first_address_that_has_a_schema_is_locked_and_each_is_asked_once() {
        let wanted = BTreeSet::from([kind("Belt", &["a", "b", "c"]), kind("Till", &["a", "d"])]);
        let mut web = Web(HashMap::from([("b", "{}"), ("c", "{\"type\": \"object\"}")]), Vec::new());
        let done = run(&wanted, &LockFile::default(), Locking::Keep, &mut web).unwrap();
        assert_eq!(web.1, ["a", "b", "d"]);
        assert_eq!(done.lock.schemas.iter().map(|locked| locked.url.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(done.lock.absent, BTreeSet::from(["a".to_owned(), "d".to_owned()]));
        assert_eq!((done.fetched, done.without), (1, vec!["shop.example.org/v1 Till".to_owned()]));

        let mut old = LockFile::default();
        old.lock = done.lock;
        web.1.clear();
        let again = run(&wanted, &old, Locking::Only, &mut web).unwrap();
        assert_eq!((again.lock, web.1.as_slice()), (old.lock.clone(), ["b".to_owned()].as_slice()));
        web.0.insert("b", "{\"type\": \"array\"}");
        assert!(run(&wanted, &old, Locking::Keep, &mut web).is_err());
        assert_ne!(run(&wanted, &old, Locking::Renew, &mut web).unwrap().lock, old.lock);
        web.0.insert("a", "down");
        assert!(run(&wanted, &old, Locking::Renew, &mut web).is_err());
    }
}
