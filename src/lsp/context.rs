//! Where in a half-typed text the cursor stands: read from lines and indentation, since no parser reads what is not done.

use std::ops::Range;

/// What surrounds the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The keys from the document down to the value that is being typed; items of lists count as their list.
    pub keys: Vec<String>,
    /// The text of the value so far.
    pub range: Range<usize>,
    /// Keys beside the one that is being typed, with their values.
    pub beside: Vec<(String, String)>,
}

/// A line as far as it matters.
#[derive(Clone, Debug)]
struct Line<'t> {
    /// Where its own key or value begins: behind the dashes of list items.
    indent: usize,
    /// Where each dash stands.
    dashes: Vec<usize>,
    key: Option<&'t str>,
    value: &'t str,
    /// Where the value begins, in the text.
    value_at: usize,
}

/// What begins first on a line, and its column.
#[derive(Clone, Copy, Debug)]
enum Outer {
    Key(usize),
    Item(usize),
}

impl Outer {
    fn column(self) -> usize {
        match self {
            Outer::Key(column) | Outer::Item(column) => column,
        }
    }
}

impl Context {
    /// Reads the surroundings of a place; `None` inside of comments and where a key is being typed.
    pub fn at(text: &str, at: usize) -> Option<Self> {
        let before = text.get(..at)?;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let typed = Line::read(text.get(start..at)?, start)?;
        let end = at + text.get(at..)?.find(['\n', '\r']).unwrap_or(text.len() - at);
        // A word behind the cursor is replaced with the one before it.
        let behind = text.get(at..end)?;
        let word = behind.find([' ', ',', ']', '}', '#']).unwrap_or(behind.len());
        let is_value = typed.key.is_some() || !typed.dashes.is_empty();
        if !is_value {
            return None;
        }
        let mut range = typed.value_at..at + word;
        let mut keys: Vec<String> = typed.key.iter().map(|key| (*key).to_owned()).collect();
        let mut beside = Vec::new();
        let flow = Flow::read(text.get(typed.value_at..at)?, behind.get(word..)?);
        if let Some(flow) = &flow {
            range = at - flow.typed.len()..at + word;
            keys.insert(0, flow.key.to_owned());
            beside.extend(flow.beside.iter().cloned());
        }
        // What begins first on the line that was climbed to last, and whether its map is still that of the cursor.
        let mut outer = typed.outer();
        let mut is_own_map = flow.is_none() && typed.key.is_some() && typed.dashes.is_empty();
        for line in before.get(..start)?.lines().rev().take_while(|line| !is_separator(line)) {
            let Some(line) = Line::read(line, 0) else { continue };
            let is_parent = match outer {
                Outer::Key(column) if line.indent == column => {
                    beside.extend(line.entry().filter(|_| is_own_map));
                    if !line.dashes.is_empty() {
                        outer = line.outer();
                        is_own_map = false;
                    }
                    continue;
                }
                Outer::Key(column) => line.indent < column,
                Outer::Item(column) if line.dashes.contains(&column) => {
                    outer = line.outer();
                    continue;
                }
                Outer::Item(column) => line.indent <= column,
            };
            if let Some(key) = line.key.filter(|_| is_parent) {
                keys.push(key.to_owned());
                outer = line.outer();
                is_own_map = false;
            }
        }
        if flow.is_none() && typed.key.is_some() {
            for line in text.get(end..)?.lines().skip(1).take_while(|line| !is_separator(line)) {
                let Some(line) = Line::read(line, 0) else { continue };
                if line.outer().column() < typed.indent {
                    break;
                }
                beside.extend(line.entry().filter(|_| line.dashes.is_empty() && line.indent == typed.indent));
            }
        }
        keys.reverse();
        Some(Context { keys, range, beside })
    }

    /// The value of a key beside the one that is being typed.
    pub fn sibling(&self, key: &str) -> Option<&str> {
        self.beside.iter().find(|(own, _)| own == key).map(|(_, value)| value.as_str())
    }
}

/// A map in braces, on the line of the cursor.
struct Flow<'t> {
    key: &'t str,
    typed: &'t str,
    beside: Vec<(String, String)>,
}

impl<'t> Flow<'t> {
    /// `None` where the cursor stands behind no brace, or in a key.
    fn read(before: &'t str, behind: &'t str) -> Option<Self> {
        let inner = before.get(before.rfind('{')? + 1..)?;
        if inner.contains('}') {
            return None;
        }
        let (others, own) = inner.rsplit_once(',').unwrap_or(("", inner));
        let (key, typed) = own.split_once(':')?;
        let rest = behind.split('}').next().unwrap_or_default();
        let beside = others.split(',').chain(rest.split(',')).filter_map(|entry| {
            let (key, value) = entry.split_once(':')?;
            Some((key.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned()))
        });
        Some(Flow { key: key.trim(), typed: typed.trim_start(), beside: beside.collect() })
    }
}

impl<'t> Line<'t> {
    /// `None` for empty lines and comments.
    fn read(line: &'t str, at: usize) -> Option<Self> {
        let mut indent = line.len() - line.trim_start_matches(' ').len();
        let mut dashes = Vec::new();
        let mut rest = line.get(indent..)?;
        while let Some(item) = rest.strip_prefix("- ").or_else(|| rest.strip_prefix('-').filter(|rest| rest.is_empty()))
        {
            dashes.push(indent);
            let content = item.trim_start_matches(' ');
            indent = line.len() - content.len();
            rest = content;
        }
        if rest.starts_with('#') || (rest.trim().is_empty() && dashes.is_empty()) {
            return None;
        }
        let divided = rest.split_once(": ").or_else(|| rest.trim_end().strip_suffix(':').map(|key| (key, "")));
        let (key, value) = match divided {
            Some((key, value)) if !key.contains(['"', '{', '[']) => (Some(key.trim()), value),
            _ => (None, rest),
        };
        let trimmed = value.trim_start();
        let value_at = at + line.trim_end_matches(['\n', '\r']).len() - trimmed.len();
        Some(Line { indent, dashes, key, value: trimmed.trim_end(), value_at })
    }

    fn outer(&self) -> Outer {
        self.dashes.first().map_or(Outer::Key(self.indent), |column| Outer::Item(*column))
    }

    fn entry(&self) -> Option<(String, String)> {
        let value = self.value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']);
        Some((self.key?.to_owned(), value.to_owned()))
    }
}

/// Whether a line parts documents.
fn is_separator(line: &str) -> bool {
    line == "---" || line.starts_with("--- ")
}

/// The lines of the document around a place.
fn document(text: &str, at: usize) -> impl Iterator<Item = &str> {
    let mut offset = 0;
    let mut documents: Vec<(usize, Vec<&str>)> = vec![(0, Vec::new())];
    for line in text.split_inclusive('\n') {
        if is_separator(line.trim_end()) {
            documents.push((offset, Vec::new()));
        }
        if let Some((_, lines)) = documents.last_mut() {
            lines.push(line.trim_end());
        }
        offset += line.len();
    }
    let own = documents.into_iter().rev().find(|(start, _)| *start <= at);
    own.map(|(_, lines)| lines).unwrap_or_default().into_iter()
}

/// The value of a key at the top of the document around a place.
pub fn top(text: &str, at: usize, key: &str) -> Option<String> {
    let mut lines = document(text, at).filter_map(|line| Line::read(line, 0));
    let found = lines.find(|line| line.indent == 0 && line.key == Some(key))?;
    found.entry().map(|(_, value)| value)
}

/// The value of a key of `metadata` in the document around a place.
pub fn metadata(text: &str, at: usize, key: &str) -> Option<String> {
    let lines = document(text, at).filter_map(|line| Line::read(line, 0));
    let mut inside = lines.skip_while(|line| !(line.indent == 0 && line.key == Some("metadata"))).skip(1);
    let own = inside.by_ref().take_while(|line| line.indent > 0).find(|line| line.key == Some(key))?;
    own.entry().map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The context at `|`.
    fn at(text: &str) -> Context {
        let at = text.find('|').unwrap();
        Context::at(&text.replace('|', ""), at).unwrap()
    }

    #[test]
    fn keys_lead_down_to_the_cursor() {
        let context =
            at("kind: Kustomization\nspec:\n  interval: 1h\n  dependsOn:\n    - name: mi|\n      namespace: x\n");
        assert_eq!(context.keys, ["spec", "dependsOn", "name"]);
        assert_eq!(context.sibling("namespace"), Some("x"));
    }

    #[test]
    fn lists_may_stand_at_the_column_of_their_key() {
        assert_eq!(at("spec:\n  dependsOn:\n  - namespace: a\n    name: |\n").keys, ["spec", "dependsOn", "name"]);
        assert_eq!(at("resources:\n- a.yaml\n- b|\n").keys, ["resources"]);
        assert_eq!(at("resources:\n  - a.yaml\n  - |\n").keys, ["resources"]);
    }

    #[test]
    fn keys_beside_stand_before_and_behind() {
        let context = at(
            "spec:\n  valuesFrom:\n    - kind: Secret\n      name: |\n      optional: true\n    - kind: ConfigMap\n",
        );
        assert_eq!(context.keys, ["spec", "valuesFrom", "name"]);
        assert_eq!(context.sibling("kind"), Some("Secret"));
        assert_eq!(context.sibling("optional"), Some("true"));
    }

    #[test]
    fn maps_in_maps_have_all_their_keys() {
        let context = at(
            "spec:\n  chart:\n    spec:\n      chart: x\n      sourceRef:\n        kind: HelmRepository\n        name: pod|info\n",
        );
        assert_eq!(context.keys, ["spec", "chart", "spec", "sourceRef", "name"]);
        assert_eq!(context.sibling("kind"), Some("HelmRepository"));
    }

    #[test]
    fn maps_in_braces_are_read_on_their_line() {
        let context = at("spec:\n  sourceRef: {kind: GitRepository, name: f|, namespace: n}\n  path: x\n");
        assert_eq!(context.keys, ["spec", "sourceRef", "name"]);
        assert_eq!((context.sibling("kind"), context.sibling("namespace")), (Some("GitRepository"), Some("n")));
        assert_eq!(context.sibling("path"), None);
        assert_eq!(at("spec:\n  dependsOn:\n    - {name: |}\n").keys, ["spec", "dependsOn", "name"]);
    }

    #[test]
    fn the_word_around_the_cursor_is_replaced() {
        let text = "spec:\n  sourceRef:\n    name: podinfo # c\n";
        let context = Context::at(text, text.find("info").unwrap()).unwrap();
        assert_eq!(&text[context.range], "podinfo");
    }

    #[test]
    fn documents_have_their_own_head() {
        let text = "kind: A\n---\nkind: B\nmetadata:\n  labels:\n    x: y\n  namespace: n\nspec:\n  a: \n";
        assert_eq!(top(text, text.len() - 1, "kind").as_deref(), Some("B"));
        assert_eq!(metadata(text, text.len() - 1, "namespace").as_deref(), Some("n"));
        assert_eq!(top(text, 3, "kind").as_deref(), Some("A"));
    }

    #[test]
    fn nothing_half_typed_panics() {
        let text = "a:\n  - b: {c: [1, |\n ä: '\n\t- x\n- \n---\n-\n:\n: :\n";
        for at in 0..=text.len() {
            let _ = Context::at(text, at);
            let _ = (top(text, at, "kind"), metadata(text, at, "name"));
        }
    }
}
