//! Which resources a replacement reads from and writes to.
//! Source: kustomize `api/types/selector.go`, `api/internal/utils/makeResIds.go`, kyaml `resid/resid.go`.

use std::sync::Arc;

use regex::Regex;

use super::file::{Target, Text};
use super::resource::Resource;
use crate::build::object::{Gvk, Id};
use crate::build::scope;
use crate::build::selector::TextSelector;
use crate::source::compiled;
use crate::yaml::Node;

/// What kustomize remembers as the former namespace of an object that has none.
const NO_NAMESPACE: &str = "_non_namespaceable_";

/// The identities a resource has and had. The former ones come with the group and version of now.
fn identities(resource: &Resource) -> Vec<Id> {
    let now = resource.id();
    let before = resource.previous.iter().map(|id| Id {
        gvk: Gvk { kind: id.gvk.kind.clone(), ..now.gvk.clone() },
        namespace: if scope::is_cluster_scoped(&id.gvk) {
            NO_NAMESPACE.into()
        } else {
            id.effective_namespace().into()
        },
        name: id.name.clone(),
    });
    let before: Vec<Id> = before.collect();
    std::iter::once(now).chain(before).collect()
}

/// Texts that an identity must have; what is left out does not matter.
#[derive(Clone, Debug, Default)]
pub struct ObjectSelector {
    /// API group.
    pub group: Option<Text>,
    /// API version.
    pub version: Option<Text>,
    /// Kind.
    pub kind: Option<Text>,
    /// Name.
    pub name: Option<Text>,
    /// Namespace.
    pub namespace: Option<Text>,
}

impl ObjectSelector {
    /// Whether a resource has or had such an identity.
    pub fn selects(&self, resource: &Resource) -> bool {
        let fits = |wanted: &Option<Text>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted.text == found);
        let or_default =
            |namespace: &str| if namespace.is_empty() { "default".to_owned() } else { namespace.to_owned() };
        identities(resource).iter().any(|id| {
            fits(&self.group, &id.gvk.group)
                && fits(&self.version, &id.gvk.version)
                && fits(&self.kind, &id.gvk.kind)
                && fits(&self.name, &id.name)
                && fits(&self.namespace, &or_default(&id.namespace))
        })
    }

    /// The most telling of its parts: where a finding about it points.
    pub fn place(&self) -> Option<&Text> {
        [&self.name, &self.kind, &self.namespace, &self.group, &self.version].into_iter().find_map(Option::as_ref)
    }

    /// For people: kind, name, and what else it asks for.
    pub fn shown(&self) -> String {
        let mut shown = match (&self.kind, &self.name) {
            (Some(kind), Some(name)) => format!("{} `{}`", kind.text, name.text),
            (Some(kind), None) => format!("an object of kind `{}`", kind.text),
            (None, Some(name)) => format!("an object named `{}`", name.text),
            (None, None) => "any object".to_owned(),
        };
        if let Some(namespace) = &self.namespace {
            shown.push_str(&format!(" in namespace `{}`", namespace.text));
        }
        let version: Vec<&str> =
            [&self.group, &self.version].into_iter().flatten().map(|text| text.text.as_str()).collect();
        if !version.is_empty() {
            shown.push_str(&format!(" of apiVersion `{}`", version.join("/")));
        }
        shown
    }
}

/// Patterns over an identity, with selectors over labels and annotations.
#[derive(Clone, Debug)]
struct Patterns {
    group: Option<Arc<Regex>>,
    version: Option<Arc<Regex>>,
    kind: Option<Arc<Regex>>,
    name: Option<Arc<Regex>>,
    namespace: Option<Arc<Regex>>,
    labels: Option<TextSelector>,
    annotations: Option<TextSelector>,
}

impl Patterns {
    fn compile(target: &Target) -> Result<Self, Text> {
        let pattern = |text: &Option<Text>| match text {
            Some(text) => compiled(&format!("^(?:{})$", text.text)).map(Some).map_err(|_| text.clone()),
            None => Ok(None),
        };
        let selector = |text: &Option<Text>| match text {
            Some(text) => TextSelector::parse(&text.text).map(Some).ok_or_else(|| text.clone()),
            None => Ok(None),
        };
        Ok(Patterns {
            group: pattern(&target.group)?,
            version: pattern(&target.version)?,
            kind: pattern(&target.kind)?,
            name: pattern(&target.name)?,
            namespace: pattern(&target.namespace)?,
            labels: selector(&target.labels)?,
            annotations: selector(&target.annotations)?,
        })
    }

    fn asks_for_identity(&self) -> bool {
        [&self.group, &self.version, &self.kind, &self.name, &self.namespace].into_iter().any(Option::is_some)
    }

    fn asks_for_metadata(&self) -> bool {
        self.labels.is_some() || self.annotations.is_some()
    }

    fn fits(&self, id: &Id) -> bool {
        let fits =
            |pattern: &Option<Arc<Regex>>, text: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(text));
        fits(&self.group, &id.gvk.group)
            && fits(&self.version, &id.gvk.version)
            && fits(&self.kind, &id.gvk.kind)
            && fits(&self.name, &id.name)
            && fits(&self.namespace, &id.namespace)
    }

    fn fits_metadata(&self, node: &Node) -> bool {
        let fits = |selector: &Option<TextSelector>, key: &str| {
            selector.as_ref().is_none_or(|selector| selector.matches(node.at(&["metadata", key])))
        };
        fits(&self.labels, "labels") && fits(&self.annotations, "annotations")
    }
}

/// The resources a replacement writes to: those selected, without those rejected.
#[derive(Clone, Debug)]
pub struct Selection {
    select: Patterns,
    reject: Vec<Patterns>,
}

impl Selection {
    /// Compiles the patterns.
    ///
    /// # Errors
    /// The text that is neither a pattern nor a selector.
    pub fn new(select: &Target, reject: &[Target]) -> Result<Self, Text> {
        let reject = reject.iter().map(Patterns::compile).collect::<Result<_, _>>()?;
        Ok(Selection { select: Patterns::compile(select)?, reject })
    }

    /// Whether a resource is among them. An entry of `reject` with both an identity and labels rejects what has either.
    pub fn selects(&self, resource: &Resource) -> bool {
        let ids = identities(resource);
        let rejected = self.reject.iter().any(|reject| {
            (reject.asks_for_metadata() && reject.fits_metadata(&resource.node))
                || (reject.asks_for_identity() && ids.iter().any(|id| reject.fits(id)))
        });
        !rejected && self.select.fits_metadata(&resource.node) && ids.iter().any(|id| self.select.fits(id))
    }
}
