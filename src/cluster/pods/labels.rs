//! Labels as far as they are known, and selectors over them.

use litemap::LiteMap;
use smol_str::SmolStr;

use super::Answer;
use crate::source::Span;
use crate::yaml::Node;

/// What is known about the value of one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelValue<'l> {
    /// It has this value.
    Known(&'l str),
    /// It is there, with a value that cannot be read.
    Present,
    /// It may be there or not.
    Maybe,
    /// It is not there.
    Unset,
}

/// Labels of pods, Services or namespaces.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    // Most pods have a handful.
    known: LiteMap<SmolStr, Option<SmolStr>>,
    open: bool,
    open_below: Vec<SmolStr>,
}

impl Labels {
    /// Labels of which nothing is known.
    pub fn unknown() -> Self {
        Labels { open: true, ..Labels::default() }
    }

    /// Labels as a map of a manifest writes them.
    pub fn of(node: Option<&Node>) -> Self {
        let mut labels = Labels::default();
        labels.add(node);
        labels
    }

    /// Adds the labels of a map over those that are there.
    pub fn add(&mut self, node: Option<&Node>) {
        let Some(node) = node else { return };
        if node.is_unknown() {
            self.open = true;
        }
        for entry in node.entries() {
            if entry.key.contains("${") || entry.key.contains("{{") {
                self.open = true;
                continue;
            }
            let value = if entry.value.is_null() {
                Some(SmolStr::default())
            } else {
                entry.value.scalar_text().map(SmolStr::from)
            };
            self.known.insert(entry.key.clone(), value.filter(|text| !text.contains("{{")));
        }
    }

    /// Sets a label; `None` for a value that is not known.
    #[must_use]
    pub fn with(mut self, key: &str, value: Option<&str>) -> Self {
        self.known.insert(key.into(), value.map(SmolStr::from));
        self
    }

    /// Says that any label may have been changed.
    #[must_use]
    pub fn changed(mut self) -> Self {
        self.known.clear();
        self.open()
    }

    /// Says that there may be further labels of any name.
    #[must_use]
    pub fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// Says that there may be further labels whose names begin so.
    #[must_use]
    pub fn open_below<P: AsRef<str>>(mut self, prefixes: &[P]) -> Self {
        self.open_below.extend(prefixes.iter().map(|prefix| SmolStr::from(prefix.as_ref())));
        self
    }

    /// Whether labels of any name may be there.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// What is known about a label.
    pub fn value(&self, key: &str) -> LabelValue<'_> {
        match self.known.get(key) {
            Some(Some(value)) => LabelValue::Known(value),
            Some(None) => LabelValue::Present,
            None if self.open || self.open_below.iter().any(|prefix| key.starts_with(prefix.as_str())) => {
                LabelValue::Maybe
            }
            None => LabelValue::Unset,
        }
    }

    /// All labels, where it is certain that there is no other; `None` where it is not.
    pub fn whole(&self) -> Option<impl Iterator<Item = (&str, &str)>> {
        let is_whole = !self.open && self.open_below.is_empty() && self.known.values().all(Option::is_some);
        is_whole.then(|| self.known())
    }

    /// The labels with known values, by name.
    pub fn known(&self) -> impl Iterator<Item = (&str, &str)> {
        self.known.iter().filter_map(|(key, value)| Some((key.as_str(), value.as_deref()?)))
    }
}

/// What a requirement asks of the value of its label. A value that cannot be read is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// One of these.
    In(Vec<Option<String>>),
    /// None of these.
    NotIn(Vec<Option<String>>),
    /// Any.
    Exists,
    /// The label is not there.
    Absent,
    /// No pod has such a label.
    Never,
    /// It cannot be read.
    Unreadable,
}

/// One requirement of a selector.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// Label name.
    pub key: String,
    /// What is asked of it.
    pub test: Test,
    /// The value, or the key where there is no single value.
    pub place: Span,
    /// As it is written, for people.
    pub shown: String,
}

impl Requirement {
    /// Whether a value fulfils it.
    pub fn accepts(&self, value: LabelValue<'_>) -> Answer {
        let one_of = |values: &[Option<String>]| match value {
            _ if values.is_empty() => Answer::No,
            LabelValue::Unset => Answer::No,
            LabelValue::Present | LabelValue::Maybe => Answer::Unknown,
            LabelValue::Known(value) => Answer::any(values.iter().map(|wanted| match wanted {
                Some(wanted) => Answer::from(wanted == value),
                None => Answer::Unknown,
            })),
        };
        match &self.test {
            Test::In(values) => one_of(values),
            Test::NotIn(values) => one_of(values).negated(),
            Test::Exists => match value {
                LabelValue::Known(_) | LabelValue::Present => Answer::Yes,
                LabelValue::Maybe => Answer::Unknown,
                LabelValue::Unset => Answer::No,
            },
            Test::Absent => Requirement { test: Test::Exists, ..self.clone() }.accepts(value).negated(),
            Test::Never => Answer::No,
            Test::Unreadable => Answer::Unknown,
        }
    }
}

/// A label selector; without requirements it selects everything.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    /// All must hold.
    pub requirements: Vec<Requirement>,
}

impl Selector {
    /// Reads `matchLabels` and `matchExpressions`; nothing written selects everything.
    pub fn of(node: Option<&Node>) -> Self {
        let Some(node) = node else { return Selector::default() };
        let mut requirements = Vec::new();
        if node.is_unknown() {
            requirements.push(unreadable(node));
        }
        if let Some(labels) = node.get("matchLabels") {
            requirements.extend(equalities(labels));
        }
        for expression in node.get("matchExpressions").map(Node::items).unwrap_or_default() {
            requirements.push(of_expression(expression));
        }
        if node.get("matchExpressions").is_some_and(Node::is_unknown) {
            requirements.push(unreadable(node));
        }
        Selector { requirements }
    }

    /// Reads a plain map of labels, as the selector of a Service.
    pub fn equal(node: &Node) -> Self {
        Selector { requirements: equalities(node) }
    }

    /// One that asks for a label, as something makes it that stands at a place.
    pub fn label(key: &str, value: &str, place: Span) -> Self {
        let test = Test::In(vec![Some(value.to_owned())]);
        let shown = format!("{key}: {value}");
        Selector { requirements: vec![Requirement { key: key.to_owned(), test, place, shown }] }
    }

    /// Whether it selects everything.
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether labels fulfil it.
    pub fn matches(&self, labels: &Labels) -> Answer {
        Answer::all(self.requirements.iter().map(|one| one.accepts(labels.value(&one.key))))
    }

    /// A label and its value that everything selected must have.
    pub fn pair(&self) -> Option<(&str, &str)> {
        self.requirements.iter().find_map(|one| match &one.test {
            Test::In(values) => match values.as_slice() {
                [Some(value)] => Some((one.key.as_str(), value.as_str())),
                _ => None,
            },
            _ => None,
        })
    }

    /// As it is written, for people.
    pub fn shown(&self) -> String {
        let parts: Vec<&str> = self.requirements.iter().map(|one| one.shown.as_str()).collect();
        parts.join(", ")
    }
}

fn unreadable(node: &Node) -> Requirement {
    let shown = node.shown().map(std::borrow::Cow::into_owned).unwrap_or_default();
    Requirement { key: String::new(), test: Test::Unreadable, place: node.span(), shown }
}

fn equalities(node: &Node) -> Vec<Requirement> {
    if node.is_unknown() {
        return vec![unreadable(node)];
    }
    node.entries()
        .map(|entry| {
            let value =
                if entry.value.is_null() { Some(String::new()) } else { entry.value.scalar_text().map(Into::into) };
            let shown = format!("{}: {}", entry.key, entry.value.shown().unwrap_or_default());
            let test = if entry.key.contains("${") { Test::Unreadable } else { Test::In(vec![value]) };
            Requirement { key: entry.key.to_string(), test, place: entry.value.span(), shown }
        })
        .collect()
}

fn of_expression(node: &Node) -> Requirement {
    let text = |key: &str| node.get(key).and_then(Node::scalar_text).map(std::borrow::Cow::into_owned);
    let (Some(key), Some(operator)) = (text("key"), text("operator")) else { return unreadable(node) };
    let list = node.get("values");
    let values: Vec<Option<String>> = match list {
        Some(list) if list.is_unknown() => vec![None],
        Some(list) => list.items().iter().map(|value| value.scalar_text().map(std::borrow::Cow::into_owned)).collect(),
        None => Vec::new(),
    };
    let shown_values: Vec<&str> = values.iter().map(|value| value.as_deref().unwrap_or("?")).collect();
    let shown = match operator.as_str() {
        "In" | "NotIn" => format!("{key} {operator} [{}]", shown_values.join(", ")),
        _ => format!("{key} {operator}"),
    };
    let test = match operator.as_str() {
        "In" => Test::In(values),
        "NotIn" => Test::NotIn(values),
        "Exists" => Test::Exists,
        "DoesNotExist" => Test::Absent,
        _ => Test::Unreadable,
    };
    let place = match list.map(Node::items) {
        Some([only]) => only.span(),
        _ => node.get("key").unwrap_or(node).span(),
    };
    Requirement { key, test, place, shown }
}
