//! Metadata of the objects, and the labels by which they find each other.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::Template;
use super::items::Item;
use crate::build::charts::draft::Draft;
use crate::yaml::{Entry, Node};

/// Labels or annotations while they are put together: what is put first stays.
pub struct Pairs {
    draft: Draft,
    entries: BTreeMap<SmolStr, Entry>,
    /// A map of which nothing is known.
    unknown: Option<Node>,
}

impl Pairs {
    pub fn new(draft: &Draft) -> Self {
        Pairs { draft: draft.clone(), entries: BTreeMap::new(), unknown: None }
    }

    /// Adds a pair of the chart's own.
    pub fn with(mut self, key: &str, value: &str) -> Self {
        let node = self.draft.text(value);
        self.put(Entry { key: key.into(), key_span: self.draft.place(), value: node });
        self
    }

    /// Adds the pairs of a map.
    pub fn and(mut self, map: Option<&Node>) -> Self {
        let Some(map) = map else { return self };
        if map.is_unknown() {
            self.unknown.get_or_insert_with(|| map.clone());
        }
        for entry in map.entries() {
            self.put(entry.clone());
        }
        self
    }

    fn put(&mut self, entry: Entry) {
        self.entries.entry(entry.key.clone()).or_insert(entry);
    }

    /// The map, by key.
    pub fn node(self) -> Node {
        match self.unknown {
            Some(unknown) => unknown,
            None => self.draft.entries(self.entries.into_values().collect()),
        }
    }

    /// The map, where it holds something.
    pub fn filled(self) -> Option<Node> {
        (self.unknown.is_some() || !self.entries.is_empty()).then(|| self.node())
    }
}

/// An object to be made.
pub struct Head<'d> {
    pub api: &'d str,
    pub kind: &'d str,
    pub name: &'d str,
    /// Labels that come before those of the item.
    pub labels: Pairs,
    /// Annotations that come before those of the item.
    pub annotations: Pairs,
    /// In another namespace than that of the release; `Some(None)` in none.
    pub namespace: Option<Option<Node>>,
}

impl<'d> Head<'d> {
    pub fn new(draft: &Draft, api: &'d str, kind: &'d str, name: &'d str) -> Self {
        Head { api, kind, name, labels: Pairs::new(draft), annotations: Pairs::new(draft), namespace: None }
    }
}

impl Template<'_> {
    /// The key of the label that tells controllers apart.
    pub fn controller_key(&self) -> &'static str {
        if self.version.major >= 4 { "app.kubernetes.io/controller" } else { "app.kubernetes.io/component" }
    }

    /// The labels of every object.
    fn all_labels(&self, pairs: Pairs) -> Pairs {
        let mut pairs = self.release_labels(pairs);
        pairs = pairs.with("app.kubernetes.io/managed-by", "Helm");
        let chart = &self.release.chart;
        let shown = format!("app-template-{}", chart.version.as_deref().unwrap_or("${VERSION}"));
        let value = if chart.is_oci_artifact || chart.pinned().is_none_or(|version| version.minor.is_none()) {
            // helm-controller adds the digest of the artifact to the version.
            self.draft().unknown(shown)
        } else {
            self.draft().text(shown.replace('+', "_"))
        };
        pairs.put(Entry { key: "helm.sh/chart".into(), key_span: self.release.place, value });
        pairs.and(self.option(&["global", "labels"]))
    }

    /// The labels that tell releases apart.
    pub fn release_labels(&self, pairs: Pairs) -> Pairs {
        pairs.with("app.kubernetes.io/name", &self.names.name).with("app.kubernetes.io/instance", self.release_name)
    }

    /// The labels by which the pods of a controller are found.
    pub fn selector(&self, draft: &Draft, controller: &Item) -> Pairs {
        // The extra ones win; they came with 5.3.
        let extra = controller.values.get("extraSelectorLabels").filter(|_| self.version.is_at_least(5, 3));
        self.release_labels(Pairs::new(draft).and(extra).with(self.controller_key(), &controller.id))
    }

    /// An object: its type and metadata, then the given fields.
    pub fn object<'k>(
        &self,
        draft: &Draft,
        item: &Node,
        made: Head<'_>,
        fields: impl IntoIterator<Item = (&'k str, Option<Node>)>,
    ) -> Node {
        let labels = self.all_labels(made.labels.and(item.get("labels"))).node();
        let annotations = made.annotations.and(item.get("annotations")).and(self.option(&["global", "annotations"]));
        let namespace =
            made.namespace.unwrap_or_else(|| Some(self.draft().text(self.release.names.namespace.as_str())));
        let metadata = draft.map([
            ("name", Some(draft.text(made.name))),
            ("namespace", namespace),
            ("labels", Some(labels)),
            ("annotations", annotations.filled()),
        ]);
        let head = [
            ("apiVersion", Some(draft.text(made.api))),
            ("kind", Some(draft.text(made.kind))),
            ("metadata", Some(metadata)),
        ];
        draft.map(head.into_iter().chain(fields))
    }
}
