//! Which sources of a cluster stand for files that are here: this repository, folders beside it, copies of both.

use hashbrown::{HashMap, HashSet};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use super::address;
use super::artifact::{Artifact, Filtered, Plain, source_ignore, stated_patterns};
use super::discover::EntryPoint;
use super::generator::{self, Failure};
use super::kustomization::SourceKey;
use crate::build::manifests::Library;
use crate::build::object::{Id, Object};
use crate::source::{Assembled, Entry, FileSystem, Pattern, Span, Subtree, join, normalize};
use crate::yaml::Node;

/// What all clusters of a run share.
pub struct Repository<'b, 's> {
    /// Files and manifests.
    pub library: &'b Library<'s>,
    /// Sources that the configuration maps to a folder.
    pub mapped: &'b BTreeMap<SourceKey, String>,
    /// Source objects as written, with the folder each stands in.
    pub declared: Vec<(String, Node)>,
    patterns: OnceLock<Vec<Pattern>>,
    // Artifacts of this repository that clusters share, by what their sources state.
    shared: RwLock<HashMap<Stated, Arc<Artifact>>>,
}

/// What tells two artifacts of this repository apart: the place of `spec.ignore`, and whether somebody pushed it.
type Stated = (Option<Span>, bool);

impl<'b, 's> Repository<'b, 's> {
    /// A repository with what its files declare.
    pub fn new(
        library: &'b Library<'s>,
        mapped: &'b BTreeMap<SourceKey, String>,
        declared: Vec<(String, Node)>,
    ) -> Self {
        Repository { library, mapped, declared, patterns: OnceLock::new(), shared: RwLock::default() }
    }

    /// The tree at a folder of the configuration: below the root, or beside it (`../shared`).
    pub fn folder(&self, folder: &str) -> Option<Arc<dyn FileSystem>> {
        let main = self.library.sources;
        let inside = (!folder.starts_with('/')).then(|| join("", folder)).flatten();
        let system: Arc<dyn FileSystem> = match inside {
            Some(inside) => Arc::new(Subtree::new(main.shared_system(), &inside)),
            None => Arc::new(Subtree::new(main.system().beside(folder)?, "").shown_as(folder)),
        };
        (system.entry("") == Ok(Entry::Directory)).then_some(system)
    }

    fn patterns(&self) -> &[Pattern] {
        self.patterns.get_or_init(|| source_ignore(self.library.sources))
    }

    /// The source object that a cluster would have: written nearest to its entry. Two that are equally near tell nothing.
    fn declared(&self, key: &SourceKey, entry: &str) -> Option<&Node> {
        let near = |folder: &str| folder.split('/').zip(entry.split('/')).take_while(|(a, b)| a == b).count();
        let candidates = self.declared.iter().filter(|(_, node)| {
            let id = Id::of(node);
            let in_namespace = id.namespace.is_empty() || id.namespace == key.namespace;
            id.gvk.kind == key.kind && id.name == key.name && in_namespace
        });
        let best = candidates.clone().map(|(folder, _)| near(folder)).max()?;
        let mut nearest = candidates.filter(|(folder, _)| near(folder) == best).map(|(_, node)| node);
        let first = nearest.next()?;
        nearest.next().is_none().then_some(first)
    }
}

/// Why there is no artifact.
#[derive(Clone, Debug)]
pub enum NoArtifact {
    /// Its source is not here.
    External(String),
    /// Its maker fails.
    Refused {
        /// What is wrong.
        message: String,
        /// Where.
        place: Span,
    },
}

impl From<Failure> for NoArtifact {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unknown(reason) => NoArtifact::External(reason),
            Failure::Refused { message, place } => NoArtifact::Refused { message, place },
        }
    }
}

/// The artifacts of one cluster.
pub struct Artifacts<'b, 's> {
    repository: &'b Repository<'b, 's>,
    entry: &'b EntryPoint,
    // Sources that are this repository; empty where nothing says which.
    own: HashSet<SourceKey>,
    // Its URLs, in a form that can be compared.
    urls: HashSet<String>,
    // Source objects and generators as built.
    built: HashMap<SourceKey, Node>,
    generators: HashMap<SourceKey, (Arc<Object>, Node)>,
    made: HashMap<Option<SourceKey>, Result<Arc<Artifact>, NoArtifact>>,
}

impl<'b, 's> Artifacts<'b, 's> {
    /// The artifacts of a cluster whose entry is known.
    pub fn new(repository: &'b Repository<'b, 's>, entry: &'b EntryPoint) -> Self {
        Artifacts {
            repository,
            entry,
            own: entry.sources.iter().cloned().collect(),
            urls: entry.url.as_deref().map(address::comparable).into_iter().collect(),
            built: HashMap::new(),
            generators: HashMap::new(),
            made: HashMap::new(),
        }
    }

    /// Takes note of a source or a generator that was built.
    pub fn learn(&mut self, object: &Object) {
        match object.gvk.group.as_str() {
            "source.toolkit.fluxcd.io" => self.learn_source(object),
            "source.extensions.fluxcd.io" if object.kind() == "ArtifactGenerator" => {
                let generator = Arc::new(object.clone());
                for (key, artifact) in generator::artifacts(&generator) {
                    self.generators.insert(key, (generator.clone(), artifact.clone()));
                }
            }
            _ => {}
        }
    }

    /// A source object with the URL of this repository is this repository too, whatever its name.
    fn learn_source(&mut self, object: &Object) {
        let key = SourceKey {
            kind: object.gvk.kind.to_string(),
            namespace: object.namespace().to_owned(),
            name: object.name.to_string(),
        };
        if let Some(url) = object.at(&["spec", "url"]).and_then(Node::as_str).map(address::comparable) {
            if self.own.contains(&key) {
                self.urls.insert(url);
            } else if self.urls.contains(&url) {
                self.own.insert(key.clone());
            }
        }
        self.built.insert(key.clone(), object.node.clone());
        self.made.remove(&Some(key));
    }

    /// The URL of a source that was built.
    pub fn url(&self, source: &SourceKey) -> Option<&str> {
        self.built.get(source)?.at(&["spec", "url"])?.as_str()
    }

    /// Whether whoever owns this repository owns what stands at an address; `None` where one of them is not known.
    pub fn is_of_owner(&self, url: &str) -> Option<bool> {
        let owner = address::owner(url)?;
        let mut own = self.urls.iter().filter_map(|url| address::owner(url)).peekable();
        own.peek()?;
        Some(own.any(|own| own == owner))
    }

    /// The artifact of a source; that of this repository where a Kustomization names none.
    ///
    /// # Errors
    /// [`NoArtifact`] where the source is not here, or is not made.
    pub fn find(&mut self, source: Option<&SourceKey>) -> Result<Arc<Artifact>, NoArtifact> {
        self.find_below(source, &mut Vec::new())
    }

    fn find_below(
        &mut self,
        source: Option<&SourceKey>,
        open: &mut Vec<SourceKey>,
    ) -> Result<Arc<Artifact>, NoArtifact> {
        let key = source.cloned();
        if let Some(known) = self.made.get(&key) {
            return known.clone();
        }
        let found = match source {
            Some(source) if open.contains(source) => {
                return Err(NoArtifact::External(format!("{} is made of itself", source.shown())));
            }
            Some(source) => {
                open.push(source.clone());
                let made = self.make(source, open);
                open.pop();
                made
            }
            None => Ok(self.own_artifact(None, &self.entry.artifact_folder.clone(), open)),
        };
        // A source that is not here yet may still be built.
        if found.is_ok() {
            self.made.insert(key, found.clone());
        }
        found
    }

    fn make(&mut self, source: &SourceKey, open: &mut Vec<SourceKey>) -> Result<Arc<Artifact>, NoArtifact> {
        if let Some(folder) = self.repository.mapped.get(source) {
            return self.mapped(source, folder, open);
        }
        if let Some((generator, artifact)) = self.generators.get(source).cloned() {
            return self.generated(&generator, &artifact, open);
        }
        let is_own = self.own.contains(source) || (self.own.is_empty() && source.kind != "ExternalArtifact");
        if !is_own {
            return Err(NoArtifact::External(format!("its source is {}", source.shown())));
        }
        let folder = self.entry.artifact_folder.clone();
        Ok(self.own_artifact(Some(source), &folder, open))
    }

    /// The whole repository as an artifact, where the entry's artifact is made of a folder of it.
    pub fn whole_repository(&mut self, source: Option<&SourceKey>) -> Option<Arc<Artifact>> {
        (!self.entry.artifact_folder.is_empty()).then(|| self.own_artifact(source, "", &mut Vec::new()))
    }

    fn own_artifact(&mut self, source: Option<&SourceKey>, folder: &str, open: &mut Vec<SourceKey>) -> Arc<Artifact> {
        let main = self.repository.library.sources;
        if !folder.is_empty() {
            let system: Arc<dyn FileSystem> = Arc::new(Subtree::new(main.shared_system(), folder));
            let patterns = source_ignore(&main.window(system.clone()));
            return self.downloaded(source, system, patterns, open);
        }
        let object = self.object(source);
        let spec = object.as_ref().and_then(|object| object.get("spec"));
        let is_plain = |key: &str| spec.and_then(|spec| spec.get(key)).is_none();
        if !["sparseCheckout", "include", "layerSelector"].into_iter().all(is_plain) {
            let patterns = self.repository.patterns().to_vec();
            return self.downloaded(source, main.shared_system(), patterns, open);
        }
        let ignore = spec.and_then(|spec| spec.get("ignore")).map(Node::span);
        let stated: Stated = (ignore, source.is_some_and(is_pushed));
        let shared = &self.repository.shared;
        if let Some(known) = shared.read().unwrap_or_else(PoisonError::into_inner).get(&stated) {
            return known.clone();
        }
        let patterns = self.repository.patterns().to_vec();
        let mut made = self.downloaded(source, main.shared_system(), patterns, open);
        if let (None, Some(made)) = (ignore, Arc::get_mut(&mut made)) {
            made.plain = Some(if stated.1 { Plain::Pushed } else { Plain::Cloned });
        }
        shared.write().unwrap_or_else(PoisonError::into_inner).entry(stated).or_insert(made).clone()
    }

    /// The object of a source, as built or as written.
    fn object(&self, source: Option<&SourceKey>) -> Option<Node> {
        let source = source?;
        let declared = || self.repository.declared(source, &self.entry.path);
        self.built.get(source).or_else(declared).cloned()
    }

    fn mapped(
        &mut self,
        source: &SourceKey,
        folder: &str,
        open: &mut Vec<SourceKey>,
    ) -> Result<Arc<Artifact>, NoArtifact> {
        let main = self.repository.library.sources;
        let Some(system) = self.repository.folder(folder) else {
            return Err(NoArtifact::External(format!(
                "{} is mapped to `{folder}`, where no folder is",
                source.shown()
            )));
        };
        let patterns = source_ignore(&main.window(system.clone()));
        Ok(self.downloaded(Some(source), system, patterns, open))
    }

    /// What a source's own settings leave of its files.
    fn downloaded(
        &mut self,
        source: Option<&SourceKey>,
        system: Arc<dyn FileSystem>,
        mut patterns: Vec<Pattern>,
        open: &mut Vec<SourceKey>,
    ) -> Arc<Artifact> {
        let main = self.repository.library.sources;
        let object = self.object(source);
        let filtered = |system, patterns| {
            let filtered = Filtered::new(system, patterns);
            if source.is_some_and(is_pushed) { filtered.with_links() } else { filtered }
        };
        let Some((source, object)) = source.zip(object) else {
            return Arc::new(Artifact::new(main, Arc::new(filtered(system, patterns))));
        };
        let spec = |path: &[&str]| object.at(&["spec"]).and_then(|spec| spec.at(path));
        // The layer is kept as it was pushed.
        if spec(&["layerSelector", "operation"]).and_then(Node::as_str) == Some("copy") {
            return Arc::new(Artifact::new(main, system));
        }
        if let Some(ignore) = spec(&["ignore"]) {
            patterns.extend(stated_patterns(main, ignore));
        }
        let sparse = spec(&["sparseCheckout"]).filter(|node| !node.is_null()).map(|node| {
            let trimmed = |text: &str| text.strip_prefix("./").unwrap_or(text).to_owned();
            node.items().iter().filter_map(Node::as_str).map(trimmed).collect()
        });
        let includes = spec(&["include"]).map(Node::items).unwrap_or_default();
        if includes.is_empty() {
            return Arc::new(Artifact::new(main, Arc::new(filtered(system, patterns).sparse(sparse))));
        }
        let checked_out: Arc<dyn FileSystem> = match sparse {
            Some(folders) => Arc::new(Filtered::checkout(system, folders)),
            None => system,
        };
        let assembled = self.included(source, includes, &checked_out, open);
        Arc::new(Artifact::new(main, Arc::new(filtered(Arc::new(assembled), patterns))))
    }

    /// `spec.include`: other artifacts put into folders of this one. Source: source-controller `reconcileInclude`.
    fn included(
        &mut self,
        source: &SourceKey,
        includes: &[Node],
        below: &Arc<dyn FileSystem>,
        open: &mut Vec<SourceKey>,
    ) -> Assembled {
        let mut assembled = Assembled::default();
        for path in below.walk() {
            assembled.insert(&path, below, &path);
        }
        for include in includes {
            let text = |path: &[&str]| include.at(path).and_then(Node::as_str).unwrap_or_default();
            let name = text(&["repository", "name"]);
            let to = normalize(if text(&["toPath"]).is_empty() { name } else { text(&["toPath"]) });
            let key = SourceKey {
                kind: "GitRepository".to_owned(),
                namespace: source.namespace.clone(),
                name: name.to_owned(),
            };
            let Ok(other) = self.find_below(Some(&key), open) else {
                assembled.open(&to, &key.shown());
                continue;
            };
            let system = other.sources.shared_system();
            let from: Arc<dyn FileSystem> = Arc::new(Subtree::new(system, &normalize(text(&["fromPath"]))));
            for path in from.walk() {
                let target = if to.is_empty() { path.clone() } else { format!("{to}/{path}") };
                assembled.insert(&target, &from, &path);
            }
        }
        assembled
    }

    /// An ExternalArtifact, copied together by its generator.
    fn generated(
        &mut self,
        generator: &Object,
        artifact: &Node,
        open: &mut Vec<SourceKey>,
    ) -> Result<Arc<Artifact>, NoArtifact> {
        let shown = format!("ArtifactGenerator `{}`", generator.full_name());
        let sources = generator::sources(generator);
        let assembled = generator::assemble(artifact, &mut |alias| {
            let Some(key) = sources.get(alias) else {
                let place = artifact.span();
                return Err(Failure::Refused { message: format!("there is no source `{alias}`"), place });
            };
            self.find_below(Some(key), open).map(|found| found.sources.shared_system()).map_err(|error| match error {
                NoArtifact::External(reason) => Failure::Unknown(reason),
                NoArtifact::Refused { message, place } => Failure::Refused { message, place },
            })
        })
        .map_err(|failure| match failure {
            Failure::Unknown(reason) => Failure::Unknown(format!("{shown} cannot be followed: {reason}")),
            Failure::Refused { message, place } => {
                Failure::Refused { message: format!("{shown} fails: {message}"), place }
            }
        })?;
        // The controller archives what it copied with the default exclusions.
        let filtered = Filtered::new(Arc::new(assembled), Vec::new());
        Ok(Arc::new(Artifact::new(self.repository.library.sources, Arc::new(filtered))))
    }
}

/// A pushed artifact may hold files in place of links; Git gives links as they are, and they are left out.
fn is_pushed(source: &SourceKey) -> bool {
    source.kind != "GitRepository"
}
