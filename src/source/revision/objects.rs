//! Questions to the `git` program: which commit, which files, what they hold. Nothing is written, no hook runs.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::{ReadError, RevisionError};

/// The objects of a repository.
#[derive(Debug)]
pub struct Objects {
    root: PathBuf,
    reader: Mutex<Option<Reader>>,
}

/// A running `git cat-file --batch`.
#[derive(Debug)]
struct Reader {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Objects {
    /// The repository around a folder.
    ///
    /// # Errors
    /// There is no git, or no repository.
    pub fn of(root: &Path) -> Result<Self, RevisionError> {
        let objects = Objects { root: root.to_owned(), reader: Mutex::new(None) };
        match objects.ask(["rev-parse", "--is-inside-work-tree"]) {
            Ok(_) => Ok(objects),
            Err(RevisionError::Git(_)) => Err(RevisionError::NoRepository(root.display().to_string())),
            Err(error) => Err(error),
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new("git");
        // Options that a repository could bring and that would start other programs.
        command.arg("-C").arg(&self.root).args(["--no-pager", "-c", "core.fsmonitor=false", "--no-replace-objects"]);
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_NO_LAZY_FETCH", "1").env("LC_ALL", "C");
        command
    }

    fn ask<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Result<Vec<u8>, RevisionError> {
        let output = self.command().args(arguments).stdin(Stdio::null()).output();
        let output = output.map_err(|error| RevisionError::NoGit(error.to_string()))?;
        if output.status.success() {
            return Ok(output.stdout);
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(RevisionError::Git(said.lines().next().unwrap_or_default().to_owned()))
    }

    /// The commit that a revision names.
    ///
    /// # Errors
    /// There is none.
    pub fn commit(&self, revision: &str) -> Result<String, RevisionError> {
        let unknown = || RevisionError::Unknown(revision.to_owned());
        let asked = format!("{revision}^{{commit}}");
        let found =
            self.ask(["rev-parse", "--verify", "--quiet", "--end-of-options", &asked]).map_err(|_| unknown())?;
        let commit = String::from_utf8_lossy(&found).trim().to_owned();
        if commit.is_empty() || !commit.chars().all(|c| c.is_ascii_hexdigit()) { Err(unknown()) } else { Ok(commit) }
    }

    /// What a commit holds below the root, a line a file, paths relative to the root.
    ///
    /// # Errors
    /// What git says.
    pub fn tree(&self, commit: &str) -> Result<Vec<Vec<u8>>, RevisionError> {
        let listed = self.ask(["ls-tree", "-r", "-z", "-l", commit])?;
        Ok(listed.split(|byte| *byte == 0).filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect())
    }

    /// The bytes of an object.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(&self, id: &str) -> Result<Vec<u8>, ReadError> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        if reader.is_none() {
            *reader = Some(self.start().map_err(|error| ReadError::Io(error.to_string()))?);
        }
        let Some(running) = reader.as_mut() else { return Err(ReadError::Missing) };
        let answer = running.read(id);
        if answer.is_err() {
            // What it would say next belongs to no question.
            *reader = None;
        }
        answer
    }

    fn start(&self) -> std::io::Result<Reader> {
        let mut command = self.command();
        command.args(["cat-file", "--batch"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn()?;
        let pipe = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        let asks = child.stdin.take().ok_or_else(pipe)?;
        let answers = BufReader::new(child.stdout.take().ok_or_else(pipe)?);
        Ok(Reader { child, asks, answers })
    }
}

impl Reader {
    /// One question, one answer: a line `<id> blob <size>`, the bytes, a line break.
    fn read(&mut self, id: &str) -> Result<Vec<u8>, ReadError> {
        let io = |error: std::io::Error| ReadError::Io(error.to_string());
        writeln!(self.asks, "{id}").and_then(|()| self.asks.flush()).map_err(io)?;
        let mut head = String::new();
        self.answers.read_line(&mut head).map_err(io)?;
        let size: Option<usize> = head.trim_end().rsplit_once(' ').and_then(|(_, size)| size.parse().ok());
        let size = size.ok_or_else(|| ReadError::Io(format!("git has no object {id}")))?;
        let mut bytes = vec![0; size + 1];
        self.answers.read_exact(&mut bytes).map_err(io)?;
        bytes.truncate(size);
        Ok(bytes)
    }
}
