//! A small hand-made run: several files, related places, a trail, fixes, marks and line ends, suppressed and hostile text.

use std::sync::Arc;

use flux_vet::finding::{
    Applicability, ClusterCoverage, Confidence, Coverage, Edit, Finding, Fix, Label, NotChecked, ObjectRef, Severity,
    State, Summary,
};
use flux_vet::report::{Format, RuleText, Run, Style, write};
use flux_vet::source::{FileId, Memory, Sources, Span};

const LOKI: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: loki
  namespace: flux-system
spec:
  dependsOn:
    - name: minio-tenant
  path: ./apps/loki
";

/// A byte order mark, Windows line ends, characters of several bytes, a path with a space.
const MINIO: &str =
    "\u{feff}# Größe: 10 GiB ✓\r\nmetadata: { name: minio-tenants } # 名前\r\nspec:\r\n  größe: 名前 klein\r\n";

const PATCH: &str = "- op: replace
  path: /spec/dependsOn/0/name
  value: minio-tenant
";

const EVIL: &str = "data:\n\tkey: \"\u{1b}[2J\u{202e}::add-mask::x ##[add-mask]x\"\n  script: |\n    one\n    two\n    three\n    four\n    five\n";

const SECRET: &str = "kind: Secret\nmetadata:\n  name: loki-s3\nstringData:\n  secretKey: hunter2-hunter2\n";

/// Everything a [`Run`] borrows.
pub struct Sample {
    /// Files.
    pub sources: Sources,
    /// Findings in their final order.
    pub findings: Vec<Finding>,
    /// Coverage.
    pub coverage: Coverage,
    /// Cards.
    pub rules: Vec<RuleText>,
}

impl Sample {
    /// A run with nothing in it.
    pub fn empty() -> Self {
        Sample {
            sources: Sources::new(Memory::default()),
            findings: Vec::new(),
            coverage: Coverage::default(),
            rules: Vec::new(),
        }
    }

    /// The whole sample.
    pub fn new() -> Self {
        let mut sample = Sample::empty();
        let minio = sample.sources.add("apps/minio store/ks.yaml", MINIO);
        let loki = sample.sources.add("apps/loki/ks.yaml", LOKI);
        let patch = sample.sources.add("apps/loki/patch.yaml", PATCH);
        let evil = sample.sources.add("apps/evil.yaml", EVIL);
        let secret = sample.sources.add("apps/loki/secret.yaml", SECRET);

        let name = sample.span(loki, "minio-tenant");
        let mut finding =
            sample.finding("depends-on-missing", "flux", Severity::Error, name, "no Kustomization of this name");
        finding.message = "Kustomization `flux-system/loki` depends on `minio-tenant`, which does not exist".into();
        finding.why = "Flux waits for the missing object and never applies this Kustomization: what it holds stays as it was, and everything that depends on it waits too.".into();
        finding.help = "Write the name of an existing Kustomization:\n\n```yaml\ndependsOn:\n  - name: minio-tenants\n```\n\n- or add `minio-tenant`\n- or drop the entry".into();
        finding.object = Some(ObjectRef {
            api_version: "kustomize.toolkit.fluxcd.io/v1".into(),
            kind: "Kustomization".into(),
            namespace: Some("flux-system".into()),
            name: "loki".into(),
        });
        finding.path = "spec.dependsOn[minio-tenant].name".into();
        finding.related = vec![Label::new(sample.span(minio, "minio-tenants"), "nearest name")];
        finding.trail = vec![
            Label::new(name, "set here"),
            Label::new(sample.span(patch, "minio-tenant"), "overridden by this patch"),
        ];
        finding.fix = Some(Fix {
            title: "rename to `minio-tenants`".into(),
            applicability: Applicability::Safe,
            edits: vec![Edit { span: name, text: "minio-tenants".into() }],
        });
        sample.findings.push(finding);

        let value = sample.span(secret, "hunter2-hunter2");
        let mut finding = sample.finding("secret-not-encrypted", "secrets", Severity::Error, value, "plain text");
        finding.message = "Secret `monitoring/loki-s3` holds `secretKey` in plain text".into();
        finding.help = "encrypt the file: `sops -e -i apps/loki/secret.yaml`".into();
        sample.findings.push(finding);

        let script = sample.span(evil, "one\n    two\n    three\n    four\n    five\n");
        let mut finding = sample.finding("script-error-swallowed", "workloads", Severity::Warning, script, "");
        finding.message = "a script\nof several lines".into();
        finding.confidence = Confidence::Low;
        finding.cluster = None;
        sample.findings.push(finding);

        let key = sample.span(evil, "\u{1b}[2J");
        let mut finding = sample.finding("odd-value", "user", Severity::Info, key, "\r\n::stop-commands::x");
        finding.message = "value `\u{1b}[2J\u{202e}x`\n::add-mask::x\r##[add-mask]x ##vso[task.y]z, 100% [a](b)".into();
        finding.help = format!("{}\n\n::warning::x", "word ".repeat(30));
        finding.related = vec![Label::new(sample.span(minio, "名前 klein"), "::error::[also] \u{9b}31m")];
        sample.findings.push(finding);

        let key = sample.span(evil, "data");
        let mut finding = sample.finding("odd-value", "user", Severity::Warning, key, "");
        finding.message = "nobody looks at this key".into();
        finding.state = State::Ignored;
        finding.state_reason = Some("read by hand".into());
        sample.findings.push(finding);

        sample.coverage = coverage();
        sample.rules = rules();
        sample
    }

    /// The place of the first occurrence of a text.
    pub fn span(&self, file: FileId, text: &str) -> Span {
        let at = self.sources.file(file).text.find(text).unwrap();
        Span::new(file, at..at + text.len())
    }

    /// A finding with the obligatory parts.
    pub fn finding(&self, rule: &str, group: &str, severity: Severity, span: Span, label: &str) -> Finding {
        Finding {
            rule: rule.into(),
            group: group.into(),
            severity,
            confidence: Confidence::High,
            message: "something is wrong".into(),
            why: String::new(),
            help: String::new(),
            cluster: Some("kubernetes/main".into()),
            object: None,
            path: String::new(),
            primary: Label::new(span, label),
            related: Vec::new(),
            trail: Vec::new(),
            fix: None,
            fingerprint: format!("{:032x}", self.findings.len() + 1),
            state: State::Reported,
            state_reason: None,
            state_place: None,
        }
    }

    /// The report in one format, plain.
    pub fn report(&self, format: Format) -> String {
        self.styled(format, Style::default())
    }

    /// The report in one format.
    pub fn styled(&self, format: Format, style: Style) -> String {
        let count = |severity: Severity| {
            let reported = self.findings.iter().filter(|finding| finding.state == State::Reported);
            reported.filter(|finding| finding.severity == severity).count()
        };
        let summary =
            Summary { error: count(Severity::Error), warning: count(Severity::Warning), info: count(Severity::Info) };
        let run = Run {
            sources: &self.sources,
            findings: &self.findings,
            coverage: &self.coverage,
            summary,
            rules: &self.rules,
            views: None,
        };
        let mut out = Vec::new();
        write(&run, format, &style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }
}

fn coverage() -> Coverage {
    let main: Arc<str> = "kubernetes/main".into();
    let unknown = |class, what: &str, reason: &str| NotChecked {
        cluster: main.clone(),
        class,
        what: what.into(),
        reason: reason.into(),
    };
    let charts = ["cilium", "grafana", "harbor", "loki", "tempo", "traefik", "velero"];
    let mut not_checked = vec![unknown("broken", "Kustomization `flux-system/minio`", "`./apps/minio` does not exist")];
    not_checked.extend(charts.iter().map(|chart| unknown("chart", chart, "no profile of this chart")));
    not_checked.push(unknown("remote", "https://example.com/a.yaml", "::debug::\u{1b}[1mno network"));
    Coverage {
        clusters: vec![
            ClusterCoverage {
                entry: main.clone(),
                kustomizations: 31,
                built: 29,
                external: 1,
                broken: 1,
                objects: 251,
            },
            ClusterCoverage {
                entry: "kubernetes/test".into(),
                kustomizations: 1,
                built: 1,
                external: 0,
                broken: 0,
                objects: 6,
            },
        ],
        objects: 257,
        files: 12,
        unknown: not_checked,
    }
}

fn rules() -> Vec<RuleText> {
    vec![
        RuleText {
            id: "depends-on-missing".into(),
            group: "flux".into(),
            summary: "dependsOn names an object that does not exist".into(),
            what: "Every `dependsOn` entry names an object of the same kind that the tree defines.".into(),
            why: "Flux waits for it.".into(),
            help: "Correct the name.".into(),
            severity: Severity::Error,
            confidence: Confidence::High,
        },
        RuleText {
            id: "secret-not-encrypted".into(),
            group: "secrets".into(),
            summary: "a Secret stands in plain text".into(),
            what: "w".repeat(3000),
            why: String::new(),
            help: String::new(),
            severity: Severity::Error,
            confidence: Confidence::High,
        },
    ]
}
