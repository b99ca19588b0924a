//! What Flux does before what in a cluster: Kustomizations, HelmReleases and their sources.

use hashbrown::HashMap;
use std::collections::{BTreeMap, BTreeSet};

use super::draft::{Draft, Facts, Key};
use super::{Graph, Relation, Role, Standing};
use crate::build::flux::SourceKey;
use crate::build::{KustomizationBuild, Object, State};
use crate::cluster::Cluster;
use crate::cluster::flux::{FluxMakers, FluxPresence, HELM, KUSTOMIZE, SOURCE};
use crate::yaml::Node;

/// Which sources are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sources {
    /// All but the one that most objects of a kind share.
    #[default]
    Auto,
    /// All.
    All,
    /// Those that do not exist.
    None,
}

/// What is drawn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// HelmReleases are left out.
    pub without_releases: bool,
    /// Which sources are drawn.
    pub sources: Sources,
    /// Only these Kustomizations (name or namespace/name), what they apply of releases, and what they need; all where
    /// empty.
    pub only: &'a [String],
}

/// How many objects of a kind have to share a source before it goes without saying.
const SHARED: usize = 3;

/// The Flux dependencies of a cluster.
pub fn flux(cluster: &Cluster<'_>, selection: &Selection<'_>) -> Graph {
    let mut reader = Reader { cluster, makers: FluxMakers::of(cluster), draft: Draft::default() };
    reader.kustomizations();
    if !selection.without_releases {
        reader.releases();
    }
    let mut draft = reader.draft;
    let notes = match selection.sources {
        Sources::All => Vec::new(),
        Sources::Auto => leave_shared_out(&mut draft),
        Sources::None => {
            draft.drop_edges(|_, relation, _, standing| relation == Relation::Source && standing != Standing::Missing);
            Vec::new()
        }
    };
    let wanted = (!selection.only.is_empty()).then(|| needed(&draft, selection.only));
    draft.finish(cluster.entry(), |key| wanted.as_ref().is_none_or(|wanted| wanted.contains(key)), notes)
}

struct Reader<'c, 'w> {
    cluster: &'c Cluster<'w>,
    makers: FluxMakers<'c, 'w>,
    draft: Draft,
}

impl<'w> Reader<'_, 'w> {
    fn kustomizations(&mut self) {
        let builds = self.cluster.kustomizations();
        let keys: Vec<Key> = builds.iter().map(|one| key_of_build(self.cluster, one)).collect();
        let object = |one: &KustomizationBuild| one.object.and_then(|at| self.cluster.object(at));
        for (one, key) in builds.iter().zip(&keys) {
            let is_external = matches!(one.state, State::External(_));
            let standing = if one.state == State::Broken { Standing::Broken } else { Standing::Known };
            self.draft.node(key, || Facts { standing, ..facts(object(one), is_external) });
        }
        for (one, key) in builds.iter().zip(&keys) {
            if let Some(parent) = one.parent.and_then(|at| keys.get(at)).filter(|parent| *parent != key) {
                self.draft.edge(parent, Relation::Applies, key);
            }
            if let Some(source) = one.spec.source.as_ref().filter(|_| !one.by_hand) {
                self.source(key, source);
            }
            if let Some(object) = one.object.and_then(|at| self.cluster.object(at)) {
                self.dependencies(key, object, KUSTOMIZE);
            }
        }
    }

    fn releases(&mut self) {
        let releases: Vec<(Key, &Object)> =
            self.cluster.of_kind(HELM, "HelmRelease").map(|release| (release_key(release), release)).collect();
        for (key, release) in &releases {
            self.draft.node(key, || facts(Some(release), false));
        }
        for (key, release) in &releases {
            if let Some(one) = self.cluster.kustomization_of(release) {
                self.draft.edge(&key_of_build(self.cluster, one), Relation::Applies, key);
            }
            self.dependencies(key, release, HELM);
            let chart = [release.dig("spec.chart.spec.sourceRef"), release.dig("spec.chartRef")];
            for source in chart.into_iter().flatten().filter_map(|entry| named_source(release, entry)) {
                self.source(key, &source);
                self.source_of_chart(&source);
            }
        }
    }

    /// A HelmChart takes from a source of its own.
    fn source_of_chart(&mut self, chart: &SourceKey) {
        let object = self.cluster.get(SOURCE, "HelmChart", &chart.namespace, &chart.name);
        if let Some(object) = object.filter(|_| chart.kind == "HelmChart")
            && let Some(source) = object.dig("spec.sourceRef").and_then(|entry| named_source(object, entry))
        {
            self.source(&source_key(chart), &source);
        }
    }

    fn source(&mut self, from: &Key, source: &SourceKey) {
        let key = source_key(source);
        self.target(from, Relation::Source, &key, SOURCE);
    }

    fn dependencies(&mut self, from: &Key, object: &Object, group: &'static str) {
        for entry in object.dig("spec.dependsOn").map(Node::items).unwrap_or_default() {
            let Some((namespace, name)) = named(object, entry) else { continue };
            let key = Key { namespace: namespace.into(), name: name.into(), ..from.clone() };
            self.target(from, Relation::DependsOn, &key, group);
            if entry.get("readyExpr").is_some() {
                self.draft.lenient(from, &key);
            }
        }
    }

    fn target(&mut self, from: &Key, relation: Relation, to: &Key, group: &'static str) {
        self.draft.edge(from, relation, to);
        let makers = &self.makers;
        self.draft.node(to, || match makers.presence(group, &to.kind, &to.namespace, &to.name) {
            FluxPresence::Here(object) => facts(Some(object), false),
            FluxPresence::Made => Facts::new(Standing::Known),
            FluxPresence::Possible(_) | FluxPresence::Unknown => Facts::new(Standing::Unknown),
            FluxPresence::Absent => Facts::new(Standing::Missing),
        });
    }
}

fn facts(object: Option<&Object>, is_external: bool) -> Facts {
    let is_set = |path: &str| object.and_then(|object| object.dig(path)).and_then(Node::as_bool) == Some(true);
    let remark = match is_set("spec.suspend") {
        true => Some("suspended"),
        false => is_external.then_some("of another source"),
    };
    let (waits, is_suspended) = (is_set("spec.wait"), is_set("spec.suspend"));
    Facts { remark, waits, is_suspended, ..Facts::new(Standing::Known) }
}

/// Namespace and name of a map that refers to an object, where both are known.
fn named<'n>(from: &'n Object, entry: &'n Node) -> Option<(&'n str, &'n str)> {
    let known = |key: &str| entry.get(key).map(|node| node.as_str().filter(|text| !text.contains("${")));
    let namespace = match known("namespace") {
        Some(Some("")) | None => from.namespace(),
        Some(Some(namespace)) => namespace,
        Some(None) => return None,
    };
    Some((namespace, known("name")??))
}

fn named_source(from: &Object, entry: &Node) -> Option<SourceKey> {
    let (namespace, name) = named(from, entry)?;
    let kind = entry.get("kind").and_then(Node::as_str)?;
    Some(SourceKey { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() })
}

fn key_of_build(cluster: &Cluster<'_>, one: &KustomizationBuild) -> Key {
    if one.by_hand {
        return Key {
            role: Role::Folder,
            kind: "Folder".into(),
            namespace: "".into(),
            name: if cluster.entry().is_empty() { "." } else { cluster.entry() }.into(),
        };
    }
    Key {
        role: Role::Kustomization,
        kind: "Kustomization".into(),
        namespace: one.spec.namespace.as_str().into(),
        name: one.spec.name.as_str().into(),
    }
}

fn release_key(release: &Object) -> Key {
    Key {
        role: Role::Release,
        kind: "HelmRelease".into(),
        namespace: release.namespace().into(),
        name: release.name.clone(),
    }
}

fn source_key(source: &SourceKey) -> Key {
    Key {
        role: Role::Source,
        kind: source.kind.as_str().into(),
        namespace: source.namespace.as_str().into(),
        name: source.name.as_str().into(),
    }
}

/// Leaves the source out that most Kustomizations share, and the one that most HelmReleases share, and says so.
fn leave_shared_out(draft: &mut Draft) -> Vec<String> {
    let mut notes = Vec::new();
    for (role, kinds) in [(Role::Kustomization, "Kustomizations"), (Role::Release, "HelmReleases")] {
        let mut users: HashMap<&Key, usize> = HashMap::new();
        for (_, _, to) in draft.edges().filter(|(from, relation, _)| from.role == role && *relation == Relation::Source)
        {
            *users.entry(to).or_default() += 1;
        }
        let all: usize = users.values().sum();
        let shared = users.into_iter().max_by(|a, b| (a.1, b.0).cmp(&(b.1, a.0)));
        let Some((source, count)) = shared.filter(|(source, count)| {
            *count >= SHARED && count * 2 > all && draft.standing(source) != Standing::Missing
        }) else {
            continue;
        };
        let source = source.clone();
        notes.push(format!(
            "{count} of {all} {kinds} take from {} {}/{}, which is not drawn",
            source.kind, source.namespace, source.name
        ));
        draft.drop_edges(|from, relation, to, _| from.role == role && relation == Relation::Source && *to == source);
    }
    notes
}

/// The Kustomizations of these names with the releases they apply, and all that these need, at any distance: what they
/// depend on, their sources, and what applies them.
fn needed(draft: &Draft, only: &[String]) -> BTreeSet<Key> {
    let is_called = |key: &Key| {
        only.iter().any(|asked| match asked.split_once('/') {
            Some((namespace, name)) => key.namespace == namespace && key.name == name,
            None => key.name == asked.as_str(),
        })
    };
    let mut needs: BTreeMap<&Key, Vec<&Key>> = BTreeMap::new();
    let mut open: Vec<&Key> = Vec::new();
    for key in draft.keys().filter(|key| key.role == Role::Kustomization && is_called(key)) {
        open.push(key);
    }
    let asked: BTreeSet<&Key> = open.iter().copied().collect();
    for (from, relation, to) in draft.edges() {
        match relation {
            Relation::Applies => {
                needs.entry(to).or_default().push(from);
                if asked.contains(from) && to.role == Role::Release {
                    open.push(to);
                }
            }
            Relation::DependsOn | Relation::Source => needs.entry(from).or_default().push(to),
            Relation::Names => {}
        }
    }
    let mut wanted: BTreeSet<Key> = BTreeSet::new();
    while let Some(key) = open.pop() {
        if wanted.insert(key.clone()) {
            open.extend(needs.get(key).into_iter().flatten());
        }
    }
    wanted
}
