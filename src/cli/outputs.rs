//! `--output`: which reports are written, where to, and in what manner.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use super::{Color, has_color, has_hyperlinks, print, save};
use crate::fault::Fault;
use crate::report::{self, Extent, Format, Run, Style};

/// A report to write: its format, and its file or standard output.
pub struct Output {
    /// Its format.
    pub format: Format,
    /// Its file.
    pub file: Option<PathBuf>,
}

/// How much reports say, and how they are decorated.
#[derive(Debug, Args)]
pub struct Manner {
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
    pub quiet: bool,

    /// Write nothing to standard output, only files
    #[arg(short, long)]
    pub silent: bool,
}

/// The reports that are asked for.
///
/// # Errors
/// A format is not known, or two cannot share standard output.
pub fn outputs(given: &[String]) -> Result<Vec<Output>, Fault> {
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

/// Whether some report shows what clusters look like.
pub fn show_clusters(given: &[String]) -> bool {
    let outputs = outputs(given).unwrap_or_default();
    let has = |format: Format| outputs.iter().any(|output| output.format == format);
    has(Format::Markdown) || (has(Format::Github) && summary_file().is_some())
}

/// Where a job on GitHub takes its summary from.
fn summary_file() -> Option<PathBuf> {
    env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Writes a report to where it belongs.
///
/// # Errors
/// It cannot be written.
pub fn write(run: &Run<'_>, output: &Output, manner: &Manner) -> Result<(), Fault> {
    let on_terminal = output.file.is_none();
    let colored = on_terminal && output.format.is_lines() && has_color(manner.color, output.format == Format::Human);
    let extent = match (manner.quiet, manner.statistics) {
        (true, _) => Extent::Findings,
        (_, true) => Extent::Statistics,
        _ => Extent::Coverage,
    };
    let hyperlinks = on_terminal && has_hyperlinks(manner.hyperlinks, colored);
    let text =
        written(run, output.format, &Style { color: colored, hyperlinks, extent, suppressed: manner.show_suppressed })?;
    match &output.file {
        Some(path) => save(path, &text),
        None if manner.silent => Ok(()),
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
///
/// # Errors
/// The summary cannot be written.
pub fn summarize(run: &Run<'_>) -> Result<(), Fault> {
    let Some(path) = summary_file() else { return Ok(()) };
    let text = written(run, Format::Markdown, &Style::default())?;
    let file = OpenOptions::new().append(true).create(true).open(&path);
    file.and_then(|mut file| file.write_all(&text))
        .map_err(|error| Fault::Write { path: path.display().to_string(), reason: error.to_string() })
}
