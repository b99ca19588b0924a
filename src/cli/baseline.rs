//! `flux-vet baseline`: writes down what is found today, and later strikes out what is gone.

use std::io::{Write, stderr};
use std::path::PathBuf;

use clap::Args;

use super::tree::{Tree, below};
use super::{CLEAN, FINDINGS, check, save};
use crate::fault::Fault;
use crate::report::one_line;
use crate::source::{Disk, FileSystem};
use crate::verdict::baseline::{Baseline, Choice, FILE_NAME};
use crate::{CheckOptions, check as check_tree};

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    tree: Tree,

    /// The baseline [default: .flux-vet-baseline.json at the root]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Also list findings that are new
    #[arg(long)]
    allow_new: bool,
}

/// The baseline that a check goes by.
#[derive(Debug, Args)]
pub struct Use {
    /// Findings that do not count yet [default: .flux-vet-baseline.json at the root, where it is]
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline")]
    baseline: Option<PathBuf>,

    /// Leave the baseline out
    #[arg(long)]
    no_baseline: bool,

    /// Fail when the baseline lists what is no longer found
    #[arg(long, conflicts_with = "no_baseline")]
    baseline_strict: bool,
}

impl Use {
    /// The baseline below a root.
    ///
    /// # Errors
    /// The file does not lie below it.
    pub fn choice(&self, disk: &Disk) -> Result<Choice, Fault> {
        match &self.baseline {
            _ if self.no_baseline => Ok(Choice::None),
            Some(path) => Ok(Choice::At(below(disk, &path.display().to_string())?)),
            None => Ok(Choice::Found),
        }
    }

    /// Says what the baseline lists in vain; true where that fails the run.
    pub fn tell(&self, stale: &[String], is_quiet: bool) -> bool {
        if stale.is_empty() {
            return false;
        }
        if !is_quiet || self.baseline_strict {
            let mut lines = format!(
                "flux-vet: the baseline lists {} that {} gone; `flux-vet baseline` strikes them out\n",
                count(stale.len()),
                if stale.len() == 1 { "is" } else { "are" }
            );
            for line in stale.iter().take(MOST_STALE) {
                lines.push_str(&format!("  {}\n", one_line(line)));
            }
            let _ = stderr().write_all(lines.as_bytes());
        }
        self.baseline_strict
    }
}

/// Entries that are gone and shown by name.
const MOST_STALE: usize = 10;

pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    let (disk, config) = arguments.tree.open()?;
    let path = match &arguments.baseline {
        Some(path) => below(&disk, &path.display().to_string())?,
        None => FILE_NAME.to_owned(),
    };
    let is_there = disk.entry(&path).is_ok();
    let choice = if is_there { Choice::At(path.clone()) } else { Choice::None };
    let options = CheckOptions { config, baseline: choice.clone(), today: check::today(), ..CheckOptions::default() };
    let checked = check_tree(disk.clone(), &options)?;
    let today = Baseline::of(&checked.findings, &checked.sources);
    let old = Baseline::read(&checked.sources, &choice)?;
    let next = match &old {
        Some(old) if !arguments.allow_new => old.common(&today),
        _ => today.clone(),
    };
    if old.as_ref() != Some(&next) {
        save(&disk.root().join(&path), next.text().as_bytes())?;
    }
    let gone = old.as_ref().map_or(0, |old| old.without(&next).len());
    let new = today.without(&next).len();
    let added = old.as_ref().map_or(next.len(), |old| next.without(old).len());
    let mut line = format!("flux-vet: {path} lists {}: {added} added, {gone} gone", count(next.len()));
    if new > 0 {
        line.push_str(&format!("; {} not listed, take them in with --allow-new", count(new)));
    }
    let _ = writeln!(stderr(), "{line}");
    Ok(if new > 0 { FINDINGS } else { CLEAN })
}

fn count(findings: usize) -> String {
    format!("{findings} finding{}", if findings == 1 { "" } else { "s" })
}
