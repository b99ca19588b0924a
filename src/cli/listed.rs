//! Paths that stand in files, for more of them than a command line holds.

use std::io::{Read, stdin};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::fault::Fault;

/// Files that list paths.
#[derive(Clone, Debug, Args)]
pub struct Lists {
    /// File with further paths, one a line or separated by NUL; `-` is standard input
    #[arg(long, value_name = "FILE")]
    file_list: Vec<PathBuf>,
}

/// The paths of the command line, those in lists included; `None` where neither paths nor lists are given.
pub type Paths = Option<Vec<String>>;

impl Lists {
    /// The paths that are asked for.
    ///
    /// # Errors
    /// A list cannot be read.
    pub fn paths(&self, given: &[String]) -> Result<Paths, Fault> {
        if given.is_empty() && self.file_list.is_empty() {
            return Ok(None);
        }
        let mut paths = Vec::new();
        for path in given {
            match path.strip_prefix('@') {
                Some(list) => paths.extend(listed(Path::new(list))?),
                None => paths.push(path.clone()),
            }
        }
        for list in &self.file_list {
            paths.extend(listed(list)?);
        }
        Ok(Some(paths))
    }
}

fn listed(list: &Path) -> Result<Vec<String>, Fault> {
    let unreadable =
        |error: std::io::Error| Fault::Read { path: list.display().to_string(), reason: error.to_string() };
    let text = if list == Path::new("-") {
        let mut text = String::new();
        stdin().lock().read_to_string(&mut text).map_err(unreadable)?;
        text
    } else {
        std::fs::read_to_string(list).map_err(unreadable)?
    };
    // `git diff --name-only -z` quotes no name.
    let separator = if text.contains('\0') { '\0' } else { '\n' };
    let names = text.split(separator).map(|name| name.trim_end_matches('\r')).filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}
