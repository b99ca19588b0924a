//! Schemas of built objects: those of CRDs in the tree, then those of the places that are given, then those of Flux and of Kubernetes itself; and what objects say against them.

mod builtin;
pub mod cache;
mod compiled;
mod crds;
mod cron;
mod flux;
mod formats;
mod harden;
mod instance;
mod judge;
mod limits;
mod lists;
mod locations;
pub mod lock;
mod names;
mod overlay;
mod place;
pub mod pull;
pub mod pulled;
mod served;
mod templates;
pub mod values;
mod words;

use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;
use serde_json::Value;

use super::Cluster;
use crate::build::Object;
use crate::build::object::Gvk;
use compiled::Compiled;
pub use formats::{form, is_date};
pub use judge::{Trouble, Violation};
pub use locations::{BadLocation, Location, Locations};
use locations::{Found, Text};

/// The schema of a kind.
#[derive(Debug)]
struct Schema {
    compiled: Arc<Compiled>,
    /// Whether a CRD of the tree brought it: it may be older or newer than that of the cluster.
    is_of_tree: bool,
    /// Nothing is known of the kind: its metadata alone is judged.
    is_bare: bool,
    /// The network may have another one, which is not here.
    is_unpulled: bool,
    /// There is one that cannot be used.
    is_unusable: bool,
    /// The kind itself is none.
    wrong: Option<served::Wrong>,
}

/// What a cluster's objects say against their schemas.
#[derive(Debug, Default)]
pub struct Judged {
    /// Object by object, in the order of the build.
    pub violations: Vec<Violation>,
    /// Kinds without a schema, with how many objects there are of each.
    pub without: BTreeMap<String, usize>,
    /// Those among them that have one which cannot be used: it refers to others, or is none.
    pub unusable: BTreeSet<String>,
    /// Kinds whose schema the network may have, and was not pulled.
    pub unpulled: BTreeSet<String>,
    /// Objects whose schema asks for too much work.
    pub endless: BTreeSet<String>,
}

impl Judged {
    /// Judges every object that stands in the tree. Schemas are compiled once a kind, those that no object asks for never.
    pub fn of(cluster: &Cluster<'_>) -> Self {
        let mut kinds: HashMap<&Gvk, Vec<usize>> = HashMap::new();
        let objects: Vec<&Object> = cluster.objects().filter(|object| object.release.is_none()).collect();
        for (at, object) in objects.iter().enumerate() {
            kinds.entry(&object.gvk).or_default().push(at);
        }
        let schemas: HashMap<&Gvk, Option<Arc<Schema>>> = kinds
            .par_iter()
            .map(|(gvk, own)| {
                let first = own.first().and_then(|at| objects.get(*at));
                (*gvk, first.and_then(|first| schema(cluster, first)).map(Arc::new))
            })
            .collect();
        let endless = Mutex::new(BTreeSet::new());
        let violations = objects.par_iter().enumerate().flat_map_iter(|(at, object)| {
            let Some(schema) = schemas.get(&object.gvk).and_then(Option::as_ref) else { return Vec::new() };
            let mut found = judge::judge(cluster, at, object, schema).unwrap_or_else(|_| {
                endless.lock().unwrap_or_else(PoisonError::into_inner).insert(object.reference().to_string());
                Vec::new()
            });
            found.extend(schema.wrong.as_ref().map(|wrong| served::say(cluster, at, object, wrong)));
            found
        });
        let mut judged = Judged { violations: violations.collect(), ..Judged::default() };
        judged.endless = endless.into_inner().unwrap_or_else(PoisonError::into_inner);
        let is_bare = |gvk: &Gvk| schemas.get(gvk).is_none_or(|schema| schema.as_ref().is_none_or(|one| one.is_bare));
        for (gvk, own) in kinds.iter().filter(|(gvk, _)| is_bare(gvk)) {
            *judged.without.entry(shown(gvk)).or_default() += own.len();
        }
        for (gvk, schema) in schemas.iter().filter_map(|(gvk, schema)| Some((gvk, schema.as_ref()?))) {
            judged.unpulled.extend(schema.is_unpulled.then(|| shown(gvk)));
            judged.unusable.extend(schema.is_unusable.then(|| shown(gvk)));
        }
        judged
    }
}

impl Judged {
    /// Whether nothing is known of a kind.
    pub fn is_without(&self, gvk: &Gvk) -> bool {
        self.without.contains_key(&shown(gvk))
    }
}

fn shown(gvk: &Gvk) -> String {
    format!("{} {}", gvk.api_version(), gvk.kind)
}

/// The schema of the kind of an object: what a CRD of the tree says comes first.
fn schema(cluster: &Cluster<'_>, first: &Object) -> Option<Schema> {
    let gvk = &first.gvk;
    let of_tree = crds::schema(cluster, gvk);
    let is_of_tree = of_tree.is_some();
    let found = match of_tree {
        Some(text) => Found { schema: Some(Text::Written(text)), is_unpulled: false },
        None => cluster.repository.schemas.schema(gvk, cluster.declared().kubernetes),
    };
    let (has_some, is_unpulled) = (found.schema.is_some(), found.is_unpulled);
    let kubernetes = cluster.declared().kubernetes;
    let full = found.schema.and_then(|text| match text {
        Text::BuiltIn => compiled::built_in(gvk, kubernetes),
        Text::Written(text) => compiled::compiled(text, gvk, kubernetes),
    });
    let is_bare = full.is_none();
    let is_unusable = is_bare && has_some;
    let compiled = full.or_else(|| compiled::bare(gvk, kubernetes))?;
    let wrong = if is_bare { served::wrong(cluster, first) } else { None };
    Some(Schema { compiled, is_of_tree, is_bare, is_unpulled, is_unusable, wrong })
}

/// Whether a kind is built in.
fn is_known(gvk: &Gvk) -> bool {
    let api_version = gvk.api_version();
    flux::has(&api_version, &gvk.kind) || builtin::has(&api_version, &gvk.kind)
}

/// What is built in for a kind.
fn known(gvk: &Gvk) -> Option<Value> {
    let api_version = gvk.api_version();
    flux::schema(&api_version, &gvk.kind).or_else(|| builtin::schema(&api_version, &gvk.kind))
}

/// The schemas that are built in, hardened, each with the name of its file in the layout of `--schema-location DIR`.
pub fn built_in() -> impl Iterator<Item = (String, Value)> {
    let named = |(api_version, kind): (&str, &str), schema: Option<Value>| {
        let gvk = Gvk::new(api_version, kind);
        let mut schema = schema?;
        names::apply(&mut schema, &gvk, None);
        if let Value::Object(map) = &mut schema {
            map.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
        }
        Some((templates::file_name(&gvk), schema))
    };
    let of_flux = flux::kinds().filter_map(move |kind| named(kind, flux::schema(kind.0, kind.1)));
    of_flux.chain(builtin::kinds().filter_map(move |kind| named(kind, builtin::schema(kind.0, kind.1))))
}

impl Cluster<'_> {
    /// Judges the objects of the tree, once, on all threads. Not to be called from a job of the pool that others may
    /// wait for: whoever waits here could be handed one of the jobs that end the wait.
    pub fn judge(&self) {
        if self.judged.get().is_none() {
            let _ = self.judged.set(Judged::of(self));
        }
    }

    /// What the objects of the tree say against their schemas; nothing before [`Self::judge`].
    pub fn judged(&self) -> Option<&Judged> {
        self.judged.get()
    }
}
