//! Image names, tags and digests. Source: kustomize `api/filters/imagetag`, `api/internal/image`.

use std::sync::Arc;

use regex::Regex;

use super::field_spec::{Create, FieldError, FieldSpec, kind_of};
use super::file::ImageEntry;
use super::log::Log;
use super::resource::Resource;
use crate::finding::{Label, Observation};
use crate::source::compiled;
use crate::yaml::{Node, Origin, Step, Value};

/// Changes matching images: in every list called `containers` or `initContainers`, wherever it stands, and in the
/// fields of the table.
pub fn apply(resources: &mut [Resource], entry: &ImageEntry, fields: &[FieldSpec], log: &mut Log) {
    // The name is used as a pattern without escaping, as kustomize does.
    let pattern = format!("^{}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$", entry.name.text);
    let Ok(pattern) = compiled(&pattern) else {
        let message = format!("the image name `{}` is no pattern", entry.name.text);
        log.fail(
            Observation::new("build-failed", message, Label::new(entry.name.span, "used as a pattern"))
                .keyed(entry.name.text.clone()),
        );
        return;
    };
    let change = Change { entry, pattern };
    for resource in resources {
        let gvk = resource.id().gvk;
        if gvk.kind == "CustomResourceDefinition" {
            continue;
        }
        // What does not change stays shared with the file it came from.
        if change.finds(&resource.node) {
            change.walk(&mut resource.node);
        }
        // The same, for the fields of the table.
        let is_meant = |node: &Node| node.as_str().is_none_or(|image| change.pattern.is_match(image));
        for field in fields.iter().filter(|field| field.gvk.selects(&gvk)) {
            if !field.finds(&resource.node, &is_meant) {
                continue;
            }
            let outcome = field.apply(&mut resource.node, &gvk, Create::Nothing, &mut |node| change.set(node, field));
            if let Err(error) = outcome {
                log.fail(resource.refusal(&error, entry.name.span, "image changed here"));
            }
        }
    }
}

struct Change<'e> {
    entry: &'e ImageEntry,
    pattern: Arc<Regex>,
}

impl Change<'_> {
    /// Whether a container below has an image that matches.
    fn finds(&self, node: &Node) -> bool {
        match &node.value {
            Value::Seq(items) => items.iter().any(|item| self.finds(item)),
            Value::Map(map) => map.iter().any(|entry| {
                let images = || entry.value.items().iter().filter_map(|container| container.get("image")?.as_str());
                is_containers(&entry.key) && images().any(|image| self.pattern.is_match(image))
                    || self.finds(&entry.value)
            }),
            _ => false,
        }
    }

    fn walk(&self, node: &mut Node) {
        match &mut node.value {
            Value::Seq(items) if items.iter().any(holds_containers) => {
                Arc::make_mut(items).iter_mut().for_each(|item| self.walk(item));
            }
            Value::Map(map) => {
                if !map.iter().any(|entry| is_containers(&entry.key) || holds_containers(&entry.value)) {
                    return;
                }
                for child in Arc::make_mut(map).iter_mut() {
                    self.walk(&mut child.value);
                    if let (true, Value::Seq(items)) = (is_containers(&child.key), &mut child.value.value) {
                        Arc::make_mut(items).iter_mut().for_each(|container| self.container(container));
                    }
                }
            }
            _ => {}
        }
    }

    fn container(&self, container: &mut Node) {
        if container.get("image").and_then(Node::as_str).is_some_and(|image| self.pattern.is_match(image))
            && let Some(image) = container.as_map_mut().and_then(|map| map.get_mut("image"))
        {
            self.change(image);
        }
    }

    fn set(&self, node: &mut Node, field: &FieldSpec) -> Result<(), FieldError> {
        if matches!(node.value, Value::Map(_) | Value::Seq(_)) {
            let (found, span) = (kind_of(node), node.span());
            return Err(FieldError::Kind { path: field.shown(), found, expected: "a text", span });
        }
        if node.as_str().is_some_and(|image| self.pattern.is_match(image)) {
            self.change(node);
        }
        Ok(())
    }

    fn change(&self, image: &mut Node) {
        let entry = self.entry;
        let Some(reference) = image.as_str().map(Reference::split) else { return };
        let mut place = entry.name.span;
        let name = match &entry.new_name {
            Some(new) => {
                place = new.span;
                new.text.as_str()
            }
            None => reference.name,
        };
        // A new tag or digest takes the place of both.
        let (tag, digest) = match (&entry.new_tag, &entry.digest, &entry.tag_suffix) {
            (None, None, None) => (reference.tag.to_owned(), reference.digest.to_owned()),
            (None, None, Some(suffix)) => {
                place = suffix.span;
                (format!("{}{}", reference.tag, suffix.text), String::new())
            }
            (tag, digest, _) => {
                place = tag.as_ref().or(digest.as_ref()).map_or(place, |text| text.span);
                let text = |text: &Option<super::file::Text>| text.as_ref().map(|text| text.text.clone());
                (text(tag).unwrap_or_default(), text(digest).unwrap_or_default())
            }
        };
        let mut text = name.to_owned();
        for (mark, part) in [(':', tag), ('@', digest)] {
            if !part.is_empty() {
                text.push(mark);
                text.push_str(&part);
            }
        }
        if image.as_str() != Some(&text) {
            *image = Node::text_node(text, Origin::derived(Step::Transformed, place, Some(image.origin.clone())));
        }
    }
}

fn is_containers(key: &str) -> bool {
    matches!(key, "containers" | "initContainers")
}

fn holds_containers(node: &Node) -> bool {
    match &node.value {
        Value::Seq(items) => items.iter().any(holds_containers),
        Value::Map(map) => map.iter().any(|entry| is_containers(&entry.key) || holds_containers(&entry.value)),
        _ => false,
    }
}

/// The parts of an image reference; missing ones are empty.
#[derive(Debug, PartialEq, Eq)]
struct Reference<'t> {
    name: &'t str,
    tag: &'t str,
    digest: &'t str,
}

impl<'t> Reference<'t> {
    /// A colon before the first slash belongs to the host's port.
    fn split(text: &'t str) -> Self {
        let path = text.find('/').filter(|at| *at > 0).unwrap_or(0);
        let behind = text.get(path..).unwrap_or_default();
        let (colon, at) = (behind.find(':'), behind.find('@'));
        let part = |from: usize, to: usize| text.get(path + from..path + to).unwrap_or_default();
        let head = |to: usize| text.get(..path + to).unwrap_or_default();
        match (colon, at) {
            (None, None) => Reference { name: text, tag: "", digest: "" },
            (Some(colon), Some(at)) if colon < at => {
                Reference { name: head(colon), tag: part(colon + 1, at), digest: part(at + 1, behind.len()) }
            }
            (_, Some(at)) => Reference { name: head(at), tag: "", digest: part(at + 1, behind.len()) },
            (Some(colon), None) => Reference { name: head(colon), tag: part(colon + 1, behind.len()), digest: "" },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reference;

    #[test]
    fn a_reference_is_split_at_tag_and_digest_but_not_at_a_port() {
        for (text, name, tag, digest) in [
            ("nginx", "nginx", "", ""),
            ("nginx:1.25", "nginx", "1.25", ""),
            ("nginx@sha256:ab", "nginx", "", "sha256:ab"),
            ("host:5000/a/b:1@sha256:ab", "host:5000/a/b", "1", "sha256:ab"),
            ("host:5000/a/b", "host:5000/a/b", "", ""),
        ] {
            assert_eq!(Reference::split(text), Reference { name, tag, digest }, "{text}");
        }
    }
}
