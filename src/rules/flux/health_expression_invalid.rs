//! The CEL texts of Flux objects parse. Card: rules/flux/health-expression-invalid.md

use serde::Deserialize;

use crate::build::Object;
use crate::cluster::flux::{HELM, KUSTOMIZE};
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::cel::{Cel, Language, Parsed};
use crate::rulebook::{Rule, Sink};
use crate::yaml::{Content, Node};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct HealthExpressionInvalid {}

/// An expression of an object.
struct Text<'w> {
    object: &'w Object,
    node: &'w Node,
    text: &'w str,
    /// Its key: `current`, `readyExpr`.
    key: &'static str,
    path: String,
    /// Names that people write and that mean nothing in it.
    absent: &'static [&'static str],
    /// The names that it knows.
    known: &'static str,
}

/// Top-level fields of an object. Source: fluxcd/pkg `runtime/cel/status_evaluator.go`.
const OF_OBJECT: &[&str] = &["self", "dep", "object"];
/// Source: kustomize-controller `internal/controller/kustomization_controller.go` (`evalReadyExpr`), helm-controller alike.
const OF_PAIR: &[&str] = &["status", "metadata", "spec", "data", "object"];

impl Rule for HealthExpressionInvalid {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let texts = texts(cluster);
        let parsed = Cel.parse(&texts.iter().map(|text| text.text).collect::<Vec<_>>());
        for (text, parsed) in texts.iter().zip(parsed) {
            match parsed {
                Parsed::Invalid { at, found } => out.report(invalid(cluster, text, at, &found)),
                Parsed::TooLarge => {
                    let what = format!("`{}` of {}", text.key, text.object.reference());
                    out.undecided(cluster, "values", what, "the expression is too long or too deeply nested");
                }
                Parsed::Expression { variables, literal } => {
                    if let Some(literal) = literal {
                        let words = format!("is {literal}, where true or false is needed");
                        out.report(observation(text, &words, Label::new(text.node.span(), "no condition")));
                    }
                    if let Some(name) = text.absent.iter().find(|name| variables.contains(**name)) {
                        let words = format!("uses `{name}`, which it does not know: {}", text.known);
                        out.report(observation(text, &words, Label::new(text.node.span(), "unknown name")));
                    }
                }
            }
        }
    }
}

fn texts<'w>(cluster: &Cluster<'w>) -> Vec<Text<'w>> {
    let mut texts = Vec::new();
    for (group, kind) in [(KUSTOMIZE, "Kustomization"), (HELM, "HelmRelease")] {
        for object in cluster.of_kind(group, kind) {
            for entry in object.dig("spec.healthCheckExprs").map(Node::items).unwrap_or_default() {
                let of = entry.get("kind").and_then(Node::as_str).unwrap_or_default();
                for key in ["current", "inProgress", "failed"] {
                    let path = format!("spec.healthCheckExprs[{of}].{key}");
                    add(
                        &mut texts,
                        object,
                        entry,
                        key,
                        path,
                        (OF_OBJECT, "the fields of the object are `status`, `spec`, `metadata`"),
                    );
                }
            }
            for entry in object.dig("spec.dependsOn").map(Node::items).unwrap_or_default() {
                let of = entry.get("name").and_then(Node::as_str).unwrap_or_default();
                let path = format!("spec.dependsOn[{of}].readyExpr");
                add(&mut texts, object, entry, "readyExpr", path, (OF_PAIR, "there are `dep` and `self`"));
            }
        }
    }
    texts
}

fn add<'w>(
    texts: &mut Vec<Text<'w>>,
    object: &'w Object,
    entry: &'w Node,
    key: &'static str,
    path: String,
    (absent, known): (&'static [&'static str], &'static str),
) {
    let Some(node) = entry.get(key) else { return };
    // An empty text counts as none.
    if let Some(text) = node.as_str().filter(|text| !text.trim().is_empty() && !text.contains("${")) {
        texts.push(Text { object, node, text, key, path, absent, known });
    }
}

fn observation(text: &Text<'_>, words: &str, label: Label) -> Observation {
    let message = format!("`{}` of {} {words}", text.key, text.object.reference());
    Observation::new("health-expression-invalid", message, label)
        .about(text.object.reference(), text.path.clone())
        .trail(trail(text.node))
}

fn invalid(cluster: &Cluster<'_>, text: &Text<'_>, at: usize, found: &str) -> Observation {
    let place = text.node.span();
    let content = Content::new(&cluster.sources().file(place.file), place, text.text);
    if found.is_empty() {
        let last = text.text.trim_end().len();
        let label = Label::new(content.span(last.saturating_sub(1)..last), "ends here");
        return observation(text, "does not parse: something is missing at its end", label);
    }
    let label = Label::new(content.span(at..at + found.len()), "not expected here");
    observation(text, &format!("does not parse: `{found}` is not expected there"), label)
}
