//! Which variables a script reads and sets, wherever they stand in it.

use std::collections::BTreeSet;
use std::ops::Range;

use super::parse::{
    Assigned, Assignment, Command, Kind, List, Op, Part, PartKind, Plain, ShellParser, Simple, Span, Word,
};

/// Commands that set the variables which their arguments name.
const SETTING: [&str; 9] =
    ["read", "export", "local", "declare", "typeset", "readonly", "getopts", "mapfile", "readarray"];
/// Commands that may set anything.
const OPENING: [&str; 3] = [".", "source", "eval"];

/// The variables of a script.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Variables {
    /// Those it reads without a default, each with its place.
    pub read: Vec<(String, Range<usize>)>,
    /// Those it sets somewhere.
    pub set: BTreeSet<String>,
    /// It may set others.
    pub open: bool,
}

impl Variables {
    /// Reads a script; `None` where its grammar is not understood.
    pub fn of(script: &str) -> Option<Self> {
        let parsed = Plain.parse(script).ok()?;
        let mut walk = Walk { script, found: Variables::default() };
        walk.list(&parsed.commands);
        Some(walk.found)
    }
}

struct Walk<'s> {
    script: &'s str,
    found: Variables,
}

impl Walk<'_> {
    fn list(&mut self, list: &List) {
        list.iter().for_each(|command| self.command(command));
    }

    fn command(&mut self, command: &Command) {
        match &command.kind {
            Kind::Simple(simple) => self.simple(simple),
            Kind::Pipeline(list) | Kind::Group(list) | Kind::Subshell(list) => self.list(list),
            Kind::AndOr(links) => links.iter().for_each(|(_, command)| self.command(command)),
            Kind::Background(command) => self.command(command),
            Kind::If { branches, otherwise } => {
                for (condition, body) in branches {
                    self.list(condition);
                    self.list(body);
                }
                self.list(otherwise);
            }
            Kind::Loop { condition, body } => {
                self.list(condition);
                self.list(body);
            }
            Kind::For { variable, words, body } => {
                self.found.set.insert(variable.clone());
                words.iter().flatten().for_each(|word| self.word(word));
                self.list(body);
            }
            Kind::Case { word, arms } => {
                self.word(word);
                arms.iter().for_each(|arm| self.list(arm));
            }
            Kind::Function { body, .. } => self.command(body),
            Kind::Test(words) => words.iter().for_each(|word| self.word(word)),
            Kind::Arithmetic(names) => self.found.set.extend(names.iter().cloned()),
        }
    }

    fn simple(&mut self, simple: &Simple) {
        simple.assignments.iter().chain(&simple.declared).for_each(|one| self.assignment(one));
        let text: Vec<String> = simple.words.iter().map(|word| self.text(&word.at).to_owned()).collect();
        let name = text.first().map(String::as_str).unwrap_or_default();
        let sets_all = name == "set" && text.iter().any(|word| word == "-a" || word == "allexport");
        if sets_all || OPENING.contains(&name) {
            self.found.open = true;
        }
        // `printf -v name`.
        if SETTING.contains(&name) || name == "printf" {
            self.found.set.extend(text);
        }
        simple.words.iter().for_each(|word| self.word(word));
    }

    fn assignment(&mut self, assignment: &Assignment) {
        self.found.set.insert(assignment.name.clone());
        match &assignment.value {
            Assigned::Word(word) => self.word(word),
            Assigned::List(words) => words.iter().for_each(|word| self.word(word)),
        }
    }

    fn word(&mut self, word: &Word) {
        word.parts.iter().for_each(|part| self.part(part));
    }

    fn part(&mut self, part: &Part) {
        match &part.kind {
            PartKind::Parameter { name, op: Op::Plain } => {
                // `${name:?message}` says itself what is missing.
                if !self.text(&part.at).contains('?') {
                    self.found.read.push((name.clone(), part.at.clone()));
                }
            }
            // It may be missing, and the script knows that.
            PartKind::Parameter { name, op: Op::Or { word, .. } | Op::Instead { word, .. } } => {
                self.found.set.insert(name.clone());
                self.word(word);
            }
            PartKind::Substitution(list) => self.list(list),
            PartKind::Arithmetic(names) => self.found.set.extend(names.iter().cloned()),
            PartKind::Parameter { op: Op::Each, .. } | PartKind::Text | PartKind::Opaque(_) => {}
        }
    }

    fn text(&self, at: &Span) -> &str {
        self.script.get(at.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(script: &str) -> Vec<String> {
        let found = Variables::of(script).unwrap();
        found.read.into_iter().map(|(name, _)| name).filter(|name| !found.set.contains(name)).collect()
    }

    #[test]
    fn names_that_nothing_sets() {
        assert_eq!(
            missing("mc alias set x http://x \"$USER_ID\" ${PASS_WORD}\nfor a in $B; do echo $a; done"),
            ["USER_ID", "PASS_WORD", "B"]
        );
        assert_eq!(missing("A=1; read -r B; echo $A $B ${C:-x} '$D' \\$E; test -n \"${F:-}\" && echo $F"), [""; 0]);
        assert_eq!(missing("export A=$(cat /x); echo $A; f() { local z; echo $z; }; f"), [""; 0]);
        assert_eq!(missing("if [ -z \"${G}\" ]; then echo $H; fi"), ["G", "H"]);
        assert!(Variables::of(". /etc/env; echo $A").unwrap().open);
    }
}
