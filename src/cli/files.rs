//! `check --show-files`: every file of the tree, and what the builds made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::listed::Paths;
use super::tree::{Tree, below};
use super::{CLEAN, NOTHING, print};
use crate::build::uses::{Use, uses};
use crate::config::FILE_NAMES;
use crate::fault::Fault;
use crate::inspect;
use crate::report::one_line;

/// What is said of a file that no build asked for.
const UNREAD: &str = "unread";

pub fn run(tree: &Tree, paths: &Paths) -> Result<u8, Fault> {
    let (disk, choice) = tree.open()?;
    let only: Option<Vec<String>> = match paths {
        Some(paths) => Some(paths.iter().map(|path| below(&disk, path)).collect::<Result<_, _>>()?),
        None => None,
    };
    let built = inspect::tree(disk, &choice)?;
    let mut uses: BTreeMap<Arc<str>, BTreeSet<Use>> = uses(&built.world, &built.sources);
    for path in built.sources.system().walk() {
        uses.entry(path.into()).or_default();
    }
    let is_asked_for = |path: &str| {
        only.as_ref().is_none_or(|only| {
            let holds = |only: &String| {
                path.strip_prefix(only.as_str())
                    .is_some_and(|rest| only.is_empty() || rest.is_empty() || rest.starts_with('/'))
            };
            only.iter().any(holds)
        })
    };
    let mut text = String::new();
    for (path, uses) in uses.iter().filter(|(path, _)| is_asked_for(path)) {
        let words: Vec<&str> = match uses.is_empty() {
            true if FILE_NAMES.contains(&&**path) => vec!["configuration"],
            true => vec![UNREAD],
            false => uses.iter().map(|one| one.word()).collect(),
        };
        text.push_str(&format!("{}: {}\n", one_line(path), words.join(", ")));
    }
    print(text.as_bytes())?;
    Ok(if built.world.clusters.iter().all(|cluster| cluster.objects.is_empty()) { NOTHING } else { CLEAN })
}
