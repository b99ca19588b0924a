//! The data that stands beside the project on some machines, and is not part of it.

use std::path::{Path, PathBuf};

/// A folder of the shared data; says plainly when it is not there.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FLUX_VET_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let path = root.join(folder);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: {} is not here", path.display());
    None
}
