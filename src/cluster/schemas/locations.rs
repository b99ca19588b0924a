//! Places for schemas: folders, addresses of the network whose answers were pulled, and what is built in.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::pulled::{Answer, Pulled};
use super::{harden, known, templates};
use crate::build::object::Gvk;
use crate::config::Version;
use crate::source::FileSystem;

/// What stands for the schemas that are built in, in kubeconform's list of locations.
const BUILT_IN: &str = "default";

/// A place for schemas. Of several templates the first whose schema is there counts.
#[derive(Clone)]
pub enum Location {
    /// Files.
    Folder {
        /// The files.
        system: Arc<dyn FileSystem>,
        /// The paths of a schema in them, with placeholders.
        templates: Vec<String>,
    },
    /// The network, which `flux-vet schemas pull` alone asks.
    Network {
        /// The addresses of a schema, with placeholders.
        templates: Vec<String>,
    },
    /// Our tables and Kubernetes.
    BuiltIn,
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::Folder { templates, .. } => f.debug_tuple("Folder").field(templates).finish(),
            Location::Network { templates } => f.debug_tuple("Network").field(templates).finish(),
            Location::BuiltIn => f.write_str("BuiltIn"),
        }
    }
}

/// Why a template is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLocation {
    /// It is an address that nobody asks.
    #[error("`{0}` is neither a folder nor an `https` address")]
    Scheme(String),
    /// It is an address that others on the way could answer.
    #[error("`{0}` is not encrypted; `http` is for this machine alone")]
    Plain(String),
    /// The tree would decide which machine is asked.
    #[error("`{0}` has a placeholder in the name of its host, or none at all")]
    Host(String),
    /// It has a placeholder that nobody fills in.
    #[error("`{name}` is no placeholder; known are {}", templates::PLACEHOLDERS.join(", "))]
    Placeholder {
        /// As given.
        name: String,
    },
}

impl Location {
    /// A template below a tree of files, an address, or the word that stands for the built-in schemas.
    ///
    /// # Errors
    /// [`BadLocation`] for an address that is not asked, or a placeholder that is not known.
    pub fn new(system: Arc<dyn FileSystem>, template: &str) -> Result<Self, BadLocation> {
        if template == BUILT_IN {
            return Ok(Location::BuiltIn);
        }
        let templates = templates::of(template)?;
        if let Some((scheme, rest)) = template.split_once("://") {
            check_address(template, scheme, rest)?;
            return Ok(Location::Network { templates });
        }
        let templates = templates.iter().map(|template| crate::source::normalize(template)).collect();
        Ok(Location::Folder { system, templates })
    }

    /// Whether a template of a location names no files.
    pub fn is_elsewhere(template: &str) -> bool {
        template == BUILT_IN || template.contains("://")
    }
}

fn check_address(template: &str, scheme: &str, rest: &str) -> Result<(), BadLocation> {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || authority.contains(['{', '}', '@', '\\']) || authority.chars().any(char::is_whitespace) {
        return Err(BadLocation::Host(template.to_owned()));
    }
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    match scheme {
        "https" => Ok(()),
        "http" if matches!(host, "localhost" | "127.0.0.1" | "[::1]") => Ok(()),
        "http" => Err(BadLocation::Plain(template.to_owned())),
        _ => Err(BadLocation::Scheme(template.to_owned())),
    }
}

/// Every place for schemas but the definitions of the tree, in the order in which they are asked.
#[derive(Clone, Debug, Default)]
pub struct Locations {
    /// What is given; what is built in comes last where it is not among them.
    pub all: Vec<Location>,
    /// What was pulled from the network.
    pub pulled: Pulled,
}

/// What the places have for a kind.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The first schema, hardened.
    pub schema: Option<Value>,
    /// An address before it was never asked, or its answer is not in the cache.
    pub is_unpulled: bool,
}

impl Locations {
    /// Whether some place is in the network.
    pub fn has_network(&self) -> bool {
        self.all.iter().any(|location| matches!(location, Location::Network { .. }))
    }

    /// The schema of a kind.
    pub(super) fn schema(&self, gvk: &Gvk, kubernetes: Option<Version>) -> Found {
        let mut found = Found::default();
        for location in self.all.iter().chain([&Location::BuiltIn]) {
            found.schema = match location {
                Location::Network { templates } => {
                    addresses(templates, gvk, kubernetes).find_map(|address| match self.pulled.answer(&address) {
                        Answer::Schema(text) => read(text),
                        Answer::None => None,
                        Answer::Unknown => {
                            found.is_unpulled = true;
                            None
                        }
                    })
                }
                nearer => of_this_machine(nearer, gvk, kubernetes),
            };
            if found.schema.is_some() {
                break;
            }
        }
        found
    }

    /// The addresses that may have the schema of a kind, in the order in which they are asked; none behind a place that has
    /// it without the network.
    pub(super) fn addresses(&self, gvk: &Gvk, kubernetes: Option<Version>) -> Vec<String> {
        let mut found = Vec::new();
        for location in &self.all {
            match location {
                Location::Network { templates } => found.extend(addresses(templates, gvk, kubernetes)),
                nearer if of_this_machine(nearer, gvk, kubernetes).is_some() => break,
                _ => {}
            }
        }
        found
    }
}

fn of_this_machine(location: &Location, gvk: &Gvk, kubernetes: Option<Version>) -> Option<Value> {
    match location {
        Location::Folder { system, templates } => {
            let mut paths = templates.iter().map(|template| templates::filled(template, gvk, kubernetes));
            read(&paths.find_map(|path| system.read(&path).ok())?)
        }
        Location::BuiltIn => known(gvk),
        Location::Network { .. } => None,
    }
}

fn read(text: &[u8]) -> Option<Value> {
    let mut schema: Value = serde_json::from_slice(text).ok()?;
    harden::structural(&mut schema);
    Some(schema)
}

/// The addresses of a kind. Names come from the tree: one that could lead an address elsewhere has none.
fn addresses<'l>(
    templates: &'l [String],
    gvk: &'l Gvk,
    kubernetes: Option<Version>,
) -> impl Iterator<Item = String> + use<'l> {
    let is_plain = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) && !text.starts_with('.')
    };
    let is_name = [&gvk.group, &gvk.version, &gvk.kind].into_iter().all(|part| is_plain(part));
    templates.iter().filter(move |_| is_name).map(move |template| templates::filled(template, gvk, kubernetes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Memory;

    fn location(template: &str) -> Result<Location, BadLocation> {
        Location::new(Arc::new(Memory::default()), template)
    }

    fn gvk(group: &str, version: &str, kind: &str) -> Gvk {
        Gvk { group: group.into(), version: version.into(), kind: kind.into() }
    }

    const V1_35: Option<Version> = Some(Version { major: 1, minor: 35 });

    #[test]
    fn placeholders_are_filled_as_kubeconform_fills_them() {
        let path = |template: &str, gvk: &Gvk| match location(template).unwrap() {
            Location::Folder { templates, .. } => templates::filled(templates.last().unwrap(), gvk, V1_35),
            other => panic!("{other:?}"),
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
    fn addresses_are_asked_up_to_the_first_place_that_needs_no_network() {
        let asked = |templates: &[&str], gvk: &Gvk| {
            let all = templates.iter().map(|template| location(template).unwrap()).collect();
            Locations { all, ..Locations::default() }.addresses(gvk, V1_35)
        };
        let pod = gvk("", "v1", "Pod");
        let one = "https://example.org/a/{{.ResourceKind}}.json";
        let two = "https://example.org/b/{{.ResourceKind}}.json";
        assert_eq!(asked(&[one, two], &pod), ["https://example.org/a/pod.json", "https://example.org/b/pod.json"]);
        assert_eq!(asked(&[one, "default", two], &pod), ["https://example.org/a/pod.json"]);
        assert_eq!(asked(&["default", one], &pod), [""; 0]);
        assert_eq!(
            asked(&["default", one], &gvk("shop.example.org", "v1", "Till")),
            ["https://example.org/a/till.json"]
        );
        assert_eq!(
            asked(&["https://example.org/"], &pod),
            ["https://example.org/v1.35.0-standalone-strict/pod-v1.json", "https://example.org/pod-v1.json"]
        );
        for kind in ["../../Till", "..", "Till?x", "Till#x", "Till@x", "Ti ll", "Ti%2fll"] {
            assert_eq!(asked(&[one], &gvk("shop.example.org", "v1", kind)), [""; 0], "{kind}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        assert!(matches!(location("default"), Ok(Location::BuiltIn)));
        for address in ["http://localhost:8080", "http://127.0.0.1/x", "http://[::1]:80/x", "https://example.org:443"] {
            assert!(matches!(location(address), Ok(Location::Network { .. })), "{address}");
        }
        for address in ["http://example.org/x", "http://localhost.example.org/x", "http://127.0.0.1.example.org"] {
            assert_eq!(location(address).unwrap_err(), BadLocation::Plain(address.to_owned()));
        }
        for address in ["https://{{.Group}}/x.json", "https:///x.json", "https://a@b/x.json", "http://localhost\\@b/x"]
        {
            assert_eq!(location(address).unwrap_err(), BadLocation::Host(address.to_owned()));
        }
        let address = "ftp://example.org/x.json";
        assert_eq!(location(address).unwrap_err(), BadLocation::Scheme(address.to_owned()));
        assert_eq!(location("x/{{.Kind}}.json").unwrap_err(), BadLocation::Placeholder { name: ".Kind".to_owned() });
    }
}
