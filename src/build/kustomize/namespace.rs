//! The namespace transformer. Source: kustomize `api/filters/namespace/namespace.go`.

use hashbrown::HashMap;
use std::sync::{Arc, LazyLock};

use super::field_spec::{Create, FieldError, FieldSpec, GvkPattern, kind_of};
use super::file::Text;
use super::log::Log;
use super::resource::Resource;
use crate::build::object::Id;
use crate::build::scope;
use crate::finding::{Label, Observation};
use crate::yaml::{Node, Origin, Step, Value};

/// Which subjects of role bindings get the namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Subjects {
    /// Those named `default`; others follow their ServiceAccount.
    #[default]
    NamedDefault,
    /// All of kind ServiceAccount.
    ServiceAccounts,
    /// None.
    Nobody,
}

/// What the transformer is asked to do.
#[derive(Clone, Debug)]
pub struct NamespaceArgs<'a> {
    /// The namespace.
    pub namespace: &'a Text,
    /// Fields besides `metadata.namespace`.
    pub fields: &'a [FieldSpec],
    /// Only where none is set.
    pub unset_only: bool,
    /// Role bindings.
    pub subjects: Subjects,
}

/// The namespace of an object itself.
static OWN: LazyLock<FieldSpec> = LazyLock::new(|| FieldSpec::new(GvkPattern::default(), "metadata/namespace", true));

/// Sets the namespace on every resource that is not certainly cluster-scoped.
pub fn set(resources: &mut [Resource], args: &NamespaceArgs<'_>, log: &mut Log) {
    for resource in resources.iter_mut() {
        resource.remember();
        if let Err(error) = set_one(&mut resource.node, args) {
            log.fail(resource.refusal(&error, args.namespace.span, "namespace set here"));
        }
    }
    conflicts(resources, args.namespace, log);
}

/// Sets the namespace of one object, without looking at others.
///
/// # Errors
/// A field that is no text.
pub fn set_one(node: &mut Node, args: &NamespaceArgs<'_>) -> Result<(), FieldError> {
    let id = Id::of(node);
    let mut put = |node: &mut Node| put(node, args);
    if !scope::is_cluster_scoped(&id.gvk) {
        OWN.apply(node, &id.gvk, Create::Scalar, &mut put)?;
    }
    let binds = matches!(id.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding");
    if binds {
        subjects(node, args)?;
    }
    for field in args.fields {
        // These are dealt with above, or belong to core objects alone.
        let is_core = id.gvk.group.is_empty() && id.gvk.version == "v1";
        let is_handled = field.is_at(&["metadata", "namespace"])
            || (field.is_at(&["metadata", "name"]) && !is_core)
            || (field.is_at(&["subjects", "namespace"])
                && matches!(field.gvk.kind.as_str(), "RoleBinding" | "ClusterRoleBinding"));
        if !is_handled {
            field.apply(node, &id.gvk, Create::Scalar, &mut put)?;
        }
    }
    Ok(())
}

fn put(node: &mut Node, args: &NamespaceArgs<'_>) -> Result<(), FieldError> {
    if matches!(node.value, Value::Map(_) | Value::Seq(_)) {
        let (found, span) = (kind_of(node), node.span());
        return Err(FieldError::Kind { path: "namespace".to_owned(), found, expected: "a text", span });
    }
    let text = node.scalar_text().unwrap_or_default().into_owned();
    // The same value twice is no override: the place stays where it was written.
    if text == args.namespace.text || (args.unset_only && !text.is_empty()) {
        return Ok(());
    }
    let before = (!node.is_null()).then(|| node.origin.clone());
    let place = args.namespace.span;
    *node = Node::text_node(args.namespace.text.as_str(), Origin::derived(Step::NamespaceSet, place, before));
    Ok(())
}

fn subjects(node: &mut Node, args: &NamespaceArgs<'_>) -> Result<(), FieldError> {
    let wanted = |subject: &Node| {
        let text = |key: &str| subject.get(key).and_then(Node::as_str);
        match args.subjects {
            Subjects::NamedDefault => text("name") == Some("default"),
            Subjects::ServiceAccounts => text("kind") == Some("ServiceAccount"),
            Subjects::Nobody => false,
        }
    };
    if !node.get("subjects").is_some_and(|subjects| subjects.items().iter().any(wanted)) {
        return Ok(());
    }
    let Some(Value::Seq(items)) =
        node.as_map_mut().and_then(|map| map.get_mut("subjects")).map(|subjects| &mut subjects.value)
    else {
        return Ok(());
    };
    for subject in Arc::make_mut(items).iter_mut().filter(|subject| wanted(subject)) {
        let place = subject.span();
        let Some(map) = subject.as_map_mut() else { continue };
        if map.get("namespace").is_none() {
            let fresh = Node { value: Value::Null, origin: Origin::derived(Step::Added, place, None) };
            map.set("namespace", args.namespace.span, fresh);
        }
        if let Some(namespace) = map.get_mut("namespace") {
            put(namespace, args)?;
        }
    }
    Ok(())
}

/// Two objects that now have one identity: the build fails.
fn conflicts(resources: &[Resource], namespace: &Text, log: &mut Log) {
    let mut seen: HashMap<Id, usize> = HashMap::with_capacity(resources.len());
    for (index, resource) in resources.iter().enumerate() {
        let id = resource.id();
        let Some(first) = seen.insert(id.clone(), index).and_then(|first| resources.get(first)) else { continue };
        let place = |resource: &Resource| {
            let name = resource.node.at(&["metadata", "name"]).unwrap_or(&resource.node);
            name.origin.chain().last().map_or_else(|| name.span(), |(_, span)| *span)
        };
        log.fail(
            Observation::new(
                "namespace-transform-conflict",
                format!(
                    "setting namespace `{}` makes two objects {} `{}` of one identity",
                    namespace.text, id.gvk.kind, id.name
                ),
                Label::new(namespace.span, "set here"),
            )
            .related(Label::new(place(first), "first object"))
            .related(Label::new(place(resource), "second object"))
            .keyed(format!("{} {}", id.gvk.kind, id.name)),
        );
    }
}
