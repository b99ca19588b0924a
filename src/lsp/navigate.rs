//! From a name to what it means, and back.

use std::collections::BTreeSet;

use gen_lsp_types::{DefinitionParams, Location, ReferenceParams};

use super::snapshot::{Seen, Snapshot};
use super::view::View;
use super::{file_links, values};
use crate::source::{FileId, Span};

/// Where what stands at a place is defined: the object a name means, the file a path leads to, the text a value was made
/// from.
pub fn definition(view: &View<'_>, path: &str, asked: &DefinitionParams) -> Option<Vec<Location>> {
    let snapshot = view.root.snapshot.as_ref()?;
    let file = snapshot.file(path)?;
    let text = snapshot.checked.sources.file(file).text.clone();
    let at = view.lines(&text).offset(&asked.text_document_position_params.position);
    let mut places = BTreeSet::new();
    for cluster in &snapshot.clusters {
        let meant = cluster.references_at(file, at).flat_map(|reference| &reference.targets);
        places.extend(meant.filter_map(|at| Some(cluster.objects.get(*at)?.place())));
    }
    if !places.is_empty() {
        return Some(locations(view, snapshot, &places));
    }
    let links = file_links::links(&view.root.overlay(), path, &text);
    if let Some(link) = links.iter().find(|link| link.place.start <= at && at <= link.place.end) {
        return Some(vec![view.head(&link.file)]);
    }
    for hit in values::at(snapshot, file, at) {
        places.extend(hit.steps().iter().map(|step| step.span).filter(|span| !super::snapshot::holds(*span, file, at)));
    }
    (!places.is_empty()).then(|| locations(view, snapshot, &places))
}

/// Everything that names the object at a place, or the object that is named there.
pub fn references(view: &View<'_>, path: &str, asked: &ReferenceParams) -> Option<Vec<Location>> {
    let snapshot = view.root.snapshot.as_ref()?;
    let file = snapshot.file(path)?;
    let text = snapshot.checked.sources.file(file).text.clone();
    let at = view.lines(&text).offset(&asked.text_document_position_params.position);
    let mut places = BTreeSet::new();
    for cluster in &snapshot.clusters {
        let objects = objects_at(cluster, file, at);
        let names = |targets: &[usize]| targets.iter().any(|target| objects.contains(target));
        places.extend(
            cluster.references.iter().filter(|reference| names(&reference.targets)).map(|reference| reference.place),
        );
        if asked.context.include_declaration {
            places.extend(objects.iter().filter_map(|at| Some(cluster.objects.get(*at)?.place())));
        }
    }
    (!places.is_empty()).then(|| locations(view, snapshot, &places))
}

/// The objects that are named, or called so, at a place.
fn objects_at(cluster: &Seen, file: FileId, at: usize) -> BTreeSet<usize> {
    let named = cluster.references_at(file, at).flat_map(|reference| reference.targets.iter().copied());
    named.chain(cluster.named_at(file, at)).collect()
}

fn locations(view: &View<'_>, snapshot: &Snapshot, places: &BTreeSet<Span>) -> Vec<Location> {
    let mut found: Vec<Location> = places.iter().map(|span| view.location(snapshot, *span)).collect();
    found.sort_by(|a, b| (&a.uri.0, a.range.start.line).cmp(&(&b.uri.0, b.range.start.line)));
    found
}
