//! Everything about a run, for programs: a contract of its own, with a version and a published schema.

use std::io;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use super::{Extent, Run, Style, escape, summary};
use crate::finding::{self, Applicability, Confidence, Severity, State};
use crate::source::{Sources, Span};

/// Version of the form. A key that goes away or changes its meaning raises it; a new key does not.
const VERSION: u32 = 1;

/// A report of flux-vet, version 1.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Version of this form.
    #[schemars(extend("const" = 1))]
    pub version: u32,
    /// What wrote the report.
    pub tool: Tool,
    /// All findings, those that do not count included.
    pub findings: Vec<Finding>,
    /// What was looked at, and what was not.
    pub coverage: Coverage,
    /// How many findings are reported, by severity.
    pub summary: Summary,
    /// How many findings each rule has, most first; there with `--statistics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statistics: Option<Vec<RuleCount>>,
}

/// A line of `jsonl`: the first is about the run, each other one is a finding as in [`Report`].
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Line {
    /// The run.
    Run(Head),
    /// A finding.
    Finding(Box<Finding>),
}

/// The run, where each finding stands on a line of its own.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// Version of this form.
    pub version: u32,
    /// What wrote the report.
    pub tool: Tool,
    /// What was looked at, and what was not.
    pub coverage: Coverage,
    /// How many findings are reported, by severity.
    pub summary: Summary,
}

/// A program and its version.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// `flux-vet`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// One thing a rule found.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// Id of the rule.
    pub rule: String,
    /// Group of the rule.
    pub group: String,
    /// How bad it is.
    pub severity: Severity,
    /// The weight of the proof.
    pub confidence: Confidence,
    /// What: one sentence.
    pub message: String,
    /// Why it matters; Markdown.
    pub why: String,
    /// What to do; Markdown.
    pub help: String,
    /// Entry path of the cluster; null where the finding belongs to none.
    pub cluster: Option<String>,
    /// The object; null for a file or an entry of a kustomization file.
    pub object: Option<Object>,
    /// The place to edit.
    pub location: Location,
    /// Other places involved.
    pub related: Vec<Place>,
    /// How the value at the place came to be.
    pub trail: Vec<Place>,
    /// The change that removes the finding; null where none is known.
    pub fix: Option<Fix>,
    /// Identity that survives edits elsewhere.
    pub fingerprint: String,
    /// Whether the finding counts.
    pub state: State,
}

/// An object after the build.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// `group/version`, or `v1`.
    pub api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace; null where the object has none.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

/// A range in a file. Lines and columns start at 1, columns count Unicode characters, the end is exclusive.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// Path relative to the root, with `/`.
    pub path: String,
    /// First line.
    #[schemars(range(min = 1))]
    pub line: usize,
    /// Column of the first character.
    #[schemars(range(min = 1))]
    pub column: usize,
    /// Line of the end.
    #[schemars(range(min = 1))]
    pub end_line: usize,
    /// Column after the last character.
    #[schemars(range(min = 1))]
    pub end_column: usize,
}

/// A range in a file and a few words about it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// Where.
    #[serde(flatten)]
    pub location: Location,
    /// The words; may be empty.
    pub message: String,
}

/// A change of text.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Fix {
    /// What the change does.
    pub title: String,
    /// Whether it cannot change what a correct cluster runs.
    pub safe: bool,
    /// Replacements; they do not overlap.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    /// What is replaced; empty to insert.
    #[serde(flatten)]
    pub location: Location,
    /// The new text.
    pub text: String,
}

/// What was looked at, and what was not.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Coverage {
    /// Per cluster.
    pub clusters: Vec<Cluster>,
    /// Objects checked, over all clusters.
    pub objects: usize,
    /// Files read.
    pub files: usize,
    /// What was not looked at.
    pub unknown: Vec<Unknown>,
}

/// What was looked at in one cluster.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// Entry path.
    pub entry: String,
    /// Flux Kustomizations declared.
    pub kustomizations: usize,
    /// Of them, built.
    pub built: usize,
    /// Of them, from a source outside the tree.
    pub external: usize,
    /// Of them, that Flux would refuse to build.
    pub broken: usize,
    /// Objects after the build.
    pub objects: usize,
}

/// One thing that was not looked at.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unknown {
    /// Entry path of the cluster.
    pub cluster: String,
    /// What kind of thing: `remote`, `chart`, `broken`, `values`, `source`, `count`.
    pub class: String,
    /// The thing.
    pub what: String,
    /// Why it was not looked at.
    pub reason: String,
}

/// How many findings are reported.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Errors.
    pub error: usize,
    /// Warnings.
    pub warning: usize,
    /// Infos.
    pub info: usize,
}

/// How many findings a rule has.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RuleCount {
    /// Id of the rule.
    pub rule: String,
    /// Reported errors.
    pub error: usize,
    /// Reported warnings.
    pub warning: usize,
    /// Reported infos.
    pub info: usize,
    /// Findings that do not count.
    pub set_aside: usize,
}

impl Report {
    /// The report of a run.
    pub fn new(run: &Run<'_>) -> Self {
        let Head { version, tool, coverage, summary } = Head::new(run);
        let findings = run.findings.iter().map(|finding| Finding::new(run.sources, finding)).collect();
        Report { version, tool, findings, coverage, summary, statistics: None }
    }
}

impl Head {
    fn new(run: &Run<'_>) -> Self {
        Head {
            version: VERSION,
            tool: Tool { name: env!("CARGO_PKG_NAME").into(), version: env!("CARGO_PKG_VERSION").into() },
            coverage: Coverage::new(run.coverage),
            summary: Summary { error: run.summary.error, warning: run.summary.warning, info: run.summary.info },
        }
    }
}

fn statistics(run: &Run<'_>) -> Vec<RuleCount> {
    let count = |(rule, count): (&str, summary::Count)| RuleCount {
        rule: rule.to_owned(),
        error: count.error,
        warning: count.warning,
        info: count.info,
        set_aside: count.set_aside,
    };
    summary::by_rule(run).into_iter().map(count).collect()
}

impl Finding {
    fn new(sources: &Sources, finding: &finding::Finding) -> Self {
        let place = |label: &finding::Label| Place {
            location: Location::new(sources, label.span),
            message: escape::line(&label.message),
        };
        Finding {
            rule: finding.rule.to_string(),
            group: finding.group.to_string(),
            severity: finding.severity,
            confidence: finding.confidence,
            message: escape::line(&finding.message),
            why: escape::lines(&finding.why),
            help: escape::lines(&finding.help),
            cluster: finding.cluster.as_ref().map(ToString::to_string),
            object: finding.object.as_ref().map(|object| Object {
                api_version: object.api_version.clone(),
                kind: object.kind.clone(),
                namespace: object.namespace.clone(),
                name: object.name.clone(),
            }),
            location: Location::new(sources, finding.primary.span),
            related: finding.related.iter().map(place).collect(),
            trail: finding.trail.iter().map(place).collect(),
            fix: finding.fix.as_ref().map(|fix| Fix::new(sources, fix)),
            fingerprint: finding.fingerprint.clone(),
            state: finding.state,
        }
    }
}

impl Fix {
    fn new(sources: &Sources, fix: &finding::Fix) -> Self {
        let edit = |edit: &finding::Edit| Edit { location: Location::new(sources, edit.span), text: edit.text.clone() };
        Fix {
            title: escape::line(&fix.title),
            safe: fix.applicability == Applicability::Safe,
            edits: fix.edits.iter().map(edit).collect(),
        }
    }
}

impl Location {
    fn new(sources: &Sources, span: Span) -> Self {
        let at = sources.location(span);
        Location {
            path: at.path.to_string(),
            line: at.line,
            column: at.column,
            end_line: at.end_line,
            end_column: at.end_column,
        }
    }
}

impl Coverage {
    pub(super) fn new(coverage: &finding::Coverage) -> Self {
        let cluster = |cluster: &finding::ClusterCoverage| Cluster {
            entry: cluster.entry.to_string(),
            kustomizations: cluster.kustomizations,
            built: cluster.built,
            external: cluster.external,
            broken: cluster.broken,
            objects: cluster.objects,
        };
        let unknown = |unknown: &finding::NotChecked| Unknown {
            cluster: unknown.cluster.to_string(),
            class: unknown.class.to_owned(),
            what: escape::line(&unknown.what),
            reason: escape::line(&unknown.reason),
        };
        Coverage {
            clusters: coverage.clusters.iter().map(cluster).collect(),
            objects: coverage.objects,
            files: coverage.files,
            unknown: coverage.unknown.iter().map(unknown).collect(),
        }
    }
}

/// The JSON Schema of [`Report`].
pub fn schema() -> Value {
    let settings = schemars::generate::SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Report>().to_value()
}

pub(super) fn write(run: &Run<'_>, style: &Style, out: &mut dyn io::Write) -> io::Result<()> {
    let statistics = (style.extent == Extent::Statistics).then(|| statistics(run));
    write_value(&Report { statistics, ..Report::new(run) }, out)
}

pub(super) fn write_lines(run: &Run<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    write_line(&Line::Run(Head::new(run)), out)?;
    let mut findings = run.findings.iter();
    findings.try_for_each(|finding| write_line(&Line::Finding(Box::new(Finding::new(run.sources, finding))), out))
}

/// Writes a value, indented. Its strings keep every character; in the text of the file, those that steer a terminal and
/// those that begin a command of a CI runner stand as escapes.
pub(super) fn write_value(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    write_with(PrettyFormatter::new(), value, out)
}

/// The same on one line.
pub(super) fn write_line(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    write_with(CompactFormatter, value, out)
}

fn write_with(layout: impl Formatter, value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, Harmless(layout));
    value.serialize(&mut serializer)?;
    writeln!(out)
}

/// Adds a member to an object.
pub(super) fn put(value: &mut Value, key: &str, member: Value) {
    if let Some(map) = value.as_object_mut() {
        map.insert(key.to_owned(), member);
    }
}

struct Harmless<F>(F);

impl<F: Formatter> Formatter for Harmless<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut previous = None;
        let mut plain = 0;
        for (at, c) in fragment.char_indices() {
            let rest = fragment.get(at..).unwrap_or_default();
            if escape::invisible(previous, c) || escape::is_command(rest) {
                writer.write_all(fragment.get(plain..at).unwrap_or_default().as_bytes())?;
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(writer, "\\u{unit:04x}")?;
                }
                plain = at + c.len_utf8();
            }
            previous = Some(c);
        }
        writer.write_all(fragment.get(plain..).unwrap_or_default().as_bytes())
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &serde_json::Value) -> String {
        let mut out = Vec::new();
        write_value(value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn strings_are_harmless_in_the_file_and_whole_when_read() {
        let text = "a\u{1b}\u{7f}\u{85}\u{202e}\u{e0001} ##[add-mask]x ###vso[y \"ä\" ❤\u{fe0f}\n";
        let value = serde_json::json!({ text: [text], "empty": [], "none": {} });
        let out = written(&value);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), value);
        assert!(!out.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}' || c == '\u{e0001}')), "{out}");
        assert!(!out.contains("##[") && !out.contains("##vso["), "{out}");
    }

    #[test]
    fn the_published_schema_is_the_schema_of_the_code() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/report-v1.json");
        let now = written(&schema());
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(path, &now).unwrap();
        }
        let published = std::fs::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
        assert!(published == now, "schemas/report-v1.json is not the schema of the code: run with UPDATE_SCHEMAS=1");
    }
}
