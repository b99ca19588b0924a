//! The Services that releases make, as far as profiles know them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::services::{ServicePort, ServiceSet, Target};
use super::{Labels, Release};
use crate::build::Object;
use crate::cluster::Cluster;
use crate::cluster::profiles::{Condition, Fit, Names, Values, all_hold};
use crate::source::Span;
use crate::yaml::Node;

/// The Services that a chart makes. In names `{release}` stands for the release, `{full}` for what the common helper
/// of charts makes of it, `{name}` for the chart's name or `nameOverride`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Services")]
pub struct ServicesSpec {
    /// By name.
    made: Vec<ServiceSpec>,
    /// Patterns for the names of all others, with a `*` at the end.
    #[serde(default)]
    others: Vec<String>,
}

/// A Service.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Service")]
struct ServiceSpec {
    /// Its name.
    name: String,
    /// Conditions, all of which must hold.
    #[serde(default)]
    when: Vec<Condition>,
    /// Its ports; left out where they are not known.
    ports: Option<Vec<PortSpec>>,
    /// It may have further ports.
    #[serde(default)]
    open: bool,
    /// Its labels besides `app.kubernetes.io/instance`; left out where they are not known.
    labels: Option<BTreeMap<String, String>>,
    /// Paths of values that add labels.
    #[serde(default)]
    added: Vec<String>,
}

/// A port.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ServicePort")]
struct PortSpec {
    /// Its name.
    name: String,
    /// Its number.
    number: u16,
    /// Path of the value that sets another number.
    at: Option<String>,
}

/// The Services of one release.
#[derive(Clone, Debug)]
pub struct ChartServices<'w> {
    /// Where that is written.
    pub source: &'w str,
    /// Those that it makes for certain.
    pub made: Vec<ServiceSet<'w>>,
    /// Names of those that it may make.
    pub possible: Vec<String>,
    /// What those that it makes are called where a release is called like its chart: that name, and the own one.
    pub usual: Vec<(String, String)>,
    /// Those that a value switches off, and where.
    pub off: Vec<(String, Span)>,
    others: Vec<String>,
    // Names that the values give to parts of the chart.
    given: Vec<String>,
}

impl ChartServices<'_> {
    /// Whether it may make a Service besides those that it makes for certain.
    pub fn may_make(&self, name: &str) -> bool {
        let fits = |pattern: &String| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => pattern == name,
        };
        let is_given =
            |own: &String| name.strip_prefix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        let is_off = self.off.iter().any(|(off, _)| off == name);
        self.possible.iter().any(|own| own == name)
            || self.given.iter().any(is_given)
            || (!is_off && self.others.iter().any(fits))
    }

    /// Whether it may make any.
    pub fn is_open(&self) -> bool {
        !self.possible.is_empty() || !self.others.is_empty()
    }
}

/// The Services of a HelmRelease; `None` where they are objects of the cluster, or are not known.
pub fn services_of<'w>(cluster: &Cluster<'w>, release: &'w Object) -> Option<ChartServices<'w>> {
    if cluster.model(release).is_some() || cluster.is_rendered(release) {
        return None;
    }
    of_release(cluster, &Release::of(cluster, release)?)
}

/// The Services of a release; `None` where no profile knows them or some of its values are not known.
pub fn of_release<'w>(cluster: &Cluster<'w>, release: &Release<'w>) -> Option<ChartServices<'w>> {
    let renamed = release.object.dig("spec.postRenderers").is_some_and(|all| !all.items().is_empty());
    let fit = cluster.profiles().of_release(release).filter(|_| release.is_closed && !renamed)?;
    let spec = fit.profile.services.as_ref()?;
    let names = Names::of_release(release, fit);
    let open = (!fit.is_verified).then(|| "the default of its version is not known".to_owned());
    let values = Values { root: release.values, item: None, open };
    let fill = |pattern: &str| names.fill(pattern);
    let mut others: Vec<String> = spec.others.iter().map(|pattern| fill(pattern)).collect::<Option<_>>()?;
    if !fit.is_verified {
        // Another version may have other names.
        others.extend(["{release}*", "{full}*", "{name}*"].into_iter().filter_map(fill));
    }
    let mut found = ChartServices {
        source: fit.profile.source(),
        made: Vec::new(),
        possible: Vec::new(),
        usual: Vec::new(),
        off: Vec::new(),
        others,
        given: given(release.values),
    };
    let usual = Names::usual(release);
    for service in &spec.made {
        let name = names.fill(&service.name)?;
        match all_hold(&service.when, &values) {
            Ok(true) => {
                let usual = usual.fill(&service.name).filter(|usual| *usual != name);
                found.usual.extend(usual.map(|usual| (usual, name.clone())));
                found.made.push(service.made(release, name, &names, fit));
            }
            Err(_) => found.possible.push(name),
            Ok(false) => {
                let place = service.when.iter().find_map(|condition| release.values.dig(&condition.path));
                found.off.extend(place.map(|place| (name, place.span())));
            }
        }
    }
    Some(found)
}

/// What values below the root call parts of the chart.
fn given(values: &Node) -> Vec<String> {
    fn walk(node: &Node, names: &mut Vec<String>) {
        for entry in node.entries() {
            if entry.key.to_ascii_lowercase().ends_with("nameoverride") {
                names.extend(entry.value.as_str().filter(|text| !text.is_empty()).map(ToOwned::to_owned));
            }
            walk(&entry.value, names);
        }
    }
    let mut names = Vec::new();
    values.entries().for_each(|entry| walk(&entry.value, &mut names));
    names
}

impl ServiceSpec {
    fn made<'w>(&self, release: &Release<'w>, name: String, names: &Names, fit: Fit<'_>) -> ServiceSet<'w> {
        let labels = self.labels.as_ref().map(|labels| {
            let own =
                labels.iter().fold(Labels::default(), |all, (key, value)| all.with(key, names.fill(value).as_deref()));
            let mut own = own.with("app.kubernetes.io/instance", release.name.as_deref());
            self.added.iter().for_each(|path| own.add(release.values.dig(path)));
            own.open_below(&["app.kubernetes.io/", "helm.sh/"])
        });
        let port = |port: &PortSpec| {
            let written = port.at.as_ref().and_then(|path| release.values.dig(path)).filter(|node| !node.is_null());
            ServicePort {
                name: Some(port.name.clone()),
                number: match written {
                    Some(node) => node.scalar_text().and_then(|text| text.parse().ok()),
                    None => Some(port.number),
                },
                target: Target::Unknown,
            }
        };
        ServiceSet {
            object: release.object,
            name,
            namespace: release.namespace.clone(),
            labels: labels.filter(|_| fit.is_verified).unwrap_or_else(Labels::unknown),
            pods: Vec::new(),
            ports: self.ports.iter().flatten().map(port).collect(),
            ports_open: self.ports.is_none() || self.open || !fit.is_verified,
        }
    }
}
