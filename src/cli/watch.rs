//! `check --watch`: a check after each change, its findings between two lines that editors wait for.

use std::io::{ErrorKind, Write, stderr, stdout};
use std::path::{Path, PathBuf};

use super::check::{self, Arguments};
use super::listed::Paths;
use super::outputs::Output;
use super::{CLEAN, tree::here};
use crate::config::Choice;
use crate::fault::Fault;
use crate::source::{Changes, Sources};
use crate::{Checked, Start, checked};

/// A round begins.
const BEGINS: &str = "[flux-vet] checking";

/// Every finding of the round is written.
const ENDS: &str = "[flux-vet] done";

/// What a round leaves to the next one.
struct Kept {
    last: Option<Sources>,
    start: Start,
}

impl Kept {
    fn new() -> Self {
        Kept { last: None, start: Start::of_many() }
    }
}

/// Checks until nobody reads any more. A fault of the first round ends the run; later ones are told, and the next change
/// may mend them.
///
/// # Errors
/// The first round is broken.
pub fn run(arguments: &Arguments, outputs: &[Output], paths: &Paths) -> Result<u8, Fault> {
    if outputs.iter().any(|output| output.file.is_none() && !output.format.is_lines()) {
        let message = "`--watch` writes round after round, which only the formats of lines can show".to_owned();
        let help = Some("write the others to a file: --output json=report.json".to_owned());
        return Err(Fault::Usage { message, help });
    }
    let mut kept = Kept::new();
    for is_first in std::iter::once(true).chain(std::iter::repeat(false)) {
        let changes = changes(arguments, outputs)?;
        if !says(arguments, BEGINS) {
            break;
        }
        match round(arguments, outputs, paths, &mut kept) {
            Ok(()) => {}
            Err(fault) if is_first => return Err(fault),
            Err(fault) => {
                kept = Kept::new();
                let _ = writeln!(stderr(), "{:?}", miette::Report::new(fault));
            }
        }
        if !says(arguments, ENDS) || !changes.wait() {
            break;
        }
    }
    Ok(CLEAN)
}

/// What changes from now on: files of the tree, and the configuration wherever it is.
fn changes(arguments: &Arguments, outputs: &[Output]) -> Result<Changes, Fault> {
    let (disk, choice) = arguments.tree.open()?;
    let elsewhere = match &choice {
        Choice::Text { path, .. } => Path::new(path).canonicalize().ok(),
        _ => None,
    };
    let whole = |file: &PathBuf| {
        let file = here().ok()?.join(file);
        Some(file.parent()?.canonicalize().ok()?.join(file.file_name()?))
    };
    let own = outputs.iter().filter_map(|output| whole(output.file.as_ref()?)).collect();
    Ok(Changes::of(&disk, elsewhere.into_iter().collect(), own))
}

fn round(arguments: &Arguments, outputs: &[Output], paths: &Paths, kept: &mut Kept) -> Result<(), Fault> {
    let found = match arguments.base {
        // Two trees are read: nothing is kept.
        Some(_) => check::tree(arguments, paths, None)?,
        None => again(arguments, paths, kept)?,
    };
    let checked = check::narrowed(paths, found);
    let (_, checked) = check::report(arguments, outputs, checked)?;
    kept.last = Some(checked.sources);
    Ok(())
}

/// Checks the tree; files that say what they said in the last round are not parsed again.
fn again(arguments: &Arguments, paths: &Paths, kept: &Kept) -> Result<Checked, Fault> {
    let (disk, config) = arguments.tree.open()?;
    let options = check::options(arguments, paths, &disk, config)?;
    let sources = match &kept.last {
        Some(last) => Sources::after(last, disk),
        None => Sources::new(disk),
    };
    Ok(checked(sources, &options, kept.start.clone(), |_| ())?.0)
}

/// Writes a mark on a line of its own; false when nobody reads.
fn says(arguments: &Arguments, mark: &str) -> bool {
    if arguments.manner.silent {
        return true;
    }
    let mut out = stdout().lock();
    let written = writeln!(out, "{mark}").and_then(|()| out.flush());
    !written.is_err_and(|error| error.kind() == ErrorKind::BrokenPipe)
}
