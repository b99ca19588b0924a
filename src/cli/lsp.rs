//! `flux-vet lsp`: the language server, over standard input and output.

use std::path::PathBuf;

use clap::Args;
use lsp_server::Connection;

use super::check::today;
use super::tree::{here, named_config};
use super::{CLEAN, FINDINGS};
use crate::fault::Fault;
use crate::lsp::{self, Setup};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Configuration file, unless the client names one [default: $FLUX_VET_CONFIG, else .flux-vet.yaml at the root]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Read no configuration file
    #[arg(long, conflicts_with = "config")]
    isolated: bool,

    /// Speak over standard input and output, as it does in any case
    #[arg(long)]
    stdio: bool,

    /// The process that started the server, as some clients tell
    #[arg(long, value_name = "PID", hide = true)]
    client_process_id: Option<u32>,
}

/// Serves one client; 1 when it left without saying so.
pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    // A path of the working directory, else one below each root.
    let here = here()?;
    let named = arguments.config.clone().or_else(named_config);
    let config = named.map(|path| Some(here.join(&path)).filter(|path| path.exists()).unwrap_or(path));
    let setup = Setup { today, config, isolated: arguments.isolated };
    let (connection, threads) = Connection::stdio();
    let left_well = lsp::serve(connection, setup);
    if left_well {
        // What was said last is written before the process ends.
        let _ = threads.join();
    }
    Ok(if left_well { CLEAN } else { FINDINGS })
}
