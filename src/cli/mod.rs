//! The command line: one file a command.

mod baseline;
mod budget;
mod build;
mod check;
mod chosen;
mod complete;
mod config;
mod explain;
mod files;
mod fix;
mod graph;
#[cfg(feature = "pull")]
mod http;
mod init;
mod listed;
mod locations;
mod lsp;
mod matcher;
mod outputs;
mod reach;
mod rules;
mod schemas;
mod shell;
mod since;
mod standard_input;
mod test;
mod trace;
mod tree;
mod verbosity;
mod wanted;
mod watch;

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write, stdout};
use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::fault::Fault;

/// Nothing at or above the level that fails.
const CLEAN: u8 = 0;
/// Findings at or above it.
const FINDINGS: u8 = 1;
/// The run itself failed.
const FAULT: u8 = 2;
/// There was nothing to check.
const NOTHING: u8 = 3;

/// Checks a Flux repository the way Flux would apply it: invariants between objects, pointed at the line to edit.
#[derive(Debug, Parser)]
#[command(name = "flux-vet", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a tree and report findings
    Check(check::Arguments),
    /// Write down what is found today, so that only what is new counts; later, strike out what is gone
    Baseline(baseline::Arguments),
    /// Print the objects Flux would apply, or those of one kustomization folder
    Build(build::Arguments),
    /// Print the card of a rule: what it does, why it matters, what to do
    Explain(explain::Arguments),
    /// List all rules, or begin a new one
    Rules(rules::Arguments),
    /// Run the examples of your own rules
    Test(test::Arguments),
    /// Show where an object, or a value in it, comes from
    Trace(trace::Arguments),
    /// Draw what Flux objects depend on, or the references around one object
    Graph(graph::Arguments),
    /// Sum what a cluster asks for: requests, limits, volumes
    Budget(budget::Arguments),
    /// Say whether network policies let one end reach another, and which rule decides
    Reach(reach::Arguments),
    /// Print a problem matcher for an editor or CI system
    Matcher(matcher::Arguments),
    /// Write a first configuration file from what the tree says
    Init(init::Arguments),
    /// Look at the configuration
    Config(config::Arguments),
    /// Fetch schemas that the tree wants of the network, or write the built-in ones as files
    Schemas(schemas::Arguments),
    /// Print the completions of a shell
    Completions(shell::Completions),
    /// Say what may stand next, as Cobra programs ask
    #[command(name = complete::WORD, hide = true, disable_help_flag = true)]
    Complete {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Print the manual page
    #[command(hide = true)]
    Man(shell::Man),
    /// Serve an editor: the language server, over standard input and output
    Lsp(lsp::Arguments),
}

/// Runs the command line; gives the exit code of the process.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let command = match arguments.first().is_some_and(|program| is_plugin(Path::new(program))) {
        true => Arguments::command().bin_name("flux vet"),
        false => Arguments::command(),
    };
    let parsed = command.try_get_matches_from(arguments);
    let arguments = match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { FAULT } else { CLEAN };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    // A rule that panics becomes a finding; the default hook would print a trace into the report.
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = match arguments.command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Baseline(arguments) => baseline::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Trace(arguments) => trace::run(&arguments),
        Command::Graph(arguments) => graph::run(&arguments),
        Command::Budget(arguments) => budget::run(&arguments),
        Command::Reach(arguments) => reach::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments).map(|()| CLEAN),
        Command::Rules(arguments) => rules::run(&arguments).map(|()| CLEAN),
        Command::Test(arguments) => test::run(&arguments),
        Command::Matcher(arguments) => matcher::run(&arguments).map(|()| CLEAN),
        Command::Init(arguments) => init::run(&arguments),
        Command::Config(arguments) => config::run(&arguments).map(|()| CLEAN),
        Command::Schemas(arguments) => schemas::run(&arguments),
        Command::Completions(arguments) => shell::completions(Arguments::command(), &arguments).map(|()| CLEAN),
        Command::Complete { words } => {
            let mut command = Arguments::command();
            command.build();
            complete::run(&command, &words).map(|()| CLEAN)
        }
        Command::Man(arguments) => shell::man(Arguments::command(), &arguments).map(|()| CLEAN),
        Command::Lsp(arguments) => lsp::run(&arguments),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(fault) => {
            let report = miette::Report::new(fault);
            let _ = writeln!(io::stderr(), "{report:?}");
            ExitCode::from(FAULT)
        }
    }
}

/// Whether Flux started the program, as `flux vet`: it calls plugins by their path in its folder for them.
/// Source: fluxcd/flux2 `internal/plugin/discovery.go`.
fn is_plugin(program: &Path) -> bool {
    let Some(folder) = program.parent() else { return false };
    let named = env::var_os("FLUXCD_PLUGINS").filter(|name| !name.is_empty());
    folder.ends_with(".fluxcd/plugins") || named.is_some_and(|named| folder == Path::new(&named))
}

/// Writes to standard output; a closed pipe ends quietly.
fn print(text: &[u8]) -> Result<(), Fault> {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Fault::Write { path: "standard output".to_owned(), reason: error.to_string() })
        }
        _ => Ok(()),
    }
}

/// Writes a file whole or not at all: a reader never sees half of it.
fn save(path: &Path, text: &[u8]) -> Result<(), Fault> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path)).map_err(|error| {
        let _ = std::fs::remove_file(&temporary);
        Fault::Write { path: path.display().to_string(), reason: error.to_string() }
    })
}

/// When to colour, or to make links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

/// Whether to colour; `auto` colours only what people read, on a terminal.
fn has_color(color: Color, for_people: bool) -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if !for_people || set("NO_COLOR") => false,
        Color::Auto if set("FORCE_COLOR") || set("CLICOLOR_FORCE") => true,
        Color::Auto => env::var_os("CLICOLOR").is_none_or(|value| value != "0") && stdout().is_terminal(),
    }
}

/// Whether names are links; `auto` makes links only where text is coloured, for terminals known to follow them, and in
/// no log.
fn has_hyperlinks(when: Color, colored: bool) -> bool {
    let is_log = ["CI", "PRE_COMMIT"].into_iter().any(|name| env::var_os(name).is_some());
    match when {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => colored && !is_log && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout),
    }
}
