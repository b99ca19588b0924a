//! Schemas in folders: templates of paths as kubeconform writes them.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::harden;
use crate::build::object::Gvk;
use crate::config::Version;
use crate::source::FileSystem;

/// What stands for the schemas that are built in, in kubeconform's list of locations.
const BUILT_IN: &str = "default";

/// A place for schemas.
#[derive(Clone)]
pub struct Location {
    /// The files.
    system: Arc<dyn FileSystem>,
    /// The paths of a schema in them, with placeholders; the first that is there counts.
    templates: Vec<String>,
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Location").field("templates", &self.templates).finish_non_exhaustive()
    }
}

/// Why a template is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLocation {
    /// It is an address of the network.
    #[error("`{0}` is in the network, and schemas are read from folders only")]
    Network(String),
    /// It has a placeholder that nobody fills in.
    #[error("`{name}` is no placeholder; known are {}", PLACEHOLDERS.join(", "))]
    Placeholder {
        /// As given.
        name: String,
    },
}

/// Source: yannh/kubeconform `pkg/registry/registry.go` (`schemaPath`).
const PLACEHOLDERS: [&str; 6] =
    ["Group", "ResourceKind", "ResourceAPIVersion", "KindSuffix", "NormalizedKubernetesVersion", "StrictSuffix"];

/// The layouts of a folder that is named alone: that of kubernetes-json-schema, which kubeconform asks for, and files beside
/// each other, as `flux-vet schemas export` writes them.
const FOLDER: [&str; 2] = [
    "{{.NormalizedKubernetesVersion}}-standalone{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json",
    "{{.ResourceKind}}{{.KindSuffix}}.json",
];

impl Location {
    /// A template below a tree of files; nothing for the word that stands for the built-in schemas.
    ///
    /// # Errors
    /// [`BadLocation`] for an address, or a placeholder that is not known.
    pub fn new(system: Arc<dyn FileSystem>, template: &str) -> Result<Option<Self>, BadLocation> {
        if template == BUILT_IN {
            return Ok(None);
        }
        if template.contains("://") {
            return Err(BadLocation::Network(template.to_owned()));
        }
        for part in template.split("{{").skip(1) {
            let name = part.split("}}").next().unwrap_or_default().trim();
            if !name.strip_prefix('.').is_some_and(|name| PLACEHOLDERS.contains(&name)) {
                return Err(BadLocation::Placeholder { name: name.to_owned() });
            }
        }
        let templates = if template.ends_with("json") {
            vec![template.to_owned()]
        } else {
            let folder = template.trim_end_matches('/');
            FOLDER.iter().map(|layout| format!("{folder}/{layout}")).collect()
        };
        let templates = templates.iter().map(|template| crate::source::normalize(template)).collect();
        Ok(Some(Location { system, templates }))
    }

    /// The schema of a kind, hardened.
    pub(super) fn schema(&self, gvk: &Gvk, kubernetes: Option<Version>) -> Option<Value> {
        let bytes = self.paths(gvk, kubernetes).find_map(|path| self.system.read(&path).ok())?;
        let mut schema: Value = serde_json::from_slice(&bytes).ok()?;
        harden::structural(&mut schema);
        Some(schema)
    }

    fn paths<'l>(&'l self, gvk: &'l Gvk, kubernetes: Option<Version>) -> impl Iterator<Item = String> + use<'l> {
        self.templates.iter().map(move |template| filled(template, gvk, kubernetes))
    }
}

fn filled(template: &str, gvk: &Gvk, kubernetes: Option<Version>) -> String {
    let mut path = String::new();
    let mut parts = template.split("{{");
    path.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        path.push_str(&value(name.trim().trim_start_matches('.'), gvk, kubernetes));
        path.push_str(rest);
    }
    path
}

/// The name of a schema's file, in a folder whose layout is not given.
pub fn file_name(gvk: &Gvk) -> String {
    format!("{}{}.json", value("ResourceKind", gvk, None), value("KindSuffix", gvk, None))
}

fn value(name: &str, gvk: &Gvk, kubernetes: Option<Version>) -> String {
    match name {
        // What stands before the slash, if there is one.
        "Group" if gvk.group.is_empty() => gvk.version.to_string(),
        "Group" => gvk.group.to_string(),
        "ResourceKind" => gvk.kind.to_lowercase(),
        "ResourceAPIVersion" => gvk.version.to_string(),
        "KindSuffix" => match gvk.group.split('.').next().filter(|first| !first.is_empty()) {
            Some(first) => format!("-{first}-{}", gvk.version).to_lowercase(),
            None => format!("-{}", gvk.version).to_lowercase(),
        },
        "NormalizedKubernetesVersion" => match kubernetes {
            Some(version) => format!("v{}.{}.0", version.major, version.minor),
            None => "master".to_owned(),
        },
        "StrictSuffix" => "-strict".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn location(template: &str) -> Result<Option<Location>, BadLocation> {
        Location::new(Arc::new(Memory::default()), template)
    }

    #[test]
    fn placeholders_are_filled_as_kubeconform_fills_them() {
        let gvk = |group: &str, version: &str, kind: &str| Gvk {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
        };
        let path = |template: &str, gvk: &Gvk| {
            let location = location(template).unwrap().unwrap();
            location.paths(gvk, Some(Version { major: 1, minor: 35 })).last().unwrap()
        };
        let certificate = gvk("cert-manager.io", "v1", "Certificate");
        assert_eq!(
            path("crds/{{.Group}}/{{.ResourceKind}}_{{ .ResourceAPIVersion }}.json", &certificate),
            "crds/cert-manager.io/certificate_v1.json"
        );
        assert_eq!(path("./schemas/", &gvk("", "v1", "Pod")), "schemas/pod-v1.json");
        assert_eq!(path("{{.Group}}/x.json", &gvk("", "v1", "Pod")), "v1/x.json");
        assert_eq!(
            path(
                "{{.NormalizedKubernetesVersion}}-standalone{{.StrictSuffix}}/{{.ResourceKind}}{{.KindSuffix}}.json",
                &gvk("networking.k8s.io", "v1", "Ingress")
            ),
            "v1.35.0-standalone-strict/ingress-networking-v1.json"
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert!(location("default").unwrap().is_none());
        assert!(matches!(location("https://example.org/{{.Group}}.json"), Err(BadLocation::Network(_))));
        assert_eq!(location("x/{{.Kind}}.json").unwrap_err(), BadLocation::Placeholder { name: ".Kind".to_owned() });
    }
}
