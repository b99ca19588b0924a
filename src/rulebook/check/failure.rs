//! Expressions that give no value: undecided, left out, or the fault of the rule, which is said once.

use super::block::OnError;
use super::load::short;
use super::run::{Run, Subject};
use crate::finding::{Label, Observation, Severity};
use crate::rulebook::Sink;
use crate::rulebook::cel::{MAX_ALL_STEPS, MAX_STEPS, Stop};
use crate::source::Span;

/// The first expression that failed.
pub struct Failure {
    program: usize,
    stop: Stop,
    place: Option<Span>,
    on: String,
    more: usize,
}

impl Run<'_, '_> {
    /// An expression gave no value.
    pub fn stopped(&mut self, program: usize, stop: Stop, subject: &Subject<'_>) {
        match (&stop, self.check.on_error) {
            (Stop::Unknown, _) => {
                self.undecided.insert(subject.shown());
            }
            (Stop::Error { .. }, OnError::Skip) => {}
            // A card of ours is tested: it is the manifest that has another shape than its kind, which schemas say.
            (Stop::Error { .. }, _) if self.card.is_none() => {
                self.undecided.insert(subject.shown());
            }
            _ => match &mut self.failed {
                Some(failure) => failure.more += 1,
                None => {
                    let (place, on) = (subject.place(), subject.shown());
                    self.failed = Some(Failure { program, stop, place, on, more: 0 });
                }
            },
        }
    }

    /// It may be there: something was not looked at.
    pub fn open(&mut self, subject: &Subject<'_>) {
        self.undecided.insert(subject.shown());
    }

    /// Says what was undecided and what failed.
    pub fn finish(self, out: &mut Sink) {
        if let Some(first) = self.undecided.first() {
            let more = self.undecided.len() - 1;
            let what = match more {
                0 => format!("`{}` on {first}", self.id),
                _ => format!("`{}` on {first} and {more} more", self.id),
            };
            out.undecided(self.cluster, "values", what, "a value or object that decides it is not known");
        }
        let (program, message, place, at) = match (&self.failed, self.steps > MAX_ALL_STEPS) {
            (Some(failure), _) => {
                let (what, at) = match &failure.stop {
                    Stop::Error { at, message } => (format!("fails on {}: {message}", failure.on), Some(*at)),
                    _ => (format!("takes more than {MAX_STEPS} steps on {}", failure.on), None),
                };
                let more = match failure.more {
                    0 => String::new(),
                    more => format!(" ({more} more)"),
                };
                (Some(failure.program), format!("{what}{more}"), failure.place, at)
            }
            (None, true) => (None, format!("takes more than {MAX_ALL_STEPS} steps in all"), None, None),
            (None, false) => return,
        };
        let written = program.and_then(|program| self.check.places.get(program));
        let of = written.map_or("check", |written| short(&written.path));
        let message = format!("`{of}` of the rule `{}` {message}", self.id);
        let text = program.and_then(|program| self.check.programs.get(program)).map(|program| program.text.as_str());
        let in_card = self.card.map(|card| match (written, text) {
            (Some(written), Some(text)) => card.expression(self.cluster.sources(), written, text, at),
            _ => card.whole,
        });
        let root = || self.cluster.kustomizations().first().map(|root| root.spec.place);
        let Some(span) = in_card.or(place).or_else(root) else { return };
        let mut found =
            Observation::new("rule-error", message, Label::new(span, "fails here")).keyed(format!("{}.{of}", self.id));
        if let Some(place) = place {
            found = found.related(Label::new(place, "on this"));
        }
        if let Some(Failure { stop: Stop::Error { message, .. }, .. }) = &self.failed
            && let Some(key) = message.strip_prefix("there is no key ")
        {
            found = found.help(format!("where {key} may be absent, write `.?` before it, or ask `has(…)` first"));
        }
        if self.check.on_error == OnError::Warn {
            found = found.severity(Severity::Warning);
        }
        out.report(found);
    }
}
