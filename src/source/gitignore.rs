//! Patterns of `.sourceignore` files, which are those of `.gitignore` as go-git reads them: every path is judged by
//! itself, so a file can be taken back out of a folder that is left out. Source: fluxcd/pkg `sourceignore/gitignore`.

use super::{Glob, Span};

/// A pattern, and the folder it counts in.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As written.
    pub text: String,
    /// Where it is written.
    pub place: Option<Span>,
    /// It begins with `!`: what it matches is kept.
    pub keeps: bool,
    folder: String,
    // Parts of the folder's path.
    depth: usize,
    folders_only: bool,
    about: About,
}

#[derive(Clone, Debug)]
enum About {
    /// Names at any depth; `None` for a glob that Go refuses.
    Names(Option<Glob>),
    /// Paths from the folder on, since a `/` stands before its end.
    Paths(Vec<Part>),
}

#[derive(Clone, Debug)]
enum Part {
    Empty,
    // `**`
    Folders,
    // `**` beside other characters, which matches nothing.
    Never,
    Name(Option<Glob>),
}

impl Part {
    fn new(text: &str) -> Self {
        match text {
            "" => Part::Empty,
            "**" => Part::Folders,
            text if text.contains("**") => Part::Never,
            text => Part::Name(Glob::new(text).ok()),
        }
    }
}

impl Pattern {
    /// Reads a line for a folder; `None` for comments and empty lines.
    pub fn line(text: &str, folder: &str, place: Option<Span>) -> Option<Self> {
        (!text.starts_with('#') && !text.trim().is_empty()).then(|| Pattern::new(text, folder, place))
    }

    /// Reads a pattern for a folder.
    pub fn new(text: &str, folder: &str, place: Option<Span>) -> Self {
        let (keeps, rest) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let rest = if rest.ends_with("\\ ") { rest } else { rest.trim_end_matches(' ') };
        let (folders_only, rest) = match rest.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        Pattern {
            text: text.to_owned(),
            place,
            keeps,
            folder: folder.to_owned(),
            depth: folder.split('/').filter(|part| !part.is_empty()).count(),
            folders_only,
            about: if rest.contains('/') {
                About::Paths(rest.split('/').map(Part::new).collect())
            } else {
                About::Names(Glob::new(rest).ok())
            },
        }
    }

    /// Whether it says anything about a path, whose names are given too.
    fn matches(&self, path: &str, names: &[&str], is_folder: bool) -> bool {
        let inside =
            path.strip_prefix(&self.folder).is_some_and(|rest| self.folder.is_empty() || rest.starts_with('/'));
        let Some(names) = names.get(self.depth..).filter(|names| inside && !names.is_empty()) else { return false };
        match &self.about {
            About::Names(glob) => {
                let at = glob.as_ref().and_then(|glob| names.iter().position(|name| glob.matches(name)));
                at.is_some_and(|at| !self.folders_only || is_folder || at + 1 < names.len())
            }
            About::Paths(parts) => self.matches_path(parts, names, is_folder),
        }
    }

    fn matches_path(&self, parts: &[Part], names: &[&str], is_folder: bool) -> bool {
        let mut rest = names;
        let mut matched = false;
        let mut any_depth = false;
        for (index, part) in parts.iter().enumerate() {
            let glob = match part {
                Part::Empty => {
                    any_depth = false;
                    continue;
                }
                Part::Folders if index + 1 == parts.len() => break,
                Part::Folders => {
                    any_depth = true;
                    continue;
                }
                Part::Name(Some(glob)) => glob,
                Part::Never | Part::Name(None) => return false,
            };
            let Some((first, after)) = rest.split_first() else { return false };
            if any_depth {
                any_depth = false;
                match rest.iter().position(|name| glob.matches(name)) {
                    Some(at) => {
                        matched = true;
                        rest = rest.get(at + 1..).unwrap_or_default();
                    }
                    None => {
                        matched = false;
                        rest = &[];
                    }
                }
            } else if glob.matches(first) {
                matched = true;
                rest = after;
            } else {
                return false;
            }
        }
        matched && !(self.folders_only && !is_folder && rest.is_empty())
    }
}

/// The pattern that decides about a path: the last one that matches.
pub fn deciding<'p>(patterns: &'p [Pattern], path: &str, is_folder: bool) -> Option<&'p Pattern> {
    let names: Vec<&str> = path.split('/').collect();
    patterns.iter().rev().find(|pattern| pattern.matches(path, &names, is_folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(patterns: &[(&str, &str)], path: &str) -> bool {
        let patterns: Vec<Pattern> = patterns.iter().map(|(text, folder)| Pattern::new(text, folder, None)).collect();
        deciding(&patterns, path, false).is_none_or(|pattern| pattern.keeps)
    }

    #[test]
    fn a_file_comes_back_from_a_folder_that_is_left_out() {
        let patterns = [("/*", ""), ("!/apps/", ""), ("!/docs/keep.yaml", "")];
        assert!(kept(&patterns, "apps/web/a.yaml"));
        assert!(kept(&patterns, "docs/keep.yaml"));
        assert!(!kept(&patterns, "docs/other.yaml"));
        assert!(!kept(&patterns, "README.md"));
    }

    #[test]
    fn names_count_at_any_depth_and_paths_from_their_folder_on() {
        assert!(!kept(&[("*.jpg", "")], "a/b/c.jpg"));
        assert!(!kept(&[("docs", "")], "a/docs/b.yaml"));
        assert!(kept(&[("docs/", "")], "a/docs"), "a file is no folder");
        assert!(!kept(&[("docs/", "")], "a/docs/b.yaml"));
        assert!(kept(&[("/docs", "")], "a/docs/b.yaml"));
        assert!(!kept(&[("a/b", "")], "a/b/c.yaml"));
        assert!(!kept(&[("**/tmp", "")], "a/b/tmp/c"));
        assert!(!kept(&[(".bmad/**", "")], ".bmad/a/b"));
        assert!(kept(&[("x/a**b", "")], "x/axb"));
    }

    #[test]
    fn patterns_of_a_folder_count_below_it_and_the_last_match_decides() {
        let patterns = [("*.txt", ""), ("!*.txt", "notes")];
        assert!(kept(&patterns, "notes/a.txt"));
        assert!(!kept(&patterns, "other/a.txt"));
        assert!(!kept(&patterns, "notes.txt"));
    }

    #[test]
    fn comments_and_empty_lines_are_no_patterns() {
        assert!(Pattern::line("# a", "", None).is_none());
        assert!(Pattern::line("   ", "", None).is_none());
        assert!(Pattern::line(" # a", "", None).is_some());
    }
}
