//! Schemas made ready, once a process: clusters share most of them, and an editor asks for all of them at every keystroke.

use hashbrown::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use jsonschema::{PatternCache, Validator};
use serde_json::Value;

use super::instance::Manifest;
use super::{crds, formats, known, limits, lists, names};
use crate::build::object::Gvk;
use crate::config::Version;

/// So many are kept: more than any tree has, and few enough for a day of changes of one definition.
const KEPT: usize = 2048;

/// A schema and what it was made of.
#[derive(Debug)]
pub struct Compiled {
    /// Judges objects.
    pub validator: Validator<Manifest>,
    /// The text, for the names of neighbours.
    pub text: Value,
}

type Kept = HashMap<[u8; 32], Option<Arc<Compiled>>>;

/// Patterns occur in many schemas.
static PATTERNS: LazyLock<PatternCache> = LazyLock::new(PatternCache::new);

static KEPT_SO_FAR: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

/// A schema with what names of the kind have to be; `None` for one that cannot be compiled.
pub fn compiled(mut text: Value, gvk: &Gvk, kubernetes: Option<Version>) -> Option<Arc<Compiled>> {
    names::apply(&mut text, gvk, kubernetes);
    of_text(text)
}

/// A schema as it is.
pub fn of_text(text: Value) -> Option<Arc<Compiled>> {
    if limits::is_endless(&text) {
        return None;
    }
    kept(blake3::hash(text.to_string().as_bytes()).into(), || text)
}

/// The schema that is built in for a kind.
pub fn built_in(gvk: &Gvk, kubernetes: Option<Version>) -> Option<Arc<Compiled>> {
    let key = format!("{} {} {}", gvk.api_version(), gvk.kind, names::form(gvk, kubernetes));
    named(&key, || known(gvk), gvk, kubernetes)
}

/// The schema of a kind of which nothing else is known.
pub fn bare(gvk: &Gvk, kubernetes: Option<Version>) -> Option<Arc<Compiled>> {
    named(names::form(gvk, kubernetes), || Some(crds::bare()), gvk, kubernetes)
}

fn named(
    key: &str,
    text: impl FnOnce() -> Option<Value>,
    gvk: &Gvk,
    kubernetes: Option<Version>,
) -> Option<Arc<Compiled>> {
    let text = || {
        let mut text = text().unwrap_or_default();
        names::apply(&mut text, gvk, kubernetes);
        text
    };
    kept(blake3::hash(key.as_bytes()).into(), text)
}

fn kept(key: [u8; 32], text: impl FnOnce() -> Value) -> Option<Arc<Compiled>> {
    let all = || KEPT_SO_FAR.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = all().get(&key) {
        return found.clone();
    }
    // Not under the lock: several threads compile at a time, and now and then one of them for nothing.
    let text = text();
    let compiled = validator(&text).map(|validator| Arc::new(Compiled { validator, text }));
    let mut all = all();
    if all.len() >= KEPT {
        all.clear();
    }
    all.insert(key, compiled.clone());
    compiled
}

fn validator(text: &Value) -> Option<Validator<Manifest>> {
    let options = jsonschema::options_for::<Manifest>()
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .with_pattern_cache(PATTERNS.clone())
        .should_validate_formats(true)
        .with_keyword(lists::KEYWORD, lists::keyword);
    formats::add(options).build(text).ok()
}
