//! Volume claims: those of `persistence`, and the templates of a StatefulSet.

use super::Template;
use super::items::{Item, Type};
use super::metadata::{Head, Pairs};
use crate::build::charts::draft::{Draft, made_of};
use crate::build::charts::go::given;
use crate::yaml::Node;

/// Whether an item of `persistence` makes a claim, and does not use one that is there.
pub fn is_made(item: &Item) -> bool {
    given(&item.values, "existingClaim").is_none() && is_claim(&item.values)
}

/// Whether an item of `persistence` is a claim, its own or another's.
pub fn is_claim(values: &Node) -> bool {
    given(values, "type").is_none_or(|of| of.as_str() == Some("persistentVolumeClaim"))
}

impl Template<'_> {
    pub fn claims(&self) -> Vec<Node> {
        for item in self.volumes.iter().filter(|item| item.values.get("type").is_some_and(Node::is_unknown)) {
            self.remarks.gap(Type::Claim.kinds(), format!("the type of `persistence.{}` is not known", item.id));
        }
        self.items(Type::Claim).iter().filter_map(|item| self.claim(item)).collect()
    }

    fn claim(&self, item: &Item) -> Option<Node> {
        let draft = Draft::at(item.place);
        let mut head = Head::new(&draft, "v1", "PersistentVolumeClaim", item.name.as_deref()?);
        if given(&item.values, "retain").is_some() {
            head.annotations = Pairs::new(&draft).with("helm.sh/resource-policy", "keep");
        }
        let path = format!("persistence.{}", item.id);
        let spec = self.claim_spec(&draft, item.values.clone(), &path);
        Some(self.object(&draft, &item.values, head, [("spec", Some(spec))]))
    }

    fn claim_spec(&self, draft: &Draft, values: Node, path: &str) -> Node {
        for key in ["accessMode", "size"] {
            if given(&values, key).is_none() {
                self.missing(draft.place(), format!("{path}.{key}"));
            }
        }
        let class = given(&values, "storageClass").map(|class| match class.as_str() {
            // A dash stands for no class at all.
            Some("-") => made_of(class, ""),
            _ => class.clone(),
        });
        let size = given(&values, "size").map(|size| draft.map([("storage", Some(size.clone()))]));
        draft.map([
            ("accessModes", given(&values, "accessMode").map(|mode| draft.list(vec![mode.clone()]))),
            ("resources", size.map(|size| draft.map([("requests", Some(size))]))),
            ("storageClassName", class),
            ("volumeName", given(&values, "volumeName").cloned()),
            ("dataSource", given(&values, "dataSource").cloned()),
            ("dataSourceRef", given(&values, "dataSourceRef").cloned()),
        ])
    }

    /// `volumeClaimTemplates` of a StatefulSet.
    pub fn claim_templates(&self, controller: &Item) -> Option<Node> {
        let list = controller.values.at(&["statefulset", "volumeClaimTemplates"])?;
        if list.is_unknown() {
            return Some(list.clone());
        }
        let made: Vec<Node> =
            list.items().iter().enumerate().map(|(at, values)| self.claim_template(controller, at, values)).collect();
        (!made.is_empty()).then(|| Draft::at(list.span()).list(made))
    }

    fn claim_template(&self, controller: &Item, at: usize, values: &Node) -> Node {
        let draft = Draft::at(values.get("name").unwrap_or(values).span());
        let path = format!("controllers.{}.statefulset.volumeClaimTemplates[{at}]", controller.id);
        if given(values, "name").is_none() {
            self.missing(draft.place(), format!("{path}.name"));
        }
        let metadata = draft.map([
            ("name", values.get("name").cloned()),
            ("labels", given(values, "labels").cloned()),
            ("annotations", given(values, "annotations").cloned()),
        ]);
        draft.map([("metadata", Some(metadata)), ("spec", Some(self.claim_spec(&draft, values.clone(), &path)))])
    }
}
