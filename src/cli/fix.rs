//! `--fix` and `--diff`: fixes applied until nothing is left to fix, and what they change.

use std::path::Path;

use clap::{Args, ValueEnum};
use similar::TextDiff;

use super::save;
use crate::fault::Fault;
use crate::fix::Wanted;
use crate::repair::Fixed;
use crate::report::without_secrets;
use crate::source::Disk;

#[derive(Clone, Copy, Debug, Args)]
pub struct Fixing {
    /// Write fixes to the files: those that are safe, or all, and report what is left
    #[arg(
        long,
        value_name = "WHICH",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "safe",
        conflicts_with = "base"
    )]
    fix: Option<Which>,

    /// Print what `--fix` would change, and write nothing
    #[arg(long, conflicts_with = "base")]
    diff: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    Safe,
    All,
}

impl Fixing {
    /// Whether fixes are to be made, on disk or on paper.
    pub fn are_wanted(self) -> bool {
        self.fix.is_some() || self.diff
    }

    /// Whether the difference is asked for, and nothing is to be written.
    pub fn is_diff(self) -> bool {
        self.diff
    }

    /// Which fixes.
    pub fn which(self) -> Wanted {
        match self.fix {
            Some(Which::All) => Wanted::All,
            Some(Which::Safe) | None => Wanted::Safe,
        }
    }
}

impl Fixed {
    /// Writes the changed files, each through a temporary file. A link stays one: what it points at is written.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn write(&self, disk: &Disk) -> Result<(), Fault> {
        for (path, (_, after)) in &self.files {
            let at = disk.root().join(path);
            let at = at.canonicalize().unwrap_or(at);
            if !at.starts_with(disk.root()) {
                let reason = "it leads out of the root".to_owned();
                return Err(Fault::Write { path: path.clone(), reason });
            }
            save(&at, after.as_bytes())?;
        }
        Ok(())
    }

    /// The changes as a unified diff, values of secrets left out.
    pub fn diff(&self) -> String {
        let mut text = String::new();
        for (path, (before, after)) in &self.files {
            let (before, after) = (without_secrets(before), without_secrets(after));
            let diff = TextDiff::from_lines(&before, &after);
            let name = |side: &str| Path::new(side).join(path).display().to_string();
            text.push_str(&diff.unified_diff().context_radius(3).header(&name("a"), &name("b")).to_string());
        }
        text
    }

    /// One line about what was done.
    pub fn summary(&self, is_diff: bool) -> String {
        let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
        let verb = if is_diff { "to fix" } else { "fixed" };
        let mut line = format!("{verb}: {} in {}", plural(self.count, "finding"), plural(self.files.len(), "file"));
        if self.refused > 0 {
            line.push_str(&format!(
                "; {} would have changed something else",
                plural(self.refused, "fix").replace("fixs", "fixes")
            ));
        }
        line
    }
}
