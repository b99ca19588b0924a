//! Follows a script the way a shell would, without running anything: values, branches, loops and calls.
//!
//! Every branch is taken; what two branches leave different is unknown afterwards. The body of a `while` runs once with
//! everything unknown that it changes, the body of a `for` once for each word. All of it has one budget.

mod access;

use hashbrown::HashSet;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use super::parse::{
    Assign, Assigned, Assignment, Command, HereText, Kind, Link, List, Op, Part, PartKind, Script, Simple, Span, Word,
    name_length,
};
use super::{
    BucketMade, Known, Meaning, OpenMaking, ScriptFacts, Stated, StoreRef, Target, Tool, Variable, meaning,
    mentions_buckets,
};

/// Commands and words that one script may cost.
const BUDGET: usize = 100_000;
/// How deep commands and calls may nest together.
const MAX_DEPTH: usize = 100;
/// How often one function may run inside itself.
const MAX_RECURSION: usize = 8;
/// The longest value that is followed, in bytes.
const MAX_TEXT: usize = 16_384;
/// How often a value may be built from another one before its places are dropped.
const MAX_ORIGINS: u8 = 16;
/// Stands for an unknown text inside a value. The parser refuses scripts that hold it.
const HOLE: char = '\0';
const HOLE_TEXT: &str = "\0";

/// Commands that only print or test their arguments.
const HARMLESS: [&str; 14] =
    ["echo", "printf", ":", "true", "false", "test", "[", "cat", "grep", "logger", "log", "apk", "apt-get", "trap"];
/// Programs that run a text which they are given.
const INTERPRETERS: [&str; 9] = ["sh", "bash", "ash", "dash", "zsh", "python", "python3", "perl", "node"];

/// Follows `script`, the text of `parsed`.
pub(super) fn follow(script: &str, parsed: &Script, env: &dyn Fn(&str) -> Variable) -> ScriptFacts {
    let mut walk = Walk {
        script,
        heredocs: &parsed.heredocs,
        env,
        state: State::default(),
        locals: Vec::new(),
        calls: Vec::new(),
        spent: 0,
        depth: 0,
        stopped: false,
        facts: ScriptFacts::default(),
        made: HashSet::new(),
        opened: HashSet::new(),
    };
    walk.list(&parsed.commands);
    walk.facts
}

/// A text with the places that its bytes come from.
#[derive(Debug, Clone, Default)]
pub(super) struct Value {
    text: String,
    pieces: Vec<Piece>,
    origins: u8,
}

#[derive(Debug, Clone)]
struct Piece {
    length: usize,
    /// The bytes of the script that stand for this piece where it was joined to the others.
    at: Span,
    from: Origin,
}

#[derive(Debug, Clone)]
enum Origin {
    /// The bytes at its place, as they are.
    Script,
    /// Somewhere outside the script.
    Elsewhere,
    /// Another value, from this byte on.
    Value(Rc<Value>, usize),
    /// Nowhere: unknown, with the reason.
    Hole(Rc<str>),
}

impl Value {
    /// The text, in which unknown parts are a NUL.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text, if all of it is known.
    pub(super) fn known(&self) -> Option<&str> {
        (!self.text.contains(HOLE)).then_some(self.text.as_str())
    }

    /// Whether nothing is known about how the text begins.
    pub(super) fn starts_unknown(&self) -> bool {
        self.text.starts_with(HOLE)
    }

    /// The part of the value at these bytes of its text.
    pub(super) fn sub(&self, part: Range<usize>) -> Self {
        let mut value = Self { origins: self.origins, ..Self::default() };
        let mut start = 0;
        for piece in &self.pieces {
            let (from, to) = overlap(start, piece.length, &part);
            let text = self.text.get(start + from..start + to).unwrap_or_default();
            start += piece.length;
            if text.is_empty() {
                continue;
            }
            let (at, origin) = match &piece.from {
                Origin::Script => (piece.at.start + from..piece.at.start + to, Origin::Script),
                Origin::Value(inner, offset) => (piece.at.clone(), Origin::Value(Rc::clone(inner), offset + from)),
                other => (piece.at.clone(), other.clone()),
            };
            value.push(text, at, origin);
        }
        value
    }

    /// The bytes of the script that give the value.
    pub(super) fn place(&self) -> Span {
        match self.pieces.as_slice() {
            [Piece { length, from: Origin::Value(inner, offset), .. }] => inner.sub(*offset..offset + length).place(),
            [first, .., last] => first.at.start.min(last.at.start)..last.at.end.max(first.at.end),
            [only] => only.at.clone(),
            [] => 0..0,
        }
    }

    /// Why a part of the value is unknown.
    pub(super) fn why(&self) -> String {
        let mut start = 0;
        for piece in &self.pieces {
            let text = self.text.get(start..start + piece.length).unwrap_or_default();
            start += piece.length;
            match &piece.from {
                Origin::Hole(why) => return why.to_string(),
                Origin::Value(inner, _) if text.contains(HOLE) => return inner.why(),
                _ => {}
            }
        }
        "the value is not known".to_owned()
    }

    fn push(&mut self, text: &str, at: Span, from: Origin) {
        if self.text.len() + text.len() > MAX_TEXT {
            *self = Self::default();
            return self.push(HOLE_TEXT, at, Origin::Hole("a value is too long to follow".into()));
        }
        self.text.push_str(text);
        match (self.pieces.last_mut(), &from) {
            (Some(Piece { length, at: last, from: Origin::Script }), Origin::Script) if last.end == at.start => {
                *length += text.len();
                last.end = at.end;
            }
            _ => self.pieces.push(Piece { length: text.len(), at, from }),
        }
    }

    fn push_hole(&mut self, why: impl Into<Rc<str>>, at: Span) {
        self.push(HOLE_TEXT, at, Origin::Hole(why.into()));
    }

    /// Adds what a variable holds, where `at` names the variable.
    fn push_value(&mut self, value: &Rc<Self>, at: Span) {
        if value.text.is_empty() {
            return;
        }
        let origins = value.origins.saturating_add(1);
        if origins <= MAX_ORIGINS {
            self.origins = self.origins.max(origins);
            self.push(&value.text, at, Origin::Value(Rc::clone(value), 0));
        } else if value.known().is_some() {
            self.push(&value.text, at, Origin::Elsewhere);
        } else {
            self.push_hole(value.why(), at);
        }
    }

    fn append(&mut self, other: &Self) {
        let mut start = 0;
        self.origins = self.origins.max(other.origins);
        for piece in &other.pieces {
            let text = other.text.get(start..start + piece.length).unwrap_or_default();
            start += piece.length;
            self.push(text, piece.at.clone(), piece.from.clone());
        }
    }
}

/// The bytes of a piece, which begins at `start`, that lie in `part`.
fn overlap(start: usize, length: usize, part: &Range<usize>) -> (usize, usize) {
    let from = part.start.saturating_sub(start).min(length);
    (from, part.end.saturating_sub(start).clamp(from, length))
}

/// A word after expansion.
#[derive(Debug, Clone, Default)]
pub(super) struct Field {
    pub(super) value: Value,
    /// Holds an unknown value outside quotes, so that it may be no word or several.
    pub(super) open: bool,
}

impl Field {
    fn is_interpreter(&self) -> bool {
        INTERPRETERS.contains(&base_name(self.value.text()))
    }
}

/// What a variable is bound to.
#[derive(Clone)]
enum Binding {
    Text(Rc<Value>),
    List(Rc<Vec<Rc<Value>>>),
    /// By the container.
    Given(String),
    /// The script took it away or never gave it.
    Unset,
    /// Neither the script nor the container sets it. The image still may.
    Missing,
    Unknown(Rc<str>),
}

impl Binding {
    fn unknown(why: impl Into<Rc<str>>) -> Self {
        Self::Unknown(why.into())
    }

    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Text(one), Self::Text(other)) => {
                Rc::ptr_eq(one, other) || one.known().is_some() && one.text == other.text
            }
            (Self::List(one), Self::List(other)) => Rc::ptr_eq(one, other),
            (Self::Unset, Self::Unset) | (Self::Unknown(_), Self::Unknown(_)) => true,
            _ => false,
        }
    }

    /// Whether an expansion such as `${x:-y}` takes its word instead.
    fn is_absent(&self, empty_counts: bool) -> bool {
        match self {
            Self::Unset | Self::Missing => true,
            Self::Unknown(_) => false,
            Self::Text(value) => empty_counts && value.text.is_empty(),
            Self::Given(text) => empty_counts && text.is_empty(),
            Self::List(items) => empty_counts && items.is_empty(),
        }
    }
}

/// What the commands so far have set up. Cheap to copy: a branch copies only what it changes.
#[derive(Clone, Default)]
struct State {
    variables: Rc<BTreeMap<Rc<str>, Binding>>,
    aliases: Rc<BTreeMap<(Tool, String), (Known, Span)>>,
    /// Several bodies where branches define the same name.
    functions: Rc<BTreeMap<String, Vec<Function>>>,
    /// Names that the shell replaces by its own aliases.
    shell_aliases: Rc<BTreeSet<String>>,
    arguments: Rc<Arguments>,
    /// The texts of files that the script writes; `None` for one whose text is not known.
    files: Rc<BTreeMap<String, Option<Rc<Value>>>>,
    /// A file was read that may set any variable.
    sourced: bool,
    /// An alias of an unknown name was set.
    hidden_alias: bool,
}

/// `$1` and its like.
#[derive(Clone)]
struct Arguments {
    values: Vec<Rc<Value>>,
    /// Why more may follow.
    open: Option<Rc<str>>,
}

impl Default for Arguments {
    fn default() -> Self {
        Self::unknown("the arguments of the script are known only when it runs")
    }
}

impl Arguments {
    fn unknown(why: &str) -> Self {
        Self { values: Vec::new(), open: Some(why.into()) }
    }

    /// The arguments of a call. After a word that may be several, no place in the list is known.
    fn new(fields: &[Field]) -> Self {
        let known = fields.iter().take_while(|field| !field.open);
        let open = fields.iter().find(|field| field.open);
        Self {
            values: known.map(|field| Rc::new(field.value.clone())).collect(),
            open: open.map(|field| field.value.why().into()),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        let texts = self.values.iter().map(|value| value.text());
        self.open == other.open && texts.eq(other.values.iter().map(|value| value.text()))
    }
}

/// What a body changes.
#[derive(Default)]
struct Changes {
    names: BTreeSet<String>,
    arguments: bool,
    everything: bool,
    visited: BTreeSet<String>,
}

/// A function's body, shared with the parsed script.
type Function = Rc<Command>;

/// The variables to put back after a call or a command.
type Saved = Vec<(Rc<str>, Option<Binding>)>;

struct Walk<'a> {
    script: &'a str,
    heredocs: &'a [HereText],
    env: &'a dyn Fn(&str) -> Variable,
    state: State,
    /// The variables that each running function made local.
    locals: Vec<Saved>,
    /// The running functions.
    calls: Vec<(String, Rc<Arguments>)>,
    spent: usize,
    depth: usize,
    stopped: bool,
    facts: ScriptFacts,
    made: HashSet<BucketMade>,
    opened: HashSet<OpenMaking>,
}

/// Commands and control flow.
impl Walk<'_> {
    fn list(&mut self, list: &List) {
        for command in list {
            self.command(command);
        }
    }

    fn command(&mut self, command: &Command) {
        if !self.spend(1, &command.at) {
            return;
        }
        if self.depth >= MAX_DEPTH {
            return self.give_up(&command.at, "calls nest too deep to follow");
        }
        self.depth += 1;
        match &command.kind {
            Kind::Simple(simple) => self.simple(simple, &command.at),
            Kind::Pipeline(commands) => {
                for command in commands {
                    self.subshell(|walk| walk.command(command));
                }
            }
            Kind::AndOr(links) => self.and_or(links),
            Kind::Background(command) => self.subshell(|walk| walk.command(command)),
            Kind::Group(list) => self.list(list),
            Kind::Subshell(list) => self.subshell(|walk| walk.list(list)),
            Kind::If { branches, otherwise } => self.if_clause(branches, otherwise, &command.at),
            Kind::Loop { condition, body } => {
                self.forget_changes(&[condition, body]);
                self.list(condition);
                let skipped = self.state.clone();
                self.list(body);
                self.join(skipped, &command.at);
            }
            Kind::For { variable, words, body } => self.for_clause(variable, words.as_deref(), body, &command.at),
            Kind::Case { word, arms } => {
                self.expand(word);
                let entry = self.state.clone();
                for arm in arms {
                    let so_far = std::mem::replace(&mut self.state, entry.clone());
                    self.list(arm);
                    self.join(so_far, &command.at);
                }
            }
            Kind::Function { name, body } => {
                Rc::make_mut(&mut self.state.functions).insert(name.clone(), vec![Rc::clone(body)]);
            }
            Kind::Test(words) => {
                self.expand_all(words);
            }
            Kind::Arithmetic(names) => self.calculated(names),
        }
        self.depth -= 1;
    }

    fn and_or(&mut self, links: &[(Link, Command)]) {
        let at = links.last().map(|(_, last)| last.at.clone()).unwrap_or_default();
        // What holds if the commands so far succeeded stands in `self.state`.
        let mut failed = self.state.clone();
        for (index, (link, command)) in links.iter().enumerate() {
            match link {
                _ if index == 0 => {
                    self.command(command);
                    failed = self.state.clone();
                }
                Link::And => {
                    self.command(command);
                    let succeeded = std::mem::replace(&mut self.state, failed);
                    self.join(succeeded.clone(), &at);
                    failed = std::mem::replace(&mut self.state, succeeded);
                }
                Link::Or => {
                    let succeeded = std::mem::replace(&mut self.state, failed);
                    self.command(command);
                    failed = self.state.clone();
                    self.join(succeeded, &at);
                }
            }
        }
        self.join(failed, &at);
    }

    fn if_clause(&mut self, branches: &[(List, List)], otherwise: &List, at: &Span) {
        let mut ends = Vec::new();
        for (condition, body) in branches {
            self.list(condition);
            let entry = self.state.clone();
            self.list(body);
            ends.push(std::mem::replace(&mut self.state, entry));
        }
        self.list(otherwise);
        for end in ends {
            self.join(end, at);
        }
    }

    fn for_clause(&mut self, variable: &str, words: Option<&[Word]>, body: &List, at: &Span) {
        let items = match words {
            Some(words) => self.expand_all(words),
            None => self.all_arguments(at).into_iter().map(|(value, open)| field_of(&value, at, open)).collect(),
        };
        for item in items {
            if !self.spend(1, at) {
                return;
            }
            if !item.open {
                self.bind(variable, Binding::Text(Rc::new(item.value)));
                self.list(body);
                continue;
            }
            let skipped = self.state.clone();
            self.forget_changes(&[body]);
            self.bind(variable, Binding::unknown(item.value.why()));
            self.list(body);
            self.join(skipped, at);
        }
    }

    /// Runs something that cannot change our variables. The endpoints that it tells a client stay: those are in a file.
    fn subshell(&mut self, run: impl FnOnce(&mut Self)) {
        let outside = self.state.clone();
        run(self);
        let inside = std::mem::replace(&mut self.state, outside);
        if !Rc::ptr_eq(&inside.variables, &self.state.variables) {
            self.spent = self.spent.saturating_add(inside.variables.len() / 4);
        }
        self.state.aliases = inside.aliases;
        self.state.files = inside.files;
        self.state.hidden_alias = inside.hidden_alias;
    }

    /// Makes the state what holds in both `self.state` and `other`.
    fn join(&mut self, other: State, at: &Span) {
        const WHY: &str = "its value depends on a condition";
        let mine = &mut self.state;
        let mut cost = 0;
        if !Rc::ptr_eq(&mine.variables, &other.variables) {
            cost += (mine.variables.len() + other.variables.len()) / 4;
            let variables = Rc::make_mut(&mut mine.variables);
            for (name, binding) in variables.iter_mut() {
                if !other.variables.get(name).is_some_and(|theirs| theirs.is_same(binding)) {
                    *binding = Binding::unknown(WHY);
                }
            }
            for name in other.variables.keys() {
                variables.entry(Rc::clone(name)).or_insert_with(|| Binding::unknown(WHY));
            }
        }
        if !Rc::ptr_eq(&mine.aliases, &other.aliases) {
            cost += (mine.aliases.len() + other.aliases.len()) / 4;
            let aliases = Rc::make_mut(&mut mine.aliases);
            for (name, (url, at)) in other.aliases.iter() {
                let (mine, _) = aliases.entry(name.clone()).or_insert_with(|| (url.clone(), at.clone()));
                if mine != url {
                    *mine = Known::Unknown;
                }
            }
        }
        if !Rc::ptr_eq(&mine.functions, &other.functions) {
            cost += (mine.functions.len() + other.functions.len()) / 4;
            let functions = Rc::make_mut(&mut mine.functions);
            for (name, bodies) in other.functions.iter() {
                let mine = functions.entry(name.clone()).or_default();
                for body in bodies {
                    if !mine.iter().any(|known| Rc::ptr_eq(known, body)) {
                        mine.push(Rc::clone(body));
                    }
                }
            }
        }
        if !Rc::ptr_eq(&mine.shell_aliases, &other.shell_aliases) {
            Rc::make_mut(&mut mine.shell_aliases).extend(other.shell_aliases.iter().cloned());
        }
        if !Rc::ptr_eq(&mine.arguments, &other.arguments) {
            mine.arguments = Rc::new(Arguments::unknown(WHY));
        }
        if !Rc::ptr_eq(&mine.files, &other.files) {
            cost += (mine.files.len() + other.files.len()) / 4;
            let files = Rc::make_mut(&mut mine.files);
            for (name, text) in other.files.iter() {
                let mine = files.entry(name.clone()).or_insert_with(|| text.clone());
                let is_same = match (&mine, text) {
                    (Some(mine), Some(text)) => mine.known().is_some() && mine.text == text.text,
                    _ => false,
                };
                if !is_same {
                    *mine = None;
                }
            }
        }
        mine.sourced |= other.sourced;
        mine.hidden_alias |= other.hidden_alias;
        self.spend(cost, at);
    }

    /// Forgets what these lists may change, before the first of many rounds.
    fn forget_changes(&mut self, lists: &[&List]) {
        let mut changes = Changes::default();
        for list in lists {
            self.changes_of(list, &mut changes);
        }
        if changes.everything {
            self.forget_all();
        }
        for name in &changes.names {
            self.bind(name, Binding::unknown(format!("`{name}` changes in a loop")));
        }
        if changes.arguments {
            self.state.arguments = Rc::new(Arguments::unknown("the arguments change in a loop"));
        }
    }

    fn forget_all(&mut self) {
        self.state.variables = Rc::default();
        self.state.sourced = true;
    }

    /// Collects what the commands of `list` change in this shell.
    fn changes_of(&self, list: &List, changes: &mut Changes) {
        for command in list {
            self.changes_of_command(command, changes);
        }
    }

    fn changes_of_command(&self, command: &Command, changes: &mut Changes) {
        match &command.kind {
            Kind::Simple(simple) => self.changes_of_simple(simple, changes),
            // Each of these runs in a shell of its own.
            Kind::Pipeline(_) | Kind::Background(_) | Kind::Subshell(_) | Kind::Function { .. } => {}
            Kind::AndOr(links) => links.iter().for_each(|(_, command)| self.changes_of_command(command, changes)),
            Kind::Group(list) => self.changes_of(list, changes),
            Kind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.changes_of(condition, changes);
                    self.changes_of(body, changes);
                }
                self.changes_of(otherwise, changes);
            }
            Kind::Loop { condition, body } => {
                self.changes_of(condition, changes);
                self.changes_of(body, changes);
            }
            Kind::For { variable, words, body } => {
                changes.names.insert(variable.clone());
                for word in words.iter().flatten() {
                    changes_of_word(word, changes);
                }
                self.changes_of(body, changes);
            }
            Kind::Case { word, arms } => {
                changes_of_word(word, changes);
                arms.iter().for_each(|arm| self.changes_of(arm, changes));
            }
            Kind::Test(words) => words.iter().for_each(|word| changes_of_word(word, changes)),
            Kind::Arithmetic(names) => changes.names.extend(names.iter().cloned()),
        }
    }

    fn changes_of_simple(&self, simple: &Simple, changes: &mut Changes) {
        for assignment in simple.assignments.iter().chain(&simple.declared) {
            if simple.words.is_empty() || !simple.declared.is_empty() {
                changes.names.insert(assignment.name.clone());
            }
            match &assignment.value {
                Assigned::Word(word) => changes_of_word(word, changes),
                Assigned::List(words) => {
                    for word in words {
                        changes_of_word(word, changes);
                    }
                }
            }
        }
        for word in &simple.words {
            changes_of_word(word, changes);
        }
        let mut words = simple.words.iter().map(|word| self.literal(word));
        let Some(Some(name)) = words.next() else {
            return;
        };
        match name {
            "shift" => changes.arguments = true,
            "set" => changes.arguments |= words.any(|word| word.is_none_or(|word| word == "--")),
            "eval" | "." | "source" => changes.everything = true,
            "export" | "readonly" | "declare" | "typeset" => {
                changes.everything |= words.any(|word| word.is_none());
            }
            "printf" if words.next() != Some(Some("-v")) => {}
            "read" | "mapfile" | "readarray" | "getopts" | "printf" | "unset" | "let" => {
                changes.names.extend(words.flatten().filter_map(leading_name).map(str::to_owned));
            }
            _ if changes.visited.insert(name.to_owned()) => {
                let bodies = self.state.functions.get(name).into_iter().flatten();
                bodies.for_each(|body| self.changes_of_command(body, changes));
            }
            _ => {}
        }
    }

    /// The text of a word that nothing expands.
    fn literal(&self, word: &Word) -> Option<&str> {
        match word.parts.as_slice() {
            [Part { at, kind: PartKind::Text, .. }] => self.script.get(at.clone()),
            _ => None,
        }
    }

    /// Counts work; false when there was too much of it.
    fn spend(&mut self, cost: usize, at: &Span) -> bool {
        self.spent = self.spent.saturating_add(cost);
        if self.spent > BUDGET {
            self.give_up(at, "the script repeats too much to follow");
        }
        !self.stopped
    }

    fn give_up(&mut self, at: &Span, why: &str) {
        if !self.stopped {
            self.stopped = true;
            self.open(at, StoreRef::Unknown, why);
        }
    }
}

/// Simple commands.
impl Walk<'_> {
    fn simple(&mut self, simple: &Simple, at: &Span) {
        if simple.words.is_empty() {
            for assignment in &simple.assignments {
                self.assign(assignment);
            }
            return;
        }
        let mut saved = Saved::new();
        let fields = self.expand_all(&simple.words);
        for assignment in &simple.assignments {
            self.save(&assignment.name, &mut saved);
            self.assign(assignment);
        }
        for assignment in &simple.declared {
            if matches!(fields.first().and_then(|name| name.value.known()), Some("local" | "declare" | "typeset")) {
                self.make_local(&assignment.name);
            }
            self.assign(assignment);
        }
        let mut bodies = simple.heredocs.iter().filter_map(|index| self.heredocs.get(*index));
        if bodies.any(|body| self.script.get(body.at.clone()).is_some_and(mentions_buckets))
            && fields.iter().any(Field::is_interpreter)
        {
            self.open(at, StoreRef::Unknown, "what a here-document feeds is not followed");
        }
        self.run(&fields, at, &mut saved);
        self.restore(saved);
        self.write_files(simple, &fields);
    }

    /// Runs the words of one command, of which the first names it.
    fn run(&mut self, fields: &[Field], at: &Span, saved: &mut Saved) {
        let Some((first, rest)) = fields.split_first() else {
            return;
        };
        let Some(program) = first.value.known() else {
            return self.unfamiliar(fields, at);
        };
        if let Some(bodies) = self.state.functions.get(program).cloned() {
            return self.call(program, &bodies, rest, at);
        }
        let name = base_name(program);
        if let Some(inner) = self.unwrapped(name, rest, saved) {
            // What `sudo` or `env` runs is never a function of the script.
            let functions = std::mem::take(&mut self.state.functions);
            self.run(inner, at, saved);
            self.state.functions = functions;
            return;
        }
        let names = rest.iter().filter_map(|field| leading_name(field.value.text()));
        match name {
            "export" | "readonly" | "declare" | "typeset" => {
                for field in rest {
                    match field.value.text().split_once('=') {
                        Some((name, _)) if name.contains(HOLE) => self.forget_all(),
                        Some((name, value)) => {
                            let length = field.value.text().len();
                            let value = field.value.sub(length - value.len()..length);
                            self.bind(name, Binding::Text(Rc::new(value)));
                        }
                        None => {}
                    }
                }
            }
            "local" => {
                for name in names {
                    self.make_local(name);
                    self.bind(name, Binding::Unset);
                }
            }
            "read" | "mapfile" | "readarray" | "getopts" | "let" => {
                for name in names {
                    let why = format!("`{name}` is read when the script runs");
                    self.bind(name, Binding::unknown(why));
                }
            }
            "printf" if rest.first().is_some_and(|flag| flag.value.text() == "-v") => {
                for name in names.take(1) {
                    self.bind(name, Binding::unknown(format!("`{name}` is set by `printf`")));
                }
            }
            "unset" => names.for_each(|name| self.bind(name, Binding::Unset)),
            "shift" => {
                // What is left is copied.
                self.spend(self.state.arguments.values.len() / 64, at);
                self.shift(rest);
            }
            "set" => {
                if let Some(dashes) = rest.iter().position(|field| field.value.text() == "--") {
                    let new = Arguments::new(rest.get(dashes + 1..).unwrap_or_default());
                    self.state.arguments = Rc::new(new);
                }
            }
            "alias" => {
                let names = names.map(str::to_owned);
                Rc::make_mut(&mut self.state.shell_aliases).extend(names);
            }
            "." | "source" => self.forget_all(),
            "eval" => {
                if rest.iter().any(|field| mentions_buckets(field.value.text())) {
                    let why = "the command is put together when the script runs";
                    self.open(at, StoreRef::Unknown, why);
                }
                self.forget_all();
            }
            _ => match Tool::named(name).filter(|_| !self.state.shell_aliases.contains(program)) {
                Some(tool) => self.tool(tool, fields, at),
                None => self.unfamiliar(fields, at),
            },
        }
    }

    /// The command that a program such as `sudo` or `timeout` runs.
    fn unwrapped<'f>(&mut self, name: &str, mut rest: &'f [Field], saved: &mut Saved) -> Option<&'f [Field]> {
        let (valued, operands): (&[&str], usize) = match name {
            "sudo" | "doas" => (&["-u", "-g", "-h", "-p", "-C", "-D"], 0),
            "env" => (&["-u", "-C"], 0),
            "timeout" => (&["-k", "-s"], 1),
            "nice" | "ionice" => (&["-n", "-c"], 0),
            "stdbuf" => (&["-i", "-o", "-e"], 0),
            "exec" => (&["-a"], 0),
            "command" | "builtin" | "nohup" | "time" | "setsid" => (&[], 0),
            _ => return None,
        };
        while let [option, after @ ..] = rest
            && option.value.text().starts_with('-')
        {
            let values = usize::from(valued.contains(&option.value.text()));
            rest = after.get(values..).unwrap_or_default();
        }
        rest = rest.get(operands..).unwrap_or_default();
        while let ("env" | "sudo", [field, after @ ..]) = (name, rest)
            && let Some((variable, value)) = field.value.text().split_once('=')
        {
            let length = field.value.text().len();
            let value = field.value.sub(length - value.len()..length);
            self.save(variable, saved);
            self.bind(variable, Binding::Text(Rc::new(value)));
            rest = after;
        }
        Some(rest)
    }

    fn call(&mut self, name: &str, bodies: &[Function], rest: &[Field], at: &Span) {
        let arguments = Rc::new(Arguments::new(rest));
        let mut active = self.calls.iter().filter(|(caller, _)| caller == name).map(|(_, arguments)| arguments);
        // A function that waits by calling itself does nothing new the second time.
        if active.clone().any(|running| running.is_same(&arguments)) {
            return;
        }
        if active.nth(MAX_RECURSION).is_some() {
            let makes = bodies.iter().any(|body| self.script.get(body.at.clone()).is_some_and(mentions_buckets));
            if makes {
                self.open(at, StoreRef::Unknown, format!("`{name}` calls itself too often to follow"));
            }
            return;
        }
        let outer = std::mem::replace(&mut self.state.arguments, Rc::clone(&arguments));
        self.calls.push((name.to_owned(), arguments));
        self.locals.push(Saved::new());
        if let [body] = bodies {
            self.command(body);
        } else {
            let entry = self.state.clone();
            for body in bodies {
                let so_far = std::mem::replace(&mut self.state, entry.clone());
                self.command(body);
                self.join(so_far, at);
            }
        }
        let saved = self.locals.pop().unwrap_or_default();
        self.restore(saved);
        self.calls.pop();
        self.state.arguments = outer;
    }

    fn tool(&mut self, tool: Tool, fields: &[Field], at: &Span) {
        match meaning(tool, fields.get(1..).unwrap_or_default()) {
            Meaning::Other => self.unfamiliar(fields, at),
            Meaning::Alias { name, url } => match name.known() {
                Some(name) => {
                    let aliases = Rc::make_mut(&mut self.state.aliases);
                    aliases.insert((tool, name.to_owned()), endpoint(&url));
                }
                None => self.state.hidden_alias = true,
            },
            Meaning::Makes(targets) => {
                for target in &targets {
                    self.make(tool, target, at);
                }
            }
            Meaning::Admin(admin) => self.administrate(tool, admin, at),
            Meaning::Unclear(why) => self.open(at, StoreRef::Unknown, why),
        }
    }

    fn make(&mut self, tool: Tool, target: &Target, at: &Span) {
        let store = self.store(tool, &target.store, at);
        match target.name.known() {
            None => self.open(at, store, target.name.why()),
            Some("") => {}
            Some(name) => {
                let made = BucketMade { name: name.to_owned(), at: target.name.place(), store, command: at.clone() };
                if self.made.insert(made.clone()) {
                    self.facts.buckets.push(made);
                }
            }
        }
    }

    fn store(&self, tool: Tool, stated: &Stated, at: &Span) -> StoreRef {
        match stated {
            Stated::Unknown => StoreRef::Unknown,
            Stated::Default => StoreRef::Default,
            Stated::Endpoint(url) => {
                let (url, at) = endpoint(url);
                StoreRef::Endpoint { url, at }
            }
            Stated::Environment => {
                let names = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "S3_ENDPOINT"];
                names.into_iter().find_map(|name| self.endpoint_in(name, at)).unwrap_or(StoreRef::Default)
            }
            Stated::Alias(alias) => {
                let Some(name) = alias.known() else {
                    return StoreRef::Unknown;
                };
                // The client looks into the environment first.
                let set = || {
                    let (url, at) = self.state.aliases.get(&(tool, name.to_owned()))?.clone();
                    Some(StoreRef::Endpoint { url, at })
                };
                let in_environment = match tool {
                    Tool::Mc => self.endpoint_in(&format!("MC_HOST_{name}"), at),
                    _ => None,
                };
                match in_environment {
                    Some(StoreRef::Unknown) => set().unwrap_or(StoreRef::Unknown),
                    Some(store) => store,
                    None if self.state.hidden_alias => set().unwrap_or(StoreRef::Unknown),
                    None => set().unwrap_or_else(|| StoreRef::Alias { name: name.to_owned() }),
                }
            }
        }
    }

    /// The endpoint that a variable holds, if it is set; an unknown store if a file that was read may set it.
    fn endpoint_in(&self, name: &str, at: &Span) -> Option<StoreRef> {
        let (url, at) = match self.lookup(name) {
            Binding::Text(value) if value.text.is_empty() => return None,
            Binding::Text(value) => endpoint(&value),
            Binding::Given(url) => {
                let mut value = Value::default();
                value.push(&url, at.clone(), Origin::Elsewhere);
                endpoint(&value)
            }
            Binding::Unset | Binding::Missing => return None,
            Binding::Unknown(_) if self.state.sourced => return Some(StoreRef::Unknown),
            Binding::List(_) | Binding::Unknown(_) => (Known::Unknown, at.clone()),
        };
        Some(StoreRef::Endpoint { url, at })
    }

    /// A command that is not understood, which still may make buckets.
    fn unfamiliar(&mut self, fields: &[Field], at: &Span) {
        let texts: Vec<&str> = fields.iter().map(|field| field.value.text()).collect();
        let Some((&program, arguments)) = texts.split_first() else {
            return;
        };
        if HARMLESS.contains(&base_name(program)) {
            return;
        }
        let makes = arguments.windows(2).any(|pair| pair == ["bucket", "create"])
            || arguments.iter().any(|text| matches!(*text, "mb" | "create-bucket"));
        let carries = arguments.iter().any(|text| mentions_buckets(text)) && fields.iter().any(Field::is_interpreter);
        let program = program.replace(HOLE, "…");
        if makes {
            self.open(at, StoreRef::Unknown, format!("`{program}` with these arguments is not understood"));
        } else if mentions_buckets(&program) {
            self.open(at, StoreRef::Unknown, format!("`{program}` is not defined in this script"));
        } else if carries {
            self.open(at, StoreRef::Unknown, "a script inside the script is not followed");
        }
    }

    fn open(&mut self, at: &Span, store: StoreRef, why: impl Into<String>) {
        let open = OpenMaking { command: at.clone(), store, why: why.into() };
        if self.opened.insert(open.clone()) {
            self.facts.open.push(open);
        }
    }
}

/// Variables and words.
impl Walk<'_> {
    fn bind(&mut self, name: &str, binding: Binding) {
        Rc::make_mut(&mut self.state.variables).insert(name.into(), binding);
    }

    fn calculated(&mut self, names: &[String]) {
        for name in names {
            self.bind(name, Binding::unknown(format!("`{name}` is calculated")));
        }
    }

    fn make_local(&mut self, name: &str) {
        let old = self.state.variables.get(name).cloned();
        if let Some(frame) = self.locals.last_mut() {
            frame.push((name.into(), old));
        }
    }

    fn save(&self, name: &str, saved: &mut Saved) {
        saved.push((name.into(), self.state.variables.get(name).cloned()));
    }

    fn restore(&mut self, saved: Saved) {
        for (name, old) in saved.into_iter().rev() {
            let variables = Rc::make_mut(&mut self.state.variables);
            match old {
                Some(old) => variables.insert(name, old),
                None => variables.remove(&name),
            };
        }
    }

    fn assign(&mut self, assignment: &Assignment) {
        let name = &assignment.name;
        let binding = match (&assignment.value, assignment.how) {
            (_, Assign::Element) => Binding::unknown(format!("elements of `{name}` are set one by one")),
            (Assigned::List(words), how) => self.array(name, words, how),
            (Assigned::Word(word), how) => {
                let value = self.joined(word);
                match how {
                    Assign::Append => self.appended(name, &value, &assignment.at),
                    _ => Binding::Text(as_variable(value)),
                }
            }
        };
        self.bind(name, binding);
    }

    fn array(&mut self, name: &str, words: &[Word], how: Assign) -> Binding {
        let fields = self.expand_all(words);
        let old = match (how, self.lookup(name)) {
            (Assign::Append, Binding::List(items)) => items.to_vec(),
            (Assign::Append, Binding::Text(value)) => vec![value],
            (Assign::Append, Binding::Unset | Binding::Missing) => Vec::new(),
            (Assign::Append, _) => return Binding::unknown(format!("`{name}` is not known")),
            _ => Vec::new(),
        };
        if let Some(open) = fields.iter().find(|field| field.open || field.value.text().starts_with('[')) {
            return Binding::unknown(open.value.why());
        }
        self.spent = self.spent.saturating_add(old.len() / 4);
        let new = fields.into_iter().map(|field| Rc::new(field.value));
        Binding::List(Rc::new(old.into_iter().chain(new).collect()))
    }

    fn appended(&mut self, name: &str, value: &Value, at: &Span) -> Binding {
        let mut whole = Value::default();
        match self.lookup(name) {
            Binding::List(_) => {
                return Binding::unknown(format!("elements of `{name}` are set one by one"));
            }
            Binding::Unset => {}
            old => push_binding(&mut whole, &old, name, at),
        }
        whole.append(value);
        Binding::Text(Rc::new(whole))
    }

    fn lookup(&self, name: &str) -> Binding {
        if let Some(binding) = self.state.variables.get(name) {
            return binding.clone();
        }
        if is_special(name) {
            return self.argument(name);
        }
        if self.state.sourced {
            return Binding::unknown(format!("a file that the script reads may set `{name}`"));
        }
        match (self.env)(name) {
            Variable::Known(text) if text.contains(HOLE) => {
                Binding::unknown(format!("the value of `{name}` is not readable"))
            }
            Variable::Known(text) => Binding::Given(text),
            Variable::Unknown => Binding::unknown(format!("the value of `{name}` is not readable")),
            Variable::Unset => Binding::Missing,
        }
    }

    /// `$1` and its like, and the special parameters.
    fn argument(&self, name: &str) -> Binding {
        let arguments = &self.state.arguments;
        let index = name.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        match index.map(|index| (arguments.values.get(index), &arguments.open)) {
            Some((Some(value), _)) => Binding::Text(Rc::clone(value)),
            Some((None, None)) => Binding::Unset,
            Some((None, Some(why))) => Binding::Unknown(Rc::clone(why)),
            None => Binding::unknown(format!("`${name}` is known only when the script runs")),
        }
    }

    /// The arguments and whether each may be none or several.
    fn all_arguments(&self, at: &Span) -> Vec<(Rc<Value>, bool)> {
        let Arguments { values, open } = self.state.arguments.as_ref();
        let known = values.iter().map(|value| (Rc::clone(value), false));
        known.chain(open.iter().map(|why| (unknown(why, at), true))).collect()
    }

    fn shift(&mut self, rest: &[Field]) {
        let count = rest.first().map_or(Some(1), |count| count.value.known().and_then(|count| count.parse().ok()));
        let arguments = match count {
            Some(count) => Arguments {
                values: self.state.arguments.values.iter().skip(count).cloned().collect(),
                open: self.state.arguments.open.clone(),
            },
            None => Arguments::unknown("the arguments are shifted by an unknown number"),
        };
        self.state.arguments = Rc::new(arguments);
    }

    fn expand_all(&mut self, words: &[Word]) -> Vec<Field> {
        words.iter().flat_map(|word| self.expand(word)).collect()
    }

    /// The words that a shell makes of one.
    fn expand(&mut self, word: &Word) -> Vec<Field> {
        if !self.spend(1 + word.parts.len(), &word.at) {
            return Vec::new();
        }
        let mut fields = Fields::default();
        for part in &word.parts {
            let Some(items) = self.items(part) else {
                let value = self.part(part);
                if part.quoted || matches!(part.kind, PartKind::Text) {
                    fields.current.get_or_insert_default().value.append(&value);
                } else {
                    self.split(&value, &mut fields);
                }
                continue;
            };
            for (index, (item, open)) in items.iter().enumerate() {
                if index > 0 {
                    fields.finish();
                }
                let field = field_of(item, &part.at, *open);
                if part.quoted {
                    let current = fields.current.get_or_insert_default();
                    current.value.append(&field.value);
                    current.open |= open;
                } else {
                    self.split(&field.value, &mut fields);
                }
            }
        }
        fields.finish();
        let bytes: usize = fields.done.iter().map(|field| field.value.text.len()).sum();
        // Each further word is memory that a call copies.
        let further = fields.done.len().saturating_sub(1);
        self.spend(4 * further + bytes / 64, &word.at);
        fields.done
    }

    /// What `$@` and `${x[@]}` stand for, and whether each item may be none or several.
    fn items(&self, part: &Part) -> Option<Vec<(Rc<Value>, bool)>> {
        let PartKind::Parameter { name, op } = &part.kind else {
            return None;
        };
        match op {
            Op::Plain if name == "@" || name == "*" => Some(self.all_arguments(&part.at)),
            Op::Each => Some(self.elements(name, &part.at)),
            _ => None,
        }
    }

    /// The elements of an array.
    fn elements(&self, name: &str, at: &Span) -> Vec<(Rc<Value>, bool)> {
        match self.lookup(name) {
            Binding::List(items) => items.iter().map(|item| (Rc::clone(item), false)).collect(),
            Binding::Unset => Vec::new(),
            binding => {
                let mut value = Value::default();
                push_binding(&mut value, &binding, name, at);
                let open = value.known().is_none();
                vec![(as_variable(value), open)]
            }
        }
    }

    /// The word as one text, as on the right side of an assignment.
    fn joined(&mut self, word: &Word) -> Value {
        let mut value = Value::default();
        if !self.spend(1 + word.parts.len(), &word.at) {
            value.push_hole("the script repeats too much to follow", word.at.clone());
            return value;
        }
        for part in &word.parts {
            let Some(items) = self.items(part) else {
                value.append(&self.part(part));
                continue;
            };
            for (index, (item, _)) in items.iter().enumerate() {
                if index > 0 {
                    value.push(" ", part.at.clone(), Origin::Elsewhere);
                }
                value.push_value(item, part.at.clone());
            }
        }
        self.spend(value.text.len() / 64, &word.at);
        value
    }

    fn part(&mut self, part: &Part) -> Value {
        let mut value = Value::default();
        let at = part.at.clone();
        match &part.kind {
            PartKind::Text => value.push(self.script.get(at.clone()).unwrap_or_default(), at, Origin::Script),
            PartKind::Parameter { name, op } => return self.parameter(name, op, &at),
            PartKind::Substitution(list) => {
                self.subshell(|walk| walk.list(list));
                value.push_hole("the output of a command is known only when the script runs", at);
            }
            PartKind::Arithmetic(names) => {
                self.calculated(names);
                value.push_hole("a calculated value is known only when the script runs", at);
            }
            PartKind::Opaque(why) => {
                if self.script.get(at.clone()).is_some_and(|text| text.starts_with('`') && mentions_buckets(text)) {
                    self.open(&at, StoreRef::Unknown, *why);
                }
                value.push_hole(*why, at);
            }
        }
        value
    }

    fn parameter(&mut self, name: &str, op: &Op, at: &Span) -> Value {
        let binding = self.lookup(name);
        let mut value = Value::default();
        match (op, binding) {
            (Op::Or { word, empty_counts, assigns }, binding) if binding.is_absent(*empty_counts) => {
                let other = Rc::new(self.joined(word));
                if *assigns {
                    self.bind(name, Binding::Text(Rc::clone(&other)));
                }
                value.push_value(&other, at.clone());
            }
            (Op::Instead { .. }, Binding::Unknown(why)) => value.push_hole(why, at.clone()),
            (Op::Instead { word, empty_counts }, binding) => {
                if !binding.is_absent(*empty_counts) {
                    let other = Rc::new(self.joined(word));
                    value.push_value(&other, at.clone());
                }
            }
            (_, binding) => push_binding(&mut value, &binding, name, at),
        }
        value
    }

    /// Splits an unquoted value into words and adds them.
    fn split(&mut self, value: &Value, fields: &mut Fields) {
        let separators = match self.state.variables.get("IFS") {
            Some(Binding::Text(value)) => value.known().unwrap_or(" \t\n").to_owned(),
            _ => " \t\n".to_owned(),
        };
        let text = value.text();
        let mut start = 0;
        for word in text.split_inclusive(|c| separators.contains(c)) {
            let kept = word.trim_end_matches(|c| separators.contains(c));
            if !kept.is_empty() {
                self.spent = self.spent.saturating_add(value.pieces.len() / 16);
                let field = fields.current.get_or_insert_default();
                field.value.append(&value.sub(start..start + kept.len()));
                field.open |= kept.contains(HOLE);
            }
            if kept.len() < word.len() {
                fields.finish();
            }
            start += word.len();
        }
    }
}

/// The words made of one so far.
#[derive(Default)]
struct Fields {
    done: Vec<Field>,
    current: Option<Field>,
}

impl Fields {
    fn finish(&mut self) {
        self.done.extend(self.current.take());
    }
}

fn changes_of_word(word: &Word, changes: &mut Changes) {
    for part in &word.parts {
        match &part.kind {
            PartKind::Arithmetic(names) => changes.names.extend(names.iter().cloned()),
            PartKind::Parameter { name, op: Op::Or { word, assigns, .. } } => {
                if *assigns {
                    changes.names.insert(name.clone());
                }
                changes_of_word(word, changes);
            }
            PartKind::Parameter { op: Op::Instead { word, .. }, .. } => changes_of_word(word, changes),
            _ => {}
        }
    }
}

/// Adds what the variable `name`, mentioned at `at`, holds.
fn push_binding(value: &mut Value, binding: &Binding, name: &str, at: &Span) {
    match binding {
        Binding::Text(text) => value.push_value(text, at.clone()),
        Binding::List(items) => items.iter().take(1).for_each(|item| value.push_value(item, at.clone())),
        Binding::Given(text) => value.push(text, at.clone(), Origin::Elsewhere),
        Binding::Unset => {}
        Binding::Missing => {
            value.push_hole(format!("`{name}` is set neither in the script nor for its container"), at.clone());
        }
        Binding::Unknown(why) => value.push_hole(Rc::clone(why), at.clone()),
    }
}

/// The URL without credentials, and where it stands.
fn endpoint(value: &Value) -> (Known, Span) {
    let text = value.text();
    let scheme = text.find("://").map_or(0, |at| at + 3);
    let host = text.rfind('@').map_or(scheme, |at| at + 1).max(scheme);
    let host_value = value.sub(host..text.len());
    let place = if host > scheme { host_value.place() } else { value.place() };
    let url = match (value.sub(0..scheme).known(), host_value.known()) {
        (Some(scheme), Some(host)) if !host.is_empty() => Known::Text(format!("{scheme}{host}")),
        _ => Known::Unknown,
    };
    (url, place)
}

/// A value that stands alone on the right side of an assignment is the other variable's.
fn as_variable(value: Value) -> Rc<Value> {
    match value.pieces.as_slice() {
        [Piece { from: Origin::Value(inner, 0), length, .. }] if *length == inner.text.len() => Rc::clone(inner),
        _ => Rc::new(value),
    }
}

fn unknown(why: &str, at: &Span) -> Rc<Value> {
    let mut value = Value::default();
    value.push_hole(why, at.clone());
    Rc::new(value)
}

fn field_of(value: &Rc<Value>, at: &Span, open: bool) -> Field {
    let mut field = Field { open, ..Field::default() };
    field.value.push_value(value, at.clone());
    field
}

/// Whether `$name` is an argument or is about the shell itself.
fn is_special(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_digit() || "@*#?-$!".contains(c))
}

fn base_name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

/// The variable name that `text` begins with.
fn leading_name(text: &str) -> Option<&str> {
    text.get(..name_length(text)).filter(|name| !name.is_empty())
}
