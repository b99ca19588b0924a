//! JSON 6902 patches with evanphx json-patch v4's behaviour, on trees with origins.

use crate::source::Span;
use crate::yaml::{Node, Origin, Step, Value};

/// Why an operation fails; the build of the Kustomization fails with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// One sentence.
    pub message: String,
    /// The place in the patch.
    pub span: Span,
    /// The path was well-formed but does not lead anywhere in the target.
    pub missing_path: bool,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    op: String,
    path: Vec<String>,
    from: Option<Vec<String>>,
    value: Option<Node>,
    span: Span,
}

/// Reads operations from a parsed patch.
///
/// # Errors
/// A message with a place when it is no list of operations.
pub fn operations(patch: &Node) -> Result<Vec<Operation>, Failure> {
    let Value::Seq(items) = &patch.value else {
        return Err(Failure {
            message: "a JSON patch is a list of operations".into(),
            span: patch.span(),
            missing_path: false,
        });
    };
    items.iter().map(operation).collect()
}

fn operation(item: &Node) -> Result<Operation, Failure> {
    let fail =
        |message: &str, node: &Node| Failure { message: message.to_owned(), span: node.span(), missing_path: false };
    let op = item.get("op").and_then(Node::as_str).ok_or_else(|| fail("the operation has no `op`", item))?;
    if !matches!(op, "add" | "remove" | "replace" | "move" | "copy" | "test") {
        return Err(fail(&format!("`{op}` is no JSON patch operation"), item.get("op").unwrap_or(item)));
    }
    let path_node = item.get("path").ok_or_else(|| fail("the operation has no `path`", item))?;
    let path = pointer(path_node).ok_or_else(|| fail("the path does not begin with `/`", path_node))?;
    let from = match item.get("from") {
        Some(node) => Some(pointer(node).ok_or_else(|| fail("`from` does not begin with `/`", node))?),
        None => None,
    };
    Ok(Operation { op: op.to_owned(), path, from, value: item.get("value").cloned(), span: path_node.span() })
}

fn pointer(node: &Node) -> Option<Vec<String>> {
    let text = node.as_str()?;
    if text.is_empty() {
        return Some(Vec::new());
    }
    Some(text.strip_prefix('/')?.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

/// Applies operations in order.
///
/// # Errors
/// The first operation that cannot be carried out.
pub fn apply(target: &mut Node, operations: &[Operation]) -> Result<(), Failure> {
    operations.iter().try_for_each(|operation| step(target, operation))
}

fn step(target: &mut Node, operation: &Operation) -> Result<(), Failure> {
    let fail = |message: String| Failure { message, span: operation.span, missing_path: true };
    let shown = || format!("/{}", operation.path.join("/"));
    match operation.op.as_str() {
        "add" | "replace" => {
            let value = operation.value.clone().unwrap_or_else(|| Node::new(Value::Null, operation.span));
            put(target, &operation.path, value, operation.op == "add")
                .map_err(|why| fail(format!("cannot {} `{}`: {why}", operation.op, shown())))
        }
        "remove" => {
            take(target, &operation.path).map(drop).map_err(|why| fail(format!("cannot remove `{}`: {why}", shown())))
        }
        "move" | "copy" => {
            let from = operation.from.clone().unwrap_or_default();
            let value = if operation.op == "move" {
                take(target, &from)
            } else {
                look(target, &from).cloned().ok_or("no such value")
            }
            .map_err(|why| fail(format!("cannot {} from `/{}`: {why}", operation.op, from.join("/"))))?;
            put(target, &operation.path, value, true)
                .map_err(|why| fail(format!("cannot {} to `{}`: {why}", operation.op, shown())))
        }
        _ => {
            let found = look(target, &operation.path);
            let equal = match (&operation.value, found) {
                (Some(wanted), Some(found)) => found.same_value(wanted) || found.is_unknown(),
                (None, None) => true,
                _ => false,
            };
            if equal { Ok(()) } else { Err(fail(format!("the test of `{}` fails", shown()))) }
        }
    }
}

fn look<'n>(node: &'n Node, path: &[String]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, part| match &node.value {
        Value::Seq(items) => items.get(part.parse::<usize>().ok()?),
        _ => node.get(part),
    })
}

fn parent_of<'n>(node: &'n mut Node, path: &[String]) -> Option<&'n mut Node> {
    let mut parent = node;
    for part in path {
        parent = match parent.value {
            Value::Seq(_) => parent.as_seq_mut()?.get_mut(part.parse::<usize>().ok()?)?,
            _ => parent.as_map_mut()?.get_mut(part)?,
        };
    }
    Some(parent)
}

fn set_by_patch(value: Node, before: Option<Origin>) -> Node {
    let place = value.span();
    value.marked(Step::JsonPatched, place, before)
}

fn put(target: &mut Node, path: &[String], value: Node, add: bool) -> Result<(), &'static str> {
    let Some((last, parents)) = path.split_last() else {
        let before = target.origin.clone();
        *target = set_by_patch(value, Some(before));
        return Ok(());
    };
    let parent = parent_of(target, parents).ok_or("the parent does not exist")?;
    if let Value::Seq(_) = parent.value {
        let items = parent.as_seq_mut().ok_or("the parent is no list")?;
        if add {
            let at = match last.as_str() {
                "-" | "-1" => items.len(),
                index => index.parse::<usize>().map_err(|_| "the index is no number")?,
            };
            if at > items.len() {
                return Err("the index is beyond the end");
            }
            items.insert(at, set_by_patch(value, None));
        } else {
            let item = last.parse::<usize>().ok().and_then(|at| items.get_mut(at)).ok_or("no such element")?;
            let before = item.origin.clone();
            *item = set_by_patch(value, Some(before));
        }
        return Ok(());
    }
    let map = parent.as_map_mut().ok_or("the parent is no map")?;
    let before = map.get(last).map(|old| old.origin.clone());
    let value = set_by_patch(value, before);
    map.set(last, value.span(), value);
    Ok(())
}

fn take(target: &mut Node, path: &[String]) -> Result<Node, &'static str> {
    let (last, parents) = path.split_last().ok_or("the whole object cannot be removed")?;
    let parent = parent_of(target, parents).ok_or("the parent does not exist")?;
    if let Value::Seq(_) = parent.value {
        let items = parent.as_seq_mut().ok_or("the parent is no list")?;
        let at = last.parse::<usize>().ok().filter(|at| *at < items.len()).ok_or("no such element")?;
        return Ok(items.remove(at));
    }
    parent.as_map_mut().and_then(|map| map.remove(last)).map(|entry| entry.value).ok_or("no such value")
}
