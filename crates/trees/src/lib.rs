//! Made Flux repositories of any size, the same for the same seed, and damages to them: what benches and fuzzers run on.

mod damage;
mod disk;
mod fleet;
mod plain;
mod random;
mod sops;
mod workloads;

pub use damage::{damaged, mutated};
pub use disk::{lay, real};
pub use fleet::{FLEET, fleet};
pub use plain::plain;
pub use random::Random;

use std::collections::BTreeMap;

/// The files of a tree by their paths.
pub type Files = BTreeMap<String, String>;

/// A made tree.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    /// Its files.
    pub files: Files,
    /// So many objects Flux would apply, over all clusters.
    pub objects: usize,
}

impl Tree {
    fn add(&mut self, path: impl Into<String>, text: impl Into<String>) {
        self.files.insert(path.into(), text.into());
    }

    /// The size of all files.
    pub fn bytes(&self) -> usize {
        self.files.values().map(String::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{fleet, plain};

    #[test]
    fn the_same_seed_makes_the_same_tree() {
        assert_eq!(fleet(300, 7).files, fleet(300, 7).files);
        assert_ne!(fleet(300, 7).files, fleet(300, 8).files);
    }

    #[test]
    fn a_tree_is_about_as_large_as_was_asked() {
        for objects in [100, 1_000, 10_000] {
            let made = fleet(objects, 1).objects;
            assert!(made >= objects && made < objects + objects / 40 + 60, "{made} for {objects}");
            assert_eq!(plain(objects).objects, objects);
        }
    }
}
