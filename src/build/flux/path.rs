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
    match nearest_directory(artifact, path) {
        Some(nearest) => observation.help(format!("did you mean `./{nearest}`?")),
        None => observation,
    }
}

/// The folder whose path is nearest to one that does not exist.
fn nearest_directory(artifact: &dyn FileSystem, path: &str) -> Option<String> {
    let mut directories: BTreeSet<String> = BTreeSet::new();
    for file in artifact.walk() {
        let mut directory = parent(&file);
        while !directory.is_empty() && directories.insert(directory.to_owned()) {
            directory = parent(directory);
        }
    }
    let limit = path.len() / 4 + 1;
    directories
        .into_iter()
        .map(|directory| (strsim::levenshtein(&directory, path), directory))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, directory)| directory)
}
