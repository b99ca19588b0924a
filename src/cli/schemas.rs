//! `flux-vet schemas export DIR`: the built-in schemas as files, for whoever else reads schemas.

use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CLEAN, print, save};
use crate::cluster::schemas::built_in;
use crate::fault::Fault;

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
}

pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    let What::Export { folder } = &arguments.what;
    fs::create_dir_all(folder)
        .map_err(|error| Fault::Write { path: folder.display().to_string(), reason: error.to_string() })?;
    let mut count = 0;
    for (name, schema) in built_in() {
        save(&folder.join(name), format!("{schema:#}\n").as_bytes())?;
        count += 1;
    }
    print(format!("{count} schemas in {}\n", folder.display()).as_bytes())?;
    Ok(CLEAN)
}
