//! Fields and elements: `a.b`, `a.?b`, `a[b]`, `has(a.b)`.

use std::sync::Arc;

use super::expr::Field;
use super::value::{Outcome, Stop, Value};

/// The field of a map, also where Kubernetes escapes its name.
pub fn field_of<'w>(value: &Value<'w>, field: &Field) -> Result<Option<Value<'w>>, Stop> {
    match (value.field(&field.name)?, &field.unescaped) {
        (None, Some(plain)) => value.field(plain),
        (found, _) => Ok(found),
    }
}

/// `has(a.b)`
pub fn has(value: &Value<'_>, field: &Field) -> Result<bool, Stop> {
    Ok(field_of(value, field)?.is_some_and(|found| !is_empty(&found)))
}

/// A key of YAML without a value is as good as no key: the API server drops it.
fn is_empty(value: &Value<'_>) -> bool {
    matches!(value, Value::Node(node) | Value::Sealed(node) if node.is_null())
}

/// `a.?b`
pub fn optional_field<'w>(value: Option<&Value<'w>>, field: &Field) -> Outcome<'w> {
    let Some(value) = value else { return Ok(Value::Optional(None)) };
    match field_of(value, field) {
        Ok(found) => Ok(Value::Optional(found.filter(|found| !is_empty(found)).map(Arc::new))),
        Err(Stop::Unknown) => Err(Stop::Unknown),
        // `null.?a` is none, too.
        Err(_) => Ok(Value::Optional(None)),
    }
}

/// `a[b]`; `None` where it is absent.
pub fn item<'w>(of: &Value<'w>, index: &Value<'w>) -> Result<Option<Value<'w>>, Stop> {
    if of.is_unknown() {
        return Err(Stop::Unknown);
    }
    if let Some(items) = of.items() {
        return match index.plain()? {
            Value::Int(at) => Ok(usize::try_from(at).ok().and_then(|at| items.get(at).cloned())),
            other => Err(Stop::error(format!("a list has no element `{}`", other.shown()))),
        };
    }
    match (of, index.plain()?) {
        (Value::Map(entries), key) => {
            for (known, value) in entries.iter() {
                if known.equals(&key)? {
                    return Ok(Some(value.clone()));
                }
            }
            Ok(None)
        }
        (of, Value::Str(key)) => of.field(&key),
        (of, key) => Err(Stop::error(format!("a {} has no element `{}`", of.type_name(), key.shown()))),
    }
}

/// `a[?b]`
pub fn optional_item<'w>(of: Option<&Value<'w>>, index: &Value<'w>) -> Outcome<'w> {
    let Some(of) = of else { return Ok(Value::Optional(None)) };
    match item(of, index) {
        Ok(found) => Ok(Value::Optional(found.map(Arc::new))),
        Err(Stop::Unknown) => Err(Stop::Unknown),
        Err(_) => Ok(Value::Optional(None)),
    }
}
