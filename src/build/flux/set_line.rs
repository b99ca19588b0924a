//! Lines of Helm's `--set`, as which the `targetPath` of a value is read: `a.b[0].c=value`.
//!
//! Source: helm `pkg/strvals/parser.go`. A comma in the value begins the next assignment, as upstream.

use std::str::Chars;

/// Levels of names; upstream's limit.
const MOST_LEVELS: usize = 30;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A key of a map.
    Key(String),
    /// A position in a list.
    Index(usize),
}

/// What is assigned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assigned {
    /// One value.
    One(String),
    /// `{a,b}`
    List(Vec<String>),
}

/// Why reading stops: at the end of the line, or at what Helm refuses.
enum Stop {
    End,
    Refused,
}

/// The assignments of a line; `None` where Helm refuses it.
pub fn assignments(line: &str) -> Option<Vec<(Vec<Step>, Assigned)>> {
    let mut reader = Reader { rest: line.chars(), found: Vec::new() };
    loop {
        match reader.key(Vec::new(), 0) {
            Ok(()) => {}
            Err(Stop::End) => return Some(reader.found),
            Err(Stop::Refused) => return None,
        }
    }
}

struct Reader<'t> {
    rest: Chars<'t>,
    found: Vec<(Vec<Step>, Assigned)>,
}

impl Reader<'_> {
    /// The text up to one of some characters, `\` taken off, and that character.
    fn until(&mut self, stops: &[char]) -> (String, Option<char>) {
        let mut text = String::new();
        while let Some(c) = self.rest.next() {
            match c {
                c if stops.contains(&c) => return (text, Some(c)),
                '\\' => match self.rest.next() {
                    Some(escaped) => text.push(escaped),
                    None => return (text, None),
                },
                c => text.push(c),
            }
        }
        (text, None)
    }

    fn key(&mut self, mut path: Vec<Step>, level: usize) -> Result<(), Stop> {
        let (key, last) = self.until(&['=', '[', ',', '.']);
        let is_empty = key.is_empty();
        path.push(Step::Key(key));
        match last {
            None if is_empty => Err(Stop::End),
            Some('[') => {
                path.push(Step::Index(self.index()?));
                self.item(path, level)
            }
            Some('=') => self.value(path),
            Some('.') if level < MOST_LEVELS => self.key(path, level + 1),
            _ => Err(Stop::Refused),
        }
    }

    fn index(&mut self) -> Result<usize, Stop> {
        match self.until(&[']']) {
            (text, Some(_)) => text.parse().map_err(|_| Stop::Refused),
            (_, None) => Err(Stop::End),
        }
    }

    /// What stands behind an index.
    fn item(&mut self, mut path: Vec<Step>, level: usize) -> Result<(), Stop> {
        match self.until(&['[', '.', '=']) {
            (text, _) if !text.is_empty() => Err(Stop::Refused),
            (_, Some('=')) => self.value(path),
            (_, Some('[')) => {
                path.push(Step::Index(self.index()?));
                self.item(path, level)
            }
            (_, Some(_)) => self.key(path, level),
            (_, None) => Err(Stop::End),
        }
    }

    fn value(&mut self, path: Vec<Step>) -> Result<(), Stop> {
        if !self.rest.as_str().starts_with('{') {
            let (text, _) = self.until(&[',']);
            self.found.push((path, Assigned::One(text)));
            return Ok(());
        }
        self.rest.next();
        let mut list = Vec::new();
        loop {
            let (text, last) = self.until(&[',', '}']);
            match last {
                Some(',') => list.push(text),
                Some(_) => {
                    list.push(text);
                    break;
                }
                None => return Err(Stop::Refused),
            }
        }
        if self.rest.as_str().starts_with(',') {
            self.rest.next();
        }
        self.found.push((path, Assigned::List(list)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Vec<(String, String)>> {
        let shown = |path: &[Step]| {
            let step = |step: &Step| match step {
                Step::Key(key) => key.clone(),
                Step::Index(index) => format!("#{index}"),
            };
            path.iter().map(step).collect::<Vec<_>>().join("/")
        };
        let value = |value: Assigned| match value {
            Assigned::One(text) => text,
            Assigned::List(list) => format!("{list:?}"),
        };
        Some(assignments(line)?.into_iter().map(|(path, assigned)| (shown(&path), value(assigned))).collect())
    }

    fn one(line: &str) -> Option<(String, String)> {
        read(line)?.into_iter().next()
    }

    #[test]
    fn paths_have_keys_indices_and_escapes() {
        assert_eq!(one("a.b=c"), Some(("a/b".into(), "c".into())));
        assert_eq!(one("a[1].b[0][2]=c"), Some(("a/#1/b/#0/#2".into(), "c".into())));
        assert_eq!(one(r"a\.b.c=d"), Some(("a.b/c".into(), "d".into())));
        assert_eq!(one("a="), Some(("a".into(), String::new())));
        assert_eq!(one("a=b=c"), Some(("a".into(), "b=c".into())));
    }

    #[test]
    fn braces_make_a_list_and_a_comma_begins_the_next_assignment() {
        assert_eq!(one("a={x,y}"), Some(("a".into(), r#"["x", "y"]"#.into())));
        assert_eq!(read("a=x,b=y").map(|found| found.len()), Some(2));
        assert_eq!(one(r"a=x\,y"), Some(("a".into(), "x,y".into())));
        assert_eq!(read("a=x,y"), None, "`y` has no value");
        assert_eq!(read("a={x"), None);
        assert_eq!(read("a[x]=y"), None);
    }
}
