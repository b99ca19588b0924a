//! `flux-vet check`: the whole pipeline over a tree, reports in any number of formats.

use std::env;
use std::fs::OpenOptions;
use std::io::{Read, Write, stderr, stdin};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};

use super::baseline;
use super::fix;
use super::listed::{Lists, Paths};
use super::locations::Schemas;
use super::since;
use super::tree::{self, Tree};
use super::{CLEAN, Color, FINDINGS, NOTHING, has_color, has_hyperlinks, print, save};
use crate::config::{Choice, Date};
use crate::fault::Fault;
use crate::finding::{Severity, State, Summary};
use crate::report::{self, Extent, Format, Run, Style};
use crate::source::{Disk, Memory, Overlay};
use crate::{CheckOptions, Checked, check, check_since};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Show only findings that touch these files or folders; the whole tree is read in any case.
    /// `-` reads a stream of manifests from standard input instead of a tree, `@FILE` the paths from a file
    path: Vec<String>,

    #[command(flatten)]
    lists: Lists,

    #[command(flatten)]
    tree: Tree,

    /// Report only what this git revision does not have yet
    #[arg(long, value_name = "REV")]
    base: Option<String>,

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

    /// Colour of the human and concise formats
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,

    /// Links on the names of rules in the human format
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    hyperlinks: Color,

    /// List what is ignored, in the baseline, or known before, too
    #[arg(long, conflicts_with = "quiet")]
    show_suppressed: bool,

    /// Report how many findings each rule has, too
    #[arg(long)]
    statistics: bool,

    /// Report findings only, without what was covered
    #[arg(short, long, conflicts_with = "statistics")]
    quiet: bool,

    /// Write nothing to standard output, only files
    #[arg(short, long)]
    silent: bool,

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

/// A report to write: its format, and its file or standard output.
struct Output {
    format: Format,
    file: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<u8, Fault> {
    let outputs = outputs(&arguments.output)?;
    if let Some(threads) = arguments.threads {
        // Fails only when the pool is already there, which cannot be at this point.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
    let mut checked = if arguments.path.iter().any(|path| path == "-") {
        if arguments.fix.are_wanted() || arguments.base.is_some() {
            let message = "a stream has no files to fix and no revisions".to_owned();
            return Err(Fault::Usage { message, help: Some("leave out `-`, or --fix, --diff and --base".to_owned()) });
        }
        let (disk, config) = arguments.tree.open()?;
        // The stream is the whole tree: a configuration is given beside it or not at all.
        let config = match config {
            Choice::At(_) => since::beside(&disk, &config)?,
            config => config,
        };
        let schema_locations = arguments.schemas.locations()?;
        check(standard_input()?, &CheckOptions { config, schema_locations, today: today(), ..CheckOptions::default() })?
    } else if arguments.fix.are_wanted() {
        let (disk, config) = arguments.tree.open()?;
        let paths = arguments.lists.paths(&arguments.path)?;
        let options = options(arguments, &paths, &disk, config)?;
        let tree = Overlay::new(Arc::new(disk.clone()));
        let fixed = arguments.fix.apply(&tree, |tree| Ok(narrowed(&paths, check(tree, &options)?)))?;
        let _ = writeln!(stderr(), "flux-vet: {}", fixed.summary(arguments.fix.is_diff()));
        if arguments.fix.is_diff() {
            print(fixed.diff().as_bytes())?;
            return Ok(if fixed.files.is_empty() { CLEAN } else { FINDINGS });
        }
        fixed.write(&disk)?;
        fixed.checked
    } else {
        let paths = arguments.lists.paths(&arguments.path)?;
        narrowed(&paths, tree(arguments, &paths)?)
    };
    if let Some(base) = &arguments.path_base {
        arguments.tree.tell_from(base, &mut checked.sources)?;
    }
    let run = checked.as_run();
    for output in &outputs {
        write(&run, output, arguments)?;
    }
    if outputs.iter().any(|output| output.format == Format::Github) {
        summarize(&run)?;
    }
    let is_stale = arguments.baseline.tell(&checked.stale, arguments.quiet || arguments.silent);
    Ok(match exit_code(&checked, arguments) {
        CLEAN if is_stale && !arguments.exit_zero => FINDINGS,
        code => code,
    })
}

fn options(arguments: &Arguments, paths: &Paths, disk: &Disk, config: Choice) -> Result<CheckOptions, Fault> {
    Ok(CheckOptions {
        config,
        baseline: arguments.baseline.choice(disk)?,
        schema_locations: arguments.schemas.locations()?,
        schema_cache: arguments.schemas.cache.clone(),
        only: paths.iter().flatten().map(|path| tree::below(disk, path)).collect::<Result<_, _>>()?,
        today: today(),
        ..CheckOptions::default()
    })
}

/// A list without paths asks for nothing; no list asks for everything.
fn narrowed(paths: &Paths, checked: Checked) -> Checked {
    match paths {
        Some(paths) if paths.is_empty() => Checked { findings: Vec::new(), summary: Summary::default(), ..checked },
        _ => checked,
    }
}

fn tree(arguments: &Arguments, paths: &Paths) -> Result<Checked, Fault> {
    let (disk, config) = arguments.tree.open()?;
    let options = CheckOptions { is_last: true, ..options(arguments, paths, &disk, config)? };
    match &arguments.base {
        Some(base) => {
            let (revision, config) = since::open(&disk, base, &options.config)?;
            check_since(disk, revision, &CheckOptions { config, ..options })
        }
        None => check(disk, &options),
    }
}

fn standard_input() -> Result<Memory, Fault> {
    let mut bytes = Vec::new();
    stdin()
        .lock()
        .read_to_end(&mut bytes)
        .map_err(|error| Fault::Read { path: "standard input".to_owned(), reason: error.to_string() })?;
    let mut memory = Memory::default();
    memory.insert("stdin.yaml", bytes);
    Ok(memory)
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

fn outputs(given: &[String]) -> Result<Vec<Output>, Fault> {
    if given.is_empty() {
        let mut outputs = vec![Output { format: Format::Human, file: None }];
        if env::var_os("GITHUB_ACTIONS").is_some_and(|value| value == "true") {
            outputs.push(Output { format: Format::Github, file: None });
        }
        return Ok(outputs);
    }
    let mut outputs = Vec::new();
    for text in given {
        let (format, file) = match text.split_once('=') {
            Some((format, "-")) => (format, None),
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (text.as_str(), None),
        };
        let format = Format::from_str(format).map_err(|error| Fault::Usage {
            message: error.to_string(),
            help: Some(format!(
                "formats: {}",
                Format::all().iter().map(|format| format.word()).collect::<Vec<_>>().join(", ")
            )),
        })?;
        outputs.push(Output { format, file });
    }
    let shared: Vec<&Output> = outputs.iter().filter(|output| output.file.is_none()).collect();
    if shared.len() > 1 && shared.iter().any(|output| !output.format.is_lines()) {
        return Err(Fault::Usage {
            message: "only the formats of lines can share standard output".to_owned(),
            help: Some("write the others to a file: --output json=report.json".to_owned()),
        });
    }
    Ok(outputs)
}

fn write(run: &Run<'_>, output: &Output, arguments: &Arguments) -> Result<(), Fault> {
    let on_terminal = output.file.is_none();
    let colored = on_terminal && output.format.is_lines() && has_color(arguments.color, output.format == Format::Human);
    let extent = match (arguments.quiet, arguments.statistics) {
        (true, _) => Extent::Findings,
        (_, true) => Extent::Statistics,
        _ => Extent::Coverage,
    };
    let hyperlinks = on_terminal && has_hyperlinks(arguments.hyperlinks, colored);
    let text = written(
        run,
        output.format,
        &Style { color: colored, hyperlinks, extent, suppressed: arguments.show_suppressed },
    )?;
    match &output.file {
        Some(path) => save(path, &text),
        None if arguments.silent => Ok(()),
        None => print(&text),
    }
}

fn written(run: &Run<'_>, format: Format, style: &Style) -> Result<Vec<u8>, Fault> {
    let mut text = Vec::new();
    report::write(run, format, style, &mut text)
        .map_err(|error| Fault::Write { path: "report".to_owned(), reason: error.to_string() })?;
    Ok(text)
}

/// Annotations of a job on GitHub come with its summary: it has room for what the limits on annotations leave out.
fn summarize(run: &Run<'_>) -> Result<(), Fault> {
    let Some(path) = env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) else { return Ok(()) };
    let text = written(run, Format::Markdown, &Style::default())?;
    let file = OpenOptions::new().append(true).create(true).open(&path);
    file.and_then(|mut file| file.write_all(&text))
        .map_err(|error| Fault::Write { path: PathBuf::from(&path).display().to_string(), reason: error.to_string() })
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
