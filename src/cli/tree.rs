//! The tree that a command looks at: its root, and paths of the command line below it.

use std::env;
use std::path::{Component, Path, PathBuf};

use clap::Args;

use crate::config::Choice;
use crate::fault::Fault;
use crate::source::{Disk, Sources, normalize};

/// Where the tree is.
#[derive(Clone, Debug, Args)]
pub struct Tree {
    /// Root of the repository [default: the git root around the working directory]
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,

    /// Configuration file [default: $FLUX_VET_CONFIG, else .flux-vet.yaml at the root]
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Read no configuration file
    #[arg(long, conflicts_with = "config")]
    pub isolated: bool,
}

impl Tree {
    /// Opens the root, and says which configuration to take.
    ///
    /// # Errors
    /// It is no directory that can be read, or there is no such configuration file.
    pub fn open(&self) -> Result<(Disk, Choice), Fault> {
        let disk = open(&self.root.clone().map_or_else(|| Ok(git_root(&here()?)), Ok)?)?;
        let choice = self.choice(&disk)?;
        Ok((disk, choice))
    }

    /// From now on, paths are told from a folder of the working directory.
    ///
    /// # Errors
    /// The folder or the root is no directory.
    pub fn tell_from(&self, folder: &Path, sources: &mut Sources) -> Result<(), Fault> {
        let (disk, _) = self.open()?;
        let folder = open(&here()?.join(folder))?;
        let plain = |path: &Path| path.display().to_string().replace('\\', "/");
        sources.tell_from(&plain(disk.root()), &plain(folder.root()));
        Ok(())
    }

    /// The configuration that is asked for. A path is one of the working directory, else one below the root.
    fn choice(&self, disk: &Disk) -> Result<Choice, Fault> {
        if self.isolated {
            return Ok(Choice::Isolated);
        }
        match self.config.clone().or_else(named_config) {
            Some(path) => Choice::of_file(&path, &[&here()?], disk),
            None => Ok(Choice::Found),
        }
    }

    /// Opens the root around a folder, unless one is given; gives the folder below it too.
    ///
    /// # Errors
    /// One of the two is no directory that can be read.
    pub fn open_around(&self, folder: &Path) -> Result<(Disk, String), Fault> {
        let folder = here()?.join(folder);
        let folder = folder.canonicalize().map_err(|error| unreadable(&folder, error.to_string()))?;
        let disk = open(&self.root.clone().unwrap_or_else(|| git_root(&folder)))?;
        let below = below(&disk, &folder.display().to_string())?;
        Ok((disk, below))
    }
}

/// The configuration that the environment names.
pub fn named_config() -> Option<PathBuf> {
    env::var_os("FLUX_VET_CONFIG").filter(|name| !name.is_empty()).map(PathBuf::from)
}

fn unreadable(path: &Path, reason: String) -> Fault {
    Fault::Root { path: path.display().to_string(), reason }
}

/// The working directory.
///
/// # Errors
/// It is gone.
pub fn here() -> Result<PathBuf, Fault> {
    env::current_dir().map_err(|error| unreadable(Path::new("."), error.to_string()))
}

fn open(root: &Path) -> Result<Disk, Fault> {
    let disk = Disk::new(root).map_err(|error| unreadable(root, error.to_string()))?;
    if disk.root().is_dir() { Ok(disk) } else { Err(unreadable(root, "it is no directory".to_owned())) }
}

/// A path of the command line as a path below the root. The file may be gone: a deletion is what breaks others.
///
/// # Errors
/// It does not lie below the root.
pub fn below(disk: &Disk, path: &str) -> Result<String, Fault> {
    let root = disk.root();
    let absolute = here()?.join(path);
    let known = absolute.canonicalize().unwrap_or_else(|_| folded(&absolute));
    let inside = known.strip_prefix(root).ok().and_then(Path::to_str).map(normalize);
    // With --root, paths may also be given as the report prints them.
    inside.or_else(|| root.join(path).exists().then(|| normalize(path))).ok_or_else(|| Fault::Usage {
        message: format!("`{path}` does not lie below the root `{}`", root.display()),
        help: Some("name the root with --root".to_owned()),
    })
}

/// A path without `.` and `..`, for one that does not exist.
fn folded(path: &Path) -> PathBuf {
    let mut folded = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                folded.pop();
            }
            part => folded.push(part),
        }
    }
    folded
}

fn git_root(here: &Path) -> PathBuf {
    here.ancestors().find(|directory| directory.join(".git").exists()).unwrap_or(here).to_owned()
}
