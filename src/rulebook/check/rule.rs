//! A rule whose predicate is data: its check, its options, and the card that failing expressions point into.

use std::sync::{Arc, OnceLock};

use super::block::Block;
use super::load::{Check, Written};
use super::run::Run;
use super::world::Asked;
use crate::cluster::Cluster;
use crate::config::Places;
use crate::rulebook::card::Scope;
use crate::rulebook::cel::Value;
use crate::rulebook::{Rule, Sink};
use crate::source::{FileId, Sources, Span};
use crate::yaml::Content;

/// A check, ready to run.
#[derive(Clone)]
pub enum Ready {
    /// That of a card of the repository: its faults were told when it was read.
    Now(Arc<Check>),
    /// That of a card of ours: its expressions are compiled when it first runs, as most of them never do.
    Later(Arc<Later>),
}

/// What a check of ours is made of.
pub struct Later {
    block: Block,
    scope: Scope,
    params: Vec<String>,
    made: OnceLock<Option<Check>>,
}

impl Ready {
    /// The check of a card of ours.
    pub fn later(block: Block, scope: Scope, params: Vec<String>) -> Self {
        Ready::Later(Arc::new(Later { block, scope, params, made: OnceLock::new() }))
    }

    /// The check; `None` for a card of ours that does not compile, whose examples say so.
    fn get(&self) -> Option<&Check> {
        match self {
            Ready::Now(check) => Some(check),
            Ready::Later(later) => {
                later.made.get_or_init(|| Check::new(&later.block, later.scope, &later.params).ok()).as_ref()
            }
        }
    }
}

/// A data rule with its options.
pub struct DataRule {
    /// Rule id.
    pub id: String,
    /// What is checked.
    pub check: Ready,
    /// `params`
    pub params: Value<'static>,
    /// Whether it offers fixes.
    pub fixes: bool,
    /// The card, where it is a file of the repository.
    pub card: Option<Arc<CardFile>>,
}

/// A card that is a file of the repository.
#[derive(Debug)]
pub struct CardFile {
    /// The file.
    pub file: FileId,
    /// Where the values of its front matter stand.
    pub places: Places,
    /// Its first line.
    pub whole: Span,
}

impl CardFile {
    /// The place of a byte of an expression; the whole expression where there is none.
    pub fn expression(&self, sources: &Sources, written: &Written, text: &str, at: Option<usize>) -> Span {
        let Some(node) = self.places.node(&written.path) else { return self.whole };
        let Some(value) = node.as_str() else { return node.span() };
        let content = Content::new(&sources.file(self.file), node.span(), value);
        let end = text.trim_end().len();
        match at.filter(|at| *at < end) {
            Some(at) => {
                let rest = text.get(at..).unwrap_or_default();
                let word = rest.find(|c: char| !c.is_alphanumeric() && c != '_').filter(|len| *len > 0).unwrap_or(1);
                content.span(written.base + at..written.base + at + word)
            }
            None => content.span(written.base..written.base + end),
        }
    }
}

impl Rule for DataRule {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let Some(check) = self.check.get() else { return };
        let world = Asked::new(cluster);
        Run::new(self, check, &world).run(out);
    }
}
