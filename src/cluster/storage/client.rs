//! How a client of object storage connects: what its endpoint looks like, TLS, addressing, credentials, prefix.

use super::table::{Form, Row};
use crate::source::Span;
use crate::yaml::Node;

/// What is known of a client besides bucket and endpoint.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The form it accepts an endpoint in.
    pub form: Form,
    /// Where its flag for plain connections stands, if it is set.
    pub flag: Option<Span>,
    /// Whether it connects without TLS where the endpoint has no scheme; `None` where that is not known.
    pub plain: Option<bool>,
    /// Whether it puts the bucket into the path.
    pub path_style: Switch,
    /// Its access key.
    pub access_key: Key,
    /// Its secret key.
    pub secret_key: Key,
    /// What it puts before the names of its objects; `None` where that is not known.
    pub prefix: Option<String>,
}

/// A switch of a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switch {
    /// The client has none, or nothing is known.
    #[default]
    Unknown,
    /// On.
    On,
    /// Off, and where that is written.
    Off(Option<Span>),
}

/// A half of a credential. Its text is never kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Key {
    /// Nothing is known.
    #[default]
    Unknown,
    /// It is not given.
    Absent,
    /// It is given, and empty.
    Empty(Span),
    /// It is given.
    Set {
        /// Where.
        at: Span,
        /// The text of an access key, which is a name, where it stands there as it is; of a secret key never.
        user: Option<String>,
        /// The variable that is put in for it when the client starts.
        variable: Option<String>,
    },
}

impl Key {
    /// Where it stands.
    pub fn place(&self) -> Option<Span> {
        match self {
            Key::Set { at, .. } | Key::Empty(at) => Some(*at),
            Key::Unknown | Key::Absent => None,
        }
    }

    /// Whether it is certainly not there.
    pub fn is_missing(&self) -> bool {
        matches!(self, Key::Absent | Key::Empty(_))
    }

    fn read(node: Option<&Node>, is_closed: bool, is_name: bool) -> Self {
        let Some(node) = node.filter(|node| !node.is_null()) else {
            return if is_closed { Key::Absent } else { Key::Unknown };
        };
        if let Some(unknown) = node.unknown() {
            return match variable(&unknown.template) {
                Some(name) => Key::Set { at: node.span(), user: None, variable: Some(name.to_owned()) },
                None => Key::Unknown,
            };
        }
        match node.as_str() {
            Some("") => Key::Empty(node.span()),
            Some(text) => {
                let is_plain = is_name && super::text::is_literal(text);
                let variable = variable(text).map(ToOwned::to_owned);
                Key::Set { at: node.span(), user: is_plain.then(|| text.to_owned()), variable }
            }
            None if node.entries().next().is_some() => Key::Set { at: node.span(), user: None, variable: None },
            None => Key::Unknown,
        }
    }
}

/// The name of a text that is one variable.
fn variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    let name = name.split(':').next()?;
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_').then_some(name)
}

impl Client {
    /// Reads what a row of a profile says of the values. `is_closed` tells whether an absent value is really absent.
    pub fn read(row: &Row, root: &Node, base: &Node, is_closed: bool) -> Self {
        let find = |path: &Option<String>| {
            let path = path.as_deref()?;
            base.dig(path).or_else(|| root.dig(path))
        };
        let key = |path: &Option<String>, is_name: bool| {
            path.as_ref().map(|_| Key::read(find(path), is_closed, is_name)).unwrap_or_default()
        };
        let flag = find(&row.insecure).filter(|node| !node.is_null());
        let plain = match flag {
            Some(node) => node.as_bool(),
            None => row.insecure.as_ref().filter(|_| is_closed).map(|_| false),
        };
        let switch = match find(&row.path_style).filter(|node| !node.is_null()) {
            Some(node) => match node.scalar_text().as_deref() {
                Some("true" | "path") => Switch::On,
                Some("false" | "") => Switch::Off(Some(node.span())),
                _ => Switch::Unknown,
            },
            None if row.path_style.is_some() && is_closed => Switch::Off(None),
            None => Switch::Unknown,
        };
        let prefix = match (&row.prefix, find(&row.prefix).filter(|node| !node.is_null())) {
            (None, _) => None,
            (Some(_), Some(node)) => node.as_str().map(|text| text.trim_matches('/').to_owned()),
            (Some(_), None) => is_closed.then(String::new),
        };
        Client {
            form: row.form,
            flag: flag.map(Node::span),
            plain,
            path_style: switch,
            access_key: key(&row.access_key, true),
            secret_key: key(&row.secret_key, false),
            prefix,
        }
    }
}
