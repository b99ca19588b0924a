//! What a rule says about the tree, and what becomes of it in a report. A leaf: it imports `source` at most.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::source::Span;

/// How bad it is when the finding is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Applied, but does not do what it says.
    Warning,
    /// Refused, failing, leaking, or over a declared limit.
    Error,
}

impl Severity {
    /// The word used everywhere.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// The weight of the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A heuristic.
    Low,
    /// Leans on data tables, chart profiles, or a partial build.
    Medium,
    /// Follows from the documents that were read.
    High,
}

impl Confidence {
    /// The word used everywhere.
    pub fn word(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// A place and a few words about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// At most five words, lower case; empty when the place speaks for itself.
    pub message: String,
}

impl Label {
    /// A label with words.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Label { span, message: message.into() }
    }
}

/// The object a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectRef {
    /// `group/version`, or `v1`.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace after the build; `None` for cluster-scoped objects and where none is set.
    pub namespace: Option<String>,
    /// Name after the build.
    pub name: String,
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} `{namespace}/{}`", self.kind, self.name),
            None => write!(f, "{} `{}`", self.kind, self.name),
        }
    }
}

/// Whether a fix can change what a correct cluster runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applicability {
    /// It cannot.
    Safe,
    /// It may; applied only on request.
    Unsafe,
}

/// A change of text that removes a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, as an imperative.
    pub title: String,
    /// Whether it may be applied without asking.
    pub applicability: Applicability,
    /// Replacements, in source order, not overlapping.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// What a predicate or the build itself saw, before the rule's card adds its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Rule id.
    pub rule: Cow<'static, str>,
    /// One sentence that names the object and the value, without a final stop.
    pub message: String,
    /// The place to edit.
    pub primary: Label,
    /// Other places involved, in any file.
    pub related: Vec<Label>,
    /// Replaces the card's reason.
    pub why: Option<String>,
    /// Replaces the card's advice.
    pub help: Option<String>,
    /// Lower than the card's severity, or `None`.
    pub severity: Option<Severity>,
    /// Lower than the card's confidence, or `None`.
    pub confidence: Option<Confidence>,
    /// The object it is about; `None` for a file or an entry of a kustomization file.
    pub object: Option<ObjectRef>,
    /// The path inside the object, or what else tells two findings of a rule and object apart. No line numbers.
    pub path: String,
    /// How the value at the primary place came to be there.
    pub trail: Vec<Label>,
    /// The change that removes it.
    pub fix: Option<Fix>,
}

impl Observation {
    /// An observation with only the obligatory parts.
    pub fn new(rule: &'static str, message: impl Into<String>, primary: Label) -> Self {
        Observation {
            rule: Cow::Borrowed(rule),
            message: message.into(),
            primary,
            related: Vec::new(),
            why: None,
            help: None,
            severity: None,
            confidence: None,
            object: None,
            path: String::new(),
            trail: Vec::new(),
            fix: None,
        }
    }

    /// Adds a related place.
    #[must_use]
    pub fn related(mut self, label: Label) -> Self {
        if label.span != self.primary.span && !self.related.contains(&label) {
            self.related.push(label);
        }
        self
    }

    /// Sets the object and the path in it.
    #[must_use]
    pub fn about(mut self, object: ObjectRef, path: impl Into<String>) -> Self {
        self.object = Some(object);
        self.path = path.into();
        self
    }

    /// Sets what tells this finding apart where there is no object.
    #[must_use]
    pub fn keyed(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Replaces the card's reason.
    #[must_use]
    pub fn why(mut self, text: impl Into<String>) -> Self {
        self.why = Some(text.into());
        self
    }

    /// Replaces the card's advice.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// Sets the severity where it differs from the card's.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = Some(severity);
        self
    }

    /// Sets the confidence where it is lower than the card's.
    #[must_use]
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = Some(confidence);
        self
    }

    /// Sets how the value came to be.
    #[must_use]
    pub fn trail(mut self, trail: Vec<Label>) -> Self {
        self.trail = trail;
        self
    }

    /// Sets the fix.
    #[must_use]
    pub fn fix(mut self, fix: Fix) -> Self {
        self.fix = Some(fix);
        self
    }
}

/// Whether a finding counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It counts.
    Reported,
    /// A suppression covers it.
    Ignored,
    /// The baseline lists it.
    Baselined,
    /// The base revision has it too.
    Known,
}

/// A finding as reports print it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Rule id.
    pub rule: Arc<str>,
    /// Group of the rule.
    pub group: Arc<str>,
    /// Severity after configuration.
    pub severity: Severity,
    /// Weight of the proof.
    pub confidence: Confidence,
    /// What: one sentence.
    pub message: String,
    /// Why it matters, as a fact.
    pub why: String,
    /// What to do, as an imperative.
    pub help: String,
    /// Entry path of the cluster; `None` where the finding belongs to no cluster.
    pub cluster: Option<Arc<str>>,
    /// Object it is about.
    pub object: Option<ObjectRef>,
    /// Path inside the object; part of the fingerprint.
    pub path: String,
    /// The place to edit.
    pub primary: Label,
    /// Other places.
    pub related: Vec<Label>,
    /// How the value came to be.
    pub trail: Vec<Label>,
    /// The change that removes it.
    pub fix: Option<Fix>,
    /// Identity that survives edits elsewhere, 32 hexadecimal digits.
    pub fingerprint: String,
    /// Whether it counts.
    pub state: State,
    /// Why it does not count, where it does not.
    pub state_reason: Option<String>,
    /// The comment or annotation that covers it; `None` where the configuration, the baseline or nothing does.
    pub state_place: Option<Span>,
}

/// One thing that was not looked at, and why: a remote source, a chart without profile, a broken Kustomization.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotChecked {
    /// Entry path of the cluster.
    pub cluster: Arc<str>,
    /// What kind of thing: `remote`, `chart`, `broken`, `values`, `source`, `count`.
    pub class: &'static str,
    /// The thing, for people.
    pub what: String,
    /// Why it was not looked at.
    pub reason: String,
}

/// What one cluster's part of a run covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterCoverage {
    /// Entry path.
    pub entry: Arc<str>,
    /// Flux Kustomizations declared in the tree.
    pub kustomizations: usize,
    /// Of them, built.
    pub built: usize,
    /// Of them, from a source outside the tree.
    pub external: usize,
    /// Of them, that Flux would refuse to build.
    pub broken: usize,
    /// Objects in the cluster after the build.
    pub objects: usize,
}

/// What a run covered: part of every report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Per cluster, in order of entry path.
    pub clusters: Vec<ClusterCoverage>,
    /// Objects checked, over all clusters.
    pub objects: usize,
    /// Files read.
    pub files: usize,
    /// What was not looked at, sorted.
    pub unknown: Vec<NotChecked>,
}

/// How many findings count, by severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Errors.
    pub error: usize,
    /// Warnings.
    pub warning: usize,
    /// Infos.
    pub info: usize,
}

impl Summary {
    /// All of them.
    pub fn total(self) -> usize {
        self.error + self.warning + self.info
    }
}
