//! Values of objects, found by a place in a file, with the chain behind each.

use super::snapshot::{Seen, Snapshot, holds};
use crate::build::Object;
use crate::build::trail::steps;
use crate::cluster::secrets::{in_file, leaks, secret_data};
use crate::finding::Label;
use crate::source::{FileId, Sources, Span};
use crate::yaml::{Node, Origin, Value};

/// Longest value that is shown (characters).
const SHOWN: usize = 80;

/// A value of an object.
pub struct Hit<'s> {
    /// Its cluster.
    pub cluster: &'s Seen,
    /// Its object.
    pub object: &'s Object,
    /// Its path in the object.
    pub path: String,
    /// The value.
    pub node: &'s Node,
}

/// The values that come from a place: those with the narrowest text there.
pub fn at(snapshot: &Snapshot, file: FileId, at: usize) -> Vec<Hit<'_>> {
    let mut search = Search { file, at, narrowest: usize::MAX, hits: Vec::new() };
    for cluster in &snapshot.clusters {
        for object in &cluster.objects {
            search.look(cluster, object, &object.node, String::new(), None);
        }
    }
    search.hits
}

struct Search<'s> {
    file: FileId,
    at: usize,
    narrowest: usize,
    hits: Vec<Hit<'s>>,
}

impl<'s> Search<'s> {
    fn look(&mut self, cluster: &'s Seen, object: &'s Object, node: &'s Node, path: String, key: Option<Span>) {
        match &node.value {
            Value::Map(map) => {
                for entry in map.iter() {
                    let own = if entry.key.contains('.') { format!("[{}]", entry.key) } else { entry.key.to_string() };
                    let dot = if path.is_empty() || own.starts_with('[') { "" } else { "." };
                    let below = format!("{path}{dot}{own}");
                    self.look(cluster, object, &entry.value, below, Some(entry.key_span));
                }
            }
            Value::Seq(items) => {
                for (position, item) in items.iter().enumerate() {
                    self.look(cluster, object, item, format!("{path}[{position}]"), None);
                }
            }
            _ => {
                let own = self.width(&node.origin);
                let of_key = key.filter(|key| holds(*key, self.file, self.at)).map(|key| key.range().len());
                let Some(width) = own.into_iter().chain(of_key).min() else { return };
                if width < self.narrowest {
                    self.narrowest = width;
                    self.hits.clear();
                }
                if width == self.narrowest {
                    self.hits.push(Hit { cluster, object, path, node });
                }
            }
        }
    }

    /// The length of the narrowest text at the place that the value went through.
    fn width(&self, origin: &Origin) -> Option<usize> {
        let mut found = None;
        let mut next = Some(origin);
        while let Some(origin) = next {
            let span = origin.span();
            if holds(span, self.file, self.at) {
                let width = span.range().len();
                found = Some(found.map_or(width, |known: usize| known.min(width)));
            }
            next = match origin {
                Origin::Source(_) => None,
                Origin::Derived(derivation) => derivation.before.as_ref(),
            };
        }
        found
    }
}

impl Hit<'_> {
    /// How the value came to be, the oldest place first.
    pub fn steps(&self) -> Vec<Label> {
        steps(self.node)
    }

    /// The value as text; `None` for one that is long, or secret.
    pub fn shown(&self, sources: &Sources) -> Option<String> {
        let text = self.node.shown()?;
        let is_data = self.object.kind() == "Secret" && self.path.to_lowercase().contains("data");
        if is_data || text.contains('\n') || self.holds_credential(&text, sources) {
            return None;
        }
        let cut: String = text.chars().take(SHOWN).collect();
        Some(if cut.len() < text.len() { format!("{cut}…") } else { cut })
    }

    /// Whether the value, or a place it comes from, is hidden in reports.
    fn holds_credential(&self, text: &str, sources: &Sources) -> bool {
        let key = self.path.rsplit(['.', '[']).next().unwrap_or_default().trim_end_matches(']');
        !leaks(key, text).is_empty()
            || self.steps().iter().any(|step| {
                let (text, place) = (&sources.file(step.span.file).text, step.span.range());
                let mut hidden = secret_data(text).into_iter().chain(in_file(text));
                hidden.any(|range| range.start < place.end && place.start < range.end)
            })
    }
}
