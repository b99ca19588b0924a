//! The identities of the resources of a build, by name, so that no patch has to look at each resource.

use hashbrown::HashMap;

use smol_str::SmolStr;

use crate::build::kustomize::resource::Resource;
use crate::build::object::{Gvk, Id};

/// Identities by position in the list of resources.
pub struct Index {
    ids: Vec<(Id, Id)>,
    // Every name a resource has or had. A name it lost since stays: candidates are looked at.
    by_name: HashMap<SmolStr, Vec<usize>>,
}

impl Index {
    /// The index of a list of resources.
    pub fn new(resources: &[Resource]) -> Self {
        let mut index = Index { ids: Vec::with_capacity(resources.len()), by_name: HashMap::new() };
        for (at, resource) in resources.iter().enumerate() {
            index.ids.push((resource.id(), resource.original()));
            index.add_names(at, resource);
        }
        index
    }

    fn add_names(&mut self, at: usize, resource: &Resource) {
        let now = self.ids.get(at).map(|(now, _)| now.name.clone());
        for name in now.into_iter().chain(resource.previous.iter().map(|id| id.name.clone())) {
            let found = self.by_name.entry(name).or_default();
            if !found.contains(&at) {
                found.push(at);
            }
        }
    }

    /// Reads the identity of a changed resource again.
    pub fn refresh(&mut self, at: usize, resources: &[Resource]) {
        let (Some(resource), Some(ids)) = (resources.get(at), self.ids.get_mut(at)) else { return };
        let now = resource.id();
        if ids.0 != now {
            *ids = (now, resource.original());
            self.add_names(at, resource);
        }
    }

    /// Identity now and at first.
    pub fn ids(&self, at: usize) -> Option<(&Id, &Id)> {
        self.ids.get(at).map(|(now, first)| (now, first))
    }

    /// Positions of the resources that have or had a name, in order; all without one.
    pub fn candidates(&self, name: Option<&str>, resources: &[Resource]) -> Vec<usize> {
        match name {
            Some(name) => {
                let mut found = self.by_name.get(name).cloned().unwrap_or_default();
                found.sort_unstable();
                found
            }
            None => (0..resources.len()).collect(),
        }
    }

    /// Two resources of one identity.
    pub fn duplicate<'r>(&self, resources: &'r [Resource]) -> Option<(&'r Resource, &'r Resource)> {
        let mut seen: HashMap<(&Gvk, &SmolStr, &str), usize> = HashMap::with_capacity(self.ids.len());
        self.ids.iter().enumerate().find_map(|(at, (id, _))| {
            let first = seen.insert((&id.gvk, &id.name, id.effective_namespace()), at)?;
            Some((resources.get(first)?, resources.get(at)?))
        })
    }
}
