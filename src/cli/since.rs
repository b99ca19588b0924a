//! `--base`: the tree of a git revision beside that of today, both judged by the configuration of today.

use std::io::{Write, stderr};

use crate::config::{Choice, FILE_NAMES};
use crate::fault::Fault;
use crate::source::{Disk, FileSystem, ReadError, Revision, RevisionError};

/// The tree of a revision, and the configuration to judge it by.
///
/// # Errors
/// There is no such revision, or the configuration cannot be read.
pub fn open(disk: &Disk, base: &str, choice: &Choice) -> Result<(Revision, Choice), Fault> {
    let revision = Revision::open(disk.root(), base).map_err(|error| fault(&error))?;
    let choice = beside(disk, choice)?;
    if is_changed(&revision, &choice) {
        let _ =
            writeln!(stderr(), "The configuration differs from that of `{base}`; both trees are judged by the new one");
    }
    Ok((revision, choice))
}

fn fault(error: &RevisionError) -> Fault {
    let help = match error {
        RevisionError::NoGit(_) => Some("install git, or leave out --base".to_owned()),
        RevisionError::Unknown(_) => {
            Some("a shallow clone lacks it: fetch it, or clone with `fetch-depth: 0`".to_owned())
        }
        RevisionError::NoRepository(_) | RevisionError::Git(_) => None,
    };
    Fault::Usage { message: error.to_string(), help }
}

/// The configuration of a tree as a text that can be laid beside another one.
///
/// # Errors
/// It cannot be read.
pub fn beside(disk: &Disk, choice: &Choice) -> Result<Choice, Fault> {
    let names: Vec<&str> = match choice {
        Choice::Found => FILE_NAMES.to_vec(),
        Choice::At(path) => vec![path],
        Choice::Text { .. } | Choice::Isolated => return Ok(choice.clone()),
    };
    for name in names {
        match disk.read(name) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                return Ok(Choice::Text { path: name.to_owned(), text });
            }
            Err(ReadError::Missing) if *choice == Choice::Found => {}
            Err(error) => return Err(Fault::Read { path: name.to_owned(), reason: error.to_string() }),
        }
    }
    Ok(Choice::Isolated)
}

/// Whether the revision has another configuration: a change could switch rules off unseen.
fn is_changed(revision: &Revision, choice: &Choice) -> bool {
    match choice {
        Choice::Text { path, text } => match revision.read(path) {
            Ok(bytes) => bytes != text.as_bytes(),
            Err(_) => true,
        },
        Choice::Isolated => FILE_NAMES.iter().any(|name| revision.read(name).is_ok()),
        Choice::Found | Choice::At(_) => false,
    }
}
