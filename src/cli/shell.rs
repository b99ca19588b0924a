//! `flux-vet completions SHELL` and `flux-vet man`: what packages install besides the program.

use std::path::PathBuf;

use clap::{Args, Command, ValueEnum};
use clap_complete::{Shell, generate};
use clap_complete_nushell::Nushell;

use super::print;
use crate::fault::Fault;

/// Name of the program.
const NAME: &str = "flux-vet";

/// A shell that completions are written for.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Script {
    Bash,
    Elvish,
    Fish,
    Nushell,
    #[value(name = "powershell")]
    PowerShell,
    Zsh,
}

#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    shell: Script,
}

#[derive(Debug, Args)]
pub struct Man {
    /// Folder to write a page a command to [default: the main page to standard output]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub fn completions(mut command: Command, arguments: &Completions) -> Result<(), Fault> {
    let mut text = Vec::new();
    let mut write = |shell: Shell| generate(shell, &mut command, NAME, &mut text);
    match arguments.shell {
        Script::Bash => write(Shell::Bash),
        Script::Elvish => write(Shell::Elvish),
        Script::Fish => write(Shell::Fish),
        Script::Nushell => generate(Nushell, &mut command, NAME, &mut text),
        Script::PowerShell => write(Shell::PowerShell),
        Script::Zsh => write(Shell::Zsh),
    }
    print(&text)
}

pub fn man(command: Command, arguments: &Man) -> Result<(), Fault> {
    let place = arguments.out.as_ref().map_or("standard output".to_owned(), |folder| folder.display().to_string());
    let unwritten = |error: std::io::Error| Fault::Write { path: place, reason: error.to_string() };
    match &arguments.out {
        Some(folder) => clap_mangen::generate_to(command, folder).map_err(unwritten),
        None => {
            let mut text = Vec::new();
            clap_mangen::Man::new(command).render(&mut text).map_err(unwritten)?;
            print(&text)
        }
    }
}
