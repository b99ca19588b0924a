//! The Services that releases make, as far as the table `rules/charts/services.yaml` knows their charts.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::release::Release;
use super::services::{ServicePort, ServiceSet, Target};
use super::{Answer, Labels};
use crate::build::flux::ReleaseValues;
use crate::source::Span;
use crate::yaml::Node;

/// What a chart makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    charts: Vec<String>,
    about: Option<String>,
    source: String,
    services: Vec<Made>,
    #[serde(default)]
    others: Vec<String>,
    #[serde(default = "longest")]
    longest: usize,
}

/// Longest name that charts give (characters).
fn longest() -> usize {
    63
}

/// A Service.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    name: String,
    #[serde(default)]
    when: Vec<Condition>,
    ports: Option<Vec<Port>>,
    labels: Option<BTreeMap<String, String>>,
}

/// A condition on a value; one that is not written counts as the default, where that is known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    path: String,
    is: Vec<String>,
    default: Option<String>,
}

/// A port, and where the values set another one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Port {
    name: String,
    number: u16,
    at: Option<String>,
}

static TABLE: LazyLock<Result<Vec<Row>, String>> = LazyLock::new(|| {
    serde_yaml::from_str(include_str!("../../../rules/charts/services.yaml")).map_err(|error| error.to_string())
});

/// The Services of one release.
#[derive(Clone, Debug)]
pub struct ChartServices<'w> {
    /// Where that is written.
    pub source: &'static str,
    /// Those that it makes for certain.
    pub made: Vec<ServiceSet<'w>>,
    /// Names of those that it may make.
    pub possible: Vec<String>,
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

/// The Services of a release; `None` where its chart is not in the table or some of its values are not known.
pub fn of_release<'w>(release: &Release<'w>, values: &'w ReleaseValues) -> Option<ChartServices<'w>> {
    let rows = TABLE.as_ref().ok()?;
    let row = rows.iter().find(|row| row.is_of(release)).filter(|_| values.is_closed())?;
    let renamed = release.object.dig("spec.postRenderers").is_some_and(|all| !all.items().is_empty());
    let names = Names::of(release, &values.root, row.longest).filter(|_| !renamed)?;
    let mut found = ChartServices {
        source: &row.source,
        made: Vec::new(),
        possible: Vec::new(),
        off: Vec::new(),
        others: row.others.iter().map(|pattern| names.fill(pattern)).collect(),
        given: given(&values.root),
    };
    for made in &row.services {
        let name = names.fill(&made.name);
        let conditions = made.when.iter().map(|condition| condition.holds(&values.root));
        match Answer::all(conditions) {
            Answer::Yes => found.made.push(made.service(release, name, &values.root)),
            Answer::Unknown => found.possible.push(name),
            Answer::No => {
                let place = made.when.iter().find_map(|condition| values.root.dig(&condition.path)).map(Node::span);
                found.off.extend(place.map(|place| (name, place)));
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

impl Row {
    fn is_of(&self, release: &Release<'_>) -> bool {
        let holds = |word: &str| {
            let texts = ["spec.chart.spec.sourceRef.name", "spec.chartRef.name", "spec.releaseName"];
            release.object.name.contains(word)
                || texts
                    .iter()
                    .any(|path| release.object.dig(path).and_then(Node::as_str).is_some_and(|text| text.contains(word)))
        };
        let is_named = release.chart.is_some_and(|chart| self.charts.iter().any(|own| own == chart));
        is_named && self.about.as_deref().is_none_or(holds)
    }
}

impl Condition {
    fn holds(&self, values: &Node) -> Answer {
        let text = match values.dig(&self.path).filter(|node| !node.is_null()) {
            Some(node) => node.scalar_text().map(std::borrow::Cow::into_owned),
            None => self.default.clone(),
        };
        text.map_or(Answer::Unknown, |text| Answer::from(self.is.contains(&text)))
    }
}

impl Made {
    fn service<'w>(&self, release: &Release<'w>, name: String, values: &Node) -> ServiceSet<'w> {
        let labels = self.labels.as_ref().map(|labels| {
            let own = labels.iter().fold(Labels::default(), |all, (key, value)| all.with(key, Some(value)));
            own.with("app.kubernetes.io/instance", release.name.as_deref())
                .open_below(&["app.kubernetes.io/", "helm.sh/"])
        });
        let port = |port: &Port| {
            let written = port.at.as_ref().and_then(|path| values.dig(path)).filter(|node| !node.is_null());
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
            labels: labels.unwrap_or_else(Labels::unknown),
            pods: Vec::new(),
            ports: self.ports.iter().flatten().map(port).collect(),
            ports_open: self.ports.is_none(),
        }
    }
}

/// What the texts of the table stand for.
struct Names {
    release: String,
    full: String,
    name: String,
}

impl Names {
    fn of(release: &Release<'_>, values: &Node, longest: usize) -> Option<Self> {
        let own = release.name.clone()?;
        let given = |key: &str| values.get(key).filter(|node| !node.is_null() && node.as_str() != Some(""));
        let text = |node: &Node| node.as_str().filter(|text| !text.contains("{{")).map(ToOwned::to_owned);
        let name = match given("nameOverride") {
            Some(node) => text(node)?,
            None => release.chart?.to_owned(),
        };
        let full = match given("fullnameOverride") {
            Some(node) => text(node)?,
            None if own.contains(&name) => own.clone(),
            None => format!("{own}-{name}"),
        };
        let full: String = full.chars().take(longest).collect();
        Some(Names { release: own, full: full.trim_end_matches('-').to_owned(), name })
    }

    fn fill(&self, text: &str) -> String {
        text.replace("{release}", &self.release).replace("{full}", &self.full).replace("{name}", &self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_can_be_read_and_each_row_says_where_it_is_from() {
        let rows = TABLE.as_ref().unwrap();
        assert!(rows.iter().all(|row| !row.charts.is_empty() && row.source.contains('/')));
    }
}
