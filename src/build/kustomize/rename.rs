//! Name prefixes and suffixes. Source: kustomize `api/internal/builtins/{Prefix,Suffix}Transformer.go`.

use super::field_spec::{Create, FieldError, FieldSpec, kind_of};
use super::file::Text;
use super::log::Log;
use super::resource::Resource;
use crate::build::object::Gvk;
use crate::yaml::{Node, Origin, Step, Value};

/// What is put before or after a name.
#[derive(Clone, Copy, Debug)]
pub enum Affix<'t> {
    /// Before.
    Prefix(&'t Text),
    /// After.
    Suffix(&'t Text),
}

impl Affix<'_> {
    fn text(&self) -> &Text {
        match self {
            Affix::Prefix(text) | Affix::Suffix(text) => text,
        }
    }

    fn around(&self, name: &str) -> String {
        match self {
            Affix::Prefix(prefix) => format!("{}{name}", prefix.text),
            Affix::Suffix(suffix) => format!("{name}{}", suffix.text),
        }
    }
}

/// Kinds whose names others fix.
fn is_skipped(gvk: &Gvk) -> bool {
    match gvk.kind.as_str() {
        "CustomResourceDefinition" | "Namespace" => true,
        "APIService" => gvk.group == "apiregistration.k8s.io",
        _ => false,
    }
}

/// Changes the fields, by default the name alone.
pub fn apply(resources: &mut [Resource], affix: Affix<'_>, fields: &[FieldSpec], log: &mut Log) {
    for resource in resources {
        let original = resource.original().gvk;
        if is_skipped(&original) {
            continue;
        }
        for field in fields.iter().filter(|field| field.gvk.selects(&original)) {
            if field.is_at(&["metadata", "name"]) && !affix.text().text.is_empty() {
                resource.remember();
                let given = match affix {
                    Affix::Prefix(_) => &mut resource.prefixes,
                    Affix::Suffix(_) => &mut resource.suffixes,
                };
                given.push(affix.text().text.clone());
            }
            let gvk = resource.id().gvk;
            let outcome = field.apply(&mut resource.node, &gvk, Create::Scalar, &mut |node| change(node, affix, field));
            if let Err(error) = outcome {
                log.fail(resource.refusal(&error, affix.text().span, "set here"));
            }
        }
    }
}

fn change(node: &mut Node, affix: Affix<'_>, field: &FieldSpec) -> Result<(), FieldError> {
    let origin = Origin::derived(Step::Renamed, affix.text().span, Some(node.origin.clone()));
    if let Value::Unknown(unknown) = &node.value {
        let mut unknown = (**unknown).clone();
        unknown.template = affix.around(&unknown.template).into();
        *node = Node { value: Value::Unknown(std::sync::Arc::new(unknown)), origin };
        return Ok(());
    }
    if matches!(node.value, Value::Map(_) | Value::Seq(_)) {
        let (found, span) = (kind_of(node), node.span());
        return Err(FieldError::Kind { path: field.shown(), found, expected: "a text", span });
    }
    let name = affix.around(&node.scalar_text().unwrap_or_default());
    *node = Node::text_node(name, origin);
    Ok(())
}
