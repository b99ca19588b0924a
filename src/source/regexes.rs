//! Regular expressions that manifests and cards bring: each is compiled once, and none may grow without bound.

use hashbrown::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use regex::{Error, Regex, RegexBuilder};

/// Bytes of a compiled pattern; what people write stays below a hundredth of it, Go refuses what is far above it.
const MAX_SIZE: usize = 1 << 20;
/// Bytes that matching may keep beside it.
const MAX_CACHE: usize = 1 << 18;
/// So many are kept.
const MOST: usize = 256;

/// A pattern, compiled.
///
/// # Errors
/// That of the parser, or of the limit on its size.
pub fn compiled(pattern: &str) -> Result<Arc<Regex>, Error> {
    // Not cloned but shared: a clone begins without what matching has learned.
    type Known = HashMap<String, Result<Arc<Regex>, Error>>;
    static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return known.clone();
    }
    let made = RegexBuilder::new(pattern).size_limit(MAX_SIZE).dfa_size_limit(MAX_CACHE).build().map(Arc::new);
    let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
    if known.len() >= MOST {
        known.clear();
    }
    known.insert(pattern.to_owned(), made.clone());
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_that_grows_without_bound_is_refused() {
        assert!(compiled("^app-(one|two)$").is_ok_and(|regex| regex.is_match("app-two")));
        assert!(matches!(compiled(r"(\w{100}){100}"), Err(Error::CompiledTooBig(_))));
        assert!(compiled("(").is_err());
    }
}
