//! A text of the tree that a client or a store uses, as far as it is known, and the place of each of its bytes.

use std::ops::Range;

use super::endpoint::Endpoint;
use crate::cluster::{Cluster, trail};
use crate::finding::Label;
use crate::source::Span;
use crate::yaml::{Content, Node};

/// A text with its place.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text; `None` where only a run would tell.
    pub known: Option<String>,
    /// The place of the whole.
    pub span: Span,
    /// The chain behind it.
    pub trail: Vec<Label>,
    /// Whether it stands in the file as it is used.
    pub as_written: bool,
    node: Option<Node>,
}

impl Text {
    /// The text of a node; `None` for nodes that give no text: null, empty, lists and maps.
    pub fn of(node: &Node) -> Option<Self> {
        let shown = node.shown()?;
        if shown.is_empty() {
            return None;
        }
        let known = node.scalar_text().filter(|text| is_literal(text)).map(std::borrow::Cow::into_owned);
        Some(Text {
            known,
            span: node.span(),
            trail: trail(node),
            as_written: node.origin.is_source(),
            node: Some(node.clone()),
        })
    }

    /// A text at a place that is known otherwise.
    pub fn at(known: Option<String>, span: Span) -> Self {
        Text { known, span, trail: Vec::new(), as_written: true, node: None }
    }

    /// A text that cannot be known, at the same place.
    #[must_use]
    pub fn hidden(self) -> Self {
        Text { known: None, node: None, ..self }
    }

    /// The same text with another content that stands in a part of it.
    #[must_use]
    pub fn part(&self, cluster: &Cluster<'_>, known: Option<String>, range: Range<usize>) -> Self {
        let span = self.narrow(cluster, range);
        Text { known, span, trail: self.trail.clone(), as_written: self.as_written && span != self.span, node: None }
    }

    /// The place of a part of the text.
    pub fn narrow(&self, cluster: &Cluster<'_>, range: Range<usize>) -> Span {
        match &self.node {
            Some(node) => match node.as_str() {
                Some(text) => content(cluster, node, text).span(range),
                None => self.span,
            },
            None => {
                let start = self.span.start.saturating_add(u32::try_from(range.start).unwrap_or(u32::MAX));
                let length = u32::try_from(range.len()).unwrap_or(u32::MAX);
                let whole = (self.span.end - self.span.start) as usize;
                let fits = self.known.as_ref().is_some_and(|text| text.len() == whole) && range.end <= whole;
                if fits { Span { file: self.span.file, start, end: start.saturating_add(length) } } else { self.span }
            }
        }
    }

    /// The text as an endpoint.
    pub fn endpoint(&self) -> Option<Endpoint> {
        // What follows the host may hold anything.
        match (&self.known, &self.node) {
            (Some(text), _) => Endpoint::parse(text),
            (None, Some(node)) => {
                let text = node.as_str()?;
                let start = text.find("://").map_or(0, |at| at + 3);
                let end = text.get(start..)?.find('/').map(|at| start + at)?;
                Endpoint::parse(text.get(..end)?)
            }
            (None, None) => None,
        }
    }

    /// Whether it is known to be one of these.
    pub fn is(&self, wanted: &[String]) -> bool {
        self.known.as_ref().is_some_and(|text| wanted.contains(text))
    }
}

/// The places of a scalar's text.
pub fn content(cluster: &Cluster<'_>, node: &Node, text: &str) -> Content {
    let span = node.span();
    Content::new(&cluster.sources().file(span.file), span, text)
}

/// Whether a text is used as it stands: no variable of a shell, of Kubernetes or of a later stage, no template.
pub fn is_literal(text: &str) -> bool {
    !text.contains('$') && !text.contains("{{") && !text.starts_with("ENC[")
}
