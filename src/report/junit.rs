//! JUnit XML, as GitLab, Jenkins and Azure show test results: a suite a file, a failed case a finding.
//!
//! Attributes are those of `jenkinsci/xunit-plugin:src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd`:
//! a case has no `file` there.

use hashbrown::HashMap;
use std::io;

use super::escape::xml;
use super::{Run, escape, prose};
use crate::finding::{Finding, Label};

pub(super) fn write(run: &Run<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let files = run.by_file();
    let count: usize = files.iter().map(|(_, findings)| findings.len()).sum();
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"{}\" tests=\"{}\" failures=\"{count}\" errors=\"0\">",
        env!("CARGO_PKG_NAME"),
        count.max(1)
    )?;
    if files.is_empty() {
        // A report without any case reads as a run that did not happen.
        writeln!(out, "  <testsuite name=\"flux-vet\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">")?;
        writeln!(out, "    <testcase name=\"no findings\" classname=\"flux-vet\"/>")?;
        writeln!(out, "  </testsuite>")?;
    }
    for (path, findings) in files {
        let count = findings.len();
        let path = xml(&path);
        writeln!(
            out,
            "  <testsuite name=\"{path}\" file=\"{path}\" tests=\"{count}\" failures=\"{count}\" errors=\"0\" skipped=\"0\">"
        )?;
        let mut names: HashMap<String, usize> = HashMap::new();
        for finding in findings {
            // Without the line: a case keeps its name from run to run. Two of one name would be taken for one.
            let name = format!("{}: {}", finding.rule, escape::line(&finding.message));
            let count = names.entry(name.clone()).or_default();
            *count += 1;
            let name = if *count > 1 { format!("{name} ({count})") } else { name };
            writeln!(out, "    <testcase name=\"{}\" classname=\"{path}\">", xml(&name))?;
            let kind = finding.severity;
            writeln!(out, "      <failure message=\"{}\" type=\"{kind}\">", xml(&finding.message))?;
            for line in body(run, finding) {
                writeln!(out, "{}", xml(&line))?;
            }
            writeln!(out, "      </failure>")?;
            writeln!(out, "    </testcase>")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// The finding as lines: its place, the other places, why and what to do.
fn body(run: &Run<'_>, finding: &Finding) -> Vec<String> {
    let place = |label: &Label| {
        let at = run.sources.location(label.span);
        let place = format!("{}:{}:{}: {}", escape::path(&at.path), at.line, at.column, escape::line(&label.message));
        place.trim_end_matches([':', ' ']).to_owned()
    };
    let mut lines: Vec<String> = std::iter::once(&finding.primary).chain(&finding.related).map(place).collect();
    for (head, text) in [("why", &finding.why), ("help", &finding.help)] {
        let text = prose::joined(&escape::lines(text));
        if !text.is_empty() {
            lines.push(format!("{head}: {text}"));
        }
    }
    lines
}
