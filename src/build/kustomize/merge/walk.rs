//! The walk through an object and its patch: maps and single values.
//!
//! Source: kyaml `yaml/walk/map.go`, `scalar.go`, `yaml/merge2/merge2.go` (`VisitMap`, `VisitScalar`).

use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

use smol_str::SmolStr;

use super::note::Note;
use super::{Options, Refused, comment, scalar};
use crate::build::kustomize::schema::{At, ListRule};
use crate::source::Span;
use crate::yaml::{Entry, Map, Node, Step, Value};

/// Key of a directive in a patch.
pub const DIRECTIVE: &str = "$patch";

/// What becomes of a value of the target.
pub enum Walked {
    /// It is taken away.
    Gone,
    /// It stays as it is.
    Kept,
    /// It is changed to this.
    Changed(Node),
    /// The value of the patch, which was cleaned in place, stands for it.
    Source,
}

/// The kinds of nodes that cannot replace each other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Map,
    List,
    Scalar,
}

impl Shape {
    fn of(node: &Node) -> Option<Self> {
        match node.value {
            Value::Null => None,
            Value::Map(_) => Some(Shape::Map),
            Value::Seq(_) => Some(Shape::List),
            _ => Some(Shape::Scalar),
        }
    }

    fn word(self) -> &'static str {
        match self {
            Shape::Map => "a map",
            Shape::List => "a list",
            Shape::Scalar => "a single value",
        }
    }
}

/// What a `$patch` key orders.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Directive {
    /// Merge, as without one.
    Merge,
    /// Take the value of the patch.
    Replace,
    /// Take the value away.
    Delete,
}

impl Directive {
    /// Reads its word.
    pub fn read(text: &str) -> Option<Self> {
        match text {
            "merge" => Some(Directive::Merge),
            "replace" => Some(Directive::Replace),
            "delete" => Some(Directive::Delete),
            _ => None,
        }
    }
}

/// The walk.
pub struct Walker<'a> {
    /// How to merge.
    pub options: Options<'a>,
    /// Whether the kind of the object has a schema.
    pub has_schema: bool,
    /// What is to be told.
    pub notes: Vec<Note>,
    /// Keys on the way from the root.
    pub path: Vec<SmolStr>,
}

impl<'a> Walker<'a> {
    /// A walk through an object.
    pub fn new(options: Options<'a>, target: &Node, patch: &Node) -> Self {
        let mut walker = Walker { options, has_schema: false, notes: Vec::new(), path: Vec::new() };
        walker.has_schema = !matches!(walker.known(At::Unknown, Some(target), Some(patch)), At::Unknown);
        walker
    }

    /// A refusal at a place of the patch.
    pub fn refuse(&self, message: String, patch: Span, target: Option<Span>) -> Box<Refused> {
        Box::new(Refused { message, patch, target, limit: false })
    }

    /// The field the walk stands at, for people.
    pub fn field(&self) -> String {
        if self.path.is_empty() { "the object".to_owned() } else { format!("`{}`", self.path.join(".")) }
    }

    /// A value of unknown schema that names a kind is of that kind, wherever it stands.
    pub fn known(&self, at: At, dest: Option<&Node>, source: Option<&Node>) -> At {
        if !matches!(at, At::Unknown) {
            return at;
        }
        let text = |node: &Node, key: &str| node.get(key).and_then(Node::scalar_text).map(SmolStr::from);
        [dest, source]
            .into_iter()
            .flatten()
            .filter_map(|node| Some((text(node, "apiVersion")?, text(node, "kind")?)))
            .map(|(api_version, kind)| self.options.schema.kind(&api_version, &kind))
            .find(|at| !matches!(at, At::Unknown))
            .unwrap_or(At::Unknown)
    }

    /// Merges one value; absent and null differ.
    pub fn walk(&mut self, dest: Option<&Node>, source: Option<&mut Node>, at: At) -> Result<Walked, Box<Refused>> {
        let at = self.known(at, dest, source.as_deref());
        let (own, other) = (dest.and_then(Shape::of), source.as_deref().and_then(Shape::of));
        if let (Some(dest), Some(source), Some(own), Some(other)) = (dest, source.as_deref(), own, other)
            && own != other
            && !dest.is_unknown()
            && !source.is_unknown()
        {
            let message =
                format!("{} is {} in the patch, but {} in the object", self.field(), other.word(), own.word());
            return Err(self.refuse(message, source.span(), Some(dest.span())));
        }
        match own.or(other) {
            // What cannot be read may be of either kind.
            Some(_) if own.is_some() && other.is_some() && own != other => Ok(match source {
                Some(source) => self.take_over(dest, source),
                None => Walked::Kept,
            }),
            Some(Shape::Map) => self.map(dest, source, at),
            Some(Shape::List) => self.list(dest, source, at),
            Some(Shape::Scalar) => Ok(match source {
                None => Walked::Kept,
                Some(source) if source.is_null() => Walked::Gone,
                Some(source) => self.take_over(dest, source),
            }),
            // A null that is written out in the object stays, one that stands for nothing goes.
            None => Ok(match (dest, source) {
                (Some(dest), None) if scalar::is_written_null(dest) => Walked::Kept,
                _ => Walked::Gone,
            }),
        }
    }

    /// The value of the patch for that of the object, with the chain behind it.
    pub fn take_over(&self, dest: Option<&Node>, source: &mut Node) -> Walked {
        match dest {
            Some(dest) if dest.same_value(source) => Walked::Kept,
            _ => {
                *source = patched(source, dest);
                Walked::Source
            }
        }
    }

    fn map(&mut self, dest: Option<&Node>, source: Option<&mut Node>, at: At) -> Result<Walked, Box<Refused>> {
        let old = dest.filter(|dest| !dest.is_null());
        match (old, source) {
            (Some(old), None) => self.fields(old, None, &at),
            (Some(_), Some(source)) if source.is_null() => Ok(Walked::Gone),
            (Some(old), Some(source)) => match take_directive(source) {
                Ok(Directive::Delete) => Ok(Walked::Gone),
                Ok(Directive::Replace) => {
                    self.own_fields(source, &at)?;
                    *source = patched(source, Some(old));
                    Ok(Walked::Source)
                }
                Ok(Directive::Merge) => self.fields(old, Some(source), &at),
                Err(unknown) => Err(self.unknown_directive(&unknown, Some(old))),
            },
            (None, Some(source)) => {
                // Where the object has nothing, an unknown directive stays as it is written.
                if take_directive(source).is_ok_and(|directive| directive == Directive::Delete) {
                    return Ok(Walked::Gone);
                }
                self.own_fields(source, &at)?;
                if let Some(null) = dest {
                    *source = patched(source, Some(null));
                }
                Ok(Walked::Source)
            }
            (None, None) => Ok(Walked::Kept),
        }
    }

    /// The refusal of a directive that kustomize does not know.
    pub fn unknown_directive(&self, directive: &Node, target: Option<&Node>) -> Box<Refused> {
        let shown = directive.shown().unwrap_or_default();
        let message = format!("`{shown}` is no patch directive: `replace`, `delete` and `merge` are");
        self.refuse(message, directive.span(), target.map(Node::span))
    }

    /// Merges the fields of a map, those included that the patch does not name.
    fn fields(&mut self, dest: &Node, source: Option<&mut Node>, at: &At) -> Result<Walked, Box<Refused>> {
        let Some(old) = dest.as_map() else { return Ok(Walked::Kept) };
        let mut source = SourceEntries::new(source.and_then(Node::as_map_mut));
        let mut changes: Vec<(usize, Option<Node>)> = Vec::new();
        for (index, entry) in old.iter().enumerate() {
            let change = self.entry(entry, source.take(&entry.key), at)?;
            changes.extend(change.map(|change| (index, change)));
        }
        let mut added: Vec<Entry> = Vec::new();
        for entry in source.rest() {
            self.path.push(entry.key.clone());
            let inner = self.at_entry(at, None, Some(entry));
            if !matches!(self.walk(None, Some(&mut entry.value), inner)?, Walked::Gone) {
                added.push(entry.clone());
            }
            self.path.pop();
        }
        if changes.is_empty() && added.is_empty() {
            return Ok(Walked::Kept);
        }
        let mut changes = changes.into_iter().peekable();
        let mut entries: Vec<Entry> = Vec::with_capacity(old.len() + added.len());
        for (index, entry) in old.iter().enumerate() {
            match changes.next_if(|(changed, _)| *changed == index) {
                None => entries.push(entry.clone()),
                Some((_, None)) => {}
                Some((_, Some(value))) => entries.push(Entry { value, ..entry.clone() }),
            }
        }
        entries.extend(added);
        Ok(Walked::Changed(Node {
            value: Value::Map(Arc::new(Map::from_entries(entries))),
            origin: dest.origin.clone(),
        }))
    }

    /// What becomes of one entry of the object: nothing, gone, or another value.
    fn entry(
        &mut self,
        entry: &Entry,
        source: Option<&mut Entry>,
        at: &At,
    ) -> Result<Option<Option<Node>>, Box<Refused>> {
        self.path.push(entry.key.clone());
        let inner = self.at_entry(at, Some(entry), source.as_deref());
        let (walked, source) = match source {
            Some(source) => (self.walk(Some(&entry.value), Some(&mut source.value), inner)?, Some(&source.value)),
            None => (self.walk(Some(&entry.value), None, inner)?, None),
        };
        self.path.pop();
        Ok(match (walked, source) {
            (Walked::Gone, _) => Some(None),
            (Walked::Changed(node), _) => Some(Some(node)),
            (Walked::Source, Some(source)) => {
                let styled = scalar::in_the_style_of(&entry.value, source, self.options.sources);
                if styled.same_value(&entry.value) { None } else { Some(Some(styled)) }
            }
            (Walked::Kept | Walked::Source, _) => None,
        })
    }

    /// Cleans a value of the patch that stands where the object has nothing; false when nothing is left of it.
    pub fn own(&mut self, source: &mut Node, at: At) -> Result<bool, Box<Refused>> {
        let at = self.known(at, None, Some(source));
        match source.value {
            Value::Null => return Ok(false),
            Value::Map(_) => match take_directive(source) {
                Ok(Directive::Delete) => return Ok(false),
                Ok(_) => self.own_fields(source, &at)?,
                Err(unknown) => return Err(self.unknown_directive(&unknown, None)),
            },
            Value::Seq(_) => match self.own_list(source, at)? {
                Some(kept) => return Ok(kept),
                None => *source = patched(source, None),
            },
            _ => *source = patched(source, None),
        }
        Ok(true)
    }

    fn own_fields(&mut self, source: &mut Node, at: &At) -> Result<(), Box<Refused>> {
        let Some(map) = source.as_map_mut() else { return Ok(()) };
        let mut gone: HashSet<SmolStr> = HashSet::new();
        for entry in map.iter_mut() {
            self.path.push(entry.key.clone());
            let inner = self.at_entry(at, None, Some(entry));
            if !self.own(&mut entry.value, inner)? {
                gone.insert(entry.key.clone());
            }
            self.path.pop();
        }
        if !gone.is_empty() {
            *map = Map::from_entries(map.iter().filter(|entry| !gone.contains(&entry.key)).cloned().collect());
        }
        Ok(())
    }

    /// Where the value of an entry stands. A schema in a comment at a list counts before all others.
    fn at_entry(&self, at: &At, dest: Option<&Entry>, source: Option<&Entry>) -> At {
        let Some(entry) = dest.or(source) else { return At::Unknown };
        let at = self.options.schema.field(at, &entry.key);
        let is_list = |entry: &&Entry| matches!(entry.value.value, Value::Seq(_));
        // A list that is neither merged nor patched stays, whatever a comment says.
        if source.is_none() && self.options.schema.list(&at) == ListRule::Atomic {
            return at;
        }
        let lists = [dest, source].into_iter().flatten().filter(is_list);
        lists.filter_map(|entry| comment::schema(entry, self.options.sources)).next().map_or(at, At::Definition)
    }
}

/// From this many on, entries are found by hash.
const MANY: usize = 16;

/// The entries of a map of the patch, each taken once.
struct SourceEntries<'m> {
    entries: Vec<Option<&'m mut Entry>>,
    places: HashMap<SmolStr, usize>,
}

impl<'m> SourceEntries<'m> {
    fn new(map: Option<&'m mut Map>) -> Self {
        let entries: Vec<Option<&mut Entry>> = map.into_iter().flat_map(Map::iter_mut).map(Some).collect();
        let key = |(place, entry): (usize, &Option<&mut Entry>)| entry.as_ref().map(|entry| (entry.key.clone(), place));
        let many = entries.len() >= MANY;
        let places = if many { entries.iter().enumerate().filter_map(key).collect() } else { HashMap::new() };
        SourceEntries { entries, places }
    }

    fn take(&mut self, key: &str) -> Option<&'m mut Entry> {
        let place = if self.places.is_empty() {
            self.entries.iter().position(|entry| entry.as_ref().is_some_and(|entry| entry.key == key))?
        } else {
            *self.places.get(key)?
        };
        self.entries.get_mut(place)?.take()
    }

    fn rest(self) -> impl Iterator<Item = &'m mut Entry> {
        self.entries.into_iter().flatten()
    }
}

/// A value of the patch, marked as set by it.
pub fn patched(source: &Node, before: Option<&Node>) -> Node {
    let place = source.span();
    source.clone().marked(Step::Patched, place, before.map(|before| before.origin.clone()))
}

/// Takes the directive out of a map; none is `merge`. An unknown one stays, and is given back.
fn take_directive(map: &mut Node) -> Result<Directive, Node> {
    let Some(value) = map.get(DIRECTIVE) else { return Ok(Directive::Merge) };
    let Some(directive) = Directive::read(value.as_str().unwrap_or_default()) else { return Err(value.clone()) };
    if let Some(map) = map.as_map_mut() {
        map.remove(DIRECTIVE);
    }
    Ok(directive)
}
