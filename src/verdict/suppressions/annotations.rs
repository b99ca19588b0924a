//! Annotations that ask not to report, ours and those that peers read.

use hashbrown::HashSet;

use super::{Reading, Scope, Suppressions, Written, rules_called};
use crate::build::Object;
use crate::finding::Edit;
use crate::source::Span;
use crate::yaml::{Entry, Map};

/// `ignore.flux-vet.dev/RULE: reason`
const OWN: &str = "ignore.flux-vet.dev/";
/// Source: stackrox/kube-linter `pkg/ignore/ignore.go`.
const KUBE_LINTER: &str = "ignore-check.kube-linter.io/";
/// Source: zegl/kube-score `scorecard/scorecard.go`: names of checks, parted by commas.
const KUBE_SCORE: &str = "kube-score/ignore";
/// Source: FairwindsOps/polaris `pkg/validator/schema.go`: `NAME-exempt: "true"`.
const POLARIS: (&str, &str) = ("polaris.fairwinds.com/", "-exempt");
/// Source: bridgecrewio/checkov `checkov/kubernetes/base_registry.py`: `skip1: CHECK=reason`.
const CHECKOV: [&str; 2] = ["checkov.io/skip", "bridgecrew.io/skip"];

/// Reads the annotations of every object of every cluster. An annotation that several objects have from one place
/// (a kustomization file) covers each of them.
pub(super) fn read(reading: &Reading<'_, '_>, suppressions: &mut Suppressions) {
    let mut seen = HashSet::new();
    for object in reading.clusters.iter().flat_map(|cluster| cluster.objects().chain(cluster.modelled())) {
        let Some(map) = object.at(&["metadata", "annotations"]).and_then(|node| node.as_map()) else { continue };
        for entry in map.iter() {
            if seen.insert((entry.key_span, object.reference())) {
                annotation(reading, suppressions, object, map, entry);
            }
        }
    }
}

fn annotation(reading: &Reading<'_, '_>, suppressions: &mut Suppressions, object: &Object, map: &Map, entry: &Entry) {
    let value = entry.value.as_str().unwrap_or_default();
    let (names, reason): (Vec<&str>, Option<&str>) = if let Some(rule) = entry.key.strip_prefix(OWN) {
        (vec![rule], Some(value))
    } else if let Some(check) = entry.key.strip_prefix(KUBE_LINTER) {
        (vec![check], Some(value))
    } else if entry.key == KUBE_SCORE {
        (value.split(',').map(str::trim).collect(), None)
    } else if let Some(check) =
        entry.key.strip_prefix(POLARIS.0).and_then(|check| check.strip_suffix(POLARIS.1)).filter(|_| value == "true")
    {
        (vec![check], None)
    } else if CHECKOV.iter().any(|prefix| entry.key.starts_with(prefix)) {
        let (check, reason) = value.split_once('=').unwrap_or((value, ""));
        (vec![check], Some(reason))
    } else {
        return;
    };
    let is_own = entry.key.starts_with(OWN);
    let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
    if is_own && reason.is_none() && reading.config.reason_required() {
        let help = "write the reason as the value, or set `require-reason: false`";
        return suppressions.complain(
            entry.key_span,
            "the annotation gives no reason, and so does not count",
            help,
            None,
        );
    }
    let rules: Vec<String> = names.iter().flat_map(|name| rules_called(reading.catalogue, name)).collect();
    if rules.is_empty() {
        if is_own {
            suppressions.complain_of_name(
                reading,
                entry.key_span,
                "annotation",
                names.first().copied().unwrap_or_default(),
            );
        }
        return;
    }
    let written = suppressions.add(Written {
        place: entry.key_span,
        what: "the annotation",
        reason: reason.map(str::to_owned),
        until: None,
        is_expired: false,
        scope: Scope::Object(object.reference(), object.node.span()),
        names: Vec::new(),
        removal: removal(reading, map, entry).filter(|_| is_own),
        is_foreign: !is_own,
    });
    for rule in rules {
        suppressions.cover(written, &rule);
    }
}

/// The line of an annotation, where others stay beside it.
fn removal(reading: &Reading<'_, '_>, map: &Map, entry: &Entry) -> Option<Edit> {
    let file = reading.library.sources.file(entry.key_span.file);
    let key = entry.key_span.range();
    let value = entry.value.span();
    let others = map.iter().any(|other| other.key_span != entry.key_span && other.key_span.file == entry.key_span.file);
    let line = file.line_range(file.line_index(key.start))?;
    let is_alone = file.text.get(line.start..key.start)?.trim().is_empty();
    let is_in_line = value.file == entry.key_span.file && value.range().end <= line.end;
    (others && is_alone && is_in_line).then(|| Edit { span: Span::new(value.file, line), text: String::new() })
}
