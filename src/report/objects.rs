//! Built objects as YAML, each value with the place it came from if that is asked for.

use hashbrown::HashMap;

use crate::source::Sources;
use crate::yaml::emit::{Place, Written, emit};
use crate::yaml::{Map, Node, Origin, Value};

use super::escape;

/// How objects are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ObjectStyle {
    /// Each value with the place it came from, as a comment.
    pub origins: bool,
    /// Values of Secrets are printed.
    pub secrets: bool,
}

/// What stands for a value of a Secret.
const HIDDEN: &str = "<hidden>";

/// One object as a YAML document, without a separator.
pub fn object(node: &Node, sources: &Sources, style: ObjectStyle) -> String {
    let is_secret = node.get("kind").and_then(Node::as_str) == Some("Secret");
    let node = if is_secret && !style.secrets { without_secrets(node) } else { node.clone() };
    let printed = emit(&node);
    if !style.origins {
        return printed.text;
    }
    // The last value that begins on a line and ends on it says where the line came from.
    let mut comments: HashMap<usize, String> = HashMap::new();
    let mut starts = vec![0];
    starts.extend(printed.text.match_indices('\n').map(|(at, _)| at + 1));
    let line_of = |at: usize| starts.partition_point(|start| *start <= at).saturating_sub(1);
    for place in &printed.places {
        if let Some(line) = comment_line(place, &printed.text, line_of) {
            comments.insert(line, origin(&place.origin, sources));
        }
    }
    let lines = printed.text.lines().enumerate();
    lines
        .map(|(line, text)| match comments.get(&line) {
            Some(comment) => format!("{text} # {comment}\n"),
            None => format!("{text}\n"),
        })
        .collect()
}

/// The line that can bear the comment of a value: that of its header for a block scalar, its last one otherwise.
fn comment_line(place: &Place, text: &str, line_of: impl Fn(usize) -> usize) -> Option<usize> {
    let written = text.get(place.range.clone())?;
    match place.what {
        Written::Key => None,
        Written::Collection if written == "{}" || written == "[]" => Some(line_of(place.range.start)),
        Written::Collection => None,
        Written::Scalar if written.starts_with(['|', '>']) => Some(line_of(place.range.start)),
        Written::Scalar => Some(line_of(place.range.end.saturating_sub(1).max(place.range.start))),
    }
}

fn origin(origin: &Origin, sources: &Sources) -> String {
    let at = sources.location(origin.span());
    let place = format!("{}:{}", escape::path(&at.path), at.line);
    match origin.chain().first() {
        Some((Some(step), _)) => format!("{place} ({})", escape::line(&step.label())),
        _ => place,
    }
}

fn without_secrets(node: &Node) -> Node {
    let mut node = node.clone();
    for field in ["data", "stringData"] {
        let Some(map) = node.as_map_mut().and_then(|map| map.get_mut(field)).map(|field| &mut field.value) else {
            continue;
        };
        if let Value::Map(values) = map {
            let mut hidden = Map::default();
            for entry in values.iter() {
                let value = Node { value: Value::Str(HIDDEN.into()), origin: entry.value.origin.clone() };
                hidden.set(&entry.key, entry.key_span, value);
            }
            *map = Value::Map(std::sync::Arc::new(hidden));
        }
    }
    node
}
