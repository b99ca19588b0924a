//! `-v` and `-vv`: phases with their times, and rules, on standard error.

use std::io::{Write, stderr};

use clap::Args;

use crate::progress::{Detail, Progress, Step};

#[derive(Clone, Copy, Debug, Args)]
pub struct Verbosity {
    /// Tell the phases and their times on standard error; twice: every rule on every cluster, too
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

impl Verbosity {
    /// Who is told how the run gets on.
    pub fn progress(self) -> Progress {
        match self.verbose {
            0 => Progress::default(),
            1 => Progress::told_to(Detail::Phase, tell),
            _ => Progress::told_to(Detail::Part, tell),
        }
    }
}

fn tell(step: &Step<'_>) {
    let indent = if step.detail == Detail::Part { "  " } else { "" };
    let result = if step.result.is_empty() { String::new() } else { format!(": {}", step.result) };
    let milliseconds = step.took.as_secs_f64() * 1000.0;
    let _ = writeln!(stderr(), "flux-vet: {milliseconds:9.3} ms  {indent}{}{result}", step.name);
}
