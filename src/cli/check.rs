//! `flux-vet check`: the whole pipeline over a tree, reports in any number of formats.

use std::io::{Write, stderr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};

use super::baseline;
use super::fix;
use super::listed::{Lists, Paths};
use super::locations::Schemas;
use super::outputs::{self, Manner, Output};
use super::since;
use super::standard_input::{self, Unsaved};
use super::tree::{self, Tree};
use super::verbosity::Verbosity;
use super::{CLEAN, FINDINGS, NOTHING, files, print, watch};
use crate::config::{Choice, Date};
use crate::fault::Fault;
use crate::finding::{Severity, State, Summary};
use crate::repair::repair;
use crate::report::Format;
use crate::source::{Disk, Overlay};
use crate::{CheckOptions, Checked, check, check_since};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Show only findings that touch these files or folders; the whole tree is read in any case.
    /// `-` reads a stream of manifests from standard input instead of a tree, `@FILE` the paths from a file
    path: Vec<String>,

    #[command(flatten)]
    lists: Lists,

    #[command(flatten)]
    pub tree: Tree,

    /// With `-`: standard input is the unsaved text of this file of the tree, and what touches it is shown
    #[arg(long, value_name = "PATH", requires = "path", conflicts_with_all = ["fix", "diff", "file_list"])]
    stdin_filename: Option<String>,

    /// Report only what this git revision does not have yet
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,

    #[command(flatten)]
    schemas: Schemas,

    #[command(flatten)]
    baseline: baseline::Use,

    #[command(flatten)]
    fix: fix::Fixing,

    /// Report format, and the file to write it to; may be given several times
    #[arg(long, value_name = "FORMAT[=FILE]")]
    output: Vec<String>,

    /// Lowest severity that makes the exit code 1
    #[arg(long, value_name = "LEVEL", default_value = "error")]
    fail_on: FailOn,

    /// Exit with 0 where findings would make it 1
    #[arg(long)]
    exit_zero: bool,

    /// Lowest severity that reports list; counts and the exit code are those of all findings
    #[arg(long, value_name = "LEVEL")]
    min_severity: Option<Level>,

    #[command(flatten)]
    pub manner: Manner,

    #[command(flatten)]
    verbosity: Verbosity,

    /// Check again whenever a file changes, until interrupted
    #[arg(long, conflicts_with_all = ["fix", "diff", "stdin_filename", "file_list"])]
    pub watch: bool,

    /// List the files of the tree and what the builds made of each, and check nothing
    #[arg(long, conflicts_with_all = ["fix", "diff", "stdin_filename", "watch", "base", "output"])]
    show_files: bool,

    /// Folder that paths in reports are relative to [default: the root]
    #[arg(long, value_name = "DIR")]
    path_base: Option<PathBuf>,

    /// Number of threads [default: one a core]
    #[arg(short = 'j', long, value_name = "N")]
    threads: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Info,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Level {
    Error,
    Warning,
    Info,
}

impl Level {
    fn severity(self) -> Severity {
        match self {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Info => Severity::Info,
        }
    }
}

pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    let outputs = outputs::outputs(&arguments.output)?;
    if let Some(threads) = arguments.threads {
        // Fails only when the pool is already there, which cannot be at this point.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
    let is_stream = arguments.path.iter().any(|path| path == "-");
    if let Some(name) = &arguments.stdin_filename {
        if arguments.path != ["-"] {
            let message = "`--stdin-filename` goes with `-`, and with no other path".to_owned();
            let help = Some(format!("flux-vet check --stdin-filename {name} -"));
            return Err(Fault::Usage { message, help });
        }
        let unsaved = Unsaved::read(name)?;
        let checked = tree(arguments, &Some(vec![name.clone()]), Some(&unsaved))?;
        return Ok(report(arguments, &outputs, checked)?.0);
    }
    if is_stream {
        if arguments.fix.are_wanted() || arguments.base.is_some() || arguments.watch || arguments.show_files {
            let message = "a stream has no files to fix, to watch and to list, and no revisions".to_owned();
            let help = Some("leave out `-`, or --fix, --diff, --watch, --show-files and --base".to_owned());
            return Err(Fault::Usage { message, help });
        }
        return Ok(report(arguments, &outputs, stream(arguments)?)?.0);
    }
    let paths = arguments.lists.paths(&arguments.path)?;
    if arguments.show_files {
        return files::run(&arguments.tree, &paths);
    }
    if arguments.watch {
        return watch::run(arguments, &outputs, &paths);
    }
    if arguments.fix.are_wanted() {
        let (disk, config) = arguments.tree.open()?;
        let options = options(arguments, &paths, &disk, config)?;
        let tree = Overlay::new(Arc::new(disk.clone()));
        let fixed = repair(&tree, arguments.fix.which(), |tree| Ok(narrowed(&paths, check(tree, &options)?)))?;
        let _ = writeln!(stderr(), "flux-vet: {}", fixed.summary(arguments.fix.is_diff()));
        if arguments.fix.is_diff() {
            print(fixed.diff().as_bytes())?;
            return Ok(if fixed.files.is_empty() { CLEAN } else { FINDINGS });
        }
        fixed.write(&disk)?;
        return Ok(report(arguments, &outputs, fixed.checked)?.0);
    }
    Ok(report(arguments, &outputs, narrowed(&paths, tree(arguments, &paths, None)?))?.0)
}

/// Writes the reports of a finished check; gives the exit code, and the check as it was reported.
///
/// # Errors
/// A report cannot be written.
pub fn report(arguments: &Arguments, outputs: &[Output], mut checked: Checked) -> Result<(u8, Checked), Fault> {
    let code = exit_code(&checked, arguments);
    if let Some(base) = &arguments.path_base {
        arguments.tree.tell_from(base, &mut checked.sources)?;
    }
    if let Some(lowest) = arguments.min_severity.map(Level::severity) {
        checked.findings.retain(|finding| finding.severity >= lowest);
    }
    let run = checked.as_run();
    for output in outputs {
        outputs::write(&run, output, &arguments.manner)?;
    }
    if outputs.iter().any(|output| output.format == Format::Github) {
        outputs::summarize(&run)?;
    }
    let is_stale = arguments.baseline.tell(&checked.stale, arguments.manner.quiet || arguments.manner.silent);
    let code = match code {
        CLEAN if is_stale && !arguments.exit_zero => FINDINGS,
        code => code,
    };
    Ok((code, checked))
}

/// What the arguments say about a check of a tree.
///
/// # Errors
/// A path does not lie below the root, or a place for schemas cannot be read.
pub fn options(arguments: &Arguments, paths: &Paths, disk: &Disk, config: Choice) -> Result<CheckOptions, Fault> {
    Ok(CheckOptions {
        config,
        baseline: arguments.baseline.choice(disk)?,
        schema_locations: arguments.schemas.locations()?,
        schema_cache: arguments.schemas.cache.clone(),
        only: paths.iter().flatten().map(|path| tree::below(disk, path)).collect::<Result<_, _>>()?,
        today: today(),
        progress: arguments.verbosity.progress(),
        views: outputs::show_clusters(&arguments.output),
        ..CheckOptions::default()
    })
}

/// A list without paths asks for nothing; no list asks for everything.
pub fn narrowed(paths: &Paths, checked: Checked) -> Checked {
    match paths {
        Some(paths) if paths.is_empty() => Checked { findings: Vec::new(), summary: Summary::default(), ..checked },
        _ => checked,
    }
}

/// Checks the tree as it is, or as it would be with a text that is not saved yet.
///
/// # Errors
/// As for [`check`], and where there is no such tree, path or revision.
pub fn tree(arguments: &Arguments, paths: &Paths, unsaved: Option<&Unsaved>) -> Result<Checked, Fault> {
    let (disk, config) = arguments.tree.open()?;
    // A round of watching is not the last one.
    let options = CheckOptions { is_last: !arguments.watch, ..options(arguments, paths, &disk, config)? };
    let (revision, options) = match &arguments.base {
        Some(base) => {
            let (revision, config) = since::open(&disk, base, &options.config)?;
            (Some(revision), CheckOptions { config, ..options })
        }
        None => (None, options),
    };
    match (unsaved, revision) {
        (None, None) => check(disk, &options),
        (None, Some(revision)) => check_since(disk, revision, &options),
        (Some(text), None) => check(text.over(&disk)?, &options),
        (Some(text), Some(revision)) => check_since(text.over(&disk)?, revision, &options),
    }
}

/// Checks a stream of manifests, which is the whole tree: a configuration is given beside it or not at all.
fn stream(arguments: &Arguments) -> Result<Checked, Fault> {
    let (disk, config) = arguments.tree.open()?;
    let config = match config {
        Choice::At(_) => since::beside(&disk, &config)?,
        config => config,
    };
    let progress = arguments.verbosity.progress();
    let schema_locations = arguments.schemas.locations()?;
    let options = CheckOptions { config, schema_locations, today: today(), progress, ..CheckOptions::default() };
    check(standard_input::stream()?, &options)
}

/// The day of the run in UTC.
pub fn today() -> Option<Date> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
    // Days to a date after Howard Hinnant's `civil_from_days`.
    let days = i64::try_from(seconds / 86_400).ok()? + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date::new(u16::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)
}

fn exit_code(checked: &Checked, arguments: &Arguments) -> u8 {
    let lowest = match arguments.fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Info => Some(Severity::Info),
        FailOn::Never => None,
    };
    let fails = lowest.is_some_and(|lowest| {
        checked.findings.iter().any(|finding| finding.state == State::Reported && finding.severity >= lowest)
    });
    match (fails, checked.is_empty) {
        (true, _) if !arguments.exit_zero => FINDINGS,
        (_, true) => NOTHING,
        _ => CLEAN,
    }
}
