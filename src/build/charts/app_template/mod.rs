//! bjw-s app-template: everything is made from maps of the values, by identifier.
//!
//! Source: bjw-s-labs/helm-charts, `charts/library/common` and `charts/other/app-template`; which version does what is
//! said where it differs.

mod access;
mod claims;
mod configuration;
mod container;
mod controllers;
mod defaults;
mod env;
mod items;
mod metadata;
mod monitors;
mod names;
mod order;
mod pod;
mod policies;
mod probes;
mod raw;
mod routing;
mod services;
mod volumes;

use std::collections::BTreeMap;

use self::items::{Item, Type};
use self::names::Names;
use super::draft::Draft;
use super::go::{given, is_true};
use super::made::{Note, Remarks, Trouble};
use super::template::Context;
use super::version::Version;
use super::{ChartModel, Release};
use crate::finding::Confidence;
use crate::source::Span;
use crate::yaml::Node;

/// Major versions that are known, the newest last.
const KNOWN: std::ops::RangeInclusive<u64> = 2..=5;

/// Versions whose templates were read: major number and last minor number.
const READ: [(u64, u64); 3] = [(3, 7), (4, 1), (5, 3)];

/// Keys of the values that make objects which are not modelled, with the kinds.
const NOT_MODELLED: [(&str, &[(&str, &str)]); 5] = [
    ("listenerSets", &[("gateway.networking.k8s.io", "ListenerSet"), ("gateway.networking.k8s.io", "XListenerSet")]),
    ("ciliumNetworkPolicies", &[("cilium.io", "CiliumNetworkPolicy"), ("cilium.io", "CiliumClusterwideNetworkPolicy")]),
    ("namespace", &[("", "Namespace")]),
    ("configMapsFromFolder", &[("", "ConfigMap")]),
    ("secretsFromFolder", &[("", "Secret")]),
];

/// The model.
pub struct AppTemplate;

impl ChartModel for AppTemplate {
    fn knows(&self, release: &Release<'_>) -> Option<Confidence> {
        match release.chart.name.as_deref() {
            Some("app-template") => {}
            // Where the source of the chart is not in the tree, the values tell.
            None if is_shaped(&release.values.root) => return Some(Confidence::Low),
            _ => return None,
        }
        let Some(version) = release.chart.pinned() else { return Some(Confidence::Low) };
        let is_read =
            |(major, minor): &(u64, u64)| version.major == *major && version.minor.is_some_and(|own| own <= *minor);
        match KNOWN.contains(&version.major) {
            true if READ.iter().any(is_read) => Some(Confidence::High),
            true => Some(Confidence::Medium),
            false => None,
        }
    }

    fn objects(&self, release: &Release<'_>, remarks: &Remarks) -> Vec<Node> {
        let pinned = release.chart.pinned();
        if pinned.is_none() {
            remarks.gap(&[], "the version of its chart is not known");
        }
        let version = pinned.unwrap_or(Version { major: *KNOWN.end(), minor: None });
        let Some(name) = release.names.name.as_deref() else {
            remarks.gap(&[], "the name of the release is not known");
            return Vec::new();
        };
        let context = Context { release: Some(name), namespace: &release.names.namespace };
        let values = context.evaluated(&release.values.root);
        let root = if version.major < 3 { defaults::over(&values, release.place) } else { values };
        let Some(names) = Names::new(&root, name, version) else {
            remarks.gap(&[], "the names of its objects are not known");
            return Vec::new();
        };
        Template::new(release, name, &root, version, names, remarks).objects()
    }
}

/// Whether values have the shape of the chart.
fn is_shaped(values: &Node) -> bool {
    let mut controllers = values.get("controllers").into_iter().flat_map(Node::entries);
    controllers.any(|entry| entry.value.get("containers").is_some_and(|all| all.as_map().is_some()))
}

/// A release while its objects are made.
struct Template<'t> {
    release: &'t Release<'t>,
    /// Name of the release.
    release_name: &'t str,
    root: &'t Node,
    version: Version,
    names: Names,
    items: BTreeMap<Type, Vec<Item>>,
    /// All items of `persistence`; claims are those among the items above.
    volumes: Vec<Item>,
    remarks: &'t Remarks,
}

impl<'t> Template<'t> {
    fn new(
        release: &'t Release<'t>,
        release_name: &'t str,
        root: &'t Node,
        version: Version,
        names: Names,
        remarks: &'t Remarks,
    ) -> Self {
        let volumes = items::items(root, Type::Claim.path(), Type::Claim.kinds(), remarks);
        let mut template =
            Template { release, release_name, root, version, names, items: BTreeMap::new(), volumes, remarks };
        for of in Type::ALL {
            let mut items = match of {
                Type::Claim => template.volumes.iter().filter(|item| claims::is_made(item)).cloned().collect(),
                Type::Account => template.accounts(),
                Type::Secret => template.secrets(),
                _ => items::items(root, of.path(), of.kinds(), remarks),
            };
            template.names.assign(of, &mut items);
            for item in items.iter().filter(|item| item.name.is_none()) {
                remarks.gap(of.kinds(), format!("the name of `{}.{}` is not known", of.path(), item.id));
            }
            template.items.insert(of, items);
        }
        for (key, kinds) in NOT_MODELLED {
            if given(root, key).is_some() {
                remarks.gap(kinds, format!("what `{key}` makes is not known"));
            }
        }
        template
    }

    fn objects(&self) -> Vec<Node> {
        self.check_mounts();
        let mut objects = self.claims();
        objects.extend(self.service_accounts());
        objects.extend(self.config_maps());
        objects.extend(self.controllers());
        objects.extend(self.services());
        objects.extend(self.ingresses());
        objects.extend(self.service_monitors());
        objects.extend(self.pod_monitors());
        objects.extend(self.routes());
        objects.extend(self.secret_objects());
        objects.extend(self.external_secrets());
        objects.extend(self.policies());
        objects.extend(self.raw_resources());
        objects.extend(self.roles());
        objects.extend(self.bindings());
        objects
    }

    /// The items of a type, by identifier.
    fn items(&self, of: Type) -> &[Item] {
        self.items.get(&of).map(Vec::as_slice).unwrap_or_default()
    }

    /// The item of an identifier.
    fn item(&self, of: Type, id: &str) -> Option<&Item> {
        self.items(of).iter().find(|item| item.id == id)
    }

    /// The only item of a type.
    fn only(&self, of: Type) -> Option<&Item> {
        match self.items(of) {
            [only] => Some(only),
            _ => None,
        }
    }

    /// A map of the values at the root.
    fn option(&self, path: &[&str]) -> Option<&Node> {
        self.root.at(path).filter(|node| is_true(node))
    }

    /// What is made for the release as a whole.
    fn draft(&self) -> Draft {
        Draft::at(self.release.place)
    }

    fn note(&self, trouble: Trouble, place: Span, path: String, message: String) {
        self.remarks.note(Note { trouble, place, path, message, known: Vec::new() });
    }

    /// An identifier that names no item.
    fn no_such(&self, of: Type, reference: &Node, path: String) {
        let shown = reference.shown().unwrap_or_default();
        self.remarks.note(Note {
            trouble: Trouble::NoSuchItem,
            place: reference.span(),
            message: format!("`{}` has no enabled item `{shown}`", of.path()),
            path,
            known: self.items(of).iter().map(|item| item.id.to_string()).collect(),
        });
    }

    /// A value that the chart cannot do without.
    fn missing(&self, place: Span, path: String) {
        let key = path.rsplit('.').next().unwrap_or_default().to_owned();
        self.note(Trouble::Missing, place, path, format!("the chart requires `{key}`"));
    }
}
