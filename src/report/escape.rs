//! What manifests put into output is made harmless: text that could steer a terminal, a log reader or a CI runner is
//! shown instead of obeyed.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Text on one line: line breaks and tabs collapse to a space, characters that nobody sees become visible.
pub(super) fn line(text: &str) -> String {
    let mut out = Cleaned::with_capacity(text.len());
    let mut after_break = false;
    for c in text.trim().chars() {
        let is_break = matches!(c, '\n' | '\r' | '\t');
        match c {
            _ if is_break => out.space(),
            ' ' if after_break => {}
            c => out.push(c),
        }
        after_break = is_break || (after_break && c == ' ');
    }
    without_commands(out.text.trim_end())
}

/// Text on several lines, with `\n` between them; a tab stays.
pub(super) fn lines(text: &str) -> String {
    let mut out = Cleaned::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' | '\t' => out.text.push(c),
            c => out.push(c),
        }
    }
    without_commands(&out.text)
}

/// A path as it stands before `:line:column`: nothing in it can be read as a position, a command or a line break.
pub(super) fn path(path: &str) -> String {
    let mut out = Cleaned::with_capacity(path.len());
    let mut chars = path.chars().peekable();
    let mut first = true;
    while let Some(c) = chars.next() {
        let at_edge = first || chars.peek().is_none();
        let position = c == ':' && chars.peek().is_some_and(char::is_ascii_digit);
        if position || (at_edge && (c == ':' || c.is_whitespace())) {
            out.visible(c);
        } else {
            out.push(c);
        }
        first = false;
    }
    without_commands(&out.text)
}

/// Text on one line as it may stand in an element of XML or between quotes.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in line(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // No character of XML 1.0.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Cuts text to a number of characters, with a mark where something was cut.
pub(super) fn cut(text: &str, limit: usize) -> Cow<'_, str> {
    match text.char_indices().nth(limit) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let end = text.char_indices().nth(limit.saturating_sub(1)).map_or(0, |(at, _)| at);
            Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default()))
        }
    }
}

/// One character of a source line, shown as it may be printed; the character before it is the one that was shown.
pub(super) fn push_source(out: &mut String, c: char) {
    if invisible(out.chars().next_back(), c) && c != '\t' {
        // `write!` to a String cannot fail.
        let _ = write!(out, "\\u{{{:x}}}", c as u32);
    } else {
        out.push(c);
    }
}

/// The last check of a whole line of output, colour codes included: no CI runner may take it as a command.
///
/// GitHub reads `::` after leading white space and `##[` anywhere; Azure `##vso[` and TeamCity `##teamcity[` anywhere.
pub(super) fn guard(line: &str) -> String {
    let line = without_commands(line);
    let start = command_start(&line);
    match line.get(start..).and_then(|rest| rest.strip_prefix("::")) {
        Some(rest) => format!("{}\\u{{3a}}:{rest}", line.get(..start).unwrap_or_default()),
        None => line,
    }
}

/// Whether a CI runner takes the text that begins here for a command, wherever it stands in a line.
pub(super) fn is_command(rest: &str) -> bool {
    rest.strip_prefix("##")
        .is_some_and(|rest| rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with('['))
}

/// Whether a character steers or hides instead of showing something: controls, separators of lines, changes of
/// direction, and what fonts leave out (a runner that compares text by culture skips those too).
pub(super) fn invisible(previous: Option<char>, c: char) -> bool {
    match c {
        c if c.is_control() => true,
        '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' => true,
        // Part of an emoji or of a letter: it belongs to the visible character before it.
        '\u{200c}' | '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' => previous.is_none_or(|previous| previous.is_ascii()),
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => true,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' => true,
        '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

struct Cleaned {
    text: String,
}

impl Cleaned {
    fn with_capacity(size: usize) -> Self {
        Cleaned { text: String::with_capacity(size) }
    }

    fn push(&mut self, c: char) {
        if invisible(self.text.chars().next_back(), c) {
            self.visible(c);
        } else {
            self.text.push(c);
        }
    }

    fn visible(&mut self, c: char) {
        let _ = write!(self.text, "\\u{{{:x}}}", c as u32);
    }

    fn space(&mut self) {
        if !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }
}

/// Breaks what a runner obeys wherever it stands in a line.
pub(super) fn without_commands(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("##") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        out.push_str(if is_command(from) { "#\\u{23}" } else { "#" });
        rest = from.get(if is_command(from) { 2 } else { 1 }..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Where a line begins for a runner: after white space and colour codes.
fn command_start(line: &str) -> usize {
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start();
        let plain = match trimmed.strip_prefix("\u{1b}[") {
            Some(code) => {
                code.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';').get(1..).unwrap_or_default()
            }
            None => trimmed,
        };
        if plain.len() == rest.len() {
            return line.len() - rest.len();
        }
        rest = plain;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every string of up to three parts that mean something to a terminal or a runner.
    fn hostile() -> impl Iterator<Item = String> {
        const PARTS: [&str; 15] = [
            "",
            "a",
            " ",
            "\n",
            "\r",
            "\t",
            "::",
            "##[",
            "##vso[",
            "#",
            "\u{1b}[31m",
            "\u{85}",
            "\u{202e}",
            "\u{200d}",
            "é",
        ];
        let count = PARTS.len();
        (0..count.pow(3)).map(move |mut number| {
            let mut text = String::new();
            for _ in 0..3 {
                text.push_str(PARTS[number % count]);
                number /= count;
            }
            text
        })
    }

    fn is_harmless(text: &str) -> bool {
        let mut previous = None;
        let seen = text.chars().all(|c| {
            let visible = !invisible(previous, c);
            previous = Some(c);
            visible
        });
        seen && !text.contains("##[") && !text.contains("##vso[")
    }

    #[test]
    fn no_input_leaves_a_control_character_or_a_command_on_a_line() {
        for text in hostile() {
            assert!(is_harmless(&line(&text)), "{text:?} gave {:?}", line(&text));
            assert!(is_harmless(&path(&text)), "{text:?} gave {:?}", path(&text));
            assert!(lines(&text).split(['\n', '\t']).all(is_harmless), "{text:?} gave {:?}", lines(&text));
            let guarded = guard(&line(&text));
            assert!(is_harmless(&guarded) && !guarded.trim_start().starts_with("::"), "{text:?} gave {guarded:?}");
        }
    }

    #[test]
    fn escaping_twice_changes_nothing() {
        for text in hostile() {
            assert_eq!(line(&line(&text)), line(&text));
            assert_eq!(path(&path(&text)), path(&text));
            assert_eq!(guard(&guard(&text)), guard(&text));
        }
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in
            ["HelmRelease `monitoring/loki`", "a  b", "größe: ✓", "❤\u{fe0f}\u{200d}🔥", "## heading", "a::b", "#[x]"]
        {
            assert_eq!(line(text), text);
        }
        assert_eq!(path("apps/my loki/ks.yaml"), "apps/my loki/ks.yaml");
        assert_eq!(path(r"C:\apps\ks.yaml"), r"C:\apps\ks.yaml");
    }

    #[test]
    fn what_is_not_seen_is_shown() {
        assert_eq!(line("a\u{1b}[2Jb\u{9b}c\u{202e}d\u{feff}"), r"a\u{1b}[2Jb\u{9b}c\u{202e}d\u{feff}");
        assert_eq!(line("a\r\n\t b"), "a b");
        assert_eq!(lines("a\r\nb\rc"), "a\nb\\u{d}c");
    }

    #[test]
    fn a_joiner_is_kept_after_what_it_joins_only() {
        assert_eq!(line("\u{200d}::add-mask::x"), r"\u{200d}::add-mask::x");
        assert_eq!(line("#\u{fe0f}#[add-mask]x"), r"#\u{fe0f}#[add-mask]x");
    }

    #[test]
    fn commands_of_runners_are_broken_wherever_they_stand() {
        assert_eq!(line("a ##[add-mask]x"), r"a #\u{23}[add-mask]x");
        assert_eq!(line("###[x]"), r"##\u{23}[x]");
        assert_eq!(line("##vso[task.setvariable]x"), r"#\u{23}vso[task.setvariable]x");
        assert_eq!(line("##teamcity[x]"), r"#\u{23}teamcity[x]");
        assert_eq!(guard("   ::add-mask::x"), r"   \u{3a}:add-mask::x");
        assert_eq!(guard("\u{1b}[31m ::add-mask::x"), "\u{1b}[31m \\u{3a}:add-mask::x");
        assert_eq!(guard("a ::b::"), "a ::b::");
    }

    #[test]
    fn a_path_holds_no_position_and_no_command() {
        assert_eq!(path("a:1:1: error[x]: b"), r"a\u{3a}1\u{3a}1: error[x]: b");
        assert_eq!(path("::add-mask::a.yaml"), r"\u{3a}:add-mask::a.yaml");
        assert_eq!(path(" a "), r"\u{20}a\u{20}");
        assert_eq!(path("a:"), r"a\u{3a}");
        assert_eq!(path("a\nb"), r"a\u{a}b");
    }

    #[test]
    fn a_cut_keeps_whole_characters() {
        assert_eq!(cut("größe", 5), "größe");
        assert_eq!(cut("größe", 4), "grö…");
    }
}
