//! Paths that a text names: files and folders of kustomization files, `spec.path` of Flux Kustomizations.

use std::ops::Range;
use std::sync::LazyLock;

use gen_lsp_types::DocumentLink;

use super::view::View;
use crate::build::Library;
use crate::build::kustomize::NAMES;
use crate::build::object::Gvk;
use crate::source::{Entry, FileSystem, Memory, Sources, file_name, join, normalize, parent};
use crate::yaml::{EachPath, Mode, Node};

/// Fields of a kustomization file that name files or folders beside it.
const NAMED: &[&str] = &[
    "resources[]",
    "bases[]",
    "components[]",
    "crds[]",
    "configurations[]",
    "generators[]",
    "transformers[]",
    "validators[]",
    "patchesStrategicMerge[]",
    "patches[].path",
    "patchesJson6902[].path",
    "replacements[].path",
    "openapi.path",
    "configMapGenerator[].files[]",
    "configMapGenerator[].envs[]",
    "configMapGenerator[].env",
    "secretGenerator[].files[]",
    "secretGenerator[].envs[]",
    "secretGenerator[].env",
    "helmCharts[].valuesFile",
    "helmCharts[].additionalValuesFiles[]",
];

static PATHS: LazyLock<Vec<EachPath>> = LazyLock::new(|| NAMED.iter().map(|path| EachPath::parse(path)).collect());

/// A path in a text, and the file to open for it.
pub struct FileLink {
    /// Where the path stands.
    pub place: Range<usize>,
    /// The file, below the root.
    pub file: String,
}

/// The links of a document that is open.
pub fn document_links(view: &View<'_>, path: &str) -> Option<Vec<DocumentLink>> {
    let text = &view.root.open.get(path)?.text;
    let lines = view.lines(text);
    let links = links(&view.root.overlay(), path, text).into_iter().map(|link| DocumentLink {
        range: lines.region(link.place),
        target: Some(view.root.uri(&link.file)),
        ..DocumentLink::default()
    });
    Some(links.collect())
}

/// The paths of a text that lead to a file of the tree.
pub fn links(tree: &dyn FileSystem, path: &str, text: &str) -> Vec<FileLink> {
    let mut memory = Memory::default();
    memory.insert("text.yaml", text.as_bytes());
    let sources = Sources::new(memory);
    let library = Library::new(&sources);
    let Ok(manifests) = library.load("text.yaml", Mode::V3) else { return Vec::new() };
    let mut found = Vec::new();
    for document in &manifests.documents {
        if is_kustomization_file(path, document) {
            for node in PATHS.iter().flat_map(|path| path.each(document)) {
                found.extend(link(tree, node, |named| join(parent(path), named)));
            }
        } else if is_flux_kustomization(document)
            && let Some(node) = document.dig("spec.path")
        {
            found.extend(link(tree, node, |named| Some(normalize(named))));
        }
    }
    found.sort_by_key(|link| link.place.start);
    found
}

/// Whether a document is a kustomization file: by its kind, or by the name of its file where it has none.
pub fn is_kustomization_file(path: &str, document: &Node) -> bool {
    match gvk(document) {
        Some(gvk) => gvk.group == "kustomize.config.k8s.io",
        None => NAMES.contains(&file_name(path)),
    }
}

fn is_flux_kustomization(document: &Node) -> bool {
    gvk(document).is_some_and(|gvk| gvk.kind == "Kustomization" && gvk.group == "kustomize.toolkit.fluxcd.io")
}

fn gvk(document: &Node) -> Option<Gvk> {
    let text = |key: &str| document.get(key).and_then(Node::as_str);
    Some(Gvk::new(text("apiVersion")?, text("kind")?))
}

fn link(tree: &dyn FileSystem, node: &Node, resolve: impl Fn(&str) -> Option<String>) -> Option<FileLink> {
    let text = node.as_str().filter(|text| !text.is_empty() && !text.contains(['\n', '$']))?;
    let named = |text: &str| opened(tree, resolve(text)?);
    // `key=path` of a generator.
    let file = named(text).or_else(|| named(text.split_once('=')?.1))?;
    Some(FileLink { place: node.span().range(), file })
}

/// The file to open for a path: of a folder its kustomization file.
fn opened(tree: &dyn FileSystem, path: String) -> Option<String> {
    match tree.entry(&path).ok()? {
        Entry::File => Some(path),
        Entry::Directory => {
            NAMES.iter().filter_map(|name| join(&path, name)).find(|file| tree.entry(file) == Ok(Entry::File))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_lead_to_files_and_folders_to_their_kustomization_file() {
        let mut tree = Memory::default();
        for path in ["apps/web/deployment.yaml", "apps/base/kustomization.yaml", "apps/web/app.conf"] {
            tree.insert(path, "");
        }
        let text = "resources:\n  - deployment.yaml\n  - ../base\n  - none.yaml\nconfigMapGenerator:\n  - files: [conf=app.conf]\n";
        let found = links(&tree, "apps/web/kustomization.yaml", text);
        let found: Vec<(&str, &str)> =
            found.iter().map(|link| (&text[link.place.clone()], link.file.as_str())).collect();
        assert_eq!(
            found,
            [
                ("deployment.yaml", "apps/web/deployment.yaml"),
                ("../base", "apps/base/kustomization.yaml"),
                ("conf=app.conf", "apps/web/app.conf"),
            ]
        );
        let ks = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec:\n  path: ./apps/base\n";
        assert_eq!(links(&tree, "ks.yaml", ks)[0].file, "apps/base/kustomization.yaml");
        assert!(links(&tree, "ks.yaml", "resources: [").is_empty());
    }
}
