//! What is known of charts and of the kinds of operators, as data: profiles.

mod builtin;
mod condition;
mod keys;
mod look;
mod names;
mod own;

use hashbrown::HashSet;

use schemars::JsonSchema;
use serde::Deserialize;

use super::budget::WorkloadSpec;
use super::pods::ServicesSpec;
use super::release::Release;
use super::storage::StorageSpec;
use crate::build::Object;
use crate::build::charts::{Chart, Version, numbers};
use crate::cluster::quantity::Quantity;
use crate::config::{Config, schema_of};
use crate::fault::Fault;
use crate::finding::Confidence;
use crate::source::Sources;

pub use condition::{Condition, Scalar, all_hold};
pub use keys::{KeysSpec, UnknownKey};
pub use look::{Look, Values};
pub use names::Names;

/// What one chart, in some of its versions, reads, makes and runs; or what an operator does for one kind of object.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// Names of the chart.
    #[serde(default)]
    pub charts: Vec<String>,
    /// Kinds as `group/Kind`, for objects of operators.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// For names that several charts carry: words of which one must stand in the address of the chart, in the name of
    /// its source, or in that of the release.
    #[serde(default)]
    about: Vec<String>,
    /// First version it was verified for.
    from: Option<String>,
    /// First version it was not verified for.
    below: Option<String>,
    /// Where its facts are from: repository, folder, version.
    source: String,
    /// How many characters the chart keeps of its full name.
    longest: Option<usize>,
    /// What runs. Left out where it is not known.
    pub workloads: Option<Vec<WorkloadSpec>>,
    /// Nothing else runs but the workloads.
    #[serde(default)]
    pub complete: bool,
    /// Something runs of which nothing is known, besides the workloads if there are any.
    #[serde(default)]
    pub opaque: bool,
    /// Which buckets it uses or makes.
    #[serde(default)]
    pub storage: StorageSpec,
    /// The Services it makes. Left out where they are not known.
    pub services: Option<ServicesSpec>,
    /// Which keys of its values it reads.
    #[serde(default)]
    pub values: KeysSpec,
}

/// Longest name that charts give, in characters.
const LONGEST: usize = 63;

impl Profile {
    /// Where its facts are from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// How many characters the chart keeps of its full name.
    pub fn longest(&self) -> usize {
        self.longest.unwrap_or(LONGEST)
    }

    /// What is wrong with it that its form does not show: the path of the value, and a sentence.
    fn problem(&self) -> Option<(&'static str, String)> {
        if self.charts.is_empty() == self.kinds.is_empty() {
            return Some(("", "a profile has either `charts` or `kinds`".to_owned()));
        }
        if let Some(kind) = self.kinds.iter().find(|kind| kind.split('/').count() != 2) {
            return Some(("kinds", format!("`{kind}` is not of the form `group/Kind`")));
        }
        if self.source.trim().is_empty() {
            return Some(("source", "`source` does not say where the facts are from".to_owned()));
        }
        for (path, version) in [("from", &self.from), ("below", &self.below)] {
            if let Some(version) = version.as_ref().filter(|version| numbers(version).is_none()) {
                return Some((path, format!("`{version}` is no version")));
            }
        }
        if let Some(problem) = self.values.problem() {
            return Some(("values.moved", problem));
        }
        let amounts = self.workloads.iter().flatten().flat_map(WorkloadSpec::amounts);
        let amount = amounts.into_iter().find(|text| Quantity::parse(text).is_none())?;
        Some(("workloads", format!("`{amount}` is no amount")))
    }

    fn is_about(&self, release: &Release<'_>) -> bool {
        let has = |text: &str| self.about.iter().any(|word| text.contains(word.as_str()));
        let texts = ["spec.chart.spec.sourceRef.name", "spec.chartRef.name", "spec.releaseName"];
        self.about.is_empty()
            || release.source.url.as_deref().is_some_and(has)
            || has(&release.object.name)
            || texts.iter().filter_map(|path| release.object.dig(path)?.as_str()).any(has)
    }

    fn begins_before(&self, version: &[u64]) -> bool {
        self.from.as_deref().and_then(numbers).is_none_or(|from| from.as_slice() <= version)
    }

    fn ends_after(&self, version: &[u64]) -> bool {
        self.below.as_deref().and_then(numbers).is_none_or(|below| version < below.as_slice())
    }

    /// Whether it was verified for every version that the text allows.
    fn covers(&self, chart: &Chart) -> bool {
        if self.from.is_none() && self.below.is_none() {
            return true;
        }
        match (pinned(chart), chart.pinned()) {
            (Some(version), _) => self.begins_before(&version) && self.ends_after(&version),
            (None, Some(Version { major, .. })) => self.begins_before(&[major]) && self.ends_after(&[major, u64::MAX]),
            (None, None) => false,
        }
    }
}

/// The numbers of a version, where the release pins all of them.
fn pinned(chart: &Chart) -> Option<Vec<u64>> {
    numbers(chart.version.as_deref()?).filter(|numbers| numbers.len() > 2)
}

/// A profile that was chosen for a release.
#[derive(Clone, Copy, Debug)]
pub struct Fit<'w> {
    /// The profile.
    pub profile: &'w Profile,
    /// Whether it was verified for the version of the release.
    pub is_verified: bool,
}

impl Fit<'_> {
    /// A weight of proof, one step lower outside of the versions that were verified.
    pub fn trust(self, confidence: Confidence) -> Confidence {
        match confidence {
            _ if self.is_verified => confidence,
            Confidence::High => Confidence::Medium,
            Confidence::Medium | Confidence::Low => Confidence::Low,
        }
    }
}

/// All profiles of a run.
#[derive(Debug, Default)]
pub struct Profiles {
    /// Those of the repository, which take the place of ours for the same chart or kind.
    own: Vec<Profile>,
}

impl Profiles {
    /// Ours and those of the repository.
    ///
    /// # Errors
    /// [`Fault`] when a file of the repository cannot be read or says something that is not accepted.
    pub fn load(sources: &Sources, config: &Config) -> Result<Self, Fault> {
        Ok(Profiles { own: own::profiles(sources, config)? })
    }

    /// The profile for the chart of a release: the one verified for its version, else the newest that is not newer,
    /// else the first.
    pub fn of_release(&self, release: &Release<'_>) -> Option<Fit<'_>> {
        let name = release.chart?;
        let about = |profile: &&Profile| profile.is_about(release);
        let is_own = |profile: &&Profile| profile.charts.iter().any(|chart| chart == name);
        let mut candidates: Vec<&Profile> = self.own.iter().filter(is_own).filter(about).collect();
        if candidates.is_empty() {
            candidates = builtin::of_chart(name).into_iter().filter(about).collect();
        }
        if let Some(profile) = candidates.iter().find(|profile| profile.covers(release.source)) {
            return Some(Fit { profile, is_verified: true });
        }
        let version = pinned(release.source);
        let older = |profile: &&&Profile| version.as_ref().is_some_and(|version| profile.begins_before(version));
        let profile = candidates.iter().rfind(older).or(candidates.first())?;
        Some(Fit { profile, is_verified: false })
    }

    /// The profile for an operator's object.
    pub fn of_object(&self, object: &Object) -> Option<&Profile> {
        let name = format!("{}/{}", object.gvk.group, object.gvk.kind);
        self.own.iter().find(|profile| profile.kinds.contains(&name)).or_else(|| builtin::of_kind(&name))
    }

    /// The profiles of kinds: group, kind, profile.
    pub fn of_kinds(&self) -> impl Iterator<Item = (&str, &str, &Profile)> {
        let own: HashSet<&String> = self.own.iter().flat_map(|profile| &profile.kinds).collect();
        let kinds = |profile: &'static Profile| profile.kinds.iter().map(move |kind| (kind, profile));
        let ours = builtin::all().iter().flat_map(kinds).filter(move |(kind, _)| !own.contains(kind));
        let theirs = self.own.iter().flat_map(|profile| profile.kinds.iter().map(move |kind| (kind, profile)));
        theirs.chain(ours).filter_map(|(kind, profile)| {
            let (group, kind) = kind.split_once('/')?;
            Some((group, kind, profile))
        })
    }
}

/// The JSON Schema of a file of profiles.
pub fn schema() -> serde_json::Value {
    let mut schema = schema_of::<Vec<Profile>>();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("title".to_owned(), "flux-vet profiles of charts".into());
    }
    schema
}
