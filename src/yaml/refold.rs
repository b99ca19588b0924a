//! What becomes of a folded block scalar that kustomize prints and reads again: its printer puts an empty line before
//! more-indented lines too, where it means something. Source: go.yaml.in/yaml v3 `emitterc.go`
//! (`yaml_emitter_write_folded_scalar`), `scannerc.go`; kyaml `yaml/rnode.go` (`MarshalJSON` prints and reads).

use std::borrow::Cow;

/// The text after that; the same where nothing is lost.
pub fn refolded(text: &str) -> Cow<'_, str> {
    // Without a line break there is nothing to fold, and these texts are printed in double quotes.
    if !text.contains('\n') || text.contains(" \n") || text.ends_with(' ') || text.chars().any(is_special) {
        return Cow::Borrowed(text);
    }
    let read = read(&printed(text), Keep::of(text));
    if read == text { Cow::Borrowed(text) } else { Cow::Owned(read) }
}

fn is_special(c: char) -> bool {
    (c.is_control() && !matches!(c, '\t' | '\n' | '\u{85}')) || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn is_blank(c: Option<char>) -> bool {
    matches!(c, Some(' ' | '\t'))
}

/// The lines below the header, without their indentation.
fn printed(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let (mut breaks, mut indented) = (true, true);
    // The printer looks at the first line of the whole text where it means the next one.
    let first = text.trim_start_matches('\n').chars().next();
    let starts_blank = first.is_none() || is_blank(first);
    for c in text.chars() {
        if c == '\n' {
            if !breaks && !indented && !starts_blank {
                out.push('\n');
            }
            out.push('\n');
            breaks = true;
        } else {
            if breaks {
                indented = is_blank(Some(c));
            }
            out.push(c);
            breaks = false;
        }
    }
    out
}

/// Line breaks at the end that count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    None,
    One,
    All,
}

impl Keep {
    fn of(text: &str) -> Self {
        match text.strip_suffix('\n') {
            None => Keep::None,
            Some("") => Keep::All,
            Some(rest) if rest.ends_with('\n') => Keep::All,
            Some(_) => Keep::One,
        }
    }
}

/// Folds lines as a reader does.
fn read(lines: &str, keep: Keep) -> String {
    let mut out = String::with_capacity(lines.len());
    let (mut pending, mut empty) = (false, 0_usize);
    let mut was_indented = false;
    for line in lines.trim_end_matches('\n').split('\n') {
        if line.is_empty() {
            empty += 1;
            continue;
        }
        let is_indented = is_blank(line.chars().next());
        if pending && !was_indented && !is_indented {
            if empty == 0 {
                out.push(' ');
            }
        } else if pending {
            out.push('\n');
        }
        out.extend(std::iter::repeat_n('\n', empty));
        out.push_str(line);
        (pending, empty, was_indented) = (true, 0, is_indented);
    }
    let ending = lines.len() - lines.trim_end_matches('\n').len();
    let kept = match keep {
        Keep::None => 0,
        Keep::One => ending.min(1),
        Keep::All => ending,
    };
    out.extend(std::iter::repeat_n('\n', kept));
    out
}

#[cfg(test)]
mod tests {
    use super::refolded;

    /// Recorded with `kustomize build` v5.8.1.
    #[test]
    fn folded_texts_change_as_they_do_in_the_real_tool() {
        for (text, expected) in [
            ("a\n  more\nb c\nd\n", "a\n\n  more\nb c\nd\n"),
            ("plain folded", "plain folded"),
            ("  lead\nx y\n", "  lead\nx y\n"),
            ("a\n\ttab\nend\n\n", "a\n\n\ttab\nend\n\n\n"),
            ("text\n\n  more\n  more2\n\nback\n", "text\n\n\n  more\n  more2\n\nback\n"),
            ("a  \n  b\n", "a  \n  b\n"),
            ("\n s1\nw2 x\nw4 x\n", "\n s1\nw2 x w4 x\n"),
            ("\nw1\n\nw4\n  m5", "\nw1\n\nw4\n\n  m5"),
            ("\n\n", "\n\n"),
        ] {
            assert_eq!(refolded(text), expected, "{text:?}");
        }
    }
}
