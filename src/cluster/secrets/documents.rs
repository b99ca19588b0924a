//! The documents that SOPS wrote, whatever the format of the file.

use std::sync::Arc;

use super::flat::{FlatEntry, read_flat};
use super::inputs::{is_named_as_encrypted, readable_extension};
use super::metadata::SopsMetadata;
use crate::build::Id;
use crate::cluster::Repository;
use crate::finding::ObjectRef;
use crate::source::{FileId, file_name};
use crate::yaml::{Mode, Node};

/// A document with the path of its file.
#[derive(Clone, Debug)]
pub struct SopsDocument {
    /// Path of the file.
    pub path: Arc<str>,
    /// The document, as written.
    pub node: Node,
}

impl SopsDocument {
    /// The object, where it is one.
    pub fn reference(&self) -> Option<ObjectRef> {
        reference(&self.node)
    }

    /// The document for people.
    pub fn shown(&self) -> String {
        self.reference().map_or_else(|| format!("`{}`", self.path), |object| object.to_string())
    }

    /// Its metadata.
    pub fn metadata(&self) -> Option<SopsMetadata<'_>> {
        SopsMetadata::of(&self.node)
    }
}

/// The object of a document as written; `None` where it is none.
pub fn reference(document: &Node) -> Option<ObjectRef> {
    let id = Id::of(document);
    let readable = |text: &str| !text.is_empty() && !text.starts_with("ENC[");
    (readable(&id.gvk.kind) && readable(&id.name)).then(|| ObjectRef {
        api_version: id.gvk.api_version(),
        kind: id.gvk.kind.to_string(),
        namespace: (!id.namespace.is_empty()).then(|| id.namespace.to_string()),
        name: id.name.to_string(),
    })
}

/// Every YAML and JSON document with SOPS metadata.
pub fn sops_documents(repository: &Repository<'_>) -> Vec<SopsDocument> {
    let is_meant = |path: &str, node: &Node| file_name(path) != ".sops.yaml" && SopsMetadata::of(node).is_some();
    let yaml = repository.documents.iter().filter(|document| is_meant(&document.path, &document.node));
    let yaml = yaml.map(|document| SopsDocument { path: document.path.clone(), node: document.node.clone() });
    let json: Vec<SopsDocument> = named_as_encrypted(repository)
        .into_iter()
        .filter(|path| path.ends_with(".json"))
        .flat_map(|path| {
            let documents =
                repository.library.load(&path, Mode::V3).map(|found| found.documents.clone()).unwrap_or_default();
            documents.into_iter().map(move |node| SopsDocument { path: Arc::from(path.as_str()), node })
        })
        .filter(|document| is_meant(&document.path, &document.node))
        .collect();
    yaml.chain(json).collect()
}

/// Files whose name says that they are encrypted, sorted.
pub fn named_as_encrypted(repository: &Repository<'_>) -> Vec<String> {
    repository.sources().system().walk().into_iter().filter(|path| is_named_as_encrypted(path)).collect()
}

/// The entries of every dotenv and INI file that is named as encrypted.
pub fn flat_files(repository: &Repository<'_>) -> Vec<(String, FileId, Vec<FlatEntry>)> {
    named_as_encrypted(repository)
        .into_iter()
        .filter(|path| matches!(readable_extension(path), Some("env" | "ini")))
        .filter_map(|path| {
            let id = repository.sources().load(&path).ok()?;
            let entries = read_flat(&repository.sources().file(id), id);
            Some((path, id, entries))
        })
        .collect()
}
