//! Gateways and the routes that want to attach to them.

mod backend;
mod classes;
pub mod hosts;
mod listener;
mod route;

use hashbrown::HashMap;

use super::Cluster;
use super::pods::Answer;
use crate::build::Object;
use crate::yaml::Node;

pub use backend::Backend;
pub use classes::{Class, class};
pub use listener::Listener;
pub use route::{OF_ANY_KIND, Parent, Route, is_template, routes};

/// API group of the Gateway API.
pub const GROUP: &str = "gateway.networking.k8s.io";

/// A Gateway.
#[derive(Clone, Debug)]
pub struct Gateway<'w> {
    /// The object.
    pub object: &'w Object,
    /// Its listeners.
    pub listeners: Vec<Listener<'w>>,
    /// Whether these are all.
    pub is_known: bool,
}

impl<'w> Gateway<'w> {
    fn of(object: &'w Object) -> Self {
        let listeners = object.dig("spec.listeners");
        Gateway {
            object,
            listeners: listeners.map(Node::items).unwrap_or_default().iter().map(|node| Listener { node }).collect(),
            is_known: listeners.is_some_and(|list| !list.items().iter().any(Node::is_unknown) && !list.is_unknown()),
        }
    }

    /// The listeners that a parent reference means, each with whether it does so for certain.
    pub fn meant<'g>(&'g self, parent: &'g Parent<'w>) -> impl Iterator<Item = (&'g Listener<'w>, Answer)> {
        let all = self.listeners.iter().map(|listener| (listener, listener.is_meant(parent.section, parent.port)));
        all.filter(|(_, meant)| !meant.is_no())
    }

    /// Whether some listener takes a route, as far as one question goes.
    pub fn some(&self, parent: &Parent<'w>, test: impl Fn(&Listener<'w>) -> Answer) -> Answer {
        let any = Answer::any(self.meant(parent).map(|(listener, meant)| meant.and(test(listener))));
        if self.is_known { any } else { any.or(Answer::Unknown) }
    }
}

/// The Gateways of a cluster, and its routes.
#[derive(Debug)]
pub struct Gateways<'w> {
    all: Vec<Gateway<'w>>,
    by_name: HashMap<(&'w str, &'w str), usize>,
    /// Routes.
    pub routes: Vec<Route<'w>>,
}

impl<'w> Gateways<'w> {
    /// Reads them.
    pub fn of(cluster: &Cluster<'w>) -> Self {
        let all: Vec<Gateway<'w>> = cluster.of_kind(GROUP, "Gateway").map(Gateway::of).collect();
        let mut by_name = HashMap::new();
        for (at, gateway) in all.iter().enumerate() {
            by_name.entry((gateway.object.namespace(), gateway.object.name.as_str())).or_insert(at);
        }
        Gateways { all, by_name, routes: routes(cluster) }
    }

    /// All Gateways.
    pub fn iter(&self) -> impl Iterator<Item = &Gateway<'w>> {
        self.all.iter()
    }

    /// The Gateway that a route wants to attach to, where it is in the tree.
    pub fn parent(&self, parent: &Parent<'w>) -> Option<&Gateway<'w>> {
        let name = parent.name().filter(|_| parent.is_gateway())?;
        self.all.get(*self.by_name.get(&(parent.namespace.as_str(), name))?)
    }

    /// Every route with every Gateway of the tree that it wants to attach to.
    pub fn attachments<'g>(&'g self) -> impl Iterator<Item = (&'g Route<'w>, &'g Parent<'w>, &'g Gateway<'w>)> {
        self.routes.iter().flat_map(move |route| {
            let found = move |parent: &'g Parent<'w>| Some((route, parent, self.parent(parent)?));
            route.parents.iter().filter_map(found)
        })
    }
}
