//! A root as a question sees it: places in it as the client counts and names them.

use gen_lsp_types::{Location, Range, Uri};

use super::client::Client;
use super::position::Lines;
use super::root::Root;
use super::snapshot::Snapshot;
use crate::source::Span;

/// A root and the client that asks.
pub struct View<'r> {
    /// The root.
    pub root: &'r Root,
    /// The client.
    pub client: Client,
}

impl View<'_> {
    /// The lines of a text.
    pub fn lines<'t>(&self, text: &'t str) -> Lines<'t> {
        Lines::new(text, self.client.encoding)
    }

    /// A place of a check.
    pub fn location(&self, snapshot: &Snapshot, span: Span) -> Location {
        let file = snapshot.checked.sources.file(span.file);
        Location { uri: self.root.uri(&file.path), range: self.lines(&file.text).region(span.range()) }
    }

    /// A place of a check, without its file.
    pub fn region(&self, snapshot: &Snapshot, span: Span) -> Range {
        self.lines(&snapshot.checked.sources.file(span.file).text).region(span.range())
    }

    /// The beginning of a file.
    pub fn head(&self, path: &str) -> Location {
        Location { uri: self.root.uri(path), range: Range::default() }
    }

    /// A link to a place, for Markdown.
    pub fn link(&self, snapshot: &Snapshot, span: Span) -> String {
        let at = snapshot.checked.sources.location(span);
        let words = format!("{}:{}", at.path, at.line);
        if self.client.has_markdown {
            let Uri(uri) = self.root.uri(&at.path);
            format!("[{words}]({uri}#L{})", at.line)
        } else {
            words
        }
    }
}
