//! The grammar of the shell, as far as finding commands and the words they get needs it.
//!
//! NOTE: why not the crate brush-parser 0.4: twenty-four open brackets keep it busy for 0.4 s and each further one
//! doubles that; five thousand nested braces overflow the stack, which no caller can catch; the spans of words are
//! wrong after a line continuation and behind the operator of a here-document, and the text of a word is rewritten
//! (`${x:-a  b}` loses a blank), so that its parts do not lead back to the source. This parser reads the text once, has
//! a fixed depth, and every part of a word keeps its bytes.

use std::ops::Range;
use std::rc::Rc;

use super::{ScriptProblem, mentions_buckets};

/// How deep commands, substitutions and quotes may nest: far beyond any real script, far below what the stack holds.
const MAX_DEPTH: usize = 50;

/// Words that end a list of commands when they stand where a command would.
const CLOSING: [&str; 8] = ["then", "do", "done", "fi", "elif", "else", "esac", "}"];

/// Commands whose arguments may be assignments.
const DECLARING: [&str; 5] = ["export", "local", "declare", "typeset", "readonly"];

/// Reads the text of a shell script.
pub(super) trait ShellParser {
    /// The commands of `script`, or the first place that cannot be read.
    fn parse(&self, script: &str) -> Result<Script, ScriptProblem>;
}

/// Our own reader, for POSIX `sh` and what is common in `bash`.
pub(super) struct Plain;

impl ShellParser for Plain {
    fn parse(&self, script: &str) -> Result<Script, ScriptProblem> {
        Parser::new(script).script()
    }
}

/// Bytes of the script.
pub(super) type Span = Range<usize>;

/// Commands that run one after the other.
pub(super) type List = Vec<Command>;

/// A whole script.
pub(super) struct Script {
    pub(super) commands: List,
    /// The bodies of the here-documents, in the order of their operators.
    pub(super) heredocs: Vec<HereText>,
}

/// The body of a here-document.
pub(super) struct HereText {
    pub(super) at: Span,
    /// The shell puts variables in: its delimiter has no quotes.
    pub(super) expands: bool,
}

/// A command and where it stands.
pub(super) struct Command {
    pub(super) at: Span,
    pub(super) kind: Kind,
}

/// The kinds of commands.
pub(super) enum Kind {
    Simple(Simple),
    Pipeline(List),
    /// The link of the first command means nothing.
    AndOr(Vec<(Link, Command)>),
    Background(Box<Command>),
    Group(List),
    Subshell(List),
    If {
        branches: Vec<(List, List)>,
        otherwise: List,
    },
    /// `while`, `until` and `for ((…))`.
    Loop {
        condition: List,
        body: List,
    },
    /// `words` is none for `for x; do`, which goes over the arguments.
    For {
        variable: String,
        words: Option<Vec<Word>>,
        body: List,
    },
    Case {
        word: Word,
        arms: Vec<List>,
    },
    Function {
        name: String,
        body: Rc<Command>,
    },
    /// `[[ … ]]`.
    Test(Vec<Word>),
    /// `(( … ))`, with the names that it may change.
    Arithmetic(Vec<String>),
}

/// What stands before a command in a list of `&&` and `||`.
#[derive(Clone, Copy)]
pub(super) enum Link {
    And,
    Or,
}

/// A command line: assignments, then words.
#[derive(Default)]
pub(super) struct Simple {
    /// Before the first word.
    pub(super) assignments: Vec<Assignment>,
    pub(super) words: Vec<Word>,
    /// Arguments of `export`, `local` and their like.
    pub(super) declared: Vec<Assignment>,
    /// Indices into the here-documents of the script.
    pub(super) heredocs: Vec<usize>,
    /// The files it writes, and whether it adds to them.
    pub(super) outputs: Vec<(Word, bool)>,
}

/// `name=value`.
pub(super) struct Assignment {
    pub(super) at: Span,
    pub(super) name: String,
    pub(super) how: Assign,
    pub(super) value: Assigned,
}

/// What an assignment does to the name.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Assign {
    Set,
    /// `+=`.
    Append,
    /// `name[index]=`.
    Element,
}

/// The right side of an assignment.
pub(super) enum Assigned {
    Word(Word),
    List(Vec<Word>),
}

/// A word before any expansion.
pub(super) struct Word {
    pub(super) at: Span,
    pub(super) parts: Vec<Part>,
}

/// A piece of a word.
pub(super) struct Part {
    pub(super) at: Span,
    /// Inside quotes, so that it is never split into several words.
    pub(super) quoted: bool,
    pub(super) kind: PartKind,
}

/// The kinds of pieces.
pub(super) enum PartKind {
    /// Exactly the bytes of the script at the part's place.
    Text,
    Parameter {
        name: String,
        op: Op,
    },
    Substitution(List),
    /// `$((…))`, with the names that it may change.
    Arithmetic(Vec<String>),
    /// Not followed, with the reason.
    Opaque(&'static str),
}

/// What `${name…}` does with the value.
pub(super) enum Op {
    /// `$x`, `${x}`, `${x:?}`.
    Plain,
    /// `${x[@]}`.
    Each,
    /// `${x-word}` and `${x=word}`, with a colon when an empty value counts as none.
    Or { word: Word, empty_counts: bool, assigns: bool },
    /// `${x+word}`.
    Instead { word: Word, empty_counts: bool },
}

/// What ends the parts being read.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    /// Blanks and operators.
    Bare,
    /// `"`.
    Quotes,
    /// `}`.
    Braces { quoted: bool },
}

type Read<T> = Result<T, ScriptProblem>;

struct Heredoc {
    delimiter: String,
    strips_tabs: bool,
    index: usize,
}

struct Parser<'a> {
    text: &'a str,
    pos: usize,
    /// Where reading stops: the end of the text, or the closing backquote.
    end: usize,
    depth: usize,
    pending: Vec<Heredoc>,
    heredocs: Vec<HereText>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        let pos = if text.starts_with('\u{feff}') { 3 } else { 0 };
        Self { text, pos, end: text.len(), depth: 0, pending: Vec::new(), heredocs: Vec::new() }
    }

    fn script(mut self) -> Read<Script> {
        if let Some(at) = self.text.find('\0') {
            return Err(ScriptProblem { message: "a NUL character in the script".to_owned(), at });
        }
        let commands = self.list()?;
        if self.pos < self.end {
            return Err(self.unexpected());
        }
        Ok(Script { commands, heredocs: self.heredocs })
    }

    fn list(&mut self) -> Read<List> {
        let mut list = List::new();
        loop {
            self.lines();
            if self.closes_list() {
                return Ok(list);
            }
            let command = self.and_or()?;
            self.blanks();
            match self.peek() {
                Some(b'&') => {
                    self.pos += 1;
                    let at = command.at.clone();
                    list.push(Command { at, kind: Kind::Background(Box::new(command)) });
                    continue;
                }
                Some(b';') if !self.closes_list() => self.pos += 1,
                Some(b'\n') => {}
                _ if self.closes_list() => {}
                _ => return Err(self.unexpected()),
            }
            list.push(command);
        }
    }

    fn closes_list(&self) -> bool {
        match self.peek() {
            None | Some(b')') => true,
            Some(b';') => matches!(self.byte(1), Some(b';' | b'&')),
            _ => CLOSING.contains(&self.plain_word()),
        }
    }

    fn and_or(&mut self) -> Read<Command> {
        let first = self.pipeline()?;
        let mut links = vec![(Link::And, first)];
        loop {
            self.blanks();
            let link = match (self.peek(), self.byte(1)) {
                (Some(b'&'), Some(b'&')) => Link::And,
                (Some(b'|'), Some(b'|')) => Link::Or,
                _ => break,
            };
            self.pos += 2;
            self.lines();
            links.push((link, self.pipeline()?));
        }
        Ok(single_or(links, |(_, command)| command, |(_, command)| &command.at, Kind::AndOr))
    }

    fn pipeline(&mut self) -> Read<Command> {
        while matches!(self.plain_word(), "!" | "time") {
            self.pos += self.plain_word().len();
            self.blanks();
        }
        let mut commands = vec![self.command()?];
        loop {
            self.blanks();
            if self.peek() != Some(b'|') || self.byte(1) == Some(b'|') {
                break;
            }
            self.pos += if self.byte(1) == Some(b'&') { 2 } else { 1 };
            self.lines();
            commands.push(self.command()?);
        }
        Ok(single_or(commands, |command| command, |command| &command.at, Kind::Pipeline))
    }

    fn command(&mut self) -> Read<Command> {
        self.nested(|parser| {
            let start = parser.pos;
            let Some(kind) = parser.compound()? else {
                return parser.simple();
            };
            let at = start..parser.pos;
            parser.blanks();
            while parser.redirect(&mut Simple::default())? {
                parser.blanks();
            }
            Ok(Command { at, kind })
        })
    }

    fn compound(&mut self) -> Read<Option<Kind>> {
        if self.peek() == Some(b'(') {
            // Without bash these are two subshells, so nothing that could be commands is taken for arithmetic.
            let commands = |text: &str| text.contains(';') || mentions_buckets(text);
            if let Some(end) = self.arithmetic_end().filter(|end| !commands(self.slice(self.pos..*end))) {
                let names = self.changed_names(self.pos..end);
                self.pos = end;
                return Ok(Some(Kind::Arithmetic(names)));
            }
            self.pos += 1;
            let list = self.list()?;
            self.expect_byte(b')')?;
            return Ok(Some(Kind::Subshell(list)));
        }
        let word = self.plain_word();
        let read: fn(&mut Self) -> Read<Kind> = match word {
            "{" => Self::group,
            "if" => Self::if_clause,
            "while" | "until" => Self::loop_clause,
            "for" => Self::for_clause,
            "case" => Self::case_clause,
            "function" => Self::function_clause,
            "[[" => Self::test_clause,
            _ => return Ok(None),
        };
        self.pos += word.len();
        read(self).map(Some)
    }

    fn group(&mut self) -> Read<Kind> {
        let list = self.list()?;
        self.expect("}")?;
        Ok(Kind::Group(list))
    }

    fn if_clause(&mut self) -> Read<Kind> {
        let mut branches = Vec::new();
        let mut otherwise = List::new();
        loop {
            let condition = self.list()?;
            self.expect("then")?;
            branches.push((condition, self.list()?));
            match self.plain_word() {
                "elif" => self.pos += 4,
                "else" => {
                    self.pos += 4;
                    otherwise = self.list()?;
                    break;
                }
                _ => break,
            }
        }
        self.expect("fi")?;
        Ok(Kind::If { branches, otherwise })
    }

    fn loop_clause(&mut self) -> Read<Kind> {
        let condition = self.list()?;
        let body = self.body()?;
        Ok(Kind::Loop { condition, body })
    }

    fn for_clause(&mut self) -> Read<Kind> {
        self.blanks();
        if let Some(end) = self.arithmetic_end() {
            let at = self.pos..end;
            let names = self.changed_names(at.clone());
            self.pos = end;
            let condition = vec![Command { at, kind: Kind::Arithmetic(names) }];
            let body = self.body()?;
            return Ok(Kind::Loop { condition, body });
        }
        let variable = self.plain_word().to_owned();
        if name_length(&variable) != variable.len() || variable.is_empty() {
            return Err(self.unexpected());
        }
        self.pos += variable.len();
        self.lines();
        let mut words = None;
        if self.plain_word() == "in" {
            self.pos += 2;
            let list = words.get_or_insert_with(Vec::new);
            loop {
                self.blanks();
                if matches!(self.peek(), None | Some(b';' | b'\n')) {
                    break;
                }
                list.push(self.some_word()?);
            }
        }
        let body = self.body()?;
        Ok(Kind::For { variable, words, body })
    }

    /// `do … done`, with the separator before it.
    fn body(&mut self) -> Read<List> {
        self.blanks();
        if self.peek() == Some(b';') {
            self.pos += 1;
        }
        self.lines();
        self.expect("do")?;
        let list = self.list()?;
        self.expect("done")?;
        Ok(list)
    }

    fn case_clause(&mut self) -> Read<Kind> {
        self.blanks();
        let word = self.some_word()?;
        self.lines();
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.lines();
            if self.plain_word() == "esac" {
                self.pos += 4;
                return Ok(Kind::Case { word, arms });
            }
            if self.peek() == Some(b'(') {
                self.pos += 1;
            }
            loop {
                self.blanks();
                self.some_word()?;
                self.blanks();
                if self.peek() != Some(b'|') {
                    break;
                }
                self.pos += 1;
            }
            self.expect_byte(b')')?;
            arms.push(self.list()?);
            while matches!(self.peek(), Some(b';' | b'&')) {
                self.pos += 1;
            }
        }
    }

    fn function_clause(&mut self) -> Read<Kind> {
        self.blanks();
        let name = self.plain_word().to_owned();
        if name.is_empty() {
            return Err(self.unexpected());
        }
        self.pos += name.len();
        self.blanks();
        self.function(name)
    }

    /// The rest of a function after its name.
    fn function(&mut self, name: String) -> Read<Kind> {
        if self.peek() == Some(b'(') {
            self.pos += 1;
            self.blanks();
            self.expect_byte(b')')?;
        }
        self.lines();
        let body = Rc::new(self.command()?);
        Ok(Kind::Function { name, body })
    }

    fn test_clause(&mut self) -> Read<Kind> {
        let mut words = Vec::new();
        loop {
            self.lines();
            if self.plain_word() == "]]" {
                self.pos += 2;
                return Ok(Kind::Test(words));
            }
            match self.peek() {
                None => return Err(self.unexpected()),
                Some(b'(' | b')' | b'<' | b'>' | b'&' | b'|' | b';') => self.pos += 1,
                Some(_) => words.push(self.some_word()?),
            }
        }
    }

    fn simple(&mut self) -> Read<Command> {
        let begin = self.pos;
        let mut at: Option<Span> = None;
        let mut simple = Simple::default();
        loop {
            self.blanks();
            if self.redirect(&mut simple)? {
                continue;
            }
            let start = self.pos;
            if !self.at_word() {
                let defines = self.peek() == Some(b'(') && simple.assignments.is_empty();
                if let ([name], true) = (simple.words.as_slice(), defines) {
                    let name = self.slice(name.at.clone()).to_owned();
                    let kind = self.function(name)?;
                    return Ok(Command { at: begin..self.pos, kind });
                }
                break;
            }
            let declares = simple.words.first().is_some_and(|word| DECLARING.contains(&self.slice(word.at.clone())));
            let assigns = simple.words.is_empty() || declares;
            match if assigns { self.assignment()? } else { None } {
                Some(assignment) if declares => simple.declared.push(assignment),
                Some(assignment) => simple.assignments.push(assignment),
                None => simple.words.push(self.some_word()?),
            }
            // Assignments before the command are not part of it: they may hold credentials.
            let first = simple.words.first().map_or(start, |word| word.at.start);
            at = Some(first..self.pos);
        }
        match at {
            Some(at) => Ok(Command { at, kind: Kind::Simple(simple) }),
            // A redirection alone, such as `> file`, is a command too.
            None if self.pos > begin => Ok(Command { at: begin..self.pos, kind: Kind::Simple(simple) }),
            None => Err(self.unexpected()),
        }
    }

    fn assignment(&mut self) -> Read<Option<Assignment>> {
        let rest = self.rest();
        let length = name_length(rest);
        let (name, mut after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if name.is_empty() {
            return Ok(None);
        }
        let mut how = Assign::Set;
        if after.starts_with('[') {
            let end = after.find(|c: char| c == ']' || c.is_whitespace());
            match end.and_then(|end| after.get(end..)?.strip_prefix(']')) {
                Some(tail) => after = tail,
                None => return Ok(None),
            }
            how = Assign::Element;
        }
        if after.starts_with("+=") {
            after = after.get(1..).unwrap_or_default();
            how = if how == Assign::Element { how } else { Assign::Append };
        }
        let Some(value) = after.strip_prefix('=') else {
            return Ok(None);
        };
        let start = std::mem::replace(&mut self.pos, self.end - value.len());
        let name = name.to_owned();
        let value = if value.starts_with('(') {
            Assigned::List(self.array()?)
        } else {
            Assigned::Word(self.word(Within::Bare)?)
        };
        Ok(Some(Assignment { at: start..self.pos, name, how, value }))
    }

    fn array(&mut self) -> Read<Vec<Word>> {
        self.pos += 1;
        let mut words = Vec::new();
        loop {
            self.lines();
            if self.peek() == Some(b')') {
                self.pos += 1;
                return Ok(words);
            }
            words.push(self.some_word()?);
        }
    }

    /// Reads one redirection if one stands here.
    fn redirect(&mut self, simple: &mut Simple) -> Read<bool> {
        const OPERATORS: [&str; 12] = ["<<<", "<<-", "<<", "<&", "<>", "<", ">>", ">&", ">|", ">", "&>>", "&>"];
        let rest = self.rest();
        let operator_on = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        let digits = rest.len() - operator_on.len();
        let Some(operator) = OPERATORS.into_iter().find(|operator| operator_on.starts_with(operator)) else {
            return Ok(false);
        };
        if digits > 0 && operator.starts_with('&') || digits == 0 && self.process_substitution() {
            return Ok(false);
        }
        self.pos += digits + operator.len();
        self.blanks();
        let target = self.some_word()?;
        if let "<<" | "<<-" = operator {
            let index = self.heredocs.len();
            let expands = target.parts.iter().all(|part| !part.quoted);
            self.heredocs.push(HereText { at: target.at.end..target.at.end, expands });
            simple.heredocs.push(index);
            let delimiter = target.parts.iter().map(|part| self.slice(part.at.clone())).collect();
            self.pending.push(Heredoc { delimiter, strips_tabs: operator == "<<-", index });
        } else if let (">" | ">|" | ">>", 0) = (operator, digits) {
            simple.outputs.push((target, operator == ">>"));
        }
        Ok(true)
    }

    fn process_substitution(&self) -> bool {
        matches!((self.peek(), self.byte(1)), (Some(b'<' | b'>'), Some(b'(')))
    }

    fn at_word(&self) -> bool {
        self.peek().is_some_and(|byte| !is_operator(byte)) && !self.at_line_end() || self.process_substitution()
    }

    /// A word that must be there.
    fn some_word(&mut self) -> Read<Word> {
        if !self.at_word() {
            return Err(self.unexpected());
        }
        if self.process_substitution() {
            let start = self.pos;
            let kind = self.substitution(2)?;
            let at = start..self.pos;
            return Ok(Word { at: at.clone(), parts: vec![Part { at, quoted: false, kind }] });
        }
        self.word(Within::Bare)
    }

    fn word(&mut self, within: Within) -> Read<Word> {
        let start = self.pos;
        let mut parts = self.nested(|parser| parser.parts(within))?;
        let at = start..self.pos;
        if within == Within::Bare {
            let plain: String = parts
                .iter()
                .filter(|part| part.is_text() && !part.quoted)
                .map(|part| self.slice(part.at.clone()))
                .collect();
            if expands_braces(&plain) {
                let kind = PartKind::Opaque("what braces make of a word depends on the shell");
                parts = vec![Part { at: at.clone(), quoted: false, kind }];
            }
        }
        Ok(Word { at, parts })
    }

    fn parts(&mut self, within: Within) -> Read<Vec<Part>> {
        let quoted = matches!(within, Within::Quotes | Within::Braces { quoted: true });
        let mut parts = Vec::new();
        let mut from = self.pos;
        loop {
            let Some(byte) = self.peek() else {
                if within == Within::Bare {
                    break;
                }
                return Err(self.problem("a quote or brace is not closed"));
            };
            let start = self.pos;
            let part = match (byte, within) {
                (b'"', Within::Quotes) | (b'}', Within::Braces { .. }) => break,
                (_, Within::Bare) if is_operator(byte) || self.at_line_end() => break,
                (b'\\', _) => match self.escaped(quoted) {
                    Some(escaped) => {
                        push_text(&mut parts, from..start, quoted);
                        push_text(&mut parts, escaped, true);
                        from = self.pos;
                        continue;
                    }
                    None => continue,
                },
                (b'\'', _) if !quoted => {
                    push_text(&mut parts, from..start, quoted);
                    self.pos += 1;
                    let Some(length) = self.rest().find('\'') else {
                        self.pos = start;
                        return Err(self.problem("a quote is not closed"));
                    };
                    let at = self.pos..self.pos + length;
                    self.pos = at.end + 1;
                    Some(Part { at, quoted: true, kind: PartKind::Text })
                }
                (b'"', _) => {
                    push_text(&mut parts, from..start, quoted);
                    self.pos += 1;
                    let inner = self.word(Within::Quotes)?;
                    self.expect_byte(b'"')?;
                    from = self.pos;
                    if inner.parts.is_empty() {
                        parts.push(Part { at: inner.at, quoted: true, kind: PartKind::Text });
                    }
                    parts.extend(inner.parts);
                    continue;
                }
                (b'$', _) => {
                    push_text(&mut parts, from..start, quoted);
                    from = start;
                    self.dollar(quoted)?
                }
                (b'`', _) => {
                    push_text(&mut parts, from..start, quoted);
                    let kind = self.backquotes()?;
                    Some(Part { at: start..self.pos, quoted, kind })
                }
                _ => {
                    self.pos += 1;
                    None
                }
            };
            if let Some(part) = part {
                parts.push(part);
                from = self.pos;
            }
        }
        push_text(&mut parts, from..self.pos, quoted);
        Ok(parts)
    }

    /// Goes past a backslash and what it protects: that text, empty for a line continuation; none where the backslash
    /// stands for itself.
    fn escaped(&mut self, quoted: bool) -> Option<Span> {
        self.pos += 1;
        let start = self.pos;
        let rest = self.rest();
        if let Some(length) = ["\n", "\r\n"].into_iter().find(|end| rest.starts_with(end)).map(str::len) {
            self.pos += length;
            return Some(self.pos..self.pos);
        }
        let next = rest.chars().next()?;
        self.pos += next.len_utf8();
        (!quoted || matches!(next, '$' | '`' | '"' | '\\' | '}')).then_some(start..self.pos)
    }

    /// What follows a dollar sign; none when it stands for itself.
    fn dollar(&mut self, quoted: bool) -> Read<Option<Part>> {
        let start = self.pos;
        let kind = match self.byte(1) {
            Some(b'(') => {
                self.pos += 1;
                match self.arithmetic_end() {
                    Some(end) => {
                        let names = self.changed_names(self.pos..end);
                        self.pos = end;
                        PartKind::Arithmetic(names)
                    }
                    None => self.substitution(1)?,
                }
            }
            Some(b'{') => self.braces(quoted)?,
            Some(b'\'') if !quoted => {
                self.pos += 2;
                let body = self.pos;
                loop {
                    match self.peek() {
                        None => return Err(self.problem("a quote is not closed")),
                        Some(b'\'') => break,
                        Some(b'\\') => self.pos += 2,
                        Some(_) => self.pos += 1,
                    }
                }
                let at = body..self.pos;
                self.pos += 1;
                let plain = !self.slice(at.clone()).contains('\\');
                let kind = if plain { PartKind::Text } else { PartKind::Opaque("an escape sequence is not followed") };
                return Ok(Some(Part { at, quoted: true, kind }));
            }
            _ => {
                self.pos += 1;
                let length = parameter_length(self.rest());
                if length == 0 {
                    return Ok(None);
                }
                let name = self.slice(self.pos..self.pos + length).to_owned();
                self.pos += length;
                PartKind::Parameter { name, op: Op::Plain }
            }
        };
        Ok(Some(Part { at: start..self.pos, quoted, kind }))
    }

    /// `${…}`.
    fn braces(&mut self, quoted: bool) -> Read<PartKind> {
        const REWRITES: PartKind = PartKind::Opaque("an expansion that rewrites its value is not followed");
        self.pos += 2;
        let rest = self.rest();
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let length = if digits > 0 { digits } else { parameter_length(rest) };
        let (name, after) = rest.split_at_checked(length).unwrap_or_default();
        let name = name.to_owned();
        let each = ["[@]}", "[*]}"].into_iter().any(|each| after.starts_with(each));
        let (empty_counts, operator) = match after.strip_prefix(':') {
            Some(after) => (true, after.chars().next()),
            None => (false, after.chars().next()),
        };
        if each {
            self.pos += length + 4;
            return Ok(PartKind::Parameter { name, op: Op::Each });
        }
        let known = length > 0 && matches!(operator, Some('-' | '=' | '?' | '+'));
        let plain = length > 0 && after.starts_with('}');
        self.pos += if known { length + 1 + usize::from(empty_counts) } else { length };
        let word = self.word(Within::Braces { quoted })?;
        self.expect_byte(b'}')?;
        let op = match operator {
            _ if plain => Op::Plain,
            _ if !known => return Ok(REWRITES),
            Some('?') => Op::Plain,
            Some('+') => Op::Instead { word, empty_counts },
            assign => Op::Or { word, empty_counts, assigns: assign == Some('=') },
        };
        Ok(PartKind::Parameter { name, op })
    }

    /// Commands in brackets, of which `skip` bytes stand before the first command.
    fn substitution(&mut self, skip: usize) -> Read<PartKind> {
        self.pos += skip;
        let list = self.list()?;
        self.expect_byte(b')')?;
        Ok(PartKind::Substitution(list))
    }

    fn backquotes(&mut self) -> Read<PartKind> {
        let start = self.pos + 1;
        let mut close = start;
        loop {
            match self.text.as_bytes().get(close).filter(|_| close < self.end) {
                None => return Err(self.problem("a backquote is not closed")),
                Some(b'`') => break,
                Some(b'\\') => close += 2,
                Some(_) => close += 1,
            }
        }
        if self.slice(start..close).contains('\\') {
            self.pos = close + 1;
            return Ok(PartKind::Opaque("an escape sequence is not followed"));
        }
        let end = std::mem::replace(&mut self.end, close);
        self.pos = start;
        let list = self.list()?;
        if self.pos < close {
            return Err(self.unexpected());
        }
        self.end = end;
        self.pos = close + 1;
        Ok(PartKind::Substitution(list))
    }

    /// The end of the arithmetic that begins here with two brackets, if it is one.
    fn arithmetic_end(&self) -> Option<usize> {
        let inner = self.rest().strip_prefix("((")?;
        let mut open = 0_usize;
        let mut bytes = inner.bytes().enumerate();
        while let Some((index, byte)) = bytes.next() {
            match byte {
                b'(' => open += 1,
                b')' if open > 0 => open -= 1,
                b')' => return (bytes.next()?.1 == b')').then_some(self.pos + 2 + index + 2),
                _ => {}
            }
        }
        None
    }

    /// The names in an arithmetic expression, if it assigns anything.
    fn changed_names(&self, at: Span) -> Vec<String> {
        let text = self.slice(at);
        if !["=", "++", "--"].into_iter().any(|sign| text.contains(sign)) {
            return Vec::new();
        }
        let names = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        names.filter(|name| name_length(name) > 0).map(str::to_owned).collect()
    }

    /// Goes over blanks, line continuations and comments.
    fn blanks(&mut self) {
        while let Some(byte) = self.peek() {
            let rest = self.rest();
            self.pos += match byte {
                b' ' | b'\t' => 1,
                b'\r' if rest.starts_with("\r\n") => 1,
                b'\\' if rest.starts_with("\\\n") => 2,
                b'\\' if rest.starts_with("\\\r\n") => 3,
                b'#' => rest.find('\n').unwrap_or(rest.len()),
                _ => return,
            };
        }
    }

    /// Goes over blanks and line ends.
    fn lines(&mut self) {
        self.blanks();
        while self.peek() == Some(b'\n') {
            self.pos += 1;
            for heredoc in std::mem::take(&mut self.pending) {
                self.heredoc(&heredoc);
            }
            self.blanks();
        }
    }

    /// Goes over the body of a here-document. One that is not closed ends with the script, as in a shell.
    fn heredoc(&mut self, heredoc: &Heredoc) {
        let start = self.pos;
        let mut body_end = self.end;
        for line in self.rest().split_inclusive('\n') {
            let text = line.trim_end_matches(['\n', '\r']);
            let text = if heredoc.strips_tabs { text.trim_start_matches('\t') } else { text };
            let line_start = self.pos;
            self.pos += line.len();
            if text == heredoc.delimiter {
                body_end = line_start;
                break;
            }
        }
        if let Some(body) = self.heredocs.get_mut(heredoc.index) {
            body.at = start..body_end;
        }
    }

    /// The unquoted word that stands here, empty if it has anything in it that a shell expands.
    fn plain_word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_ascii_whitespace() || c.is_ascii() && is_operator(c as u8));
        let word = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        if word.contains(['\'', '"', '\\', '$', '`']) { "" } else { word }
    }

    fn expect(&mut self, word: &str) -> Read<()> {
        if self.plain_word() != word {
            let found = self.unexpected();
            return Err(ScriptProblem { message: format!("{}, expected `{word}`", found.message), ..found });
        }
        self.pos += word.len();
        Ok(())
    }

    fn expect_byte(&mut self, byte: u8) -> Read<()> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected());
        }
        self.pos += 1;
        Ok(())
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.depth >= MAX_DEPTH {
            return Err(self.problem("nested too deep"));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn unexpected(&self) -> ScriptProblem {
        match self.rest().chars().next() {
            None => self.problem("the script ends inside a command"),
            Some('\n') => self.problem("unexpected end of the line"),
            Some(c) => {
                let word = self.plain_word();
                self.problem(&if word.is_empty() {
                    format!("unexpected `{c}`")
                } else {
                    format!("unexpected `{word}`")
                })
            }
        }
    }

    fn problem(&self, message: &str) -> ScriptProblem {
        ScriptProblem { message: message.to_owned(), at: self.text.floor_char_boundary(self.pos) }
    }

    fn at_line_end(&self) -> bool {
        self.peek() == Some(b'\r') && self.byte(1) == Some(b'\n')
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.pos..self.end).unwrap_or_default()
    }

    fn slice(&self, at: Span) -> &'a str {
        self.text.get(at).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.byte(0)
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        let at = self.pos + ahead;
        self.text.as_bytes().get(at).copied().filter(|_| at < self.end)
    }
}

impl Part {
    fn is_text(&self) -> bool {
        matches!(self.kind, PartKind::Text)
    }
}

/// The only item itself, or all of them as one command.
fn single_or<T>(mut items: Vec<T>, unwrap: fn(T) -> Command, at: fn(&T) -> &Span, wrap: fn(Vec<T>) -> Kind) -> Command {
    let start = items.first().map_or(0, |item| at(item).start);
    let end = items.last().map_or(0, |item| at(item).end);
    match items.pop() {
        Some(only) if items.is_empty() => unwrap(only),
        last => {
            items.extend(last);
            Command { at: start..end, kind: wrap(items) }
        }
    }
}

fn push_text(parts: &mut Vec<Part>, at: Span, quoted: bool) {
    if !at.is_empty() {
        parts.push(Part { at, quoted, kind: PartKind::Text });
    }
}

fn is_operator(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>')
}

/// Whether bash would make several words of this one.
fn expands_braces(plain: &str) -> bool {
    let inner = plain.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
    inner.is_some_and(|(inner, _)| inner.contains(',') || inner.contains(".."))
}

/// How many bytes of `text` are a variable name.
pub(super) fn name_length(text: &str) -> usize {
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        return 0;
    }
    text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len())
}

/// How many bytes of `text`, after a dollar sign, name a parameter.
fn parameter_length(text: &str) -> usize {
    match text.chars().next() {
        Some('0'..='9' | '@' | '*' | '#' | '?' | '-' | '$' | '!') => 1,
        _ => name_length(text),
    }
}
