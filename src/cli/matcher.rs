//! `flux-vet matcher KIND`: the problem matchers that ship with the project.

use clap::{Args, ValueEnum};

use super::print;
use crate::fault::Fault;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Who reads the output
    kind: Kind,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Github,
    Vscode,
    Vim,
}

pub fn run(arguments: &Arguments) -> Result<(), Fault> {
    print(match arguments.kind {
        Kind::Github => include_bytes!("../../editors/github/flux-vet-matcher.json"),
        Kind::Vscode => include_bytes!("../../editors/vscode/tasks.json"),
        Kind::Vim => include_bytes!("../../editors/vim/compiler/flux-vet.vim"),
    })
}
