//! `flux-vet schemas`: `export` writes the built-in ones as files, `pull` fetches those that the tree wants of the network.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::locations::Schemas;
use super::tree::Tree;
use super::{CLEAN, print, save};
use crate::cluster::schemas::built_in;
use crate::cluster::schemas::cache::{Cache, VARIABLE};
use crate::cluster::schemas::lock::FILE_NAME;
use crate::cluster::schemas::pull::{Done, Locking, Transport, pull};
use crate::fault::Fault;
use crate::inspect;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Write the built-in schemas, those of Flux and of Kubernetes, as one JSON file a kind
    Export {
        /// The folder; its layout is that of `--schema-location DIR`
        folder: PathBuf,
    },
    /// Fetch the schemas of kinds that the tree uses and nothing here knows, from the `https` places for schemas, and
    /// write .flux-vet-schemas.lock.json; no other command asks the network
    Pull(Pull),
}

#[derive(Debug, Args)]
struct Pull {
    #[command(flatten)]
    tree: Tree,

    #[command(flatten)]
    schemas: Schemas,

    /// Ask anew for everything; what is locked is kept otherwise
    #[arg(long)]
    update: bool,

    /// Fetch what the lock file names and change nothing in it; fail where it lacks a kind
    #[arg(long, conflicts_with = "update")]
    locked: bool,
}

pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    match &arguments.what {
        What::Export { folder } => export(folder),
        What::Pull(arguments) => arguments.run(),
    }
}

fn export(folder: &Path) -> Result<u8, Fault> {
    create(folder)?;
    let mut count = 0;
    for (name, schema) in built_in() {
        save(&folder.join(name), format!("{schema:#}\n").as_bytes())?;
        count += 1;
    }
    print(format!("{count} schemas in {}\n", folder.display()).as_bytes())?;
    Ok(CLEAN)
}

fn create(folder: &Path) -> Result<(), Fault> {
    fs::create_dir_all(folder)
        .map_err(|error| Fault::Write { path: folder.display().to_string(), reason: error.to_string() })
}

impl Pull {
    fn run(&self) -> Result<u8, Fault> {
        let (disk, config) = self.tree.open()?;
        let root = disk.root().to_owned();
        let asked = inspect::wanted_schemas(disk, &config, &self.schemas.locations()?)?;
        if !asked.has_network {
            let message = "no place for schemas is in the network".to_owned();
            let help = "name an `https` template with --schema-location or `schema-locations`".to_owned();
            return Err(Fault::Usage { message, help: Some(help) });
        }
        let Some(cache) = self.schemas.cache.clone().map(Cache::new).or_else(Cache::of_user) else {
            let message = "there is no home folder to keep schemas in".to_owned();
            return Err(Fault::Usage { message, help: Some(format!("name a folder with --cache or ${VARIABLE}")) });
        };
        create(cache.folder())?;
        let locking = match (self.update, self.locked) {
            (true, _) => Locking::Renew,
            (_, true) => Locking::Only,
            _ => Locking::Keep,
        };
        let old = asked.lock.unwrap_or_default();
        let mut store = |sum: &str, text: &[u8]| save(&cache.path(sum), text);
        let done = pull(&asked.kinds, &old, locking, &cache, transport()?.as_mut(), &mut store)?;
        let is_new = done.lock != old.lock && !self.locked;
        if is_new {
            save(&root.join(FILE_NAME), done.lock.text().as_bytes())?;
        }
        print(told(&done, &cache, is_new).as_bytes())?;
        Ok(CLEAN)
    }
}

#[cfg(feature = "pull")]
fn transport() -> Result<Box<dyn Transport>, Fault> {
    Ok(Box::new(super::http::Http::new()?))
}

#[cfg(not(feature = "pull"))]
fn transport() -> Result<Box<dyn Transport>, Fault> {
    let message = "this build of flux-vet cannot ask the network".to_owned();
    Err(Fault::Usage { message, help: Some("build it with the feature `pull`".to_owned()) })
}

fn told(done: &Done, cache: &Cache, is_new: bool) -> String {
    let count = done.lock.schemas.len();
    let schemas = if count == 1 { "schema" } else { "schemas" };
    let mut text = format!("{count} {schemas} in {}, {} fetched\n", cache.folder().display(), done.fetched);
    if !done.without.is_empty() {
        text.push_str(&format!("no place has {}\n", done.without.join(", ")));
    }
    if is_new {
        text.push_str(&format!("{FILE_NAME} is new: commit it\n"));
    }
    text
}
