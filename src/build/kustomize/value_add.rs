//! The plugin that adds one value to fields. Source: kustomize `api/filters/valueadd`,
//! `api/internal/builtins/ValueAddTransformer.go`.

use super::field_spec::{Create, FieldError, FieldSpec, GvkPattern, kind_of};
use super::file::Text;
use crate::build::object::Gvk;
use crate::yaml::{Node, Origin, Step, Value};

/// Puts the value into the field of one object: whole, or as a part of the path that stands there.
///
/// # Errors
/// The field is a map or list.
pub fn add(node: &mut Node, value: &Text, path: &str, position: usize) -> Result<(), FieldError> {
    let field = FieldSpec::new(GvkPattern::default(), path, true);
    field.apply(node, &Gvk::default(), Create::Scalar, &mut |node| {
        if matches!(node.value, Value::Map(_) | Value::Seq(_)) {
            let (found, span) = (kind_of(node), node.span());
            return Err(FieldError::Kind { path: field.shown(), found, expected: "a text", span });
        }
        let old = node.scalar_text().unwrap_or_default();
        let text = match position.checked_sub(1) {
            Some(at) => insert_part(&old, at, &value.text),
            None => value.text.clone(),
        };
        let before = (!node.is_null()).then(|| node.origin.clone());
        *node = Node::text_node(text, Origin::derived(Step::Transformed, value.span, before));
        Ok(())
    })
}

/// Puts a part into a file path; beyond the end it comes last, and an absolute path stays absolute.
fn insert_part(path: &str, at: usize, part: &str) -> String {
    let (root, rest) = match path.strip_prefix('/') {
        Some(rest) => ("/", rest),
        None => ("", path),
    };
    let mut parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    parts.insert(at.min(parts.len()), part);
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::insert_part;

    #[test]
    fn a_part_is_inserted_where_it_is_asked_for() {
        for (path, at, expected) in [
            ("", 0, "peach"),
            ("/", 3, "/peach"),
            ("pie", 0, "peach/pie"),
            ("/pie", 9, "/pie/peach"),
            ("a/nice/warm/pie", 3, "a/nice/warm/peach/pie"),
        ] {
            assert_eq!(insert_part(path, at, "peach"), expected, "{path} {at}");
        }
    }
}
