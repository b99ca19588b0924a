//! What stands under the cursor: the card of a rule, the object a name means, where a value comes from.

use gen_lsp_types::{Contents, Hover, HoverParams, MarkupContent, MarkupKind};

use super::snapshot::{Reference, Seen, Snapshot, holds};
use super::values::{self, Hit};
use super::view::View;
use crate::build::{Object, State};
use crate::finding::Finding;
use crate::report::rule_url;
use crate::source::FileId;

/// Values of several objects that are shown; the others are counted.
const MAX_VALUES: usize = 3;

/// What is to be said about a place.
pub fn hover(view: &View<'_>, path: &str, asked: &HoverParams) -> Option<Hover> {
    let snapshot = view.root.snapshot.as_ref()?;
    let file = snapshot.file(path)?;
    let text = &snapshot.checked.sources.file(file).text;
    let at = view.lines(text).offset(&asked.text_document_position_params.position);
    let mut parts: Vec<String> = snapshot
        .reported()
        .filter(|finding| holds(finding.primary.span, file, at))
        .map(|finding| card(view, snapshot, finding))
        .collect();
    parts.extend(references(view, snapshot, file, at));
    let hits = values::at(snapshot, file, at);
    parts.extend(hits.iter().take(MAX_VALUES).map(|hit| value(view, snapshot, hit)));
    if hits.len() > MAX_VALUES {
        parts.push(format!("and {} more", hits.len() - MAX_VALUES));
    }
    if parts.is_empty() {
        return None;
    }
    let kind = if view.client.has_markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
    let contents = Contents::MarkupContent(MarkupContent { kind, value: parts.join("\n\n---\n\n") });
    Some(Hover { contents, range: None })
}

fn card(view: &View<'_>, snapshot: &Snapshot, finding: &Finding) -> String {
    let rule = snapshot.checked.rules.iter().find(|rule| *rule.id == *finding.rule);
    let name = if view.client.has_markdown {
        format!("[`{}`]({})", finding.rule, rule_url(&finding.group, &finding.rule))
    } else {
        finding.rule.to_string()
    };
    let mut text = format!("**{}** {name}", finding.severity);
    if let Some(rule) = rule {
        text.push_str(&format!(": {}", rule.summary));
    }
    text.push_str(&format!("\n\n{}", finding.message));
    for (heading, words) in [("Why", &finding.why), ("What to do", &finding.help)] {
        if !words.is_empty() {
            text.push_str(&format!("\n\n**{heading}:** {words}"));
        }
    }
    text
}

fn references(view: &View<'_>, snapshot: &Snapshot, file: FileId, at: usize) -> Vec<String> {
    let mut found = Vec::new();
    for cluster in &snapshot.clusters {
        for reference in cluster.references_at(file, at) {
            found.push(meant(view, snapshot, cluster, reference));
        }
    }
    found.sort();
    found.dedup();
    found
}

fn meant(view: &View<'_>, snapshot: &Snapshot, cluster: &Seen, reference: &Reference) -> String {
    let objects: Vec<&Object> = reference.targets.iter().filter_map(|at| cluster.objects.get(*at)).collect();
    if objects.is_empty() {
        let namespace = &reference.namespace;
        let name = if namespace.is_empty() { String::new() } else { format!("{namespace}/") };
        return format!("**{}** `{name}{}` is not in what was built", reference.kind, reference.name);
    }
    let described = objects.into_iter().map(|object| {
        let place = view.link(snapshot, object.place());
        format!("means **{}** `{}`, {place}{}", object.kind(), object.full_name(), applied_by(cluster, object))
    });
    described.collect::<Vec<_>>().join("\n\n")
}

fn applied_by(cluster: &Seen, object: &Object) -> String {
    let Some(kustomization) = cluster.applied_by(object) else { return String::new() };
    let state = match &kustomization.state {
        State::Built => "",
        State::Broken => ", which does not build",
        State::External(_) => ", whose source is not in this tree",
    };
    format!(", applied by Kustomization `{}/{}`{state}", kustomization.spec.namespace, kustomization.spec.name)
}

fn value(view: &View<'_>, snapshot: &Snapshot, hit: &Hit<'_>) -> String {
    let mut text = format!("**{}** `{}` · `{}`", hit.object.kind(), hit.object.full_name(), hit.path);
    if let Some(value) = hit.shown(&snapshot.checked.sources) {
        text.push_str(&format!(" = `{}`", value.replace('`', "'")));
    }
    text.push_str(&applied_by(hit.cluster, hit.object));
    let steps = hit.steps();
    let is_as_written =
        matches!(steps.as_slice(), [step] if step.span == hit.node.span() && hit.node.origin.is_source());
    if !is_as_written {
        text.push('\n');
        for (number, step) in (1..).zip(&steps) {
            text.push_str(&format!("\n{number}. {}: {}", step.message, view.link(snapshot, step.span)));
        }
    }
    text
}
