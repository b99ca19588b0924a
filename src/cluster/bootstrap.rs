//! Files that are run by hand or by a script before Flux: whether they speak of something.

use std::sync::Arc;

use super::Repository;
use crate::source::{Sources, file_name, parent};

/// Files above this size are no scripts (bytes).
const MAX_BYTES: u64 = 256 * 1024;

impl Repository<'_> {
    /// The first file that may set up a cluster before Flux runs and that holds one of some words, among those whose
    /// path is wanted.
    pub fn bootstrap_mention(&self, words: &[&str], wanted: impl Fn(&str) -> bool) -> Option<&str> {
        self.scripts()
            .iter()
            .find(|(path, text)| wanted(path) && words.iter().any(|word| text.contains(word)))
            .map(|(path, _)| path.as_str())
    }

    /// Those files with their texts.
    pub(super) fn scripts(&self) -> &Arc<Vec<(String, String)>> {
        self.scripts.get_or_init(|| Arc::new(read(self.sources())))
    }
}

fn read(sources: &Sources) -> Vec<(String, String)> {
    let system = sources.system();
    let paths = system.walk().into_iter().filter(|path| is_script(path));
    paths
        .filter(|path| system.size(path).is_ok_and(|size| size <= MAX_BYTES))
        .filter_map(|path| {
            let text = String::from_utf8(system.read(&path).ok()?).ok()?;
            Some((path, text))
        })
        .collect()
}

/// Whether a file is one that people run: a task runner, a shell script, a helmfile, Terraform, or below a folder that
/// says so.
fn is_script(path: &str) -> bool {
    let name = file_name(path).to_ascii_lowercase();
    let endings = [".sh", ".tf", ".gotmpl", ".just", ".j2", ".ps1", ".py", ".nix"];
    let words = ["taskfile", "justfile", "makefile", "helmfile", "bootstrap"];
    let folder = parent(path).to_ascii_lowercase();
    endings.iter().any(|ending| name.ends_with(ending))
        || words.iter().any(|word| name.contains(word))
        || folder.split('/').any(|part| {
            ["bootstrap", "talos", ".taskfiles", "ansible", "terraform", "scripts"].contains(&part)
                || part.contains("helmfile")
        })
}
