//! What is not to be reported, and by whose word: comments, annotations, the configuration. What covers nothing is a finding itself.

mod annotations;
mod directive;
mod scope;

use hashbrown::{HashMap, HashSet};
use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::build::Library;
use crate::cluster::Cluster;
use crate::config::{Config, Date, nearest};
use crate::finding::{Applicability, Edit, Finding, Fix, Label, ObjectRef, Observation};
use crate::rulebook::Catalogue;
use crate::source::{File, FileId, Sources, Span};
use crate::yaml::Mode;
use directive::Directive;
use scope::Units;

/// Everything that is not to be reported.
#[derive(Default)]
pub struct Suppressions {
    written: Vec<Written>,
    all: Vec<Suppression>,
    // By rule, and by file for those that cover places of one.
    by_rule: HashMap<(Arc<str>, Option<FileId>), Vec<usize>>,
    complaints: Vec<Observation>,
}

/// A comment, an annotation or an entry of the configuration; it may name several rules.
struct Written {
    place: Span,
    /// As a sentence begins with it.
    what: &'static str,
    reason: Option<String>,
    until: Option<Date>,
    is_expired: bool,
    scope: Scope,
    /// Where its rules stand, where one can be taken out.
    names: Vec<Span>,
    /// The edit that takes it away.
    removal: Option<Edit>,
    /// It is written for another tool, and may well do its work there.
    is_foreign: bool,
}

/// One rule that it names.
struct Suppression {
    written: usize,
    rule: String,
    is_used: bool,
}

/// What is covered.
enum Scope {
    /// Places in a file.
    Within(FileId, Vec<Range<usize>>),
    /// A file.
    File(FileId),
    /// An object, and the document that says so.
    Object(ObjectRef, Span),
    /// An entry of `ignore`, by its position.
    Configured(usize),
}

/// What covers a finding.
pub struct Covering {
    /// Why, as far as it says so.
    pub reason: Option<String>,
    /// Where it stands, unless in the configuration.
    pub place: Option<Span>,
}

/// What suppressions are read from.
pub struct Reading<'r, 'w> {
    /// The files, parsed.
    pub library: &'r Library<'w>,
    /// What was built from them.
    pub clusters: &'r [Cluster<'w>],
    /// The configuration.
    pub config: &'r Config,
    /// The rules, and their other names.
    pub catalogue: &'r Catalogue,
    /// The day of the run.
    pub today: Option<Date>,
}

impl Suppressions {
    /// Reads those of the whole repository.
    pub fn read(reading: &Reading<'_, '_>) -> Self {
        let mut suppressions = Suppressions::default();
        for at in 0..reading.config.ignore.len() {
            suppressions.configured(reading, at);
        }
        let finder = memchr::memmem::Finder::new(directive::MARK);
        for (id, file) in reading.library.sources.files() {
            let is_yaml = file.path.ends_with(".yaml") || file.path.ends_with(".yml");
            if finder.find(file.text.as_bytes()).is_none() || file.path.ends_with(".md") {
                continue;
            }
            let comments =
                if is_yaml { yaml_comments(reading.library, id) } else { lines_that_are_comments(&file.text) };
            let units = LazyCell::new(|| Units::of(id, &reading.library.of(id, Mode::V3).documents));
            for comment in comments {
                suppressions.comment(reading, id, &file, is_yaml.then_some(&units), &comment);
            }
        }
        annotations::read(reading, &mut suppressions);
        suppressions
    }

    fn configured(&mut self, reading: &Reading<'_, '_>, at: usize) {
        let Some(ignore) = reading.config.ignore.get(at) else { return };
        let Some(place) = reading.config.place(&format!("{}.rule", ignore.at)) else { return };
        let written = self.add(Written {
            place,
            what: "the ignore",
            reason: ignore.reason.clone(),
            until: ignore.until,
            is_expired: reading.today.is_some_and(|today| ignore.expired(today)),
            scope: Scope::Configured(at),
            names: Vec::new(),
            removal: None,
            is_foreign: false,
        });
        for entry in reading.catalogue.iter() {
            if entry.card.id == ignore.rule || entry.card.group == ignore.rule {
                self.cover(written, &entry.card.id);
            }
        }
    }

    fn comment(
        &mut self,
        reading: &Reading<'_, '_>,
        id: FileId,
        file: &File,
        units: Option<&LazyCell<Units, impl FnOnce() -> Units>>,
        range: &Range<usize>,
    ) {
        let Some(text) = file.text.get(range.clone()) else { return };
        let Some(read) = Directive::read(text) else { return };
        let place = Span::new(id, range.start..range.start + text.trim_end().len());
        let removal = removal(file, id, range);
        let directive = match read {
            Ok(directive) => directive,
            Err(complaint) => {
                return self.complain(
                    place,
                    &format!("the comment {complaint}"),
                    "write `# flux-vet: ignore[rule-id] until=2027-01-31 reason`, or delete it",
                    removal,
                );
            }
        };
        if directive.reason.is_none() && reading.config.reason_required() {
            let help = "write the reason behind the brackets, or set `require-reason: false`";
            return self.complain(place, "the comment gives no reason, and so does not count", help, None);
        }
        let scope = if directive.is_file {
            Scope::File(id)
        } else if let Some(units) = units {
            Scope::Within(id, units.covered(file, range))
        } else {
            let next = file.line_range(file.line_index(range.start) + 1);
            Scope::Within(id, next.into_iter().collect())
        };
        let names = directive.rules.iter().map(|(_, at)| Span::new(id, range.start + at.start..range.start + at.end));
        let written = self.add(Written {
            place,
            what: "the comment",
            reason: directive.reason.clone(),
            until: directive.until,
            is_expired: reading.today.zip(directive.until).is_some_and(|(today, until)| until < today),
            scope,
            names: names.collect(),
            removal,
            is_foreign: false,
        });
        for (name, at) in &directive.rules {
            let known = rules_called(reading.catalogue, name);
            if known.is_empty() {
                let place = Span::new(id, range.start + at.start..range.start + at.end);
                self.complain_of_name(reading, place, "comment", name);
            }
            for rule in known {
                self.cover(written, &rule);
            }
        }
    }

    fn add(&mut self, written: Written) -> usize {
        self.written.push(written);
        self.written.len() - 1
    }

    fn cover(&mut self, written: usize, rule: &str) {
        let file = self.written.get(written).and_then(|written| written.scope.file());
        self.by_rule.entry((rule.into(), file)).or_default().push(self.all.len());
        self.all.push(Suppression { written, rule: rule.to_owned(), is_used: false });
    }

    fn complain_of_name(&mut self, reading: &Reading<'_, '_>, place: Span, what: &str, name: &str) {
        let near = nearest(name, reading.catalogue.iter().map(|entry| entry.card.id.as_str()));
        let help = near.map_or_else(|| "name a rule".to_owned(), |near| format!("did you mean `{near}`?"));
        self.complain(place, &format!("the {what} ignores `{name}`, which is no rule"), &help, None);
    }

    fn complain(&mut self, place: Span, complaint: &str, help: &str, removal: Option<Edit>) {
        let found =
            Observation::new("suppression-unused", complaint, Label::new(place, "here")).keyed(complaint).help(help);
        self.complaints.push(match removal {
            Some(edit) => found.fix(deletion(edit)),
            None => found,
        });
    }

    /// Whether a finding is covered, and why; whatever covers it has been of use.
    pub fn covers(&mut self, finding: &Finding, config: &Config, sources: &Sources) -> Option<Covering> {
        let mut found = None;
        let labels = std::iter::once(&finding.primary).chain(&finding.related).chain(&finding.trail);
        let files: BTreeSet<Option<FileId>> = labels.map(|label| Some(label.span.file)).chain([None]).collect();
        let own = files.into_iter().filter_map(|file| self.by_rule.get(&(finding.rule.clone(), file)));
        let own: BTreeSet<usize> = own.flatten().copied().collect();
        for at in own {
            let Some(suppression) = self.all.get_mut(at) else { continue };
            let Some(written) = self.written.get(suppression.written) else { continue };
            if !written.is_expired && written.scope.holds(finding, config, sources) {
                suppression.is_used = true;
                let is_configured = matches!(written.scope, Scope::Configured(_));
                let place = (!is_configured).then_some(written.place);
                found.get_or_insert_with(|| Covering { reason: written.reason.clone(), place });
            }
        }
        found
    }

    /// What the suppressions themselves have to be told of. `running` are the rules that ran, `built` the files that
    /// clusters are built from: of others it is not known whether there would be a finding.
    pub fn observations(&self, running: &HashSet<&str>, built: &HashSet<FileId>) -> Vec<Observation> {
        let mut of_written: Vec<Vec<&Suppression>> = self.written.iter().map(|_| Vec::new()).collect();
        for suppression in &self.all {
            if let Some(own) = of_written.get_mut(suppression.written) {
                own.push(suppression);
            }
        }
        let mut found = self.complaints.clone();
        for (written, own) in self.written.iter().zip(of_written) {
            if written.is_expired && !written.is_foreign {
                found.push(written.expired());
                continue;
            }
            let is_known = |one: &&Suppression| running.contains(&*one.rule);
            let is_built = written.scope.file().is_none_or(|file| built.contains(&file));
            if written.is_foreign || !is_built || own.is_empty() || !own.iter().all(is_known) {
                continue;
            }
            // An entry for a group is of use when one rule of it is.
            let is_used = own.iter().any(|one| one.is_used);
            let idle: Vec<usize> = (0..own.len()).filter(|at| own.get(*at).is_some_and(|one| !one.is_used)).collect();
            if is_used && (written.names.len() != own.len() || idle.is_empty()) {
                continue;
            }
            found.push(written.unused(&own, &idle));
        }
        found
    }
}

impl Written {
    fn expired(&self) -> Observation {
        let day = self.until.map(|until| until.to_string()).unwrap_or_default();
        let message = format!("{} has not counted since {day}", self.what);
        Observation::new("suppression-expired", message.clone(), Label::new(self.place, format!("until {day}")))
            .keyed(message)
    }

    fn unused(&self, own: &[&Suppression], idle: &[usize]) -> Observation {
        let names: Vec<String> =
            idle.iter().filter_map(|at| own.get(*at)).map(|one| format!("`{}`", one.rule)).collect();
        let names = if names.len() > 3 { format!("{} rules", names.len()) } else { names.join(" and ") };
        let is_whole = idle.len() == own.len();
        let place = if is_whole {
            self.place
        } else {
            idle.first().and_then(|at| self.names.get(*at)).copied().unwrap_or(self.place)
        };
        let message = format!("{} ignores {names}, and there is nothing to ignore", self.what);
        let found = Observation::new("suppression-unused", message.clone(), Label::new(place, "covers no finding"))
            .keyed(message);
        let edits = if is_whole { self.removal.clone().into_iter().collect() } else { self.without(idle) };
        if edits.is_empty() {
            return found;
        }
        let title = if is_whole { "delete the suppression" } else { "take the name out" };
        found.fix(Fix { title: title.to_owned(), applicability: Applicability::Safe, edits })
    }

    /// Takes names out of the brackets, each with the comma beside it.
    fn without(&self, idle: &[usize]) -> Vec<Edit> {
        let stays = |at: usize| !idle.contains(&at);
        let mut edits = Vec::new();
        for at in idle {
            let Some(name) = self.names.get(*at) else { continue };
            // Up to the next name where there is one; what comes last goes with the comma before it.
            let has_left = (0..*at).any(stays);
            let span = match (self.names.get(at + 1), at.checked_sub(1).and_then(|at| self.names.get(at))) {
                (_, Some(before)) if has_left => Span { start: before.end, ..*name },
                (Some(next), _) => Span { end: next.start, ..*name },
                _ => *name,
            };
            edits.push(Edit { span, text: String::new() });
        }
        edits
    }
}

impl Scope {
    fn holds(&self, finding: &Finding, config: &Config, sources: &Sources) -> bool {
        let mut labels = std::iter::once(&finding.primary).chain(&finding.related).chain(&finding.trail);
        match self {
            Scope::Within(file, ranges) => labels.any(|label| {
                let at = label.span.range().start;
                label.span.file == *file && ranges.iter().any(|range| range.contains(&at))
            }),
            Scope::File(file) => labels.any(|label| label.span.file == *file),
            Scope::Object(object, document) => {
                let is_about = finding.object.as_ref() == Some(object);
                is_about
                    || labels.any(|label| {
                        label.span.file == document.file && document.range().contains(&label.span.range().start)
                    })
            }
            Scope::Configured(at) => config.ignore.get(*at).is_some_and(|ignore| {
                let path = sources.location(finding.primary.span).path;
                let is_object = |pattern: &crate::config::ObjectPattern| {
                    finding.object.as_ref().is_some_and(|object| pattern.matches(object))
                };
                ignore.path.as_ref().is_none_or(|pattern| pattern.matches(&path))
                    && ignore.object.as_ref().is_none_or(is_object)
            }),
        }
    }

    /// The file whose findings it covers, where it is one.
    fn file(&self) -> Option<FileId> {
        match self {
            Scope::Within(file, _) | Scope::File(file) => Some(*file),
            Scope::Object(..) | Scope::Configured(_) => None,
        }
    }
}

/// The rules that have a name: their own, or that of a peer for the same check.
fn rules_called(catalogue: &Catalogue, name: &str) -> Vec<String> {
    let is_called = |card: &&crate::rulebook::Card| card.id == name || card.aliases.iter().any(|alias| alias == name);
    catalogue.iter().map(|entry| &entry.card).filter(is_called).map(|card| card.id.clone()).collect()
}

fn deletion(edit: Edit) -> Fix {
    Fix { title: "delete the suppression".to_owned(), applicability: Applicability::Safe, edits: vec![edit] }
}

/// The edit that deletes a comment: with its line where it has one of its own, else with the blanks before it.
fn removal(file: &File, id: FileId, comment: &Range<usize>) -> Option<Edit> {
    let line = file.line_range(file.line_index(comment.start))?;
    let before = file.text.get(line.start..comment.start)?;
    let range = if before.trim().is_empty() {
        line
    } else {
        let end = comment.start + file.text.get(comment.clone())?.trim_end_matches(['\r', '\n']).len();
        line.start + before.trim_end().len()..end
    };
    Some(Edit { span: Span::new(id, range), text: String::new() })
}

fn yaml_comments(library: &Library<'_>, id: FileId) -> Vec<Range<usize>> {
    library.of(id, Mode::V3).comments.iter().map(|comment| comment.range.clone()).collect()
}

/// Comments of files of variables, ignore lists, scripts: lines that begin with `#`.
fn lines_that_are_comments(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let start = at + (line.len() - line.trim_start().len());
        at += line.len();
        if line.trim_start().starts_with('#') {
            found.push(start..at);
        }
    }
    found
}
