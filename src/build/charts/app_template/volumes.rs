//! Volumes of pods and where containers mount them, from the items of `persistence`.

use super::Template;
use super::claims::is_claim;
use super::container::image;
use super::items::{Item, Type, items};
use crate::build::charts::draft::{Draft, made_of, unknown_of};
use crate::build::charts::go::{given, is_true};
use crate::build::charts::made::Trouble;
use crate::yaml::{Map, Node, Value};

/// What a mount may say besides its path.
const OF_A_MOUNT: [&str; 4] = ["subPath", "subPathExpr", "readOnly", "mountPropagation"];

/// What a volume from iSCSI may say.
const OF_ISCSI: [&str; 10] = [
    "targetPortal",
    "iqn",
    "lun",
    "fsType",
    "readOnly",
    "chapAuthDiscovery",
    "chapAuthSession",
    "secretRef",
    "initiatorName",
    "portals",
];

/// Something that is mounted: an item of `persistence`, or a claim template of a StatefulSet.
struct Mounted {
    id: String,
    /// `globalMounts`.
    everywhere: Option<Node>,
    /// `advancedMounts` of one controller, by container.
    by_container: Option<Node>,
    /// Whether either of the two is written for any controller.
    is_chosen: bool,
    default: Node,
}

impl Template<'_> {
    /// Mounts for controllers and containers that are not there.
    pub fn check_mounts(&self) {
        for item in &self.volumes {
            for entry in item.values.get("advancedMounts").into_iter().flat_map(Node::entries) {
                let path = format!("persistence.{}.advancedMounts.{}", item.id, entry.key);
                let reference = Node::text_node(entry.key.clone(), crate::yaml::Origin::Source(entry.key_span));
                let Some(controller) = self.item(Type::Controller, &entry.key) else {
                    self.no_such(Type::Controller, &reference, path);
                    continue;
                };
                let named = |key: &str| items(&controller.values, key, &[], self.remarks);
                let containers: Vec<Item> = named("containers").into_iter().chain(named("initContainers")).collect();
                for mount in entry.value.entries().filter(|mount| !containers.iter().any(|one| one.id == mount.key)) {
                    let message = format!("controller `{}` has no container `{}`", entry.key, mount.key);
                    self.note(Trouble::Ignored, mount.key_span, format!("{path}.{}", mount.key), message);
                }
            }
            for key in ["mountPath", "subPath"] {
                if let Some(written) = item.values.get(key) {
                    let message = format!("`{key}` stands in `globalMounts` or `advancedMounts`");
                    self.note(Trouble::Ignored, written.span(), format!("persistence.{}.{key}", item.id), message);
                }
            }
        }
    }

    /// `volumes` of the pods of a controller.
    pub fn pod_volumes(&self, controller: &Item) -> Option<Node> {
        if let Some(unknown) = self.root.get(Type::Claim.path()).filter(|all| all.is_unknown()) {
            return Some(unknown.clone());
        }
        let is_used = |item: &&Item| {
            let everywhere = given(&item.values, "globalMounts").is_some();
            let chosen = given(&item.values, "advancedMounts");
            everywhere || chosen.is_none_or(|mounts| mounts.is_unknown() || given(mounts, &controller.id).is_some())
        };
        let used: Vec<&Item> = self.volumes.iter().filter(is_used).collect();
        let place = used.first()?.place;
        Some(Draft::at(place).list(used.into_iter().map(|item| self.volume(item)).collect()))
    }

    fn volume(&self, item: &Item) -> Node {
        let draft = Draft::at(item.place);
        let values = &item.values;
        let name = draft.text(item.id.clone());
        let some =
            |keys: &[&'static str]| -> Node { draft.map(keys.iter().map(|key| (*key, given(values, key).cloned()))) };
        let required = |keys: &[&'static str]| {
            for key in keys.iter().filter(|key| given(values, key).is_none()) {
                self.missing(item.place, format!("persistence.{}.{key}", item.id));
            }
        };
        let (key, source) = match given(values, "type").map(|of| of.as_str().unwrap_or_default()) {
            _ if is_claim(values) => ("persistentVolumeClaim", draft.map([("claimName", Some(self.claim_name(item)))])),
            Some("configMap") => ("configMap", self.configuration(item, Type::ConfigMap, "name")),
            Some("secret") => ("secret", self.configuration(item, Type::Secret, "secretName")),
            Some("emptyDir") => ("emptyDir", some(&["medium", "sizeLimit"])),
            Some("hostPath") => {
                required(&["hostPath"]);
                let path = given(values, "hostPath").cloned();
                ("hostPath", draft.map([("path", path), ("type", given(values, "hostPathType").cloned())]))
            }
            Some("nfs") => {
                required(&["server", "path"]);
                ("nfs", some(&["server", "path"]))
            }
            Some("custom") => return self.custom(item, name),
            Some("ephemeral") if self.version.is_at_least(4, 2) => ("ephemeral", self.ephemeral(&draft, values)),
            Some("image") if self.version.is_at_least(4, 2) => {
                let reference = values.get("image").map(image);
                ("image", draft.map([("reference", reference), ("pullPolicy", given(values, "pullPolicy").cloned())]))
            }
            Some("iscsi") if self.version.is_at_least(5, 0) => {
                ("iscsi", draft.map(OF_ISCSI.iter().map(|key| (*key, values.get(key).cloned()))))
            }
            Some("projected") if self.version.is_at_least(5, 0) => ("projected", some(&["defaultMode", "sources"])),
            _ => {
                let of = values.get("type");
                if let Some(written) = of.filter(|of| !of.is_unknown()) {
                    let message = format!("`{}` is no type of a volume", written.shown().unwrap_or_default());
                    self.note(Trouble::Invalid, written.span(), format!("persistence.{}.type", item.id), message);
                }
                return draft.map([("name", Some(name))]);
            }
        };
        draft.map([("name", Some(name)), (key, Some(source))])
    }

    fn claim_name(&self, item: &Item) -> Node {
        if let Some(claim) = given(&item.values, "existingClaim") {
            return self.literal(item, "existingClaim").unwrap_or_else(|| claim.clone());
        }
        let draft = Draft::at(item.place);
        match self.item(Type::Claim, &item.id).and_then(|claim| claim.name.as_deref()) {
            Some(name) => draft.text(name),
            None => draft.unknown("${CLAIM}"),
        }
    }

    /// A text that the chart takes as it is written, braces and all: it evaluates some values since 4.2 at the
    /// earliest (not in 4.1.1, but in 5.0.0).
    fn literal(&self, item: &Item, key: &str) -> Option<Node> {
        let written = self.release.values.root.at(&["persistence", &item.id, key])?;
        let text = written.as_str().filter(|text| text.contains("{{") && !self.version.is_at_least(4, 2))?;
        let message = format!("the chart takes `{text}` as it stands: it evaluates no template here");
        self.note(Trouble::Literal, written.span(), format!("persistence.{}.{key}", item.id), message);
        Some(written.clone())
    }

    /// The source of a volume from a ConfigMap or Secret.
    fn configuration(&self, item: &Item, of: Type, key: &str) -> Node {
        let draft = Draft::at(item.place);
        let values = &item.values;
        let path = format!("persistence.{}", item.id);
        let external = given(values, "externalSecretRef").filter(|_| of == Type::Secret && self.version.major >= 5);
        let name = if let Some(name) = given(values, "name") {
            name.clone()
        } else if let Some(reference) = given(values, "identifier").filter(|_| self.version.major >= 3) {
            self.reference(of, reference, format!("{path}.identifier"))
        } else if let Some(reference) = external {
            self.reference(Type::ExternalSecret, reference, format!("{path}.externalSecretRef"))
        } else {
            self.missing(item.place, format!("{path}.name"));
            draft.text("")
        };
        draft.map([
            (key, Some(name)),
            ("defaultMode", given(values, "defaultMode").cloned()),
            ("items", given(values, "items").cloned()),
        ])
    }

    /// The name of the object that an identifier must stand for.
    pub fn reference(&self, of: Type, reference: &Node, path: String) -> Node {
        if reference.is_unknown() {
            return reference.clone();
        }
        match self.named(of, reference) {
            Some(name) => name.unwrap_or_else(|| unknown_of(reference, "${NAME}")),
            None => {
                self.no_such(of, reference, path);
                unknown_of(reference, "${NAME}")
            }
        }
    }

    fn custom(&self, item: &Item, name: Node) -> Node {
        let Some(spec) = item.values.get("volumeSpec") else {
            self.missing(item.place, format!("persistence.{}.volumeSpec", item.id));
            return Draft::at(item.place).map([("name", Some(name))]);
        };
        let Some(map) = spec.as_map() else { return spec.clone() };
        let mut map: Map = map.clone();
        map.set("name", item.place, name);
        Node { value: Value::Map(map.into()), origin: spec.origin.clone() }
    }

    fn ephemeral(&self, draft: &Draft, values: &Node) -> Node {
        let size = given(values, "size").map(|size| draft.map([("storage", Some(size.clone()))]));
        let spec = draft.map([
            ("accessModes", given(values, "accessMode").map(|mode| draft.list(vec![mode.clone()]))),
            ("storageClassName", given(values, "storageClass").cloned()),
            ("resources", size.map(|size| draft.map([("requests", Some(size))]))),
        ]);
        draft.map([("volumeClaimTemplate", Some(draft.map([("spec", Some(spec))])))])
    }

    /// What the containers of a controller may mount.
    fn mounted(&self, controller: &Item) -> Vec<Mounted> {
        let of_item = |item: &Item| {
            let own = made_of(&Draft::at(item.place).text(item.id.clone()), format!("/{}", item.id));
            let is_path = item.values.get("type").and_then(Node::as_str) == Some("hostPath");
            let default = item.values.get("hostPath").filter(|_| is_path).cloned().unwrap_or(own);
            let chosen = given(&item.values, "advancedMounts");
            Mounted {
                id: item.id.to_string(),
                everywhere: given(&item.values, "globalMounts").cloned(),
                by_container: chosen.and_then(|mounts| given(mounts, &controller.id)).cloned(),
                is_chosen: chosen.is_some() || given(&item.values, "globalMounts").is_some(),
                default,
            }
        };
        let mut all: Vec<Mounted> = self.volumes.iter().map(of_item).collect();
        let templates = controller.values.at(&["statefulset", "volumeClaimTemplates"]).map(Node::items);
        for values in templates.unwrap_or_default() {
            let Some(name) = values.get("name").filter(|_| values.get("enabled").is_none_or(is_true)) else { continue };
            let id = name.shown().unwrap_or_default().into_owned();
            let (everywhere, by_container) = (given(values, "globalMounts"), given(values, "advancedMounts"));
            let is_chosen = everywhere.is_some() || by_container.is_some();
            let default = made_of(name, format!("/{id}"));
            let (everywhere, by_container) = (everywhere.cloned(), by_container.cloned());
            all.push(Mounted { id, everywhere, by_container, is_chosen, default });
        }
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// `volumeMounts` of a container.
    pub fn mounts(&self, controller: &Item, container: &str) -> Option<Node> {
        let mut made = Vec::new();
        for mounted in self.mounted(controller) {
            // The path of one mount stays for the next that has none.
            let mut path = mounted.default.clone();
            if !mounted.is_chosen {
                let draft = Draft::at(path.span());
                made.push(draft.map([("name", Some(draft.text(mounted.id.as_str()))), ("mountPath", Some(path))]));
                continue;
            }
            let own = mounted.by_container.as_ref().and_then(|all| all.get(container));
            for list in mounted.everywhere.iter().chain(own) {
                for mount in list.items() {
                    if let Some(own) = given(mount, "path") {
                        path = own.clone();
                    }
                    let draft = Draft::at(path.span());
                    let name = Some(draft.text(mounted.id.as_str()));
                    let head = [("name", name), ("mountPath", Some(path.clone()))];
                    let rest = OF_A_MOUNT.iter().map(|key| (*key, given(mount, key).cloned()));
                    made.push(draft.map(head.into_iter().chain(rest)));
                }
            }
        }
        let place = made.first()?.span();
        Some(Draft::at(place).list(made))
    }
}
