//! Which findings count: levels, suppressions, one finding for one place, one order for all.

pub mod baseline;
mod silence;
pub mod suppressions;

use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

use crate::config::{Config, Level, RuleSetting};
use crate::finding::{Confidence, Finding, Observation, Severity, State, Summary};
use crate::rulebook::card::Default as CardDefault;
use crate::rulebook::{Card, Catalogue};
use crate::source::{FileId, Sources};
use suppressions::Suppressions;

/// What the configuration says about a rule at no particular path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Switch {
    /// It does not run.
    Off,
    /// It runs at this severity.
    On(Severity),
}

/// The setting of a rule: its own, else its group's.
fn setting<'c>(rules: &'c std::collections::BTreeMap<String, RuleSetting>, card: &Card) -> Option<&'c RuleSetting> {
    rules.get(&card.id).or_else(|| rules.get(&card.group))
}

/// Whether a rule runs, and how severe it is.
pub fn switch(config: &Config, card: &Card) -> Switch {
    let level = setting(&config.rules, card).and_then(|setting| setting.level);
    match level {
        Some(level) => level.severity(card.severity).map_or(Switch::Off, Switch::On),
        // Options without a level switch a rule on at its own severity.
        None if config.rules.contains_key(&card.id) => Switch::On(card.severity),
        None => match config.begun(&card.id) {
            Some(level) => level.severity(card.severity).map_or(Switch::Off, Switch::On),
            None if card.default == CardDefault::On => Switch::On(card.severity),
            None => Switch::Off,
        },
    }
}

/// Everything the verdict needs besides the observations.
pub struct Court<'c> {
    /// The files.
    pub sources: &'c Sources,
    /// The configuration.
    pub config: &'c Config,
    /// The cards.
    pub catalogue: &'c Catalogue,
    /// Paths given on the command line: they narrow what is reported.
    pub only: Vec<String>,
    /// Rules asked for by name: they count whatever their default is.
    pub asked: Vec<String>,
    /// Rules that ran.
    pub running: &'c HashSet<&'c str>,
    /// Files that clusters are built from.
    pub built: &'c HashSet<FileId>,
}

impl Court<'_> {
    /// Observations of clusters (or of none) to findings in their final order.
    pub fn judge(
        &self,
        observations: Vec<(Option<Arc<str>>, Observation)>,
        mut suppressions: Suppressions,
    ) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            observations.into_iter().filter_map(|(cluster, observation)| self.finding(cluster, observation)).collect();
        for finding in &mut findings {
            let is_ignorable = self.catalogue.get(&finding.rule).is_some_and(|entry| entry.card.ignorable);
            if let Some(covering) =
                is_ignorable.then(|| suppressions.covers(finding, self.config, self.sources)).flatten()
            {
                finding.state = State::Ignored;
                finding.state_reason = covering.reason;
                finding.state_place = covering.place;
            }
        }
        let own = suppressions.observations(self.running, self.built);
        findings.extend(own.into_iter().filter_map(|observation| self.finding(None, observation)));
        findings.retain(|finding| self.is_asked_for(finding));
        let mut silence = silence::Silence::default();
        for finding in &mut findings {
            silence.silence(self.sources, finding);
        }
        self.sort(&mut findings);
        merge_same_place(&mut findings);
        findings
    }

    fn finding(&self, cluster: Option<Arc<str>>, observation: Observation) -> Option<Finding> {
        let card = &self.catalogue.get(&observation.rule)?.card;
        let path = self.sources.location(observation.primary.span).path;
        let below = self.level_at(&path, card);
        let level = match switch(self.config, card) {
            Switch::On(level) => level,
            Switch::Off if self.asked.contains(&card.id) || below.is_some() => card.severity,
            Switch::Off => return None,
        };
        let configured = setting(&self.config.rules, card)
            .is_some_and(|setting| setting.level.is_some_and(|level| level != Level::On));
        // What the predicate found to be less severe stays so, unless the user chose a level.
        let severity = if configured { level } else { observation.severity.map_or(level, |own| own.min(level)) };
        let severity = match below {
            None | Some(Level::On) => severity,
            Some(level) => level.severity(card.severity)?,
        };
        let fingerprint = self.fingerprint(cluster.as_deref(), &observation);
        let first_paragraph = |text: &str| text.split("\n\n").next().unwrap_or_default().replace('\n', " ");
        Some(Finding {
            rule: card.id.as_str().into(),
            group: card.group.as_str().into(),
            severity,
            confidence: observation.confidence.map_or(card.confidence, |own: Confidence| own.min(card.confidence)),
            message: observation.message,
            why: observation.why.unwrap_or_else(|| first_paragraph(&card.why)),
            help: observation.help.unwrap_or_else(|| first_paragraph(&card.help)),
            cluster,
            object: observation.object,
            path: observation.path,
            primary: observation.primary,
            related: observation.related,
            trail: observation.trail,
            fix: observation.fix,
            fingerprint,
            state: State::Reported,
            state_reason: None,
            state_place: None,
        })
    }

    /// The level of the last matching entry of `paths`.
    fn level_at(&self, path: &str, card: &Card) -> Option<Level> {
        let matching = self.config.paths.iter().rev().filter(|entry| entry.pattern.matches(path));
        matching.filter_map(|entry| setting(&entry.rules, card)).find_map(|setting| setting.level)
    }

    /// Rule, cluster, object and path in it; the file and the text at fault where there is no object. No line numbers.
    fn fingerprint(&self, cluster: Option<&str>, observation: &Observation) -> String {
        let object = match &observation.object {
            Some(object) => {
                let group = object.api_version.split_once('/').map_or("", |(group, _)| group);
                format!("{group}/{}/{}/{}", object.kind, object.namespace.as_deref().unwrap_or_default(), object.name)
            }
            None => self.sources.location(observation.primary.span).path.to_string(),
        };
        let mut hasher = blake3::Hasher::new();
        for part in [&*observation.rule, cluster.unwrap_or_default(), &object, &observation.path] {
            hasher.update(part.as_bytes());
            hasher.update(b"\0");
        }
        hasher.finalize().to_hex().as_str().chars().take(32).collect()
    }

    fn is_asked_for(&self, finding: &Finding) -> bool {
        if self.only.is_empty() {
            return true;
        }
        let places = std::iter::once(&finding.primary).chain(&finding.related);
        places.map(|label| self.sources.location(label.span).path).any(|path| {
            self.only.iter().any(|only| only.is_empty() || *path == **only || path.starts_with(&format!("{only}/")))
        })
    }

    fn sort(&self, findings: &mut [Finding]) {
        findings.sort_by_cached_key(|finding| {
            (
                self.sources.location(finding.primary.span),
                finding.rule.clone(),
                finding.message.clone(),
                finding.cluster.clone(),
                finding.fingerprint.clone(),
            )
        });
    }
}

/// One file built into several clusters gives one finding: the first keeps the place, the others are named in it.
fn merge_same_place(findings: &mut Vec<Finding>) {
    let mut seen: HashMap<(Arc<str>, crate::source::Span, String), usize> = HashMap::new();
    let mut kept: Vec<Finding> = Vec::with_capacity(findings.len());
    for finding in findings.drain(..) {
        let key = (finding.rule.clone(), finding.primary.span, finding.message.clone());
        match seen.get(&key).and_then(|at| kept.get_mut(*at)) {
            Some(first) => {
                for label in finding.related {
                    if !first.related.contains(&label) {
                        first.related.push(label);
                    }
                }
                // Reported in one cluster is reported.
                if finding.state == State::Reported {
                    first.state = State::Reported;
                    first.state_reason = None;
                    first.state_place = None;
                }
            }
            None => {
                seen.insert(key, kept.len());
                kept.push(finding);
            }
        }
    }
    *findings = kept;
}

/// Counts what is reported.
pub fn summary(findings: &[Finding]) -> Summary {
    let mut summary = Summary::default();
    for finding in findings.iter().filter(|finding| finding.state == State::Reported) {
        match finding.severity {
            Severity::Error => summary.error += 1,
            Severity::Warning => summary.warning += 1,
            Severity::Info => summary.info += 1,
        }
    }
    summary
}
