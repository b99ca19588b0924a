//! The Services that releases and operators make, as far as profiles know them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::services::{ServicePort, ServiceSet, Target};
use super::{Labels, Release};
use crate::build::Object;
use crate::build::flux::ReleaseNames;
use crate::cluster::Cluster;
use crate::cluster::profiles::{Condition, Fit, Names, Values, all_hold};
use crate::source::Span;
use crate::yaml::Node;

/// The Services that a chart makes. In names `{release}` stands for the release, `{full}` for what the common helper
/// of charts makes of it, `{name}` for the chart's name or `nameOverride`, `{object}` for the object of an operator.
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
    /// How the names of other labels begin that it may have.
    #[serde(default = "labels_of_charts")]
    also: Vec<String>,
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
    /// The port of the pods, where it is known.
    target: Option<u16>,
}

/// Labels that the common helpers of charts add.
fn labels_of_charts() -> Vec<String> {
    ["app.kubernetes.io/", "helm.sh/"].map(ToOwned::to_owned).to_vec()
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
pub fn services_of<'c, 'w>(cluster: &'c Cluster<'w>, release: &Object) -> Option<&'c ChartServices<'w>> {
    let makers = cluster.services().makers(&ReleaseNames::of(release).namespace);
    makers.iter().find(|maker| std::ptr::eq(maker.release, release))?.services.as_ref()
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

/// The Services that an operator makes for an object, as its profile says.
pub fn of_object<'w>(cluster: &Cluster<'w>, object: &'w Object) -> Vec<ServiceSet<'w>> {
    let profile = cluster.profiles().of_object(object);
    let Some(spec) = profile.and_then(|profile| profile.services.as_ref()) else { return Vec::new() };
    let values = Values { root: &object.node, item: None, open: None };
    let names = Names::of_object(object);
    let made = spec.made.iter().filter(|service| all_hold(&service.when, &values) == Ok(true));
    let set = |service: &ServiceSpec| {
        let labels = service.labels.as_ref().map(|_| service.all_labels(&names, &object.node));
        Some(service.set(object, names.fill(&service.name)?, object.namespace(), labels, &object.node))
    };
    made.filter_map(set).collect()
}

impl ServiceSpec {
    fn made<'w>(&self, release: &Release<'w>, name: String, names: &Names, fit: Fit<'_>) -> ServiceSet<'w> {
        let labels = self.labels.as_ref().filter(|_| fit.is_verified).map(|_| {
            let own = self.all_labels(names, release.values);
            own.with("app.kubernetes.io/instance", release.name.as_deref())
        });
        let mut set = self.set(release.object, name, &release.namespace, labels, release.values);
        set.ports_open |= !fit.is_verified;
        set
    }

    fn all_labels(&self, names: &Names, values: &Node) -> Labels {
        let written = self.labels.iter().flatten();
        let mut labels =
            written.fold(Labels::default(), |all, (key, value)| all.with(key, names.fill(value).as_deref()));
        self.added.iter().for_each(|path| labels.add(values.dig(path)));
        labels.open_below(&self.also)
    }

    fn set<'w>(
        &self,
        object: &'w Object,
        name: String,
        namespace: &str,
        labels: Option<Labels>,
        values: &Node,
    ) -> ServiceSet<'w> {
        let port = |port: &PortSpec| {
            let written = port.at.as_ref().and_then(|path| values.dig(path)).filter(|node| !node.is_null());
            ServicePort {
                name: Some(port.name.clone()),
                number: match written {
                    Some(node) => node.scalar_text().and_then(|text| text.parse().ok()),
                    None => Some(port.number),
                },
                target: port.target.map_or(Target::Unknown, Target::Number),
            }
        };
        ServiceSet {
            object,
            name,
            namespace: namespace.to_owned(),
            labels: labels.unwrap_or_else(Labels::unknown),
            pods: Vec::new(),
            ports: self.ports.iter().flatten().map(port).collect(),
            ports_open: self.ports.is_none() || self.open,
        }
    }
}
