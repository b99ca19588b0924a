//! What one check of a root found out, kept for questions about places.

use hashbrown::HashMap;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::build::{KustomizationBuild, Object};
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
    pub clusters: Vec<Arc<Seen>>,
    files: HashMap<String, FileId>,
}

/// What is kept of a cluster.
pub struct Seen {
    /// Its entry.
    pub entry: Arc<str>,
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
    /// Checks a tree. What the last check found out is kept as far as no edit reaches it; `start` is that of all checks of
    /// the tree.
    ///
    /// # Errors
    /// A [`Fault`] when the run itself is broken.
    pub fn take(tree: Overlay, options: CheckOptions, last: Option<&Snapshot>, start: Start) -> Result<Self, Fault> {
        let sources = match last {
            Some(last) => Sources::after(&last.checked.sources, tree),
            None => Sources::new(tree),
        };
        let before = |entry: &str| last?.clusters.iter().find(|seen| *seen.entry == *entry);
        let seen = |cluster: &Cluster<'_>| match before(cluster.entry()) {
            Some(seen) if cluster.is_unchanged => seen.clone(),
            _ => Arc::new(Seen::of(cluster)),
        };
        let (checked, clusters) = checked(sources, &options, start, |clusters| clusters.iter().map(seen).collect())?;
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
            entry: build.entry.clone(),
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

    /// A tree, and a check after each edit of it: what is kept from check to check changes nothing.
    struct Typing {
        tree: Overlay,
        start: Start,
        last: Option<Snapshot>,
        /// How often a cluster was not checked again.
        unchanged: usize,
    }

    impl Typing {
        fn into(below: &Arc<dyn FileSystem>) -> Self {
            Typing { tree: Overlay::new(below.clone()), start: Start::of_many(), last: None, unchanged: 0 }
        }

        fn edit(&mut self, path: &str, text: String, what: &str) {
            self.tree.insert(path, text);
            let options = CheckOptions::default;
            let kept = Snapshot::take(self.tree.clone(), options(), self.last.as_ref(), self.start.clone());
            let fresh = Snapshot::take(self.tree.clone(), options(), None, Start::default());
            match (kept, fresh) {
                (Ok(kept), Ok(fresh)) => {
                    assert_eq!(told(&kept), told(&fresh), "after {what} of `{path}`");
                    let before = self.last.as_ref().map(|last| last.clusters.as_slice()).unwrap_or_default();
                    self.unchanged +=
                        kept.clusters.iter().zip(before).filter(|(now, then)| Arc::ptr_eq(now, then)).count();
                    self.last = Some(kept);
                }
                (Err(kept), Err(fresh)) => {
                    assert_eq!(kept.to_string(), fresh.to_string());
                    (self.last, self.start) = (None, Start::of_many());
                }
                _ => panic!("a fault came or went after {what} of `{path}`"),
            }
        }
    }

    /// Types into a tree by chance.
    fn type_into(below: &Arc<dyn FileSystem>, files: &Files, seed: u64, edits: usize) {
        let mut random = Random::new(seed);
        let mut typing = Typing::into(below);
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
            typing.edit(path, text, &format!("edit {edit} (seed {seed})"));
        }
    }

    fn memory(files: &Files) -> Arc<dyn FileSystem> {
        let mut memory = Memory::default();
        files.iter().for_each(|(path, text)| memory.insert(path, text.as_str()));
        Arc::new(memory)
    }

    #[test]
    fn a_check_after_an_edit_says_what_a_check_of_the_whole_says() {
        let fleet = fleet(90, 3).files;
        type_into(&memory(&fleet), &fleet, 1, 24);
        let trees = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees");
        for (seed, name) in ["migration-plan/as-written", "provenance", "artifacts"].into_iter().enumerate() {
            let disk: Arc<dyn FileSystem> = Arc::new(Disk::new(&trees.join(name)).unwrap());
            let text = |path: String| Some((path.clone(), String::from_utf8(disk.read(&path).ok()?).ok()?));
            let files: Files = disk.walk().into_iter().filter_map(text).collect();
            type_into(&disk, &files, seed as u64, 12);
        }
    }

    /// Two clusters that share a folder, and whose rules ask about the repository around them.
    const TWO_CLUSTERS: &[(&str, &str)] = &[
        (".flux-vet.yaml", "clusters:\n  - entry: clusters/a\n  - entry: clusters/b\npolicy-paths: [policies]\n"),
        ("clusters/a/apps.yaml", "KUSTOMIZATION apps apps/a\n---\nKUSTOMIZATION more apps/more\n"),
        ("clusters/b/apps.yaml", "KUSTOMIZATION apps apps/b\n"),
        ("apps/shared/kustomization.yaml", "resources: [config.yaml]\n"),
        ("apps/shared/config.yaml", "CONFIG shared here"),
        ("apps/a/kustomization.yaml", "namespace: here\nresources: [../shared, namespace.yaml, own.yaml]\n"),
        ("apps/a/namespace.yaml", "NAMESPACE here"),
        ("apps/a/own.yaml", "POD one absent-secret"),
        ("apps/more/own.yaml", "POD two shared elsewhere"),
        (
            "apps/b/kustomization.yaml",
            "namespace: there\nresources: [../shared, namespace.yaml, own.yaml, waits.yaml]\n",
        ),
        ("apps/b/namespace.yaml", "NAMESPACE there"),
        ("apps/b/own.yaml", "POD three other-secret"),
        ("apps/b/waits.yaml", "KUSTOMIZATION waits apps/more\n  dependsOn: [{name: more}, {name: gone}]\n"),
        ("apps/more/release.yaml", "RELEASE charts/own"),
        ("charts/own/values.schema.json", "{\"properties\": {\"count\": {\"type\": \"integer\"}}}"),
        ("unbuilt/secret.yaml", "SECRET other-secret there"),
        ("unbuilt/kustomization-gone.yaml", "KUSTOMIZATION gone apps/more\n"),
        ("unbuilt/namespace.yaml", "NAMESPACE another"),
        ("talos/config.yaml", "kubernetesVersion: v1.30.0\n"),
        ("policies/one.yaml", "NAMESPACE policy"),
        ("scripts/bootstrap.sh", "kubectl create secret generic boot-secret\n"),
    ];

    /// What is put in for each file in turn.
    const EDITS: &[&str] = &[
        "NAMESPACE elsewhere",
        "NAMESPACE ${NAME}",
        "SECRET absent-secret here",
        "kubernetesVersion: v1.31.0\n",
        "kubectl create namespace elsewhere; kubectl create secret generic absent-secret\n",
        "KUSTOMIZATION more apps/shared\n",
    ];

    fn manifest(short: &str) -> String {
        let line = |line: &str| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let meta =
                |namespace: &str, name: &str| format!("metadata: {{namespace: '{namespace}', name: '{name}'}}\n");
            match words.as_slice() {
                ["NAMESPACE", name] => format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: '{name}'}}\n"),
                ["CONFIG", name, space] => format!("apiVersion: v1\nkind: ConfigMap\n{}", meta(space, name)),
                ["SECRET", name, space] => {
                    format!("apiVersion: v1\nkind: Secret\n{}stringData: {{password: hunter2}}\n", meta(space, name))
                }
                ["POD", name, secret, space @ ..] => format!(
                    "apiVersion: v1\nkind: Pod\n{}spec:\n  containers:\n    - name: main\n      image: a:1\n      \
                     envFrom: [{{secretRef: {{name: {secret}}}}}, {{configMapRef: {{name: shared}}}}]\n",
                    meta(space.first().unwrap_or(&"here"), name)
                ),
                ["RELEASE", chart] => format!(
                    "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n{}spec:\n  interval: 1h\n  chart:\n    spec:\n      \
                     chart: {chart}\n      sourceRef: {{kind: GitRepository, name: flux-system, namespace: flux-system}}\n  \
                     values: {{count: many}}\n",
                    meta("elsewhere", "own")
                ),
                ["KUSTOMIZATION", name, path] => format!(
                    "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n{}spec:\n  path: {path}\n  prune: true\n  \
                     interval: 1h\n  sourceRef: {{kind: GitRepository, name: flux-system}}\n",
                    meta("flux-system", name)
                ),
                _ => format!("{line}\n"),
            }
        };
        short.lines().map(line).collect()
    }

    #[test]
    fn a_cluster_is_checked_again_where_an_edit_reaches_it() {
        let files: Files = TWO_CLUSTERS.iter().map(|(path, text)| ((*path).to_owned(), manifest(text))).collect();
        let mut typing = Typing::into(&memory(&files));
        for (path, text) in &files {
            for edit in EDITS {
                typing.edit(path, manifest(edit), edit);
            }
            typing.edit(path, format!("{text}# at the end\n"), "a comment");
            typing.edit(path, text.clone(), "the end");
        }
        let edits = files.len() * (EDITS.len() + 2);
        assert!(typing.unchanged > edits / 2, "{} of {edits} edits left a cluster as it was", typing.unchanged);
    }

    #[test]
    fn a_cluster_is_checked_again_where_another_one_begins_to_list_what_it_names() {
        let tree = [
            (".flux-vet.yaml", "clusters:\n  - entry: clusters/a\n  - entry: clusters/b\n"),
            ("clusters/a/apps.yaml", "KUSTOMIZATION apps apps\n"),
            ("clusters/b/apps.yaml", "KUSTOMIZATION waits own\n  dependsOn: [{name: gone}]\n"),
            ("apps/gone.yaml", "KUSTOMIZATION gone own\n"),
            ("own/config.yaml", "CONFIG own flux-system"),
        ];
        let files: Files = tree.iter().map(|(path, text)| ((*path).to_owned(), manifest(text))).collect();
        let mut typing = Typing::into(&memory(&files));
        let mut said = Vec::new();
        for listed in ["", "gone.yaml", ""] {
            typing.edit("apps/kustomization.yaml", format!("resources: [{listed}]\n"), listed);
            said.extend(typing.last.iter().flat_map(|last| last.reported()).map(|finding| finding.message.clone()));
        }
        let count = |part: &str| said.iter().filter(|message| message.contains(part)).count();
        let counts =
            ["only another cluster of this repository has", "no kustomization of this cluster lists"].map(count);
        assert_eq!(counts, [1, 2], "{said:?}");
    }
}
