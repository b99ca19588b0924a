//! What a finding says never holds the secret that stands where it points: any rule may quote a value.

use hashbrown::HashMap;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use crate::cluster::secrets::{in_file, secret_data};
use crate::finding::Finding;
use crate::source::{File, FileId, Sources, Span};

/// What stands in place of a value.
const HIDDEN: &str = "<redacted>";
/// Lines before and behind a place that are looked at for credentials: a name may stand beside its value.
const AROUND: usize = 2;
/// Lines of a place that are looked at; rules quote no longer values.
const MAX_LINES: usize = 40;
/// Shorter values occur in other words by chance.
const MIN_VALUE: usize = 4;

/// The secrets of the files that findings point at; each file is looked at once.
#[derive(Default)]
pub(super) struct Silence {
    files: HashMap<FileId, Arc<[Range<usize>]>>,
    /// What looks like a credential on some lines: many findings may stand on the same ones.
    near: HashMap<(FileId, Range<usize>), Arc<[String]>>,
    /// The names of the variables on some lines.
    named: HashMap<(FileId, Range<usize>), Arc<[String]>>,
    /// The values of all Secrets by their keys, for variables that are filled from them; read once a variable is met.
    variables: Option<HashMap<String, Vec<String>>>,
}

impl Silence {
    /// Takes the secrets at the places of a finding out of everything it says. A fix that would write one is dropped.
    pub(super) fn silence(&mut self, sources: &Sources, finding: &mut Finding) {
        let mut secrets: Vec<String> = Vec::new();
        for label in finding.related.iter().chain(&finding.trail).chain([&finding.primary]) {
            let file = sources.file(label.span.file);
            secrets.extend(self.near(label.span, &file).iter().cloned());
            let own = lines(&file, label.span, 0);
            secrets.extend(
                within(&file, &self.data_of(label.span.file, &file), own.clone())
                    .filter(|text| !is_name(finding, text)),
            );
            let names = self.named.entry((label.span.file, own.clone())).or_insert_with(|| {
                let text = file.text.get(own).unwrap_or_default();
                variables(text).map(ToOwned::to_owned).collect()
            });
            for name in names.iter() {
                let values = self.variables.get_or_insert_with(|| by_key(sources)).get(name);
                secrets.extend(values.into_iter().flatten().filter(|text| !is_name(finding, text)).cloned());
            }
        }
        secrets.retain(|secret| secret.len() >= MIN_VALUE);
        if secrets.is_empty() {
            return;
        }
        // The longest first: one may be a part of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let labels = finding.related.iter_mut().chain(&mut finding.trail).chain([&mut finding.primary]);
        let texts = labels.map(|label| &mut label.message);
        for text in texts.chain([&mut finding.message, &mut finding.why, &mut finding.help, &mut finding.path]) {
            for secret in &secrets {
                if text.contains(secret.as_str()) {
                    *text = text.replace(secret.as_str(), HIDDEN);
                }
            }
        }
        let writes_one = |text: &String| secrets.iter().any(|secret| text.contains(secret.as_str()));
        finding.fix.take_if(|fix| writes_one(&fix.title) || fix.edits.iter().any(|edit| writes_one(&edit.text)));
    }

    /// What looks like a credential on the lines of a place and around it.
    fn near(&mut self, span: Span, file: &File) -> Arc<[String]> {
        let lines = lines(file, span, AROUND);
        let look = |lines: Range<usize>| {
            let near = file.text.get(lines).unwrap_or_default();
            let found = in_file(near).into_iter().filter_map(|range| near.get(range)).map(bare);
            found.filter(|secret| secret.len() >= MIN_VALUE).collect()
        };
        self.near.entry((span.file, lines.clone())).or_insert_with(|| look(lines)).clone()
    }

    /// Where the data of Secrets stands in a file.
    fn data_of(&mut self, id: FileId, file: &File) -> Arc<[Range<usize>]> {
        self.files.entry(id).or_insert_with(|| secret_data(&file.text).into()).clone()
    }
}

/// The names of the variables in a text.
fn variables(text: &str) -> impl Iterator<Item = &str> {
    text.split("${").skip(1).filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next())
}

/// The plain values of all Secrets by their keys.
fn by_key(sources: &Sources) -> HashMap<String, Vec<String>> {
    let mut values: HashMap<String, Vec<String>> = HashMap::new();
    let files = sources.files();
    let found: Vec<_> = files.par_iter().map(|(_, file)| (file, secret_data(&file.text))).collect();
    for (file, ranges) in found {
        for range in ranges {
            let line = file.line_range(file.line_index(range.start)).map_or(range.start, |line| line.start);
            let before = file.text.get(line..range.start).unwrap_or_default();
            let key = before.trim().trim_end_matches([':', '=']).trim_matches([' ', '-', '"', '\'']);
            values.entry(key.to_owned()).or_default().extend(file.text.get(range).map(bare));
        }
    }
    values
}

/// Whether a text names the object or the field that the finding is about.
fn is_name(finding: &Finding, text: &str) -> bool {
    let object = finding.object.as_ref();
    let names = object.iter().flat_map(|object| [Some(&object.kind), Some(&object.name), object.namespace.as_ref()]);
    names.flatten().any(|name| name == text) || finding.path.ends_with(text)
}

/// The bytes of the lines of a place, and of some around it.
fn lines(file: &File, span: Span, around: usize) -> Range<usize> {
    let range = span.range();
    let first = file.line_index(range.start).saturating_sub(around);
    let last = (file.line_index(range.end) + around).min(first + MAX_LINES);
    let start = file.line_range(first).map_or(0, |line| line.start);
    let end = (first..=last).rev().find_map(|line| file.line_range(line)).map_or(file.text.len(), |line| line.end);
    start..end
}

/// The texts of the ranges that begin in a part of a file, without quotes and comments.
fn within<'f>(file: &'f File, ranges: &[Range<usize>], part: Range<usize>) -> impl Iterator<Item = String> + 'f {
    let inside: Vec<Range<usize>> = ranges.iter().filter(|range| part.contains(&range.start)).cloned().collect();
    inside.into_iter().filter_map(|range| file.text.get(range)).map(bare)
}

/// A value without its quotes and the comment behind it.
fn bare(text: &str) -> String {
    let text = text.split_once(" #").map_or(text, |(text, _)| text);
    text.trim().trim_matches(['"', '\'']).to_owned()
}
