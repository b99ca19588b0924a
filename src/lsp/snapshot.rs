//! What one check of a root found out, kept for questions about places.

use hashbrown::HashMap;

use smol_str::SmolStr;

use crate::build::{KustomizationBuild, Object, ReadSoFar};
use crate::cluster::Cluster;
use crate::fault::Fault;
use crate::finding::{Finding, State};
use crate::source::{FileId, Overlay, Sources, Span};
use crate::{CheckOptions, Checked, Start, checked};

/// One finished check.
pub struct Snapshot {
    /// What was asked for.
    pub options: CheckOptions,
    /// Findings, files, rules.
    pub checked: Checked,
    /// The clusters.
    pub clusters: Vec<Seen>,
    files: HashMap<String, FileId>,
}

/// What is kept of a cluster.
pub struct Seen {
    /// Its objects, those of modelled charts behind the others.
    pub objects: Vec<Object>,
    /// Its Kustomizations.
    pub kustomizations: Vec<KustomizationBuild>,
    /// Everything that names something.
    pub references: Vec<Reference>,
}

/// One object names another.
pub struct Reference {
    /// The kind that is meant.
    pub kind: SmolStr,
    /// The namespace that is meant.
    pub namespace: SmolStr,
    /// The name.
    pub name: SmolStr,
    /// Where the name stands.
    pub place: Span,
    /// Positions of the objects that are meant: more than one where several groups have such a kind.
    pub targets: Vec<usize>,
}

impl Snapshot {
    /// Checks a tree. Files that say what they said in the last check are not read again.
    ///
    /// # Errors
    /// A [`Fault`] when the run itself is broken.
    pub fn take(tree: Overlay, options: CheckOptions, last: Option<&Snapshot>, read: ReadSoFar) -> Result<Self, Fault> {
        let sources = match last {
            Some(last) => Sources::after(&last.checked.sources, tree),
            None => Sources::new(tree),
        };
        let start = Start { read, ..Start::default() };
        let (checked, clusters) =
            checked(sources, &options, start, |clusters| clusters.iter().map(Seen::of).collect())?;
        let files = checked.sources.files().into_iter().map(|(id, file)| (file.path.to_string(), id)).collect();
        Ok(Snapshot { options, checked, clusters, files })
    }

    /// A file that was read.
    pub fn file(&self, path: &str) -> Option<FileId> {
        self.files.get(path).copied()
    }

    /// The findings that count.
    pub fn reported(&self) -> impl Iterator<Item = &Finding> {
        self.checked.findings.iter().filter(|finding| finding.state == State::Reported)
    }
}

impl Seen {
    fn of(cluster: &Cluster<'_>) -> Self {
        let build = cluster.build();
        let references = cluster.references().all().map(|reference| {
            let is_meant = |object: &&Object| {
                *object.kind() == *reference.kind
                    && (object.namespace.is_none() || object.namespace() == reference.namespace)
            };
            let meant = cluster.named(&reference.name).filter(is_meant);
            Reference {
                targets: meant.filter_map(|object| cluster.position(object)).collect(),
                kind: reference.kind.clone(),
                namespace: reference.namespace.clone(),
                name: reference.name.clone(),
                place: reference.place,
            }
        });
        Seen {
            references: references.collect(),
            objects: build.objects.iter().chain(&build.modelled).cloned().collect(),
            kustomizations: build.kustomizations.clone(),
        }
    }

    /// The Kustomization that applies an object.
    pub fn applied_by(&self, object: &Object) -> Option<&KustomizationBuild> {
        self.kustomizations.get(object.kustomization)
    }

    /// The references whose name stands at a place.
    pub fn references_at(&self, file: FileId, at: usize) -> impl Iterator<Item = &Reference> {
        self.references.iter().filter(move |reference| holds(reference.place, file, at))
    }

    /// The objects that are called what stands at a place.
    pub fn named_at(&self, file: FileId, at: usize) -> impl Iterator<Item = usize> {
        self.objects.iter().enumerate().filter(move |(_, object)| holds(object.place(), file, at)).map(|(at, _)| at)
    }
}

/// Whether a place lies in a span, its end included: a cursor stands between characters.
pub fn holds(span: Span, file: FileId, at: usize) -> bool {
    span.file == file && span.range().start <= at && at <= span.range().end
}
