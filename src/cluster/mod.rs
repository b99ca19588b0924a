//! Objects to a read-only world that answers questions: what exists, what may exist, what refers to what.

pub mod apis;
pub mod backends;
pub mod before;
pub mod beside;
mod bootstrap;
pub mod budget;
pub mod classes;
mod custody;
pub mod flux;
pub mod gateway;
pub mod grafana;
pub mod graph;
pub mod hosts;
mod index;
pub mod kinds;
pub mod links;
pub mod monitoring;
pub mod monitors;
pub mod nearest;
pub mod operators;
pub mod patches;
pub mod pod_security;
pub mod pods;
pub mod policies;
pub mod producers;
pub mod profiles;
pub mod quantity;
pub mod reach;
pub mod references;
pub mod release;
mod rendered;
pub mod schemas;
pub mod scopes;
pub mod script;
pub mod secrets;
pub mod storage;
pub mod templates;
mod trail;
mod unnamed;
pub mod usage;
pub mod versions;

use hashbrown::{HashMap, HashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use crate::build::charts::{Chart, Extent, Knowledge};
use crate::build::flux::{Made, ReleaseBuild, ReleaseNames, ReleaseValues};
use crate::build::kustomize::Brings;
use crate::build::{ClusterBuild, Id, KustomizationBuild, Library, Object, State, World};
use crate::config::{Config, Declared};
use crate::finding::{Confidence, NotChecked, ObjectRef};
use crate::source::{FileId, Sources, Span, file_name, is_at_or_below, normalize, parent};
use crate::yaml::Node;
use smol_str::SmolStr;

use budget::Account;
use custody::Custody;
use gateway::Gateways;
use hosts::HostUse;
pub use index::Index;
use links::Link;
use nearest::DocumentKey;
use pods::{Pods, Services};
use policies::Policies;
use producers::Products;
use profiles::Profiles;
use references::References;
use storage::Storage;
pub use trail::trail;
use unnamed::Unnamed;
use usage::Usage;

/// A document of a file, whether or not a build reaches it.
#[derive(Clone, Debug, PartialEq)]
pub struct FileDocument {
    /// Path of the file.
    pub path: Arc<str>,
    /// The document, as written.
    pub node: Node,
}

/// What the repository holds, over all clusters.
pub struct Repository<'w> {
    /// Files and manifests.
    pub library: &'w Library<'w>,
    /// The configuration.
    pub config: &'w Config,
    /// Every document of every YAML file, by path.
    pub documents: Vec<FileDocument>,
    /// Files that some object of some cluster came from.
    pub reached: HashSet<FileId>,
    /// Files that the builds of some cluster read.
    pub read: HashSet<FileId>,
    /// Entry paths of all clusters.
    pub entries: Vec<Arc<str>>,
    /// Where schemas are.
    pub schemas: schemas::Locations,
    /// What an older revision built, where the run compares.
    pub before: Option<before::Before>,
    written: HashMap<DocumentKey, Vec<usize>>,
    // HelmReleases as written, by the last part of the name of their chart.
    releases: HashMap<SmolStr, Vec<usize>>,
    // Positions of documents by the folder of their file.
    folders: OnceLock<HashMap<String, Vec<usize>>>,
    scripts: OnceLock<Arc<Vec<(String, String)>>>,
    usage: OnceLock<Usage>,
    /// What is known of charts.
    pub profiles: Profiles,
}

impl<'w> Repository<'w> {
    /// What the files hold, and which of it the clusters reach.
    pub fn new(library: &'w Library<'w>, config: &'w Config, documents: Vec<FileDocument>, world: &World) -> Self {
        let mut written: HashMap<DocumentKey, Vec<usize>> = HashMap::new();
        let mut releases: HashMap<SmolStr, Vec<usize>> = HashMap::new();
        for (at, document) in documents.iter().enumerate() {
            let id = Id::of(&document.node);
            if id.gvk.kind == "HelmRelease"
                && let Some(chart) = document.node.dig("spec.chart.spec.chart").and_then(Node::as_str)
            {
                releases.entry(file_name(chart).into()).or_default().push(at);
            }
            written.entry((id.gvk.group, id.gvk.kind, id.name)).or_default().push(at);
        }
        let objects = world.clusters.iter().flat_map(|cluster| &cluster.objects);
        Repository {
            library,
            config,
            documents,
            reached: objects.map(|object| object.kind_place().file).collect(),
            read: world.clusters.iter().flat_map(|cluster| &cluster.files).copied().collect(),
            entries: world.clusters.iter().map(|cluster| cluster.entry.clone()).collect(),
            written,
            releases,
            folders: OnceLock::new(),
            scripts: OnceLock::new(),
            usage: OnceLock::new(),
            profiles: Profiles::default(),
            schemas: schemas::Locations::default(),
            before: None,
        }
    }

    /// The same, with places for schemas.
    #[must_use]
    pub fn with_schemas(self, schemas: schemas::Locations) -> Self {
        Repository { schemas, ..self }
    }

    /// The same, with an older revision to compare with.
    #[must_use]
    pub fn since(self, before: Option<before::Before>) -> Self {
        Repository { before, ..self }
    }

    /// The same with other profiles.
    #[must_use]
    pub fn with_profiles(self, profiles: Profiles) -> Self {
        Repository { profiles, ..self }
    }

    /// The files.
    pub fn sources(&self) -> &Sources {
        self.library.sources
    }

    /// Which files something uses.
    pub fn usage(&self) -> &Usage {
        self.usage.get_or_init(|| Usage::of(self))
    }

    /// Documents of an identity as written, whether or not a build reaches them; the namespace may come from a build.
    pub fn written<'r>(
        &'r self,
        group: &str,
        kind: &str,
        name: &str,
    ) -> impl Iterator<Item = &'r FileDocument> + use<'r, 'w> {
        let found = self.written.get(&(group.into(), kind.into(), name.into()));
        found.into_iter().flatten().filter_map(|at| self.documents.get(*at))
    }

    /// Documents of the files in a folder, by path.
    pub fn documents_in(&self, folder: &str) -> Vec<&FileDocument> {
        let folders = self.folders.get_or_init(|| {
            let mut folders: HashMap<String, Vec<usize>> = HashMap::new();
            for (at, document) in self.documents.iter().enumerate() {
                folders.entry_ref(parent(&document.path)).or_default().push(at);
            }
            folders
        });
        folders.get(folder).into_iter().flatten().filter_map(|at| self.documents.get(*at)).collect()
    }

    /// What every file with settings of Talos or kubeadm says of the release of Kubernetes.
    pub fn kubernetes_versions(&self) -> impl Iterator<Item = &Node> + use<'_, 'w> {
        self.documents.iter().filter_map(|document| document.node.get("kubernetesVersion"))
    }

    /// Namespaces with a variable for a name that no build reaches.
    pub fn unnamed_namespaces(&self) -> impl Iterator<Item = &FileDocument> + use<'_, 'w> {
        self.documents.iter().filter(|document| {
            let id = Id::of(&document.node);
            id.gvk.kind == "Namespace"
                && id.gvk.group.is_empty()
                && id.name.contains("${")
                && !self.reached.contains(&document.node.span().file)
        })
    }

    /// Documents below the folders where the configuration says that policies are.
    pub fn policy_documents(&self) -> impl Iterator<Item = &FileDocument> + use<'_, 'w> {
        let folders: Vec<String> = self.config.policy_paths.iter().map(|folder| normalize(folder)).collect();
        let documents = if folders.is_empty() { &[] } else { self.documents.as_slice() };
        documents.iter().filter(move |document| folders.iter().any(|folder| is_at_or_below(&document.path, folder)))
    }

    /// HelmReleases as written that name a chart, whether or not a build reaches them.
    pub fn releases_of(&self, chart: &str) -> impl Iterator<Item = &FileDocument> {
        self.releases.get(chart).into_iter().flatten().filter_map(|at| self.documents.get(*at))
    }
}

/// Whether something exists: the third answer is not the second.
#[derive(Clone, Copy, Debug)]
pub enum Presence<'w> {
    /// It is there.
    Present(&'w Object),
    /// It is not there, and everything that could bring it was looked at.
    Absent,
    /// It is not there, but something that could bring it was not looked at.
    Unknown,
}

/// One cluster, ready to be asked.
pub struct Cluster<'w> {
    // Rules ask through `beside`, where it is noted what was asked.
    repository: &'w Repository<'w>,
    asked: beside::Asked,
    library: &'w Library<'w>,
    /// Nothing that its rules see is other than in the check before: what they said then holds.
    pub is_unchanged: bool,
    build: &'w ClusterBuild,
    index: Index,
    // Positions in the list of releases, by that of the HelmRelease among the objects.
    releases: HashMap<usize, usize>,
    all_releases: OnceLock<Vec<release::Release<'w>>>,
    products: OnceLock<Products>,
    links: OnceLock<Vec<Link<'w>>>,
    references: OnceLock<References<'w>>,
    // HelmReleases by the namespace they install into.
    installed: OnceLock<HashMap<String, Vec<&'w Object>>>,
    used_namespaces: OnceLock<BTreeSet<String>>,
    storage: OnceLock<Storage>,
    pods: OnceLock<Pods<'w>>,
    services: OnceLock<Services<'w>>,
    gateways: OnceLock<Gateways<'w>>,
    policies: OnceLock<Policies<'w>>,
    roots_of_trust: OnceLock<BTreeSet<String>>,
    account: OnceLock<Account<'w>>,
    judged: OnceLock<schemas::Judged>,
    custody: OnceLock<Custody>,
    unnamed: OnceLock<Unnamed<'w>>,
    hosts: OnceLock<Vec<HostUse<'w>>>,
    // Files that a renderer wrote, with the place of their HelmRelease.
    rendered_files: OnceLock<HashMap<FileId, Span>>,
}

impl<'w> Cluster<'w> {
    /// Indexes a build.
    pub fn new(repository: &'w Repository<'w>, build: &'w ClusterBuild) -> Self {
        let index = Index::new(build.objects.iter().chain(&build.modelled));
        let releases = build.releases.iter().enumerate().map(|(at, release)| (release.object, at)).collect();
        Cluster {
            repository,
            asked: beside::Asked::default(),
            library: repository.library,
            is_unchanged: false,
            build,
            index,
            releases,
            all_releases: OnceLock::new(),
            products: OnceLock::new(),
            links: OnceLock::new(),
            references: OnceLock::new(),
            installed: OnceLock::new(),
            used_namespaces: OnceLock::new(),
            storage: OnceLock::new(),
            pods: OnceLock::new(),
            services: OnceLock::new(),
            gateways: OnceLock::new(),
            policies: OnceLock::new(),
            roots_of_trust: OnceLock::new(),
            account: OnceLock::new(),
            judged: OnceLock::new(),
            custody: OnceLock::new(),
            unnamed: OnceLock::new(),
            hosts: OnceLock::new(),
            rendered_files: OnceLock::new(),
        }
    }

    /// The same after an earlier check: it reads files through a library that notes which.
    #[must_use]
    pub fn after(self, library: &'w Library<'w>, is_unchanged: bool) -> Self {
        Cluster { library, is_unchanged, ..self }
    }

    /// Entry path.
    pub fn entry(&self) -> &'w str {
        &self.build.entry
    }

    /// What the build has to say about itself.
    pub fn build(&self) -> &'w ClusterBuild {
        self.build
    }

    /// The files.
    pub fn sources(&self) -> &'w Sources {
        self.library.sources
    }

    /// Files and manifests, for texts inside objects.
    pub fn library(&self) -> &'w Library<'w> {
        self.library
    }

    /// What is known of charts and of the kinds of operators.
    pub fn profiles(&self) -> &'w Profiles {
        &self.repository.profiles
    }

    /// The configuration.
    pub fn config(&self) -> &'w Config {
        self.repository.config
    }

    /// What the configuration declares about this cluster.
    pub fn declared(&self) -> Declared<'w> {
        self.repository.config.declared(self.entry())
    }

    /// The place of a value of the configuration, such as `budget.0.requests.memory`.
    pub fn config_place(&self, path: &str) -> Option<Span> {
        self.repository.config.place(path)
    }

    /// Whether the configuration says that an object exists outside of the tree.
    pub fn is_external(&self, object: &ObjectRef) -> bool {
        self.declared().externals.iter().any(|external| external.object.matches(object))
    }

    /// Every object Flux applies, and what was rendered of charts. What models say of charts is not among them: every
    /// other question takes it into account.
    pub fn objects(&self) -> impl Iterator<Item = &'w Object> {
        self.build.objects.iter().filter(|object| !object.left_alone)
    }

    /// Every object that a model of a chart makes.
    pub fn modelled(&self) -> impl Iterator<Item = &'w Object> {
        self.build.modelled.iter().filter(|object| !object.left_alone)
    }

    /// Every HelmRelease that Flux does not leave alone.
    pub fn releases(&self) -> &[release::Release<'w>] {
        self.all_releases.get_or_init(|| release::releases(self))
    }

    /// An object by its position in the build.
    pub fn object(&self, at: usize) -> Option<&'w Object> {
        let beyond = || self.build.modelled.get(at.checked_sub(self.build.objects.len())?);
        self.build.objects.get(at).or_else(beyond)
    }

    /// The position of an object in the build.
    pub fn position(&self, object: &Object) -> Option<usize> {
        // One of the build itself shows by its address where it stands.
        let beyond = std::ptr::from_ref(object).addr().checked_sub(self.build.objects.as_ptr().addr());
        let at = beyond.map(|bytes| bytes / size_of::<Object>());
        if let Some(at) = at.filter(|at| self.build.objects.get(*at).is_some_and(|own| std::ptr::eq(own, object))) {
            return Some(at);
        }
        self.index.get(&object.gvk.group, &object.gvk.kind, object.namespace(), &object.name)
    }

    /// Every host inside the cluster that its objects name, in their order.
    pub fn hosts(&self) -> &[HostUse<'w>] {
        self.hosts.get_or_init(|| hosts::hosts(self))
    }

    /// Answers what most rules ask, on all threads. None of it may use the pool itself: see [`Self::judge`].
    pub fn ready(&self) {
        let of_pods = || {
            self.pods();
            self.services();
            self.storage();
        };
        let of_texts = || {
            self.hosts();
            self.references();
        };
        rayon::join(of_pods, of_texts);
    }

    /// Whether the manifests of a HelmRelease were rendered, and are objects of the build.
    pub fn is_rendered(&self, release: &Object) -> bool {
        self.release(release).is_some_and(|release| matches!(release.made, Made::Rendered))
    }

    /// What the build says of a HelmRelease.
    fn release(&self, release: &Object) -> Option<&'w ReleaseBuild> {
        self.build.releases.get(*self.releases.get(&self.position(release)?)?)
    }

    /// The chart of a HelmRelease.
    pub fn chart(&self, release: &Object) -> Option<&'w Chart> {
        self.release(release).map(|release| &release.chart)
    }

    /// How far the model of its chart goes for a HelmRelease; `None` where no model knows it.
    pub fn model(&self, release: &Object) -> Option<&'w Knowledge> {
        match &self.release(release)?.made {
            Made::Modelled(knowledge) => Some(knowledge),
            Made::Rendered | Made::Unknown(_) => None,
        }
    }

    /// Whether all objects of a kind that a HelmRelease makes are known. They are objects of the cluster.
    pub fn makes(&self, release: &Object, group: &str, kind: &str) -> Extent<'w> {
        match self.release(release).map(|release| &release.made) {
            Some(Made::Rendered) => Extent::Whole(Confidence::High),
            Some(Made::Modelled(knowledge)) => knowledge.extent(group, kind),
            Some(Made::Unknown(why)) => Extent::Open(why),
            None => Extent::Open("it is no release"),
        }
    }

    /// Objects of a kind.
    pub fn of_kind<'c>(&'c self, group: &'c str, kind: &'c str) -> impl Iterator<Item = &'w Object> + use<'c, 'w> {
        self.index.of_kind(group, kind).filter_map(|at| self.object(at))
    }

    /// The groups that have objects of a kind, sorted.
    pub fn groups_of(&self, kind: &str) -> Vec<SmolStr> {
        self.index.groups_of(kind)
    }

    /// Objects of a namespace.
    pub fn in_namespace<'c>(&'c self, namespace: &'c str) -> impl Iterator<Item = &'w Object> + use<'c, 'w> {
        self.index.in_namespace(namespace).filter_map(|at| self.object(at))
    }

    /// The object of an identity. Cluster-scoped kinds have the namespace `""`.
    pub fn get(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<&'w Object> {
        self.index.get(group, kind, namespace, name).and_then(|at| self.object(at))
    }

    /// Objects of a name, of any kind and namespace.
    pub fn named<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'w Object> + use<'c, 'w> {
        self.index.named(name).filter_map(|at| self.object(at))
    }

    /// Whether an object exists.
    pub fn presence(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Presence<'w> {
        if let Some(object) = self.get(group, kind, namespace, name) {
            return Presence::Present(object);
        }
        let reference = ObjectRef {
            api_version: group.to_owned(),
            kind: kind.to_owned(),
            namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
            name: name.to_owned(),
        };
        let could_come = self.build.not_built.iter().any(|part| part.could_bring(group, kind, namespace, Some(name)));
        if could_come || self.is_external(&reference) { Presence::Unknown } else { Presence::Absent }
    }

    /// Whether something that could bring objects into a namespace was not looked at: a Kustomization from another
    /// source, one that is broken, a remote input. A chart is not counted here: ask what it makes.
    pub fn is_open(&self, namespace: &str) -> bool {
        self.build.not_built.iter().any(|part| part.could_bring("", "", namespace, None))
    }

    /// Whether entries of some build are missing: an absence is likely, but no longer certain.
    pub fn has_losses(&self) -> bool {
        self.build.not_built.iter().any(|part| !matches!(part.brings, Brings::Nothing | Brings::Definitions))
    }

    /// What the objects of the tree make.
    pub fn products(&self) -> &Products {
        self.products.get_or_init(|| {
            let objects = self.build.objects.iter().chain(&self.build.modelled).enumerate();
            Products::new(objects.filter(|(_, object)| !object.left_alone))
        })
    }

    /// What every object names by a field that is known to name objects, those of modelled charts included.
    pub fn links(&self) -> &[Link<'w>] {
        self.links.get_or_init(|| links::all(self))
    }

    /// Everything that names something, to be asked from the other end.
    pub fn references(&self) -> &References<'w> {
        self.references.get_or_init(|| References::of(self))
    }

    /// Object storage: the stores, who makes buckets on them, and who uses which.
    pub fn storage(&self) -> &Storage {
        self.storage.get_or_init(|| Storage::of(self))
    }

    /// What the cluster asks for.
    pub fn account(&self) -> &Account<'w> {
        self.account.get_or_init(|| Account::of(self))
    }

    /// Whether the tree is where objects of a kind are kept that something names.
    pub fn keeps(&self, kind: &str) -> bool {
        self.custody.get_or_init(|| Custody::of(self)).keeps(kind)
    }

    /// Objects whose names are not known: one of them may be what is named.
    pub fn unnamed(&self) -> &Unnamed<'w> {
        self.unnamed.get_or_init(|| Unnamed::of(self))
    }

    /// The pods that the tree makes.
    pub fn pods(&self) -> &Pods<'w> {
        self.pods.get_or_init(|| Pods::of(self))
    }

    /// The Services that are known, and what may make others.
    pub fn services(&self) -> &Services<'w> {
        self.services.get_or_init(|| Services::of(self, self.pods()))
    }

    /// The Gateways, and the routes to them.
    pub fn gateways(&self) -> &Gateways<'w> {
        self.gateways.get_or_init(|| Gateways::of(self))
    }

    /// The network policies.
    pub fn policies(&self) -> &Policies<'w> {
        self.policies.get_or_init(|| Policies::of(self))
    }

    /// HelmReleases that install into a namespace.
    pub fn installed_in(&self, namespace: &str) -> impl Iterator<Item = &'w Object> + use<'_, 'w> {
        let installed = self.installed.get_or_init(|| {
            let mut installed: HashMap<String, Vec<&Object>> = HashMap::new();
            for release in self.of_kind("helm.toolkit.fluxcd.io", "HelmRelease") {
                installed.entry(ReleaseNames::of(release).namespace).or_default().push(release);
            }
            installed
        });
        installed.get(namespace).into_iter().flatten().copied()
    }

    /// The merged values of a HelmRelease.
    pub fn values(&self, release: &Object) -> Option<&'w ReleaseValues> {
        self.release(release).map(|release| &release.values)
    }

    /// The Kustomization that applies an object.
    pub fn kustomization_of(&self, object: &Object) -> Option<&'w KustomizationBuild> {
        self.build.kustomizations.get(object.kustomization)
    }

    /// All Flux Kustomizations.
    pub fn kustomizations(&self) -> &'w [KustomizationBuild] {
        &self.build.kustomizations
    }

    /// Labels of a namespace: those of its Namespace object and the automatic one. The flag says whether that is all:
    /// a namespace that the tree does not define may carry others.
    pub fn namespace_labels(&self, namespace: &str) -> (BTreeMap<String, String>, bool) {
        let object = self.get("", "Namespace", "", namespace);
        let mut labels: BTreeMap<String, String> = object
            .and_then(|object| object.at(&["metadata", "labels"]))
            .into_iter()
            .flat_map(Node::entries)
            .filter_map(|entry| Some((entry.key.to_string(), entry.value.scalar_text()?.into_owned())))
            .collect();
        labels.insert("kubernetes.io/metadata.name".to_owned(), namespace.to_owned());
        (labels, object.is_some())
    }

    /// Every namespace that the tree names, sorted.
    pub fn namespaces(&self) -> Vec<String> {
        let mut names: Vec<String> = self.of_kind("", "Namespace").map(|object| object.name.to_string()).collect();
        names.extend(self.objects().filter_map(|object| object.namespace.as_ref().map(ToString::to_string)));
        names.sort();
        names.dedup();
        names
    }

    /// Whether the tree runs something in a namespace, so that it can be expected to hold what serves there.
    pub fn runs_in(&self, namespace: &str) -> bool {
        let is_serving = |object: &Object| {
            object.is("", "Service") || matches!(object.kind(), "Deployment" | "StatefulSet" | "DaemonSet" | "Pod")
        };
        self.installed_in(namespace).next().is_some()
            || self.in_namespace(namespace).any(is_serving)
            || self.products().names("Service", namespace).next().is_some()
    }

    /// Every namespace that the tree puts something into, or says that it is there.
    pub fn used_namespaces(&self) -> &BTreeSet<String> {
        self.used_namespaces.get_or_init(|| {
            let mut names: BTreeSet<String> = self.namespaces().into_iter().collect();
            let releases = self.of_kind("helm.toolkit.fluxcd.io", "HelmRelease");
            names.extend(releases.map(|release| ReleaseNames::of(release).namespace));
            let targets = self.kustomizations().iter().filter_map(|one| one.spec.target_namespace.as_ref());
            names.extend(targets.map(|target| target.text.clone()));
            names
        })
    }

    /// What was not looked at, for the report.
    pub fn not_checked(&self) -> Vec<NotChecked> {
        self.build
            .not_built
            .iter()
            .map(|not_built| NotChecked {
                cluster: self.build.entry.clone(),
                class: not_built.class,
                what: not_built.what.clone(),
                reason: not_built.reason.clone(),
            })
            .collect()
    }

    /// Counts for the report: declared, built, external, broken Kustomizations; the entry itself counts when an object
    /// of the tree stands for it.
    pub fn counts(&self) -> (usize, usize, usize, usize) {
        let all = self.kustomizations();
        let external = all.iter().filter(|one| matches!(one.state, State::External(_))).count();
        let broken = all.iter().filter(|one| one.state == State::Broken).count();
        (all.len(), all.len() - external - broken, external, broken)
    }
}
