//! The names of the formats.

use std::fmt;
use std::str::FromStr;

/// A form of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// For people: the source lines of every place involved, reasons and advice, what was covered.
    Human,
    /// One line a finding, for editors, matchers and scripts.
    Concise,
    /// The same with the advice behind the message, for those who repair what they read.
    Agent,
    /// Everything, for programs; the schema is `schemas/report-v1.json`.
    Json,
    /// The same, a line for the run and a line a finding.
    Jsonl,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that become annotations on GitHub.
    Github,
    /// The code quality report of GitLab.
    Gitlab,
    /// JUnit XML, for the test reports of CI systems.
    Junit,
    /// Checkstyle XML.
    Checkstyle,
    /// The diagnostic format of reviewdog.
    Rdjson,
    /// The same, a line a finding.
    Rdjsonl,
    /// Logging commands that become issues of an Azure pipeline.
    Azure,
    /// Generic issues of SonarQube.
    Sonar,
    /// Markdown, for comments and job summaries.
    Markdown,
    /// The Test Anything Protocol: a test a rule.
    Tap,
}

impl Format {
    /// Every format, in the order of the documentation.
    pub fn all() -> &'static [Format] {
        &[
            Format::Human,
            Format::Concise,
            Format::Agent,
            Format::Json,
            Format::Jsonl,
            Format::Sarif,
            Format::Github,
            Format::Gitlab,
            Format::Junit,
            Format::Checkstyle,
            Format::Rdjson,
            Format::Rdjsonl,
            Format::Azure,
            Format::Sonar,
            Format::Markdown,
            Format::Tap,
        ]
    }

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Concise => "concise",
            Format::Agent => "agent",
            Format::Json => "json",
            Format::Jsonl => "jsonl",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::Junit => "junit",
            Format::Checkstyle => "checkstyle",
            Format::Rdjson => "rdjson",
            Format::Rdjsonl => "rdjsonl",
            Format::Azure => "azure",
            Format::Sonar => "sonar",
            Format::Markdown => "markdown",
            Format::Tap => "tap",
        }
    }

    /// Whether a report is a sequence of lines for people and log readers, so that it may share a stream with another of
    /// that kind.
    pub fn is_lines(self) -> bool {
        matches!(self, Format::Human | Format::Concise | Format::Agent | Format::Github | Format::Azure)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A word that names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{given}`; known are {}", Format::all().iter().map(|format| format.word()).collect::<Vec<_>>().join(", "))]
pub struct UnknownFormat {
    /// As given.
    pub given: String,
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(word: &str) -> Result<Self, UnknownFormat> {
        // The versioned name of a format stays valid when the plain one moves on.
        let plain = if word == "json-v1" { "json" } else { word };
        let known = Format::all().iter().find(|format| format.word() == plain);
        known.copied().ok_or_else(|| UnknownFormat { given: word.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_reads_its_own_word() {
        for format in Format::all() {
            assert_eq!(format.to_string().parse(), Ok(*format));
        }
        assert_eq!("json-v1".parse(), Ok(Format::Json));
        assert_eq!(
            "xml".parse::<Format>().unwrap_err().to_string(),
            "unknown format `xml`; known are human, concise, agent, json, jsonl, sarif, github, gitlab, junit, checkstyle, \
             rdjson, rdjsonl, azure, sonar, markdown, tap"
        );
    }
}
