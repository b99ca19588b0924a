//! What was found in the output of a renderer belongs to the HelmRelease, where it can be changed.

use hashbrown::HashMap;

use super::Cluster;
use crate::finding::{Label, Observation};
use crate::source::{FileId, Span};

impl Cluster<'_> {
    /// The observation at the HelmRelease, with the place in the rendered file as a related one; any other as it is.
    pub fn at_release(&self, observation: Observation) -> Observation {
        let Some(release) = self.rendered_files().get(&observation.primary.span.file).copied() else {
            return observation;
        };
        let mut related = vec![observation.primary];
        related.extend(observation.related);
        let mut trail = observation.trail;
        trail.retain(|step| step.span != release);
        // The next run of the renderer would undo a change of its output.
        Observation {
            primary: Label::new(release, "this release renders it"),
            related,
            trail,
            fix: None,
            ..observation
        }
    }

    /// Files that a renderer wrote, with the place of their HelmRelease.
    fn rendered_files(&self) -> &HashMap<FileId, Span> {
        self.rendered_files.get_or_init(|| {
            let of_release = |object: &&crate::build::Object| object.release.is_some() && object.modelled.is_none();
            let objects = self.objects().filter(of_release);
            objects
                .filter_map(|object| Some((object.kind_place().file, self.object(object.release?)?.place())))
                .collect()
        })
    }
}
