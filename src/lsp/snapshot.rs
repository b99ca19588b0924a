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

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use flux_vet_trees::{Files, Random, fleet, mutated};

    use super::*;
    use crate::source::{Disk, FileSystem, Memory};

    /// Everything that a check says, with places as people read them.
    fn told(snapshot: &Snapshot) -> Vec<String> {
        let checked = &snapshot.checked;
        let place =
            |label: &crate::finding::Label| format!("{:?} {}", checked.sources.location(label.span), label.message);
        let finding = |finding: &Finding| {
            let related: Vec<String> = finding.related.iter().chain(&finding.trail).map(place).collect();
            let primary = place(&finding.primary);
            format!("{} {:?} {primary} {} {related:?} {:?}", finding.rule, finding.state, finding.message, finding.help)
        };
        let mut told: Vec<String> = checked.findings.iter().map(finding).collect();
        told.push(format!("{:?}", checked.coverage));
        told
    }

    /// Types into a tree, and checks after each edit: what is kept from check to check changes nothing.
    fn type_into(below: &Arc<dyn FileSystem>, files: &Files, seed: u64, edits: usize) {
        let mut random = Random::new(seed);
        let mut tree = Overlay::new(below.clone());
        let (mut last, read): (Option<Snapshot>, ReadSoFar) = (None, ReadSoFar::with_builds());
        let paths: Vec<&String> = files.keys().filter(|path| path.ends_with(".yaml")).collect();
        for edit in 0..edits {
            let path = random.pick(&paths).unwrap();
            let text = &files[*path];
            let text = match random.below(4) {
                0 => mutated(text, &mut random),
                1 => format!("# a line above\n{text}"),
                2 => format!("{}\nunknown: {edit}\n", text.trim_end()),
                _ => text.clone(),
            };
            tree.insert(path, text);
            let options = CheckOptions::default;
            let kept = Snapshot::take(tree.clone(), options(), last.as_ref(), read.clone());
            let fresh = Snapshot::take(tree.clone(), options(), None, ReadSoFar::default());
            match (kept, fresh) {
                (Ok(kept), Ok(fresh)) => {
                    assert_eq!(told(&kept), told(&fresh), "after edit {edit} of `{path}` (seed {seed})");
                    last = Some(kept);
                }
                (Err(kept), Err(fresh)) => assert_eq!(kept.to_string(), fresh.to_string()),
                _ => panic!("a fault came or went after edit {edit} of `{path}` (seed {seed})"),
            }
        }
    }

    #[test]
    fn a_check_after_an_edit_says_what_a_check_of_the_whole_says() {
        let fleet = fleet(90, 3).files;
        let mut memory = Memory::default();
        fleet.iter().for_each(|(path, text)| memory.insert(path, text.as_str()));
        type_into(&(Arc::new(memory) as Arc<dyn FileSystem>), &fleet, 1, 24);
        let trees = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees");
        for (seed, name) in ["migration-plan/as-written", "provenance", "artifacts"].into_iter().enumerate() {
            let disk: Arc<dyn FileSystem> = Arc::new(Disk::new(&trees.join(name)).unwrap());
            let text = |path: String| Some((path.clone(), String::from_utf8(disk.read(&path).ok()?).ok()?));
            let files: Files = disk.walk().into_iter().filter_map(text).collect();
            type_into(&disk, &files, seed as u64, 12);
        }
    }
}
