//! The names of a Helm release. Source: helm-controller `api/v2/helmrelease_types.go`, `internal/release/name.go`.

use sha2::{Digest, Sha256};

use crate::build::object::Object;
use crate::yaml::Node;

/// Longest name that Helm takes.
const LONGEST: usize = 53;

/// What Helm calls a HelmRelease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseNames {
    /// The release; `None` where it holds what is not known.
    pub name: Option<String>,
    /// The namespace it is installed in.
    pub namespace: String,
    /// The namespace in which Helm keeps its records.
    pub storage_namespace: String,
}

impl ReleaseNames {
    /// Reads a HelmRelease.
    pub fn of(release: &Object) -> Self {
        let node = |path: &str| release.dig(path).filter(|node| !node.is_null());
        let text = |path: &str| {
            node(path).and_then(Node::scalar_text).map(std::borrow::Cow::into_owned).filter(|text| !text.is_empty())
        };
        let target = text("spec.targetNamespace");
        let name = match (node("spec.releaseName"), &target) {
            (Some(written), _) if written.is_unknown() => None,
            (Some(_), _) if text("spec.releaseName").is_some() => text("spec.releaseName"),
            (_, Some(target)) => Some(format!("{target}-{}", release.name)),
            (_, None) => Some(release.name.to_string()),
        };
        ReleaseNames {
            name: name.filter(|name| !name.contains("${")).map(|name| shortened(&name)),
            namespace: target.unwrap_or_else(|| release.namespace().to_owned()),
            storage_namespace: text("spec.storageNamespace").unwrap_or_else(|| release.namespace().to_owned()),
        }
    }
}

/// A name that is too long keeps 40 characters and gets a hash.
fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let hash: String = Sha256::digest(name.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    let head: String = name.chars().take(40).collect();
    format!("{head}-{}", hash.get(..12).unwrap_or_default())
}
