//! Markdown of cards as plain lines.

/// Markdown as lines of a terminal: paragraphs and list items are filled, code blocks stay as they are.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut code = false;
    // Whether the next text continues the last line.
    let mut open = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            code = !code;
            open = false;
        } else if code {
            lines.push(format!("  {}", line.trim_end()));
        } else if trimmed.is_empty() {
            open = false;
        } else {
            let item = trimmed.starts_with("- ") || trimmed.starts_with("* ");
            if item || !open {
                lines.push(String::new());
            }
            fill(&mut lines, trimmed, width);
            open = true;
        }
    }
    lines
}

/// Markdown as one line: what stood on several is only separated by spaces.
pub(super) fn joined(text: &str) -> String {
    let lines = wrapped(text, usize::MAX);
    let words: Vec<&str> = lines.iter().flat_map(|line| line.split_whitespace()).collect();
    words.join(" ")
}

/// Adds words to the last line, and lines as the width asks for them.
fn fill(lines: &mut Vec<String>, text: &str, width: usize) {
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(last) if last.is_empty() => last.push_str(word),
            Some(last) if last.chars().count() + 1 + word.chars().count() <= width => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_and_items_are_filled_and_code_stays() {
        let text = "one two\nthree\n\n- four five\n- six\n```yaml\na:  b\n```\nlast";
        assert_eq!(wrapped(text, 9), ["one two", "three", "- four", "five", "- six", "  a:  b", "last"]);
        assert_eq!(wrapped("", 9), Vec::<String>::new());
        assert_eq!(joined(text), "one two three - four five - six a: b last");
    }
}
