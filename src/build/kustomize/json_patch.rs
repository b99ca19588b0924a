//! JSON 6902 patches with evanphx json-patch v4's behaviour, on trees with origins.
//!
//! Source: evanphx/json-patch v4.12 `patch.go`, kustomize `api/filters/patchjson6902`.

use crate::source::Span;
use crate::yaml::{Node, Origin, Step, Value};

/// Whole numbers up to here pass through a JSON patch unchanged: the object is read back with floats.
const EXACT: u64 = 1 << 53;

/// Why an operation fails; the build of the Kustomization fails with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// One sentence.
    pub message: String,
    /// The place in the patch.
    pub span: Span,
    /// What kind of failure it is.
    pub kind: FailureKind,
}

/// What an operation fails at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The operation itself is wrong.
    Operation,
    /// The object does not hold what it asks for.
    Object,
    /// It asks for too much.
    Limit,
}

/// One operation, as it stands; what is wrong with it shows when it is carried out.
#[derive(Clone, Debug)]
pub struct Operation {
    op: Result<Op, String>,
    path: Option<Pointer>,
    from: Option<Pointer>,
    value: Option<Node>,
    span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Op {
    Add,
    Remove,
    Replace,
    Move,
    Copy,
    Test,
}

impl Op {
    fn read(word: &str) -> Option<Self> {
        Some(match word {
            "add" => Op::Add,
            "remove" => Op::Remove,
            "replace" => Op::Replace,
            "move" => Op::Move,
            "copy" => Op::Copy,
            "test" => Op::Test,
            _ => return None,
        })
    }

    fn word(self) -> &'static str {
        match self {
            Op::Add => "add",
            Op::Remove => "remove",
            Op::Replace => "replace",
            Op::Move => "move",
            Op::Copy => "copy",
            Op::Test => "test",
        }
    }
}

/// A path into an object.
#[derive(Clone, Debug)]
struct Pointer {
    text: String,
    span: Span,
}

impl Pointer {
    fn read(node: &Node) -> Option<Self> {
        Some(Pointer { text: node.as_str()?.to_owned(), span: node.span() })
    }

    /// The parents and the last key; `None` for a path without `/`. What stands before the first `/` does not count.
    fn split(&self) -> Option<(Vec<String>, String)> {
        let (_, path) = self.text.split_once('/')?;
        let mut parts: Vec<String> = path.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect();
        let last = parts.pop()?;
        Some((parts, last))
    }
}

impl Operation {
    /// What is wrong with the operation whatever the object is.
    pub fn fault(&self) -> Option<Failure> {
        let fault = |message: String, span: Span| Some(Failure { message, span, kind: FailureKind::Operation });
        let op = match &self.op {
            Ok(op) => *op,
            Err(word) if word.is_empty() => return fault("the operation has no `op`".into(), self.span),
            Err(word) => return fault(format!("`{word}` is no JSON patch operation"), self.span),
        };
        if self.path.is_none() {
            return fault("the operation has no `path`".into(), self.span);
        }
        if matches!(op, Op::Move | Op::Copy) && self.from.is_none() {
            return fault(format!("`{}` needs a `from`", op.word()), self.span);
        }
        None
    }

    /// The path that kustomize reads otherwise than it is written: what stands before its first `/` is dropped.
    pub fn unrooted(&self) -> Option<(&str, Span)> {
        [&self.path, &self.from]
            .into_iter()
            .flatten()
            .find(|path| path.text.contains('/') && !path.text.starts_with('/'))
            .map(|path| (path.text.as_str(), path.span))
    }

    /// Where it stands.
    pub fn place(&self) -> Span {
        self.span
    }

    /// The place of its path, if that is this one or above it.
    pub fn place_of(&self, pointer: &str) -> Option<Span> {
        let leads = |path: &&Pointer| {
            pointer.strip_prefix(&*path.text).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.path.as_ref().filter(leads).map(|path| path.span)
    }

    /// The value it puts in.
    pub fn value(&self) -> Option<&Node> {
        self.value.as_ref()
    }
}

/// Reads operations from a parsed patch.
///
/// # Errors
/// A message with a place when it is no list of operations.
pub fn operations(patch: &Node) -> Result<Vec<Operation>, Failure> {
    let fail = |message: &str, node: &Node| Failure {
        message: message.to_owned(),
        span: node.span(),
        kind: FailureKind::Operation,
    };
    let items = match &patch.value {
        Value::Seq(items) => items,
        Value::Null => return Ok(Vec::new()),
        _ => return Err(fail("a JSON patch is a list of operations", patch)),
    };
    let sound = |item: &&Node| matches!(item.value, Value::Map(_) | Value::Null);
    match items.iter().find(|item| !sound(item)) {
        Some(item) => Err(fail("an operation of a JSON patch is a map", item)),
        None => Ok(items.iter().map(operation).collect()),
    }
}

fn operation(item: &Node) -> Operation {
    let op = item.get("op");
    let word = op.and_then(Node::shown).unwrap_or_default();
    let path = item.get("path").and_then(Pointer::read);
    let unreadable = op.is_some_and(|op| op.as_str().is_none());
    let place = item.entries().next().map_or_else(|| item.span().head(), |entry| entry.key_span);
    let read = if unreadable { None } else { Op::read(&word) };
    Operation {
        span: match (&read, op, &path) {
            (None, Some(op), _) => op.span(),
            (_, _, Some(path)) => path.span,
            _ => place,
        },
        op: read.ok_or_else(|| word.into_owned()),
        path,
        from: item.get("from").and_then(Pointer::read),
        value: item.get("value").cloned(),
    }
}

/// Applies operations in order.
///
/// # Errors
/// The first operation that cannot be carried out; the object is as it was before.
pub fn apply(target: &mut Node, operations: &[Operation]) -> Result<(), Failure> {
    let mut patched = target.clone();
    let mut copied = 0;
    operations.iter().try_for_each(|operation| step(&mut patched, operation, &mut copied))?;
    through_floats(&mut patched);
    *target = patched;
    Ok(())
}

fn step(target: &mut Node, operation: &Operation, copied: &mut usize) -> Result<(), Failure> {
    if let Some(fault) = operation.fault() {
        return Err(fault);
    }
    let (Ok(op), Some(path)) = (&operation.op, &operation.path) else { return Ok(()) };
    let fail = |pointer: &Pointer, doing: &str, why: &str| Failure {
        message: format!("cannot {} {doing}`{}`: {why}", op.word(), pointer.text),
        span: pointer.span,
        kind: FailureKind::Object,
    };
    let value = || operation.value.clone().unwrap_or_else(|| Node::new(Value::Null, operation.span));
    match op {
        Op::Add => add(target, path, value()).map_err(|why| fail(path, "", why)),
        Op::Replace => replace(target, path, value()).map_err(|why| fail(path, "", why)),
        Op::Remove => remove(target, path).map(drop).map_err(|why| fail(path, "", why)),
        Op::Move | Op::Copy => {
            let from = operation.from.as_ref().unwrap_or(path);
            let taken = match op {
                Op::Move => remove(target, from).map(Some),
                _ => look(target, from).map(|found| found.cloned()),
            };
            let taken = taken.map_err(|why| fail(from, "from ", why))?;
            // A key that is not there copies as null.
            let moved = taken.unwrap_or_else(|| Node::new(Value::Null, from.span));
            if *op == Op::Copy {
                count(&moved, copied);
                if *copied > MAX_COPIED {
                    let message = format!("the copies of the patch hold more than {MAX_COPIED} values");
                    return Err(Failure { message, span: from.span, kind: FailureKind::Limit });
                }
            }
            add(target, path, moved).map_err(|why| fail(path, "to ", why))
        }
        Op::Test => {
            let found = if path.text.is_empty() {
                Some(&*target)
            } else {
                look(target, path).map_err(|why| fail(path, "", why))?
            };
            let equal = match (found, &operation.value) {
                (None, None) => true,
                (None, Some(wanted)) => wanted.is_null(),
                (Some(found), None) => found.is_null(),
                (Some(found), Some(wanted)) => found.holds_unknown() || found.same_value(wanted),
            };
            if equal {
                return Ok(());
            }
            let message = format!("the test of `{}` fails: another value stands there", path.text);
            Err(Failure { message, span: path.span, kind: FailureKind::Object })
        }
    }
}

/// How many values a patch may copy within one object: what copies itself grows beyond all bounds.
const MAX_COPIED: usize = 100_000;

/// Counts values until there are too many.
fn count(node: &Node, so_far: &mut usize) {
    *so_far += 1;
    for value in node.items().iter().chain(node.entries().map(|entry| &entry.value)) {
        if *so_far > MAX_COPIED {
            return;
        }
        count(value, so_far);
    }
}

const NO_PARENT: &str = "the way there does not exist";
const NO_ELEMENT: &str = "no such element";

/// Where a list position points; negative ones count from the end.
fn position(text: &str, len: usize) -> Result<usize, &'static str> {
    let index: i64 = text.parse().map_err(|_| "the index is no number")?;
    let index = if index < 0 { index.checked_add_unsigned(len as u64).ok_or(NO_ELEMENT)? } else { index };
    usize::try_from(index).map_err(|_| NO_ELEMENT)
}

fn child<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    match &node.value {
        Value::Seq(items) => items.get(position(key, items.len()).ok()?),
        _ => node.get(key),
    }
}

fn parent_of<'n>(node: &'n mut Node, path: &[String]) -> Option<&'n mut Node> {
    let mut parent = node;
    for part in path {
        parent = match &parent.value {
            Value::Seq(items) => {
                let at = position(part, items.len()).ok()?;
                parent.as_seq_mut()?.get_mut(at)?
            }
            Value::Map(_) => parent.as_map_mut()?.get_mut(part)?,
            _ => return None,
        };
    }
    matches!(parent.value, Value::Seq(_) | Value::Map(_)).then_some(parent)
}

/// The value at a path; a missing key of a map is no failure.
fn look<'n>(node: &'n Node, path: &Pointer) -> Result<Option<&'n Node>, &'static str> {
    let (parents, last) = path.split().ok_or(NO_PARENT)?;
    let parent = parents.iter().try_fold(node, |node, part| child(node, part)).ok_or(NO_PARENT)?;
    match &parent.value {
        Value::Seq(items) => items.get(position(&last, items.len())?).map(Some).ok_or(NO_ELEMENT),
        Value::Map(map) => Ok(map.get(&last)),
        _ => Err(NO_PARENT),
    }
}

fn set_by_patch(value: Node, before: Option<Origin>) -> Node {
    let place = value.span();
    value.marked(Step::JsonPatched, place, before)
}

fn add(target: &mut Node, path: &Pointer, value: Node) -> Result<(), &'static str> {
    let (parents, last) = path.split().ok_or(NO_PARENT)?;
    let parent = parent_of(target, &parents).ok_or(NO_PARENT)?;
    if let Value::Seq(items) = &parent.value {
        // One more place than elements: the last one appends, and so does -1.
        let places = items.len() + 1;
        let at = if last == "-" { items.len() } else { position(&last, places)? };
        if at >= places {
            return Err("the index is beyond the end");
        }
        if let Some(items) = parent.as_seq_mut() {
            items.insert(at, set_by_patch(value, None));
        }
        return Ok(());
    }
    put(parent, &last, value)
}

fn replace(target: &mut Node, path: &Pointer, value: Node) -> Result<(), &'static str> {
    if path.text.is_empty() {
        if !matches!(value.value, Value::Map(_)) {
            return Err("only a map can stand for the whole object");
        }
        let before = target.origin.clone();
        *target = set_by_patch(value, Some(before));
        return Ok(());
    }
    let (parents, last) = path.split().ok_or(NO_PARENT)?;
    let parent = parent_of(target, &parents).ok_or(NO_PARENT)?;
    if let Value::Seq(items) = &parent.value {
        let at = position(&last, items.len())?;
        let item = parent.as_seq_mut().and_then(|items| items.get_mut(at)).ok_or(NO_ELEMENT)?;
        let before = item.origin.clone();
        *item = set_by_patch(value, Some(before));
        return Ok(());
    }
    // A key that is not there is added.
    put(parent, &last, value)
}

fn put(parent: &mut Node, key: &str, value: Node) -> Result<(), &'static str> {
    let map = parent.as_map_mut().ok_or(NO_PARENT)?;
    let before = map.get(key).map(|old| old.origin.clone());
    let value = set_by_patch(value, before);
    map.set(key, value.span(), value);
    Ok(())
}

fn remove(target: &mut Node, path: &Pointer) -> Result<Node, &'static str> {
    let (parents, last) = path.split().ok_or(NO_PARENT)?;
    let parent = parent_of(target, &parents).ok_or(NO_PARENT)?;
    if let Value::Seq(items) = &parent.value {
        let at = position(&last, items.len())?;
        let items = parent.as_seq_mut().filter(|items| at < items.len()).ok_or(NO_ELEMENT)?;
        return Ok(items.remove(at));
    }
    parent.as_map_mut().and_then(|map| map.remove(&last)).map(|entry| entry.value).ok_or("no such key")
}

/// The object is read back with floats: numbers beyond their precision change.
fn through_floats(node: &mut Node) {
    if !holds_large(node) {
        return;
    }
    match &mut node.value {
        Value::Int(value) => *value = *value as f64 as i64,
        Value::Uint(value) => *value = *value as f64 as u64,
        Value::Seq(_) => node.as_seq_mut().into_iter().flatten().for_each(through_floats),
        Value::Map(_) => {
            node.as_map_mut().into_iter().flat_map(|map| map.iter_mut()).for_each(|e| through_floats(&mut e.value));
        }
        _ => {}
    }
}

fn holds_large(node: &Node) -> bool {
    match &node.value {
        Value::Int(value) => value.unsigned_abs() > EXACT,
        Value::Uint(_) => true,
        Value::Seq(items) => items.iter().any(holds_large),
        Value::Map(map) => map.iter().any(|entry| holds_large(&entry.value)),
        _ => false,
    }
}
