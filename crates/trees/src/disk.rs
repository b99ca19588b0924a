//! Trees on disk: made ones as files, real ones where they are here.

use std::io;
use std::path::{Path, PathBuf};

use super::Files;

/// Writes files below a folder.
///
/// # Errors
/// What the operating system says.
pub fn lay(root: &Path, files: &Files) -> io::Result<()> {
    for (path, text) in files {
        let path = root.join(path);
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

/// The real trees beside a project, by path, or where `FLUX_VET_SHARED` says; none where they are not there.
pub fn real(project: &str) -> Vec<PathBuf> {
    let shared = std::env::var_os("FLUX_VET_SHARED").map_or(Path::new(project).join("../shared"), PathBuf::from);
    let entries = std::fs::read_dir(shared.join("corpus")).into_iter().flatten();
    let mut trees: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect();
    trees.sort();
    trees
}
