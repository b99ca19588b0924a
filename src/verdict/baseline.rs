//! The baseline: findings that were there when the tool was adopted. It names objects, never lines, and only shrinks by itself.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::finding::{Finding, State};
use crate::source::Sources;

/// Name of the file at the root of the repository.
pub const FILE_NAME: &str = ".flux-vet-baseline.json";

const VERSION: u32 = 1;

/// Which baseline counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The file at the root, where there is one.
    #[default]
    Found,
    /// A file below the root, which has to be there.
    At(String),
    /// None.
    None,
}

/// Findings that do not count, by rule, by object, by what tells two findings of one object apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<String, BTreeMap<String, BTreeSet<String>>>);

/// The file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    version: u32,
    findings: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

/// What tells a finding from all others: rule, object, and the path in it.
type Key = (String, String, String);

fn key(finding: &Finding, sources: &Sources) -> Key {
    let what = match &finding.object {
        Some(object) => {
            let group = object.api_version.split_once('/').map_or("", |(group, _)| group);
            let dot = if group.is_empty() { "" } else { "." };
            let namespace = object.namespace.as_deref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
            format!("{}{dot}{group} {namespace}{}", object.kind, object.name)
        }
        None => format!("file {}", sources.location(finding.primary.span).path),
    };
    let at = match &finding.cluster {
        Some(cluster) if !cluster.is_empty() => format!("{cluster}: {what}"),
        _ => what,
    };
    (finding.rule.to_string(), at, finding.path.clone())
}

impl Baseline {
    /// Reads the chosen file; `None` where there is none.
    ///
    /// # Errors
    /// [`Fault`] when a file that is named is not there, and for a text that is no baseline.
    pub fn read(sources: &Sources, choice: &Choice) -> Result<Option<Self>, Fault> {
        let path = match choice {
            Choice::None => return Ok(None),
            Choice::Found if sources.system().entry(FILE_NAME).is_err() => return Ok(None),
            Choice::Found => FILE_NAME,
            Choice::At(path) => path,
        };
        let unreadable = |reason: String| Fault::Read { path: path.to_owned(), reason };
        let bytes = sources.system().read(path).map_err(|error| unreadable(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| unreadable(error.to_string()))?;
        Self::parse(path, &text).map(Some)
    }

    /// Reads a text.
    ///
    /// # Errors
    /// [`Fault`] at the place of what is wrong.
    pub fn parse(path: &str, text: &str) -> Result<Self, Fault> {
        let help = || Some("write it anew with `flux-vet baseline --allow-new`".to_owned());
        let read: Text = serde_json::from_str(text).map_err(|error| {
            let line: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
            // The column counts bytes, and may stand inside of a character.
            let at = text.floor_char_boundary(line + error.column().saturating_sub(1));
            Fault::place(path, text, at..at, format!("this is no baseline: {error}"), "here", help())
        })?;
        if read.version != VERSION {
            let at = text.find("\"version\"").unwrap_or(0);
            let message = format!("version {} of the baseline is not known here", read.version);
            return Err(Fault::place(path, text, at..at, message, "here", help()));
        }
        Ok(Baseline(read.findings))
    }

    /// A baseline of everything that is reported or was in the last one.
    pub fn of(findings: &[Finding], sources: &Sources) -> Self {
        let mut baseline = Baseline::default();
        let counting = |finding: &&Finding| matches!(finding.state, State::Reported | State::Baselined);
        for finding in findings.iter().filter(counting) {
            let (rule, object, path) = key(finding, sources);
            baseline.0.entry(rule).or_default().entry(object).or_default().insert(path);
        }
        baseline
    }

    fn holds(&self, (rule, object, path): &Key) -> bool {
        self.0.get(rule).and_then(|objects| objects.get(object)).is_some_and(|paths| paths.contains(path))
    }

    /// How many findings it lists.
    pub fn len(&self) -> usize {
        self.0.values().flat_map(BTreeMap::values).map(BTreeSet::len).sum()
    }

    /// Whether it lists none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Marks what is listed as known.
    pub fn apply(&self, findings: &mut [Finding], sources: &Sources) {
        for finding in findings.iter_mut().filter(|finding| finding.state == State::Reported) {
            if self.holds(&key(finding, sources)) {
                finding.state = State::Baselined;
            }
        }
    }

    /// What both list.
    #[must_use]
    pub fn common(&self, other: &Self) -> Self {
        let mut common = Baseline::default();
        for (rule, object, path) in self.keys() {
            if other.holds(&(rule.clone(), object.clone(), path.clone())) {
                common.0.entry(rule).or_default().entry(object).or_default().insert(path);
            }
        }
        common
    }

    /// What it lists, one line each: `rule: object path`.
    pub fn lines(&self) -> Vec<String> {
        self.keys().map(|(rule, object, path)| format!("{rule}: {object} {path}").trim_end().to_owned()).collect()
    }

    /// What it lists and another one does not.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let mut rest = Baseline::default();
        for (rule, object, path) in self.keys() {
            if !other.holds(&(rule.clone(), object.clone(), path.clone())) {
                rest.0.entry(rule).or_default().entry(object).or_default().insert(path);
            }
        }
        rest
    }

    fn keys(&self) -> impl Iterator<Item = Key> {
        self.0.iter().flat_map(|(rule, objects)| {
            objects.iter().flat_map(move |(object, paths)| {
                paths.iter().map(move |path| (rule.clone(), object.clone(), path.clone()))
            })
        })
    }

    /// The text of the file: sorted, one finding a line, so that two branches merge.
    pub fn text(&self) -> String {
        let text = Text { version: VERSION, findings: self.0.clone() };
        serde_json::to_string_pretty(&text).unwrap_or_default() + "\n"
    }
}
