//! Which resources the target of a patch selects.
//!
//! Source: kustomize `api/resmap/reswrangler.go` (`Select`), `api/types/selector.go`.

use super::pattern::Pattern;
use crate::build::kustomize::file::{Target, Text};
use crate::build::kustomize::resource::Resource;
use crate::build::object::Id;
use crate::build::selector::TextSelector;

/// What kustomize takes for the namespace of objects without one.
const NO_NAMESPACE: &str = "_non_namespaceable_";

/// A target, ready to compare.
pub struct Selector<'t> {
    target: &'t Target,
    group: Option<Pattern>,
    version: Option<Pattern>,
    kind: Option<Pattern>,
    name: Option<Pattern>,
    namespace: Option<Pattern>,
    labels: Result<Option<TextSelector>, &'t Text>,
    annotations: Result<Option<TextSelector>, &'t Text>,
}

impl<'t> Selector<'t> {
    /// Reads a target.
    ///
    /// # Errors
    /// The text that is no pattern.
    pub fn new(target: &'t Target) -> Result<Self, &'t Text> {
        let pattern = |text: &'t Option<Text>| match text {
            Some(text) if !text.text.is_empty() => Pattern::new(&text.text).map(Some).ok_or(text),
            _ => Ok(None),
        };
        let selector = |text: &'t Option<Text>| match text {
            Some(text) => TextSelector::parse(&text.text).map(Some).ok_or(text),
            None => Ok(None),
        };
        Ok(Selector {
            target,
            group: pattern(&target.group)?,
            version: pattern(&target.version)?,
            kind: pattern(&target.kind)?,
            name: pattern(&target.name)?,
            namespace: pattern(&target.namespace)?,
            labels: selector(&target.labels),
            annotations: selector(&target.annotations),
        })
    }

    /// Whether it selects a resource that has one identity now and had another at first.
    ///
    /// # Errors
    /// The label selector that cannot be read. kustomize reads it when a resource has passed everything before.
    pub fn selects(&self, resource: &Resource, now: &Id, first: &Id) -> Result<bool, &'t Text> {
        let fits = |pattern: &Option<Pattern>, text: &str| pattern.as_ref().is_none_or(|own| own.is_match(text));
        let sound = (fits(&self.namespace, namespace(first)) || fits(&self.namespace, namespace(now)))
            && (fits(&self.name, &first.name) || fits(&self.name, &now.name))
            && fits(&self.group, &now.gvk.group)
            && fits(&self.version, &now.gvk.version)
            && fits(&self.kind, &now.gvk.kind);
        if !sound {
            return Ok(false);
        }
        let metadata = |key: &str| resource.node.at(&["metadata", key]);
        let holds = |selector: &Result<Option<TextSelector>, &'t Text>, key: &str| match selector {
            Ok(selector) => Ok(selector.as_ref().is_none_or(|selector| selector.matches(metadata(key)))),
            Err(text) => Err(*text),
        };
        Ok(holds(&self.labels, "labels")? && holds(&self.annotations, "annotations")?)
    }

    /// The only name it can select.
    pub fn only_name(&self) -> Option<&str> {
        match &self.name {
            Some(Pattern::Literal(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether it names one object: no pattern, no selector.
    pub fn is_exact(&self) -> bool {
        let plain = |text: &Option<Text>| text.as_ref().is_some_and(|text| is_plain(&text.text));
        plain(&self.target.name)
            && plain(&self.target.kind)
            && self.target.labels.is_none()
            && self.target.annotations.is_none()
    }
}

/// The positions of the resources that a target selects; all without one.
///
/// # Errors
/// The text that is neither a pattern nor a selector.
pub fn select<'t>(resources: &[Resource], target: Option<&'t Target>) -> Result<Vec<usize>, &'t Text> {
    let Some(target) = target else { return Ok((0..resources.len()).collect()) };
    let selector = Selector::new(target)?;
    let mut selected = Vec::new();
    for (at, resource) in resources.iter().enumerate() {
        if selector.selects(resource, &resource.id(), &resource.original())? {
            selected.push(at);
        }
    }
    Ok(selected)
}

/// A name without anything that is special in a pattern.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | ':'))
}

fn namespace(id: &Id) -> &str {
    match id.effective_namespace() {
        "" => NO_NAMESPACE,
        namespace => namespace,
    }
}
