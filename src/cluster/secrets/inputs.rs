//! Files by their part in the tree: what patches and generators read, what is named as encrypted, what is test data.

use hashbrown::HashSet;

use crate::cluster::Repository;
use crate::source::{file_name, join, parent};
use crate::yaml::Node;

/// What stands where, over the whole repository.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Files that a kustomization file names as patch or as input of a generator: parts of other objects.
    pub parts: HashSet<String>,
    /// Top-level folders that hold a file of some cluster; `""` for files at the root.
    tops: HashSet<String>,
    /// Folders of Helm charts.
    charts: Vec<String>,
}

impl Inputs {
    /// Reads them.
    pub fn of(repository: &Repository<'_>) -> Self {
        let mut inputs = Inputs::default();
        for document in &repository.documents {
            if matches!(file_name(&document.path), "kustomization.yaml" | "kustomization.yml") {
                inputs.take(parent(&document.path), &document.node);
            }
        }
        let sources = repository.sources();
        inputs.tops = repository.reached.iter().map(|file| top(&sources.file(*file).path).to_owned()).collect();
        let walk = sources.system().walk();
        inputs.charts = walk
            .iter()
            .filter(|path| file_name(path) == "Chart.yaml")
            .map(|path| format!("{}/", parent(path)))
            .collect();
        inputs
    }

    fn take(&mut self, directory: &str, file: &Node) {
        let texts = |key: &str| -> Vec<&str> {
            file.get(key).map(Node::items).unwrap_or_default().iter().filter_map(Node::as_str).collect()
        };
        let mut paths: Vec<&str> = texts("patchesStrategicMerge");
        for key in ["patches", "patchesJson6902", "replacements"] {
            let entries = file.get(key).map(Node::items).unwrap_or_default();
            paths.extend(entries.iter().filter_map(|entry| entry.get("path")?.as_str()));
        }
        for generator in file.get("secretGenerator").map(Node::items).unwrap_or_default() {
            for key in ["files", "envs"] {
                let items = generator.get(key).map(Node::items).unwrap_or_default();
                let items = items.iter().filter_map(Node::as_str);
                paths.extend(items.map(|text| text.split_once('=').map_or(text, |(_, path)| path)));
            }
            paths.extend(generator.get("env").and_then(Node::as_str));
        }
        self.parts.extend(paths.into_iter().filter_map(|path| join(directory, path)));
    }

    /// Whether a file lies beside files of a cluster: in a top-level folder from which something is applied.
    pub fn is_beside_a_cluster(&self, path: &str) -> bool {
        self.tops.contains(top(path))
    }

    /// Whether a file belongs to a Helm chart.
    pub fn is_in_chart(&self, path: &str) -> bool {
        self.charts.iter().any(|chart| path.starts_with(chart.as_str()))
    }
}

fn top(path: &str) -> &str {
    path.split_once('/').map_or("", |(first, _)| first)
}

/// Whether a path says that it holds examples or test data.
pub fn is_test_data(path: &str) -> bool {
    const WORDS: [&str; 10] =
        ["test", "tests", "testdata", "e2e", "fixtures", "example", "examples", "samples", "ci", "hack"];
    parent(path).split('/').any(|part| WORDS.contains(&part))
}

/// `x.sops.yaml` and its like: the name says that the content is encrypted. `.sops.yaml` itself is none.
pub fn is_named_as_encrypted(path: &str) -> bool {
    let name = file_name(path);
    name.find(".sops.").is_some_and(|at| at > 0) && readable_extension(path).is_some()
}

/// The extension of a format that SOPS reads as more than bytes.
pub fn readable_extension(path: &str) -> Option<&str> {
    let (_, extension) = file_name(path).rsplit_once('.')?;
    matches!(extension, "yaml" | "yml" | "json" | "env" | "ini").then_some(extension)
}
