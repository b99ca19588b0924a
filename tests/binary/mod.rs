//! Runs the binary in a scrubbed environment, over folders made for a test.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "shared by tests that use a part each"
)]

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Longest time a run may take, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    /// Exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// `rule path:line` of every finding of a JSON report.
    pub fn findings(&self) -> Vec<String> {
        let json = self.json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let findings = json["findings"].as_array().cloned().unwrap_or_default();
        let shown = |finding: &Value| {
            let place = &finding["location"];
            format!("{} {}:{}", text(&finding["rule"]), text(&place["path"]), place["line"])
        };
        findings.iter().map(shown).collect()
    }
}

/// A command with nothing in its environment that changes the output.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flux-vet"));
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        let prefixes = ["GITHUB_", "FLUX_VET_", "CLICOLOR", "GITLAB_"];
        if ["NO_COLOR", "FORCE_COLOR", "CI"].contains(&name.as_str())
            || prefixes.iter().any(|prefix| name.starts_with(prefix))
        {
            command.env_remove(name);
        }
    }
    command
}

/// Runs the binary in a folder.
pub fn run(folder: &Path, arguments: &[&str]) -> Ran {
    finish(command(folder, arguments).spawn().unwrap(), &[])
}

/// Runs the binary with a text on standard input.
pub fn run_with(folder: &Path, arguments: &[&str], input: &[u8]) -> Ran {
    finish(command(folder, arguments).stdin(Stdio::piped()).spawn().unwrap(), input)
}

/// Waits for the end, but not for ever: a run that hangs is killed and fails the test.
pub fn finish(mut child: Child, input: &[u8]) -> Ran {
    if let Some(mut stdin) = child.stdin.take() {
        // A run that refuses its arguments never reads.
        let _ = stdin.write_all(input);
    }
    let mut out = child.stdout.take().unwrap();
    let mut err = child.stderr.take().unwrap();
    let text = |stream: &mut dyn Read| {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let reader = thread::spawn(move || text(&mut out));
    let errors = thread::spawn(move || text(&mut err));
    let begun = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the run hangs: {PATIENCE:?} are over");
        }
        thread::sleep(Duration::from_millis(5));
    };
    let code = status.code().unwrap_or_else(|| panic!("the run was killed by a signal: {status}"));
    Ran { code, out: reader.join().unwrap(), err: errors.join().unwrap() }
}

/// A folder that is gone after the test.
pub struct Tree {
    folder: tempfile::TempDir,
}

impl Tree {
    /// A folder with files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let tree = Tree { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            tree.write(path, text.as_bytes());
        }
        tree
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The path of a file in it, its folder made.
    pub fn at(&self, path: &str) -> PathBuf {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    /// Writes a file.
    pub fn write(&self, path: &str, content: &[u8]) {
        std::fs::write(self.at(path), content).unwrap();
    }

    /// Checks it; JSON on standard output.
    pub fn check(&self) -> Ran {
        run(self.path(), &["check", "--root", ".", "--output", "json"])
    }
}
