//! The `check` block of a card as it is written: a predicate as data.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

/// `check:`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", expecting = "a map")]
pub struct Block {
    /// Which objects.
    #[serde(default, rename = "match")]
    pub select: Select,
    /// Named expressions.
    #[serde(default, rename = "let")]
    pub lets: Texts,
    /// Which parts of each object.
    pub each: Option<Each>,
    /// Where it is false, nothing is said.
    pub when: Option<String>,
    /// What holds.
    pub assert: Option<String>,
    /// What is named and exists.
    pub references: Option<References>,
    /// The place to point at: a path below the item, or an expression that gives a node.
    pub at: Option<Each>,
    /// A few words at that place.
    pub label: Option<String>,
    /// Other places involved.
    pub related: Option<String>,
    /// The sentence.
    pub message: String,
    /// Replaces the advice of the card.
    pub help: Option<String>,
    /// What an expression that fails means.
    #[serde(default)]
    pub on_error: OnError,
}

/// Which objects a check looks at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a map")]
pub struct Select {
    /// Kinds.
    pub kinds: Vec<String>,
    /// Globs of namespaces.
    pub namespaces: Vec<String>,
    /// Globs of names.
    pub names: Vec<String>,
    /// Labels and their values.
    pub labels: Texts,
    /// Entry paths of clusters.
    pub clusters: Vec<String>,
    /// What is left out.
    pub exclude: Vec<Select>,
}

/// What a failing expression means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// The rule is wrong: `rule-error`.
    #[default]
    Fail,
    /// The same as a warning.
    Warn,
    /// Nothing.
    Skip,
}

/// `references:`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub struct References {
    /// What names something; that of the check where left out.
    pub each: Option<Each>,
    /// What it names.
    pub key: String,
    /// What can be meant.
    pub to: Vec<Provider>,
    /// Whether it may be absent.
    pub optional: Option<String>,
    /// Keys that exist elsewhere.
    pub external: Option<String>,
}

/// Something that can be named.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a map")]
pub struct Provider {
    /// Kinds.
    pub kinds: Vec<String>,
    /// Globs of namespaces.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// Parts of each object; the object itself where left out.
    pub each: Option<Each>,
    /// By what it is named.
    pub key: String,
}

/// A path, or an expression that gives nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Each {
    /// A path.
    Path(String),
    /// An expression.
    Cel(String),
}

impl<'de> Deserialize<'de> for Each {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(EachVisitor)
    }
}

struct EachVisitor;

impl<'de> Visitor<'de> for EachVisitor {
    type Value = Each;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path or a map with `cel`")
    }

    fn visit_str<E: serde::de::Error>(self, path: &str) -> Result<Each, E> {
        Ok(Each::Path(path.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Each, A::Error> {
        let mut text = None;
        while let Some(key) = map.next_key::<String>()? {
            if key != "cel" {
                return Err(serde::de::Error::unknown_field(&key, &["cel"]));
            }
            text = Some(map.next_value()?);
        }
        text.map(Each::Cel).ok_or_else(|| serde::de::Error::missing_field("cel"))
    }
}

/// Texts by name, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts(pub Vec<(String, String)>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
        let mut texts = Vec::new();
        while let Some(entry) = map.next_entry::<String, String>()? {
            texts.push(entry);
        }
        Ok(Texts(texts))
    }
}
