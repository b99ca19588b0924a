//! What the server is started with: by the command line, and by the client.

use std::path::PathBuf;

use serde_json::Value;

use crate::config::{Choice, Date};
use crate::fault::Fault;
use crate::source::Disk;

/// What is the same for all roots.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The day, for ignores that end.
    pub today: fn() -> Option<Date>,
    /// The configuration, in place of that of the root; a relative path is one below the root.
    pub config: Option<PathBuf>,
    /// No configuration is read.
    pub isolated: bool,
}

impl Setup {
    /// With what the client says besides, in `initializationOptions`: `config` and `isolated`.
    #[must_use]
    pub fn with(self, parameters: &Value) -> Self {
        let option = |name: &str| parameters.pointer(&format!("/initializationOptions/{name}"));
        let config = option("config").and_then(Value::as_str).filter(|path| !path.is_empty());
        Setup {
            config: config.map(PathBuf::from).or(self.config),
            isolated: option("isolated").and_then(Value::as_bool).unwrap_or(self.isolated),
            ..self
        }
    }

    /// The configuration of a root.
    ///
    /// # Errors
    /// There is no such file.
    pub fn choice(&self, disk: &Disk) -> Result<Choice, Fault> {
        match &self.config {
            _ if self.isolated => Ok(Choice::Isolated),
            Some(path) => Choice::of_file(path, &[], disk),
            None => Ok(Choice::Found),
        }
    }
}
