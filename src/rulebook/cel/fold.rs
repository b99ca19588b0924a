//! Macros over lists and maps: `all`, `exists`, `filter`, `map`.

use std::sync::Arc;

use super::eval::{Machine, boolean};
use super::expr::{Fold, FoldKind};
use super::value::{Outcome, Stop, Value};

impl<'w> Machine<'_, 'w> {
    /// The value of a macro.
    pub(super) fn fold(&self, fold: &Fold, locals: &mut Vec<Value<'w>>) -> Outcome<'w> {
        let range = self.eval(&fold.range, locals)?;
        if range.is_unknown() {
            return Err(Stop::Unknown);
        }
        let items = range.items();
        let is_list = items.is_some();
        let elements: Vec<(Value<'w>, Value<'w>)> = match (items, range.entries()) {
            (Some(items), _) => {
                let numbered = items.into_iter().enumerate();
                numbered.map(|(at, item)| (Value::Int(i64::try_from(at).unwrap_or(i64::MAX)), item)).collect()
            }
            (None, Some(entries)) => entries,
            (None, None) => return Err(Stop::error(format!("a {} has no elements", range.type_name()))),
        };
        // They were listed, however soon one of them decides.
        self.spend(elements.len())?;
        let (mut made, mut pairs) = (Vec::new(), Vec::new());
        let (mut held, mut stop): (usize, Option<Stop>) = (0, None);
        for (key, value) in elements {
            let before = locals.len();
            match (fold.has_two, is_list) {
                (true, _) => locals.extend([key.clone(), value.clone()]),
                (false, true) => locals.push(value.clone()),
                (false, false) => locals.push(key.clone()),
            }
            let step = self.element(fold, locals);
            locals.truncate(before);
            let step = match step {
                Ok(Some(step)) => step,
                Ok(None) => continue,
                Err(Stop::Limit) => return Err(Stop::Limit),
                // What decides may still come.
                Err(why) if matches!(fold.kind, FoldKind::All | FoldKind::Exists) => {
                    if stop != Some(Stop::Unknown) {
                        stop = Some(why);
                    }
                    continue;
                }
                Err(why) => return Err(why),
            };
            match fold.kind {
                FoldKind::All if step.is(false) => return Ok(Value::Bool(false)),
                FoldKind::Exists if step.is(true) => return Ok(Value::Bool(true)),
                FoldKind::All | FoldKind::Exists => {}
                FoldKind::ExistsOne => held += usize::from(step.is(true)),
                FoldKind::Filter if step.is(true) => made.push(if is_list { value } else { key }),
                FoldKind::Filter => {}
                FoldKind::Map => made.push(step),
                FoldKind::TransformMap => pairs.push((key, step)),
            }
        }
        if let Some(why) = stop {
            return Err(why);
        }
        Ok(match fold.kind {
            FoldKind::All => Value::Bool(true),
            FoldKind::Exists => Value::Bool(false),
            FoldKind::ExistsOne => Value::Bool(held == 1),
            FoldKind::Filter | FoldKind::Map => Value::list(made),
            FoldKind::TransformMap => Value::Map(Arc::new(pairs)),
        })
    }

    /// What is made of one element; `None` where the filter leaves it out.
    fn element(&self, fold: &Fold, locals: &mut Vec<Value<'w>>) -> Result<Option<Value<'w>>, Stop> {
        if let Some(filter) = &fold.filter
            && !boolean(self.eval(filter, locals)?)?
        {
            return Ok(None);
        }
        let value = self.eval(&fold.body, locals)?;
        match fold.kind {
            FoldKind::Map | FoldKind::TransformMap => Ok(Some(value)),
            _ => boolean(value).map(|answer| Some(Value::Bool(answer))),
        }
    }
}

impl Value<'_> {
    fn is(&self, wanted: bool) -> bool {
        matches!(self, Value::Bool(value) if *value == wanted)
    }
}
