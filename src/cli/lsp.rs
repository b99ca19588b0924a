//! `flux-vet lsp`: the language server, over standard input and output.

use clap::Args;
use lsp_server::Connection;

use super::check::today;
use super::{CLEAN, FINDINGS};
use crate::lsp;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Speak over standard input and output, as it does in any case
    #[arg(long)]
    stdio: bool,

    /// The process that started the server, as some clients tell
    #[arg(long, value_name = "PID", hide = true)]
    client_process_id: Option<u32>,
}

/// Serves one client; 1 when it left without saying so.
pub fn run(_: &Arguments) -> u8 {
    let (connection, threads) = Connection::stdio();
    let left_well = lsp::serve(connection, today);
    if left_well {
        // What was said last is written before the process ends.
        let _ = threads.join();
    }
    if left_well { CLEAN } else { FINDINGS }
}
