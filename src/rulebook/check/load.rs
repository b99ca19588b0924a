//! The `check` block made ready to run: every path, glob and expression of it is read once, and refused at its place.

use std::collections::BTreeSet;
use std::ops::Range;

use super::block::{Block, Each, OnError, Provider};
use super::kinds::{self, Filter, Kind};
use super::message::{Part, Piece, parts};
use super::path::{Path, Place};
use crate::rulebook::card::Scope;
use crate::rulebook::cel::{self, Program};
use crate::source::Glob;

/// The names of expressions, in the order of their values.
pub const NAMES: [&str; 10] =
    ["object", "item", "index", "key", "params", "ns", "namespaceObject", "source", "candidates", "nearest"];

/// A check, ready to run.
#[derive(Debug)]
pub struct Check {
    /// Which objects.
    pub filter: Filter,
    /// How often it runs.
    pub scope: Scope,
    /// Which parts of each.
    pub each: Parts,
    /// The expressions; those of `let` come first.
    pub programs: Vec<Program>,
    /// How many of them belong to `let`.
    pub lets: usize,
    /// Where each of them stands in the card.
    pub places: Vec<Written>,
    /// Guard.
    pub when: Option<usize>,
    /// What holds.
    pub assert: Option<usize>,
    /// What is named and exists.
    pub join: Option<Join>,
    /// What to underline.
    pub at: At,
    /// Words there.
    pub label: Vec<Piece>,
    /// Other places.
    pub related: Option<usize>,
    /// The sentence.
    pub message: Vec<Piece>,
    /// The advice.
    pub help: Option<Vec<Piece>>,
    /// What a failing expression means.
    pub on_error: OnError,
    /// Names that some expression uses, of those that cost something.
    pub uses: Uses,
    /// What is odd and no fault: sentences for the author.
    pub hints: Vec<String>,
}

/// Which names are used that are not made for nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Uses {
    /// `namespaceObject`
    pub namespace: bool,
    /// `source`
    pub source: bool,
}

/// Where an expression stands in the card: the path of its value in the front matter, and its first byte there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// `check.when`
    pub path: String,
    /// Bytes before it.
    pub base: usize,
}

/// Which parts of an object.
#[derive(Debug)]
pub enum Parts {
    /// The object itself.
    Whole,
    /// What a path leads to.
    Path(Path),
    /// What an expression gives.
    Cel(usize),
}

/// What to underline.
#[derive(Debug)]
pub enum At {
    /// The item.
    Item,
    /// A place below it, with its text.
    Place(Place, String),
    /// The node that an expression gives; the item where it gives none.
    Cel(usize),
}

/// `references`, ready to run.
#[derive(Debug)]
pub struct Join {
    /// What is named.
    pub key: usize,
    /// What can be meant.
    pub to: Vec<To>,
    /// Whether it may be absent.
    pub optional: Option<usize>,
    /// Keys that exist elsewhere.
    pub external: Option<usize>,
}

/// Something that can be meant.
#[derive(Debug)]
pub struct To {
    /// Kinds.
    pub kinds: Vec<Kind>,
    /// Namespaces.
    pub namespaces: Vec<Glob>,
    /// Parts of each object.
    pub each: Parts,
    /// By what it is named.
    pub key: usize,
    /// The key is the identity of the object, so that everything that makes objects counts.
    pub identity: Identity,
}

/// What the key of a provider says of its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Nothing.
    None,
    /// Its name.
    Name,
    /// Its namespace and name.
    Full,
}

/// What is wrong with a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Path of the value in the front matter.
    pub path: String,
    /// Bytes of that value; `None` for the whole of it.
    pub at: Option<Range<usize>>,
    /// One sentence.
    pub message: String,
    /// A few words.
    pub label: String,
    /// What to do.
    pub help: Option<String>,
}

impl Wrong {
    fn new(path: impl Into<String>, message: impl Into<String>, label: &str) -> Self {
        Wrong { path: path.into(), at: None, message: message.into(), label: label.to_owned(), help: None }
    }
}

/// Texts that wait to be made ready, so that all of a card go through the parser at once.
#[derive(Default)]
struct Waiting {
    texts: Vec<String>,
    places: Vec<Written>,
}

impl Waiting {
    fn add(&mut self, path: &str, base: usize, text: &str) -> usize {
        self.texts.push(text.to_owned());
        self.places.push(Written { path: format!("check.{path}"), base });
        self.texts.len() - 1
    }

    fn sentence(&mut self, path: &str, text: &str) -> Result<Vec<Piece>, Wrong> {
        let found = parts(text).map_err(|at| Wrong {
            at: Some(at..at + 1),
            help: Some("`{{` stands for a brace".to_owned()),
            ..Wrong::new(format!("check.{path}"), format!("the brace in `{path}` is not closed"), "not closed")
        })?;
        Ok(found
            .into_iter()
            .map(|part| match part {
                Part::Words(words) => Piece::Words(words),
                Part::Expression(text, at) => Piece::Value(self.add(path, at, text)),
            })
            .collect())
    }

    fn each(&mut self, path: &str, each: Option<&Each>) -> Result<Parts, Wrong> {
        Ok(match each {
            None => Parts::Whole,
            Some(Each::Path(text)) => {
                Parts::Path(Path::parse(text).map_err(|why| Wrong::new(format!("check.{path}"), why, "no path"))?)
            }
            Some(Each::Cel(text)) => Parts::Cel(self.add(&format!("{path}.cel"), 0, text)),
        })
    }
}

impl Check {
    /// Reads a block. `params` are the names of the card's options.
    ///
    /// # Errors
    /// The first thing that is wrong, with its path in the front matter.
    pub fn new(block: &Block, scope: Scope, params: &[String]) -> Result<Self, Wrong> {
        let filter = Filter::new(&block.select)
            .map_err(|(path, why)| Wrong::new(format!("check.match.{path}"), why, "not accepted"))?;
        if filter.kinds.is_empty() && scope == Scope::Object {
            return Err(Wrong {
                help: Some("name `kinds` under `match`, or set `scope`".to_owned()),
                ..Wrong::new("key:check", "the check names no kinds", "which objects?")
            });
        }
        match (&block.assert, &block.references) {
            (None, None) => {
                return Err(Wrong::new("key:check", "the check has neither `assert` nor `references`", "no predicate"));
            }
            (Some(_), Some(_)) => {
                return Err(Wrong::new(
                    "key:check.references",
                    "the check has `assert` and `references`",
                    "second one",
                ));
            }
            _ => {}
        }
        let mut waiting = Waiting::default();
        let names: Vec<String> = block.lets.0.iter().map(|(name, _)| name.clone()).collect();
        for (name, text) in &block.lets.0 {
            waiting.add(&format!("let.{name}"), 0, text);
        }
        let own = block.references.as_ref().and_then(|references| references.each.as_ref());
        let each = match own {
            Some(own) => waiting.each("references.each", Some(own))?,
            None => waiting.each("each", block.each.as_ref())?,
        };
        let mut one = |path: &str, text: &Option<String>| text.as_ref().map(|text| waiting.add(path, 0, text));
        let when = one("when", &block.when);
        let assert = one("assert", &block.assert);
        let related = one("related", &block.related);
        let join = match &block.references {
            None => None,
            Some(references) => {
                let mut to = Vec::new();
                for (at, provider) in references.to.iter().enumerate() {
                    to.push(provider_of(&mut waiting, at, provider)?);
                }
                Some(Join {
                    key: waiting.add("references.key", 0, &references.key),
                    to,
                    optional: references.optional.as_ref().map(|text| waiting.add("references.optional", 0, text)),
                    external: references.external.as_ref().map(|text| waiting.add("references.external", 0, text)),
                })
            }
        };
        let at = match &block.at {
            None => At::Item,
            Some(Each::Cel(text)) => At::Cel(waiting.add("at.cel", 0, text)),
            Some(Each::Path(text)) => {
                let place = Place::parse(text).map_err(|why| Wrong::new("check.at", why, "no place"))?;
                At::Place(place, text.clone())
            }
        };
        let message = waiting.sentence("message", &block.message)?;
        let label = waiting.sentence("label", block.label.as_deref().unwrap_or_default())?;
        let help = block.help.as_ref().map(|text| waiting.sentence("help", text)).transpose()?;
        let lets = names.len();
        let programs = compile(&waiting, &names, scope, params)?;
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let mentions =
            |name: &str| waiting.texts.iter().any(|text| text.split(|c| !is_word(c)).any(|word| word == name));
        Ok(Check {
            filter,
            scope,
            each,
            lets,
            when,
            assert,
            join,
            at,
            label,
            related,
            message,
            help,
            on_error: block.on_error,
            uses: Uses { namespace: mentions("namespaceObject"), source: mentions("source") },
            hints: hints(&programs, &names, params, block),
            programs,
            places: waiting.places,
        })
    }
}

/// What is declared and not used, and kinds that their group does not have.
fn hints(programs: &[Program], lets: &[String], params: &[String], block: &Block) -> Vec<String> {
    let used: BTreeSet<usize> = programs.iter().flat_map(|program| program.lets.iter().copied()).collect();
    let named: BTreeSet<&str> = programs.iter().flat_map(|program| &program.params).map(String::as_str).collect();
    let lets = lets.iter().enumerate().filter(|(at, _)| !used.contains(at));
    let lets = lets.map(|(_, name)| format!("the variable `{name}` is never used"));
    let params = params.iter().filter(|name| !named.contains(name.as_str()));
    let params = params.map(|name| format!("the option `{name}` is never used"));
    let to = block.references.iter().flat_map(|references| &references.to).flat_map(|to| &to.kinds);
    let kinds = block.select.kinds.iter().chain(to).filter_map(|text| kinds::odd(text));
    lets.chain(params).chain(kinds).collect()
}

fn provider_of(waiting: &mut Waiting, at: usize, provider: &Provider) -> Result<To, Wrong> {
    let path = format!("references.to.{at}");
    let kinds = kinds::kinds(&provider.kinds)
        .map_err(|(one, why)| Wrong::new(format!("check.{path}.kinds.{one}"), why, "no kind"))?;
    let mut namespaces = Vec::new();
    for (one, text) in provider.namespaces.iter().enumerate() {
        let wrong = |_| Wrong::new(format!("check.{path}.namespaces.{one}"), format!("`{text}` is no glob"), "no glob");
        namespaces.push(Glob::new(text).map_err(wrong)?);
    }
    let each = waiting.each(&format!("{path}.each"), provider.each.as_ref())?;
    let plain: String = provider.key.split_whitespace().collect();
    let identity = match plain.as_str() {
        _ if provider.each.is_some() || !namespaces.is_empty() => Identity::None,
        "object.metadata.name" => Identity::Name,
        "[object.metadata.namespace,object.metadata.name]" => Identity::Full,
        _ => Identity::None,
    };
    Ok(To { kinds, namespaces, each, key: waiting.add(&format!("{path}.key"), 0, &provider.key), identity })
}

fn compile(waiting: &Waiting, lets: &[String], scope: Scope, params: &[String]) -> Result<Vec<Program>, Wrong> {
    let names: Vec<&str> = NAMES
        .iter()
        .map(|name| match (scope, *name) {
            // A name that nobody can write.
            (
                Scope::Cluster | Scope::Tree,
                "object" | "item" | "index" | "key" | "ns" | "namespaceObject" | "source",
            ) => "",
            (Scope::Object, "ns") => "",
            (_, name) => name,
        })
        .collect();
    let scopes = waiting.texts.iter().enumerate().map(|(at, text)| {
        // An expression of `let` knows those before it.
        let visible = lets.get(..at.min(lets.len())).unwrap_or_default();
        (text.as_str(), cel::Scope { names: &names, lets: visible, params: Some(params) })
    });
    let compiled = cel::compile(&scopes.collect::<Vec<_>>());
    let mut programs: Vec<Program> = Vec::new();
    for (program, place) in compiled.into_iter().zip(&waiting.places) {
        let mut program = program.map_err(|refused| Wrong {
            at: Some(refused.at.start + place.base..refused.at.end + place.base),
            message: format!("the expression of `{}` {}", short(&place.path), refused.message),
            label: refused.label,
            help: refused.help,
            path: place.path.clone(),
        })?;
        program.uses_item |= program.lets.iter().any(|at| programs.get(*at).is_some_and(|other| other.uses_item));
        programs.push(program);
    }
    Ok(programs)
}

/// The path of an expression below `check`.
pub fn short(path: &str) -> &str {
    path.strip_prefix("check.").unwrap_or(path)
}
