//! Objects as the command line names them.

use crate::build::{ClusterBuild, Object};
use crate::config::nearest;
use crate::fault::Fault;

/// What the command line asks for: `Kind/name` or `Kind/namespace/name`.
pub struct Wanted<'a> {
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

impl<'a> Wanted<'a> {
    /// Reads it.
    ///
    /// # Errors
    /// It names no object.
    pub fn parse(text: &'a str) -> Result<Self, Fault> {
        match text.split('/').collect::<Vec<_>>().as_slice() {
            [kind, name] => Ok(Wanted { kind, namespace: None, name }),
            [kind, namespace, name] => Ok(Wanted { kind, namespace: Some(namespace), name }),
            _ => Err(Fault::Usage {
                message: format!("`{text}` names no object"),
                help: Some("write Kind/name or Kind/namespace/name".to_owned()),
            }),
        }
    }

    /// Whether an object is meant.
    pub fn fits(&self, object: &Object) -> bool {
        object.kind().eq_ignore_ascii_case(self.kind)
            && (object.name == self.name || self.is_before_hash(object))
            && self.namespace.is_none_or(|namespace| object.namespace() == namespace)
    }
}

impl Wanted<'_> {
    /// A generated object is called as its generator calls it, and a hash.
    fn is_before_hash(&self, object: &Object) -> bool {
        let hash = object.name.strip_prefix(self.name).and_then(|rest| rest.strip_prefix('-'));
        matches!(object.kind(), "ConfigMap" | "Secret")
            && hash.is_some_and(|hash| hash.len() == 10 && hash.chars().all(|c| c.is_ascii_alphanumeric()))
    }
}

/// Nothing that was built is called so.
pub fn unknown<'b>(clusters: impl IntoIterator<Item = &'b ClusterBuild>, asked: &str) -> Fault {
    let objects = clusters.into_iter().flat_map(|cluster| cluster.objects.iter().chain(&cluster.modelled));
    let names: Vec<String> = objects
        .flat_map(|object| {
            [format!("{}/{}", object.kind(), object.name), format!("{}/{}", object.kind(), object.full_name())]
        })
        .collect();
    let nearest = nearest(asked, names.iter().map(String::as_str));
    Fault::Usage {
        message: format!("there is no object `{asked}` in what was built"),
        help: Some(nearest.map_or_else(
            || "`flux-vet build` prints every object".to_owned(),
            |name| format!("did you mean `{name}`?"),
        )),
    }
}
