//! Answers about who reaches whom: one question in text or JSON, a namespace as a table.

mod json;
mod markdown;
mod svg;
mod text;

use crate::cluster::pods::Answer;
use crate::cluster::reach::explain::End;
use crate::cluster::reach::matrix::{Cell, Matrix};

pub use text::way;

/// The answer to one question.
#[derive(Clone, Debug)]
pub struct Way {
    /// Entry path of the cluster.
    pub entry: String,
    /// The source.
    pub from: String,
    /// The target.
    pub to: String,
    /// The port of the target; none where none is known.
    pub port: Option<String>,
    /// Both ends.
    pub ends: [End; 2],
    /// What is to be known besides.
    pub notes: Vec<String>,
}

impl Way {
    /// Whether traffic arrives.
    pub fn passes(&self) -> Answer {
        Answer::all(self.ends.iter().map(|end| end.passes))
    }
}

/// A form of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// Columns of text.
    Text,
    /// A table of Markdown.
    Markdown,
    /// For programs.
    Json,
    /// A finished picture.
    Svg,
}

/// Writes the tables of some namespaces. The same tables give the same bytes.
pub fn matrices(all: &[Matrix], form: Table) -> String {
    match form {
        Table::Text => markdown::write(all, false),
        Table::Markdown => markdown::write(all, true),
        Table::Json => json::matrices(all),
        Table::Svg => svg::write(all),
    }
}

/// Writes answers for programs.
pub fn ways(all: &[Way], sources: &crate::source::Sources) -> String {
    json::ways(all, sources)
}

/// The word for an answer.
fn word(answer: Answer) -> &'static str {
    match answer {
        Answer::Yes => "allowed",
        Answer::No => "denied",
        Answer::Unknown => "unknown",
    }
}

/// The sign of a cell in a table of text: those that the tree needs stand in brackets.
fn sign(cell: Cell) -> &'static str {
    match (cell.passes, cell.is_needed) {
        (Answer::Yes, false) => "yes",
        (Answer::Yes, true) => "[yes]",
        (Answer::No, false) => "no",
        (Answer::No, true) => "[NO]",
        (Answer::Unknown, false) => "?",
        (Answer::Unknown, true) => "[?]",
    }
}
