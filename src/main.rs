//! The `flux-vet` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    flux_vet::cli::run(std::env::args_os())
}
