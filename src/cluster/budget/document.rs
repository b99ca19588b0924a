//! Sums that a document states: Markdown tables behind a comment that says what they are about.

use super::table::Column;
use crate::cluster::quantity::Quantity;
use crate::source::{FileId, Sources, Span};

/// The comment that begins an account in a document: `<!-- flux-vet: budget Kind/namespace/name … -->`.
pub const MARK: &str = "flux-vet: budget";

/// What a table is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The whole cluster.
    Cluster,
    /// A namespace.
    Namespace(String),
    /// An object, or a part of it: a component of a release, a pool of a Tenant.
    Object {
        /// Kind.
        kind: String,
        /// Namespace.
        namespace: String,
        /// Name.
        name: String,
        /// The part; all where there is none.
        part: Option<String>,
    },
}

/// A sum that a cell states.
#[derive(Clone, Debug)]
pub struct Stated {
    /// The amount in the cell.
    pub place: Span,
    /// As written.
    pub text: String,
    /// What it sums.
    pub column: Column,
    /// How much.
    pub amount: Quantity,
    /// How far the true sum may be away where the text is rounded.
    pub tolerance: Quantity,
    /// It is a change: what there was before.
    pub before: Option<Quantity>,
}

/// A table with its subjects.
#[derive(Clone, Debug)]
pub struct Account {
    /// The comment.
    pub place: Span,
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// Subjects that cannot be read.
    pub unread: Vec<String>,
    /// The sums.
    pub stated: Vec<Stated>,
}

/// Every account of a document.
pub fn accounts(sources: &Sources, file: FileId) -> Vec<Account> {
    let text = sources.file(file).text.clone();
    let mut accounts: Vec<Account> = Vec::new();
    let mut table: Vec<Vec<Cell<'_>>> = Vec::new();
    let mut is_open = false;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        if let Some(found) = comment(line) {
            let (subjects, unread) = subjects(found);
            let place = Span::new(file, at..at + line.trim_end().len());
            accounts.push(Account { place, subjects, unread, stated: Vec::new() });
            is_open = true;
            continue;
        }
        let is_row = line.trim_start().starts_with('|');
        if is_row && is_open {
            table.push(cells(line, at));
        } else if !table.is_empty() {
            is_open = false;
            close(&mut accounts, &mut table, file);
        }
    }
    close(&mut accounts, &mut table, file);
    accounts
}

fn close(accounts: &mut [Account], table: &mut Vec<Vec<Cell<'_>>>, file: FileId) {
    if let Some(account) = accounts.last_mut().filter(|_| !table.is_empty()) {
        account.stated = sums(table, file);
    }
    table.clear();
}

/// The words of a comment that begins an account.
fn comment(line: &str) -> Option<&str> {
    let inner = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    inner.strip_prefix(MARK).filter(|rest| rest.is_empty() || rest.starts_with(' '))
}

fn subjects(words: &str) -> (Vec<Subject>, Vec<String>) {
    let (mut subjects, mut unread) = (Vec::new(), Vec::new());
    for word in words.split_whitespace() {
        let subject = match word.split('/').collect::<Vec<_>>().as_slice() {
            ["cluster"] => Some(Subject::Cluster),
            ["namespace", name] => Some(Subject::Namespace((*name).to_owned())),
            [kind, namespace, name, part @ ..] if part.len() < 2 => Some(Subject::Object {
                kind: (*kind).to_owned(),
                namespace: (*namespace).to_owned(),
                name: (*name).to_owned(),
                part: part.first().map(|part| (*part).to_owned()),
            }),
            _ => None,
        };
        match subject {
            Some(subject) => subjects.push(subject),
            None => unread.push(word.to_owned()),
        }
    }
    (subjects, unread)
}

/// A cell and where its text begins.
#[derive(Clone, Copy)]
struct Cell<'t> {
    at: usize,
    text: &'t str,
}

fn cells(line: &str, start: usize) -> Vec<Cell<'_>> {
    let row = line.trim_end();
    let row = row.strip_suffix('|').unwrap_or(row);
    let mut at = start;
    let mut cells = Vec::new();
    for (index, part) in row.split('|').enumerate() {
        if index > 0 {
            let text = part.trim_matches(|c: char| c.is_whitespace() || c == '*');
            let inside = part.find(text).unwrap_or_default();
            cells.push(Cell { at: at + inside, text });
        }
        at += part.len() + 1;
    }
    cells
}

/// The sums of a table: its row of totals, or a row for each measure with a column `after` or `total`.
fn sums(table: &[Vec<Cell<'_>>], file: FileId) -> Vec<Stated> {
    let Some((head, rows)) = table.split_first() else { return Vec::new() };
    let mut stated = Vec::new();
    for row in rows.iter().filter(|row| row.first().is_some_and(|cell| is_total(cell.text))) {
        for (title, cell) in head.iter().zip(row).skip(1) {
            if let Some(column) = column(title.text) {
                stated.extend(sum(*cell, column, None, file));
            }
        }
    }
    let find = |names: &[&str]| head.iter().position(|cell| names.contains(&cell.text.to_lowercase().as_str()));
    let Some(after) = find(&["after", "total", "sum"]) else { return stated };
    let (before, change) = (find(&["before"]), find(&["delta", "change", "difference"]));
    for row in rows {
        let Some(column) = row.first().and_then(|cell| column(cell.text)) else { continue };
        let Some(cell) = row.get(after) else { continue };
        stated.extend(sum(*cell, column.clone(), None, file));
        if column == Column::Claims {
            stated.extend(sizes(*cell, file));
        }
        let old = before.and_then(|at| amount(row.get(at)?.text));
        if let (Some((_, old, _)), Some(cell)) = (old, change.and_then(|at| row.get(at))) {
            stated.extend(sum(*cell, column, Some(old), file));
        }
    }
    stated
}

fn is_total(text: &str) -> bool {
    let text = text.to_lowercase();
    text == "total" || text == "sum" || text.starts_with("total ")
}

/// What the title of a column or row names.
fn column(title: &str) -> Option<Column> {
    let title = title.to_lowercase();
    let has = |word: &str| title.contains(word);
    let resource = if has("cpu") { "cpu" } else { "memory" };
    if has("claim") || has("pvc") {
        Some(Column::Claims)
    } else if has("cpu") || has("memory") || has("ram") {
        let resource = resource.to_owned();
        Some(if has("limit") { Column::Limits(resource) } else { Column::Requests(resource) })
    } else if has("pod") || title == "count" || has("replicas") {
        Some(Column::Pods)
    } else if has("storage") || has("volume") {
        Some(Column::Storage)
    } else {
        None
    }
}

fn sum(cell: Cell<'_>, column: Column, before: Option<Quantity>, file: FileId) -> Option<Stated> {
    let (text, amount, tolerance) = amount(cell.text)?;
    let place = Span::new(file, cell.at..cell.at + text.len());
    Some(Stated { place, text: text.to_owned(), column, amount, tolerance, before })
}

/// `7 (100Gi+20Gi)`: the sizes behind a number of claims.
fn sizes(cell: Cell<'_>, file: FileId) -> Option<Stated> {
    let (_, rest) = cell.text.split_once('(')?;
    let (inner, _) = rest.split_once(')')?;
    let amounts: Option<Vec<Quantity>> = inner
        .split('+')
        .map(|part| amount(part.trim()).filter(|(text, ..)| text.ends_with('i')).map(|one| one.1))
        .collect();
    let at = cell.at + (cell.text.len() - rest.len());
    Some(Stated {
        place: Span::new(file, at..at + inner.len()),
        text: inner.to_owned(),
        column: Column::Storage,
        amount: amounts?.into_iter().sum(),
        tolerance: Quantity::ZERO,
        before: None,
    })
}

/// The amount that a text begins with, with its sign; and how far a rounded one may be from the truth.
fn amount(text: &str) -> Option<(&str, Quantity, Quantity)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let suffix = unsigned.get(digits..)?.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(unsigned.len() - digits);
    let length = text.len() - unsigned.len() + digits + suffix;
    let written = text.get(..length)?;
    let value = Quantity::parse(written)?;
    let decimals = unsigned.get(..digits)?.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let unit = format!("0.{}5{}", "0".repeat(decimals), unsigned.get(digits..digits + suffix)?);
    let tolerance = if decimals == 0 { Quantity::ZERO } else { Quantity::parse(&unit)? };
    Some((written, value, tolerance))
}
