//! Where schemas are: the places on the command line, and the folder of pulled ones.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::cluster::schemas::Location;
use crate::fault::Fault;
use crate::source::{Disk, FileSystem, Memory};

/// Places for schemas.
#[derive(Debug, Args)]
pub struct Schemas {
    /// Where schemas are: a folder, a template of paths as kubeconform has it, an `https` template whose schemas
    /// `schemas pull` fetched, or `default` for the built-in ones; may be given several times, the first that has one counts
    #[arg(long, value_name = "TEMPLATE")]
    schema_location: Vec<String>,

    /// Folder of pulled schemas [default: $FLUX_VET_CACHE, else `flux-vet/schemas` in the cache folder of the user]
    #[arg(long, value_name = "DIR")]
    pub cache: Option<PathBuf>,
}

impl Schemas {
    /// The places. Templates of the command line are paths of the working directory.
    ///
    /// # Errors
    /// A template is none, or its folder cannot be read.
    pub fn locations(&self) -> Result<Vec<Location>, Fault> {
        self.schema_location.iter().map(|template| location(template)).collect()
    }
}

fn location(template: &str) -> Result<Location, Fault> {
    let end = template.find("{{").unwrap_or(template.len());
    // What stands before the first placeholder is a folder, which stands on its own.
    let (folder, rest) = match template.get(..end).and_then(|fixed| fixed.rsplit_once('/')) {
        Some((folder, _)) if template.contains("{{") => template.split_at(folder.len()),
        _ if template.contains("{{") => (".", template),
        _ => (template, ""),
    };
    let (system, rest): (Arc<dyn FileSystem>, &str) = if Location::is_elsewhere(template) {
        (Arc::new(Memory::default()), template)
    } else {
        let folder = if folder.is_empty() { "/" } else { folder };
        let unreadable = |error: std::io::Error| Fault::Read { path: folder.to_owned(), reason: error.to_string() };
        (Arc::new(Disk::new(Path::new(folder)).map_err(unreadable)?), rest)
    };
    Location::new(system, rest).map_err(|error| Fault::Usage { message: error.to_string(), help: None })
}
