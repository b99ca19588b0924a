//! Which chart a HelmRelease installs.

use super::version::Version;
use crate::build::object::Object;
use crate::yaml::Node;

/// A chart, as far as the tree says which.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chart {
    /// Its name: the last part of the name or address that is written.
    pub name: Option<String>,
    /// Its version, as written.
    pub version: Option<String>,
    /// Address of its source, where that is in the tree.
    pub url: Option<String>,
    /// It comes from an OCIRepository, whose digest helm-controller adds to the version.
    pub is_oci_artifact: bool,
    /// Somebody else than the owner of this tree publishes it.
    pub is_foreign: bool,
}

impl Chart {
    /// The chart of a release. `find` looks up a source by kind, namespace and name.
    pub fn of<'o>(release: &'o Object, find: &dyn Fn(&str, &str, &str) -> Option<&'o Object>) -> Self {
        let Some(reference) = release.dig("spec.chartRef") else {
            return Chart::of_spec(release.dig("spec.chart.spec"), release.namespace(), find);
        };
        let (Some(kind), Some(name)) = (text(reference.get("kind")), text(reference.get("name"))) else {
            return Chart::default();
        };
        let namespace = text(reference.get("namespace")).unwrap_or_else(|| release.namespace().to_owned());
        let Some(source) = find(&kind, &namespace, &name) else { return Chart::default() };
        match kind.as_str() {
            "HelmChart" => Chart::of_spec(source.at(&["spec"]), source.namespace(), find),
            "OCIRepository" => {
                let url = text(source.dig("spec.url"));
                Chart {
                    name: url.as_deref().and_then(last_part),
                    version: ["tag", "semver"].iter().find_map(|key| text(source.at(&["spec", "ref", key]))),
                    url,
                    is_oci_artifact: true,
                    is_foreign: false,
                }
            }
            _ => Chart::default(),
        }
    }

    fn of_spec<'o>(
        spec: Option<&Node>,
        namespace: &str,
        find: &dyn Fn(&str, &str, &str) -> Option<&'o Object>,
    ) -> Self {
        let Some(spec) = spec else { return Chart::default() };
        let reference = |key: &str| text(spec.at(&["sourceRef", key]));
        let namespace = reference("namespace").unwrap_or_else(|| namespace.to_owned());
        let source = reference("kind").zip(reference("name")).and_then(|(kind, name)| find(&kind, &namespace, &name));
        Chart {
            name: text(spec.get("chart")).as_deref().and_then(last_part),
            version: text(spec.get("version")),
            url: source.and_then(|source| text(source.dig("spec.url"))),
            is_oci_artifact: false,
            is_foreign: false,
        }
    }

    /// Its version, where one, or at least one major number, is pinned.
    pub fn pinned(&self) -> Option<Version> {
        Version::parse(self.version.as_deref()?)
    }
}

fn text(node: Option<&Node>) -> Option<String> {
    node.and_then(Node::scalar_text).map(std::borrow::Cow::into_owned).filter(|text| !text.is_empty())
}

fn last_part(address: &str) -> Option<String> {
    let last = address.trim_end_matches('/').rsplit('/').next()?;
    (!last.is_empty()).then(|| last.to_owned())
}
