//! Users and policies that a script makes, and the files it writes their texts to.

use std::rc::Rc;

use super::super::admin::{AccessFact, Admin, Named};
use super::super::parse::{HereText, Simple, Span};
use super::super::{Stated, Tool};
use super::{Field, Origin, Value, Walk, base_name, leading_name, push_binding};

impl Walk<'_> {
    /// Users, policies, and who gets which.
    pub(super) fn administrate(&mut self, tool: Tool, admin: Admin, at: &Span) {
        let facts = match admin {
            Admin::User { alias, name, secret } => {
                let store = self.store(tool, &Stated::Alias(alias), at);
                AccessFact::User { store, name: self.named(&name), secret: self.named(&secret) }
            }
            Admin::Policy { alias, name, file } => {
                let store = self.store(tool, &Stated::Alias(alias), at);
                let text = file.known().and_then(|file| self.state.files.get(file).cloned()).flatten();
                let document = text.filter(|text| text.known().is_some()).map(|text| (text.text.clone(), text.place()));
                AccessFact::Policy { store, name: self.named(&name), document }
            }
            Admin::Grant { alias, policies, user } => {
                let store = self.store(tool, &Stated::Alias(alias), at);
                let policies = policies.iter().map(|policy| self.named(policy)).collect();
                AccessFact::Grant { store, policies, user: user.map(|user| self.named(&user)), command: at.clone() }
            }
        };
        if !self.facts.access.contains(&facts) {
            self.facts.access.push(facts);
        }
    }

    fn named(&self, value: &Value) -> Named {
        let at = value.place();
        let written = self.script.get(at.clone()).unwrap_or_default();
        let source = written.trim_matches(['"', '$', '{', '}', '\'']);
        let source = source.split(':').next().unwrap_or_default().to_owned();
        Named { text: value.known().map(ToOwned::to_owned), source, at }
    }

    /// Keeps what a command writes to a file: a here-document, or what `echo` prints.
    pub(super) fn write_files(&mut self, simple: &Simple, fields: &[Field]) {
        let program = fields.first().and_then(|field| field.value.known()).map(base_name).unwrap_or_default();
        let body = simple.heredocs.first().and_then(|index| self.heredocs.get(*index));
        let mut targets: Vec<(Field, bool)> = Vec::new();
        for (word, adds) in &simple.outputs {
            targets.extend(self.expand(word).into_iter().map(|field| (field, *adds)));
        }
        if program == "tee" {
            let files = fields.iter().skip(1).filter(|field| !field.value.text().starts_with('-'));
            targets.extend(files.map(|field| (field.clone(), fields.iter().any(|field| field.value.text() == "-a"))));
        }
        for (target, adds) in targets {
            let Some(file) = target.value.known().map(ToOwned::to_owned) else { continue };
            let text = match (program, body, fields) {
                _ if adds => None,
                ("cat", Some(body), [_]) | ("tee", Some(body), _) => Some(self.here_text(body)),
                ("echo", None, [_, only]) => Some(only.value.clone()),
                _ => None,
            };
            Rc::make_mut(&mut self.state.files).insert(file, text.map(Rc::new));
        }
    }

    /// The text of a here-document with its variables put in.
    fn here_text(&mut self, body: &HereText) -> Value {
        let mut value = Value::default();
        let text = self.script.get(body.at.clone()).unwrap_or_default();
        if !body.expands {
            value.push(text, body.at.clone(), Origin::Script);
            return value;
        }
        let mut at = body.at.start;
        while at < body.at.end {
            let rest = self.script.get(at..body.at.end).unwrap_or_default();
            let plain = rest.find(['$', '`', '\\']).unwrap_or(rest.len());
            value.push(rest.get(..plain).unwrap_or_default(), at..at + plain, Origin::Script);
            at += plain;
            let rest = rest.get(plain..).unwrap_or_default();
            if rest.is_empty() {
                break;
            }
            let after = rest.get(1..).unwrap_or_default();
            let (name, length) = match after.strip_prefix('{') {
                Some(inner) => (expanded_name(inner), 3),
                None => (expanded_name(after), 1),
            };
            let is_closed =
                |name: &str| length == 1 || after.get(name.len() + 1..).is_some_and(|tail| tail.starts_with('}'));
            match name.filter(|name| rest.starts_with('$') && is_closed(name)) {
                Some(name) => {
                    let span = at..at + name.len() + length;
                    let binding = self.lookup(name);
                    push_binding(&mut value, &binding, name, &span);
                    at = span.end;
                }
                None if rest.starts_with("\\$") => {
                    value.push("$", at..at + 2, Origin::Elsewhere);
                    at += 2;
                }
                None => {
                    value.push_hole("a here-document is put together when the script runs", at..at + 1);
                    at += 1;
                }
            }
        }
        value
    }
}

/// The name of a variable or the digit of an argument that `text` begins with.
fn expanded_name(text: &str) -> Option<&str> {
    leading_name(text).or_else(|| text.get(..1).filter(|first| first.bytes().all(|byte| byte.is_ascii_digit())))
}
