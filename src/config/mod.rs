//! `.flux-vet.yaml` as types (serde_yaml), each value with its place (our own reader on the same text).

mod choice;
mod places;
mod read;
mod schema;
mod text;
mod types;

pub use choice::Choice;
pub use places::Places;
pub use read::{typed, typed_head};
pub use schema::{schema, schema_of};
pub use text::{Date, NamespacedName, ObjectPattern, PathPattern, Percent, Resource, SourceName, Version};
pub use types::{
    Amounts, Budget, Charts, ClusterEntry, Config, External, Ignore, Level, Monitoring, PathRules, Quantity, Rendered,
    RuleSetting, Scope,
};

use std::collections::BTreeMap;

use crate::fault::Fault;
use crate::source::{FileId, ReadError, Sources, Span};

/// Names of the configuration file at the root; the first that is there is read.
pub const FILE_NAMES: [&str; 2] = [".flux-vet.yaml", ".flux-vet.yml"];

/// What the configuration declares about one cluster: its own entry before the common keys.
#[derive(Clone, Debug)]
pub struct Declared<'c> {
    /// Version of Flux.
    pub flux: Option<Version>,
    /// Version of Kubernetes.
    pub kubernetes: Option<Version>,
    /// The monitoring stack.
    pub monitoring: Option<&'c Monitoring>,
    /// The budget.
    pub budget: &'c [Budget],
    /// Number of nodes.
    pub nodes: Option<u32>,
    /// What exists outside the tree, the common entries first.
    pub externals: Vec<&'c External>,
}

impl Config {
    /// Reads the configuration that was chosen.
    ///
    /// # Errors
    /// [`Fault`] as for [`Config::load`].
    pub fn choose(sources: &Sources, choice: &Choice) -> Result<Config, Fault> {
        match choice {
            Choice::Found => Config::load(sources, None),
            Choice::At(path) => Config::load(sources, Some(path)),
            Choice::Text { path, text } => Config::from_file(sources, sources.add(path, text)),
            Choice::Isolated => Ok(Config::default()),
        }
    }

    /// Reads the configuration: the given file, or the one at the root, or the defaults where there is none.
    ///
    /// # Errors
    /// [`Fault`] when the file cannot be read or says something that is not accepted.
    pub fn load(sources: &Sources, path: Option<&str>) -> Result<Config, Fault> {
        let fault = |path: &str, error: &ReadError| Fault::Read { path: path.to_owned(), reason: error.to_string() };
        if let Some(path) = path {
            let id = sources.load(path).map_err(|error| fault(path, &error))?;
            return Config::from_file(sources, id);
        }
        for name in FILE_NAMES {
            match sources.load(name) {
                Ok(id) => return Config::from_file(sources, id),
                Err(ReadError::Missing) => {}
                Err(error) => return Err(fault(name, &error)),
            }
        }
        Ok(Config::default())
    }

    /// Reads the configuration from a file of the run, one added with [`Sources::add`] included.
    ///
    /// # Errors
    /// [`Fault`] as for [`Config::load`].
    pub fn from_file(sources: &Sources, id: FileId) -> Result<Config, Fault> {
        read::config(sources, id)
    }

    /// Where a value stands, by dotted path (`budget.0.requests.memory`); `key:budget.0.requests` gives the place of
    /// a key. `None` for what the file does not say.
    pub fn place(&self, path: &str) -> Option<Span> {
        self.places.find(path)
    }

    /// Every value that the file says: its dotted path, its text, its place.
    pub fn said(&self) -> Vec<(String, String, Span)> {
        self.places.leaves()
    }

    /// A fault at the narrowest place of a path: the scalar, the key of a map or list (or of what should hold the
    /// missing value), the first key of a list entry.
    pub fn fault(&self, path: &str, message: impl Into<String>, label: &str, help: Option<String>) -> Fault {
        self.places.fault(path, message, label, help)
    }

    /// The presets to begin with.
    pub fn presets(&self) -> Vec<&str> {
        match &self.presets {
            Some(presets) => presets.iter().map(String::as_str).collect(),
            None => vec!["recommended"],
        }
    }

    /// Takes the rules of the presets; `levels` gives those of one of them, or nothing for a name that is none.
    ///
    /// # Errors
    /// [`Fault`] at the first preset that does not exist. `all` is for the suggestion.
    pub fn begin(
        &mut self,
        levels: impl Fn(&str) -> Option<BTreeMap<String, Level>>,
        all: &[&str],
    ) -> Result<(), Fault> {
        let mut begun = BTreeMap::new();
        for (index, name) in self.presets().into_iter().enumerate() {
            begun.extend(levels(name).ok_or_else(|| {
                let help = match nearest(name, all.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("presets: {}", all.join(", ")),
                };
                let message = format!("there is no preset `{name}`");
                self.fault(&format!("presets.{index}"), message, "no such preset", Some(help))
            })?);
        }
        self.begun = Some(begun);
        Ok(())
    }

    /// What the presets say about a rule; `None` where nobody asked for them, and the card decides.
    pub fn begun(&self, rule: &str) -> Option<Level> {
        Some(self.begun.as_ref()?.get(rule).copied().unwrap_or(Level::Off))
    }

    /// Whether an ignore needs a reason.
    pub fn reason_required(&self) -> bool {
        self.require_reason.unwrap_or_else(|| self.presets().contains(&"recommended"))
    }

    /// What is declared about the cluster with an entry path.
    pub fn declared(&self, entry: &str) -> Declared<'_> {
        let own = self.clusters.iter().find(|cluster| cluster.entry == entry);
        let externals = self.externals.iter().chain(own.iter().flat_map(|own| &own.externals));
        Declared {
            flux: own.and_then(|own| own.flux).or(self.flux),
            kubernetes: own.and_then(|own| own.kubernetes).or(self.kubernetes),
            monitoring: own.and_then(|own| own.monitoring.as_ref()).or(self.monitoring.as_ref()),
            budget: own.and_then(|own| own.budget.as_deref()).unwrap_or(&self.budget),
            nodes: own.and_then(|own| own.nodes).or(self.nodes).map(Into::into),
            externals: externals.collect(),
        }
    }

    /// Checks that every rule and group named in `rules`, `paths` and `ignore` exists. `all` is for the suggestion.
    ///
    /// # Errors
    /// [`Fault`] at the first name of the file that is not known.
    pub fn check_names(&self, known: &dyn Fn(&str) -> bool, all: &[&str]) -> Result<(), Fault> {
        let rules = self.rules.keys().map(|name| (format!("key:rules.{name}"), name));
        let paths = self.paths.iter().enumerate().flat_map(|(index, paths)| {
            paths.rules.keys().map(move |name| (format!("key:paths.{index}.rules.{name}"), name))
        });
        let ignores = self.ignore.iter().map(|ignore| (format!("{}.rule", ignore.at), &ignore.rule));
        let unknown = rules.chain(paths).chain(ignores).filter(|(_, name)| !known(name));
        let Some((path, name)) = unknown.min_by_key(|(path, _)| self.place(path)) else { return Ok(()) };
        let help = match nearest(name, all.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`flux-vet rules` lists all rules and groups".to_owned(),
        };
        Err(self.fault(&path, format!("there is no rule or group `{name}`"), "no such rule", Some(help)))
    }
}

/// The candidate that was probably meant: a slip of the keyboard away, or a longer or shorter form.
pub fn nearest<'n>(name: &str, candidates: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let lower = name.to_lowercase();
    let length = lower.chars().count();
    let near = |candidate: &str| {
        let most = (lower.len().max(candidate.len()) / 3).max(1);
        // No comparison can bring two lengths closer than they are.
        if length.abs_diff(candidate.chars().count()) > most && !candidate.starts_with(&lower) {
            return None;
        }
        let distance = strsim::damerau_levenshtein(&lower, candidate);
        let shortened = lower.len() >= 3 && candidate.starts_with(&lower);
        let close = distance <= most;
        // Two letters have everything one step away.
        (shortened || (close && lower.len() > 2)).then_some(distance)
    };
    let candidates = candidates.into_iter().filter_map(|candidate| Some((near(candidate)?, candidate)));
    candidates.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Known values for people: five, then how many more.
fn one_of(names: &[&str]) -> String {
    let shown = names.iter().take(5).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(5) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
