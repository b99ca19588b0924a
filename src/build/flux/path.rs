//! `spec.path` that names no folder of its artifact.

use std::collections::BTreeSet;

use super::kustomization::FluxKustomization;
use crate::finding::{Label, Observation};
use crate::source::{Entry, FileSystem, ReadError, parent};

/// The finding for a path at which an artifact has no folder.
pub fn missing_path(
    artifact: &dyn FileSystem,
    spec: &FluxKustomization,
    path: &str,
    found: &Result<Entry, ReadError>,
) -> Observation {
    let shown = spec.shown();
    let (message, label) = match found {
        Ok(_) => (format!("path `{path}` of {shown} is a file, not a folder"), "a file"),
        Err(ReadError::NotInArtifact { why, .. }) => {
            (format!("path `{path}` of {shown} is not in the artifact: {why}"), "left out of the artifact")
        }
        Err(_) => (format!("path `{path}` of {shown} does not exist"), "no such folder"),
    };
    let mut observation = Observation::new("flux-path-missing", message, Label::new(spec.path_place, label))
        .about(spec.reference(), "spec.path")
        .trail(spec.path_trail.clone());
    if let Err(ReadError::NotInArtifact { place, .. }) = found {
        observation = observation.help("keep the folder with a later pattern `!…`");
        return match place {
            Some(place) => observation.related(Label::new(*place, "left out here")),
            None => observation,
        };
    }
    match nearest_folder(artifact, path) {
        Some(nearest) => observation.help(format!("did you mean `./{nearest}`?")),
        None => observation,
    }
}

/// Every folder that holds a file at some depth.
pub fn folders(system: &dyn FileSystem) -> BTreeSet<String> {
    let mut folders: BTreeSet<String> = BTreeSet::new();
    for file in system.walk() {
        let mut folder = parent(&file);
        while !folder.is_empty() && folders.insert(folder.to_owned()) {
            folder = parent(folder);
        }
    }
    folders
}

/// The folder whose path is nearest to one that does not exist: by letters, else the one that was moved, with the same
/// last parts.
pub fn nearest_folder(system: &dyn FileSystem, path: &str) -> Option<String> {
    let folders = folders(system);
    let limit = path.len() / 4 + 1;
    let by_letters = folders
        .iter()
        .filter(|folder| folder.len().abs_diff(path.len()) <= limit)
        .map(|folder| (strsim::levenshtein(folder, path), folder))
        .filter(|(distance, _)| *distance <= limit)
        .min();
    let common = |folder: &str| folder.rsplit('/').zip(path.rsplit('/')).take_while(|(a, b)| a == b).count();
    let moved = || {
        let same_end = folders.iter().map(|folder| (common(folder), folder)).filter(|(parts, _)| *parts >= 2);
        same_end.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1)))
    };
    by_letters.or_else(moved).map(|(_, folder)| folder.clone())
}
