//! What exists besides the objects of the tree: what operators make of them, and what something unknown might make.

mod keys;
mod names;
mod possible;
mod table;

use hashbrown::HashMap;
use std::collections::BTreeSet;

use smol_str::SmolStr;

use super::{Cluster, Presence};
use crate::build::object::Gvk;
use crate::build::{Object, scope};
use crate::yaml::Node;
use names::{MadeName, names};
use table::{Made, path};

pub use keys::Keys;
pub use possible::{Wanted, any_custom, custom, is_related};

/// A name of so many characters is no common word.
const TELLING: usize = 6;

/// An object that another one makes.
#[derive(Clone, Debug)]
pub struct Product {
    /// Position of the object that makes it.
    pub by: usize,
    /// Its namespace; `None` for all of them.
    pub namespace: Option<SmolStr>,
    name: MadeName,
    made: &'static Made,
}

impl Product {
    fn is_called(&self, name: &str) -> bool {
        match &self.name {
            MadeName::Exact(own) => own == name,
            MadeName::Prefix(start) => name.starts_with(start.as_str()),
            MadeName::Unknown => true,
        }
    }

    fn is_in(&self, namespace: &str) -> bool {
        self.namespace.as_deref().is_none_or(|own| own == namespace)
    }

    /// Its name, where it is known.
    pub fn name(&self) -> Option<&str> {
        match &self.name {
            MadeName::Exact(name) => Some(name),
            MadeName::Prefix(_) | MadeName::Unknown => None,
        }
    }
}

/// Everything that is made, by name.
#[derive(Debug, Default)]
pub struct Products {
    exact: HashMap<SmolStr, Vec<Product>>,
    // Those whose name is known in part, by kind.
    open: HashMap<&'static str, Vec<Product>>,
}

impl Products {
    /// Reads the objects of a cluster, each with its position.
    pub fn new<'w>(objects: impl Iterator<Item = (usize, &'w Object)>) -> Self {
        let mut products = Products::default();
        for (at, object) in objects {
            let Some(producer) = table::producer(&object.gvk.group, object.kind()) else { continue };
            for made in producer.makes.iter().filter(|made| is_made(made, object)) {
                products.add(made, at, object);
            }
        }
        products
    }

    fn add(&mut self, made: &'static Made, at: usize, by: &Object) {
        let namespace = match made.namespace.as_str() {
            "own" => Some(SmolStr::from(by.namespace())),
            "any" => None,
            text => match names(text, &by.node).into_iter().next() {
                Some(MadeName::Exact(namespace)) => Some(namespace.into()),
                _ => None,
            },
        };
        let found = made.name.iter().map(|text| names(text, &by.node)).find(|names| !names.is_empty());
        for name in found.unwrap_or_default() {
            let product = Product { by: at, namespace: namespace.clone(), name, made };
            match product.name().map(SmolStr::from) {
                Some(name) => self.exact.entry(name).or_default().push(product),
                None => self.open.entry(made.kind.as_str()).or_default().push(product),
            }
        }
    }

    /// Who makes an object.
    pub fn find(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<&Product> {
        let exact = self.exact.get(name).into_iter().flatten().filter(|product| product.made.kind == kind);
        let open = self.open.get(kind).into_iter().flatten();
        exact
            .chain(open)
            .find(|product| product.made.group == group && product.is_in(namespace) && product.is_called(name))
    }

    /// The namespaces in which an object of this kind and name is made.
    pub fn namespaces<'p>(&'p self, kind: &'p str, name: &str) -> impl Iterator<Item = &'p str> + use<'p> {
        let products = self.exact.get(name).into_iter().flatten().filter(move |product| product.made.kind == kind);
        products.filter_map(|product| product.namespace.as_deref())
    }

    /// Everything of a kind that is made under a name that is known, in no order.
    pub fn of_kind<'p>(&'p self, kind: &'p str) -> impl Iterator<Item = &'p Product> {
        self.exact.values().flatten().filter(move |product| product.made.kind == kind && product.made.group.is_empty())
    }

    /// The names of everything of a kind that is made in a namespace.
    pub fn names<'p>(&'p self, kind: &'p str, namespace: &'p str) -> impl Iterator<Item = &'p str> {
        let products = self.exact.values().flatten().filter(move |product| product.made.kind == kind);
        products.filter(move |product| product.is_in(namespace)).filter_map(Product::name)
    }
}

fn is_made(made: &Made, by: &Object) -> bool {
    let leads = |text: &String| !path(text).each(&by.node).is_empty();
    let excluded = made.unless.iter().any(|(text, values)| {
        path(text)
            .each(&by.node)
            .iter()
            .any(|value| value.as_str().is_some_and(|value| values.iter().any(|v| v == value)))
    });
    !excluded
        && made.when.with.as_ref().is_none_or(leads)
        && (made.when.with_any.is_empty() || made.when.with_any.iter().any(leads))
        && !made.when.without.as_ref().is_some_and(leads)
}

/// Whether an object exists, with everything that makes objects taken into account.
#[derive(Clone, Copy, Debug)]
pub enum Existence<'c, 'w> {
    /// It stands in the tree.
    Here(&'w Object),
    /// An object of the tree makes it.
    Made(&'c Product),
    /// Something of the tree may make it: its output is not known.
    Possible(&'w Object),
    /// Some part of the cluster was not looked at, or it is made outside.
    Unknown,
    /// It does not exist.
    Absent,
}

impl Existence<'_, '_> {
    /// Whether it is certain that it does not exist.
    pub fn is_absent(&self) -> bool {
        matches!(self, Existence::Absent)
    }
}

impl<'w> Cluster<'w> {
    /// Whether an object exists: it stands in the tree, something makes it, or something unknown may make it.
    pub fn existence(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Existence<'_, 'w> {
        self.existence_for(None, group, kind, namespace, name)
    }

    /// The same for an object that names it, which does not make it itself.
    pub fn existence_for(
        &self,
        asker: Option<&Object>,
        group: &str,
        kind: &str,
        namespace: &str,
        name: &str,
    ) -> Existence<'_, 'w> {
        let gvk = Gvk { group: group.into(), version: SmolStr::default(), kind: kind.into() };
        let namespace = if scope::has_no_namespace(&gvk) { "" } else { namespace };
        match self.presence(group, kind, namespace, name) {
            Presence::Present(object) => return Existence::Here(object),
            _ if is_always_there(kind, name) => return Existence::Unknown,
            Presence::Unknown => {
                return match self.products().find(group, kind, namespace, name) {
                    Some(product) => Existence::Made(product),
                    None => Existence::Unknown,
                };
            }
            Presence::Absent => {}
        }
        if let Some(product) = self.products().find(group, kind, namespace, name) {
            return Existence::Made(product);
        }
        // Keys, tokens and settings of the bootstrap stand beside Flux and in no tree.
        let is_bootstrap = matches!(kind, "Secret" | "ConfigMap")
            && (self.is_flux_namespace(namespace) || self.is_set_up_by_hand(kind, namespace, name));
        if is_bootstrap || namespace.contains("${") || name.contains("${") {
            return Existence::Unknown;
        }
        let wanted = possible::Wanted { asker, group, kind, namespace, name };
        match possible::possible(self, &wanted) {
            Some(object) => Existence::Possible(object),
            None => Existence::Absent,
        }
    }

    /// Whether an object stands where secrets come from, which no store can bring there, or a script that is run before
    /// Flux speaks of it.
    fn is_set_up_by_hand(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let is_root = kind == "Secret" && self.roots_of_trust().contains(namespace);
        is_root || (name.len() >= TELLING && self.bootstrap_mention(&[name], |_| true).is_some())
    }

    /// Namespaces in which stores of secrets have their own credentials.
    fn roots_of_trust(&self) -> &BTreeSet<String> {
        self.roots_of_trust.get_or_init(|| {
            let mut found = BTreeSet::new();
            for store in self.of_kind("external-secrets.io", "ClusterSecretStore") {
                if let Some(provider) = store.dig("spec.provider") {
                    own_namespaces(provider, &mut found);
                }
            }
            found
        })
    }

    /// Whether Flux itself lives in a namespace.
    pub fn is_flux_namespace(&self, namespace: &str) -> bool {
        namespace == "flux-system" || self.kustomizations().first().is_some_and(|root| root.spec.namespace == namespace)
    }
}

/// The namespaces of the references in a provider.
fn own_namespaces(node: &Node, found: &mut BTreeSet<String>) {
    for entry in node.entries() {
        if let (true, Some(namespace)) = (entry.key.to_ascii_lowercase().ends_with("ref"), entry.value.get("namespace"))
        {
            found.extend(namespace.as_str().map(ToOwned::to_owned));
        }
        own_namespaces(&entry.value, found);
    }
    node.items().iter().for_each(|item| own_namespaces(item, found));
}

/// Objects that the API server makes in every namespace.
fn is_always_there(kind: &str, name: &str) -> bool {
    matches!((kind, name), ("ServiceAccount", "default") | ("ConfigMap", "kube-root-ca.crt"))
}
