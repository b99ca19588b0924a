//! Objects that the values write down themselves.

use super::Template;
use super::items::{Item, Type};
use super::metadata::Head;
use crate::build::charts::draft::Draft;
use crate::build::charts::go::given;
use crate::build::object::Gvk;
use crate::build::scope;
use crate::yaml::Node;

impl Template<'_> {
    pub fn raw_resources(&self) -> Vec<Node> {
        self.items(Type::Raw).iter().filter_map(|item| self.raw(item)).collect()
    }

    fn raw(&self, item: &Item) -> Option<Node> {
        let draft = Draft::at(item.place);
        let path = format!("rawResources.{}", item.id);
        // From 5.0 on the whole object stands in `manifest`; before, its fields below `spec`.
        let is_wrapped = self.version.major >= 5;
        let manifest = if is_wrapped { item.values.get("manifest") } else { Some(&item.values) };
        let Some(manifest) = manifest else {
            self.missing(item.place, format!("{path}.manifest"));
            return None;
        };
        let text = |key: &str| {
            let node = given(manifest, key);
            if node.is_none() {
                self.missing(item.place, format!("{path}.{key}"));
            }
            node.and_then(Node::as_str)
        };
        let (Some(api), Some(kind)) = (text("apiVersion"), text("kind")) else {
            self.remarks.gap(&[], format!("the kind of `{path}` is not known"));
            return None;
        };
        let mut head = Head::new(&draft, api, kind, item.name.as_deref()?);
        let metadata = manifest.get("metadata");
        let written = metadata.and_then(|metadata| given(metadata, "namespace"));
        if scope::has_no_namespace(&Gvk::new(api, kind)) {
            head.namespace = Some(None);
        } else if let Some(namespace) = written.filter(|_| is_wrapped) {
            head.namespace = Some(Some(namespace.clone()));
        }
        let none = Draft::at(item.place).map([]);
        let (labelled, fields) =
            if is_wrapped { (metadata.unwrap_or(&none), Some(manifest)) } else { (manifest, manifest.get("spec")) };
        let own = ["apiVersion", "kind", "metadata"];
        let fields = fields.into_iter().flat_map(Node::entries).filter(|entry| !own.contains(&entry.key.as_str()));
        let fields = fields.map(|entry| (entry.key.as_str(), Some(entry.value.clone())));
        Some(self.object(&draft, labelled, head, fields))
    }
}
