//! Runs expressions: a step counter instead of a clock, and a third answer for what hangs on an unreadable value.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::sync::Arc;

use super::call;
use super::expr::{Binary, Expr, Field, Fold, FoldKind, Op, Program};
use super::functions::Function;
use super::value::{Outcome, Stop, Value};

/// Steps that one expression may take.
pub const MAX_STEPS: u64 = 1_000_000;

/// What functions ask of the cluster.
pub trait World<'w> {
    /// The value of a function that looks something up; `None` for all others.
    fn ask(&self, function: Function, arguments: &[Value<'w>], notes: &Notes) -> Option<Outcome<'w>>;
}

/// A world of which nothing can be asked.
pub struct Nowhere;

impl<'w> World<'w> for Nowhere {
    fn ask(&self, _: Function, _: &[Value<'w>], _: &Notes) -> Option<Outcome<'w>> {
        None
    }
}

/// What came up while an expression ran.
#[derive(Debug, Default)]
pub struct Notes {
    /// A value of a Secret was read: what comes of it is not printed.
    pub sealed: Cell<bool>,
    /// Objects were listed of which there may be more.
    pub open: Cell<bool>,
}

/// Runs the expressions of a rule on one object.
pub struct Machine<'m, 'w> {
    /// Values of the names, in the order of the scope.
    pub given: &'m [Value<'w>],
    /// The expressions of `let`.
    pub lets: &'m [Program],
    /// What can be asked.
    pub world: &'m dyn World<'w>,
    /// What came up.
    pub notes: Notes,
    steps: Cell<u64>,
    known: RefCell<Vec<Option<(Outcome<'w>, bool)>>>,
}

impl<'m, 'w> Machine<'m, 'w> {
    /// A machine that has not run anything.
    pub fn new(given: &'m [Value<'w>], lets: &'m [Program], world: &'m dyn World<'w>) -> Self {
        let known = RefCell::new(vec![None; lets.len()]);
        Machine { given, lets, world, notes: Notes::default(), steps: Cell::new(0), known }
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// Why it has none.
    pub fn run(&self, program: &Program) -> Outcome<'w> {
        self.eval(&program.expr, &mut Vec::new())
    }

    /// Steps taken so far.
    pub fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// What is known of `let`, for a machine of the next item: what hangs on the item is left out.
    pub fn carried(&self, to: &Machine<'_, 'w>) {
        for (program, (from, into)) in
            self.lets.iter().zip(self.known.borrow().iter().zip(to.known.borrow_mut().iter_mut()))
        {
            if !program.uses_item {
                into.clone_from(from);
            }
        }
    }

    fn eval(&self, expr: &Expr, locals: &mut Vec<Value<'w>>) -> Outcome<'w> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if steps > MAX_STEPS {
            return Err(Stop::Limit);
        }
        let value = self.op(&expr.op, locals).map_err(|stop| stop.placed(expr.at))?;
        if matches!(&value, Value::Sealed(node) if node.as_map().is_none()) {
            self.notes.sealed.set(true);
        }
        Ok(value)
    }

    fn op(&self, op: &Op, locals: &mut Vec<Value<'w>>) -> Outcome<'w> {
        match op {
            Op::Const(value) => Ok(value.clone()),
            Op::Given(at) => Ok(self.given.get(*at).cloned().unwrap_or(Value::Null)),
            Op::Local(at) => Ok(locals.get(*at).cloned().unwrap_or(Value::Null)),
            Op::Let(at) => self.named(*at),
            Op::Select(of, field) => match self.eval(of, locals)? {
                Value::Optional(inner) => optional_field(inner.as_deref(), field),
                value => {
                    let found = field_of(&value, field)?;
                    found.ok_or_else(|| Stop::error(format!("there is no key `{}`", field.name)))
                }
            },
            Op::Has(of, field) => match self.eval(of, locals)? {
                Value::Optional(None) => Ok(Value::Bool(false)),
                Value::Optional(Some(value)) => Ok(Value::Bool(has(&value, field)?)),
                value => Ok(Value::Bool(has(&value, field)?)),
            },
            Op::OptSelect(of, field) => match self.eval(of, locals)? {
                Value::Optional(inner) => optional_field(inner.as_deref(), field),
                value => optional_field(Some(&value), field),
            },
            Op::Index(of, index) => {
                let (of, index) = (self.eval(of, locals)?, self.eval(index, locals)?);
                if let Value::Optional(inner) = of {
                    return optional_item(inner.as_deref(), &index);
                }
                item(&of, &index)?.ok_or_else(|| Stop::error(format!("there is no `{}` in it", index.shown())))
            }
            Op::OptIndex(of, index) => {
                let (of, index) = (self.eval(of, locals)?, self.eval(index, locals)?);
                match of {
                    Value::Optional(inner) => optional_item(inner.as_deref(), &index),
                    of => optional_item(Some(&of), &index),
                }
            }
            Op::List(items) => {
                let mut values = Vec::with_capacity(items.len());
                for (item, is_optional) in items {
                    match (self.eval(item, locals)?, is_optional) {
                        (Value::Optional(inner), true) => values.extend(inner.as_deref().cloned()),
                        (value, _) => values.push(value),
                    }
                }
                Ok(Value::list(values))
            }
            Op::Map(entries) => {
                let mut values = Vec::with_capacity(entries.len());
                for (key, value, is_optional) in entries {
                    let key = self.eval(key, locals)?.plain()?;
                    match (self.eval(value, locals)?, is_optional) {
                        (Value::Optional(inner), true) => {
                            values.extend(inner.as_deref().cloned().map(|value| (key, value)));
                        }
                        (value, _) => values.push((key, value)),
                    }
                }
                Ok(Value::Map(Arc::new(values)))
            }
            Op::And(left, right) => self.logic(left, right, false, locals),
            Op::Or(left, right) => self.logic(left, right, true, locals),
            Op::Not(inner) => Ok(Value::Bool(!boolean(self.eval(inner, locals)?)?)),
            Op::Negative(inner) => match self.eval(inner, locals)?.plain()? {
                Value::Int(value) => value.checked_neg().map(Value::Int).ok_or_else(overflow),
                Value::Double(value) => Ok(Value::Double(-value)),
                other => Err(Stop::error(format!("a {} has no negative", other.type_name()))),
            },
            Op::Choice(parts) => {
                let [condition, yes, no] = &**parts;
                if boolean(self.eval(condition, locals)?)? { self.eval(yes, locals) } else { self.eval(no, locals) }
            }
            Op::Binary(binary, left, right) => {
                let (left, right) = (self.eval(left, locals)?, self.eval(right, locals)?);
                two(*binary, &left, &right)
            }
            Op::Call(function, arguments) => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    values.push(self.eval(argument, locals)?);
                }
                self.steps.set(self.steps.get() + values.iter().filter_map(Value::count).sum::<usize>() as u64);
                self.world.ask(*function, &values, &self.notes).unwrap_or_else(|| call::call(*function, &values))
            }
            Op::Matches(text, pattern) => match self.eval(text, locals)?.plain()? {
                Value::Str(text) => Ok(Value::Bool(pattern.is_match(&text))),
                other => Err(Stop::error(format!("`matches` is asked of a {}", other.type_name()))),
            },
            Op::Fold(fold) => self.fold(fold, locals),
            Op::Bind(init, body) => {
                let value = self.eval(init, locals)?;
                self.with(locals, [value], |locals| self.eval(body, locals))
            }
            Op::OptMap(of, body, is_flat) => match self.eval(of, locals)? {
                Value::Optional(None) => Ok(Value::Optional(None)),
                Value::Optional(Some(inner)) => {
                    let made = self.with(locals, [(*inner).clone()], |locals| self.eval(body, locals))?;
                    Ok(if *is_flat { made } else { Value::some(made) })
                }
                other => Err(Stop::error(format!("a {} is no optional", other.type_name()))),
            },
        }
    }

    fn named(&self, at: usize) -> Outcome<'w> {
        if let Some((known, sealed)) = self.known.borrow().get(at).cloned().flatten() {
            self.notes.sealed.set(self.notes.sealed.get() || sealed);
            return known;
        }
        let before = self.notes.sealed.replace(false);
        // An error inside of it is reported where it is used.
        let outcome = match self.lets.get(at) {
            Some(program) => self.run(program).map_err(|stop| match stop {
                Stop::Error { message, .. } => Stop::error(message),
                other => other,
            }),
            None => Ok(Value::Null),
        };
        let sealed = self.notes.sealed.get();
        self.notes.sealed.set(before || sealed);
        if let Some(slot) = self.known.borrow_mut().get_mut(at) {
            *slot = Some((outcome.clone(), sealed));
        }
        outcome
    }

    /// `&&` and `||`: one side may decide whatever the other one is.
    fn logic(&self, left: &Expr, right: &Expr, decides: bool, locals: &mut Vec<Value<'w>>) -> Outcome<'w> {
        let left = self.eval(left, locals).and_then(boolean);
        if left == Ok(decides) || left == Err(Stop::Limit) {
            return left.map(Value::Bool);
        }
        let right = self.eval(right, locals).and_then(boolean);
        match (left, right) {
            (_, Ok(value)) if value == decides => Ok(Value::Bool(decides)),
            (_, Err(Stop::Limit)) => Err(Stop::Limit),
            (Err(Stop::Unknown), _) | (_, Err(Stop::Unknown)) => Err(Stop::Unknown),
            (Err(stop), _) | (_, Err(stop)) => Err(stop),
            (Ok(_), Ok(_)) => Ok(Value::Bool(!decides)),
        }
    }

    fn with<const N: usize, T>(
        &self,
        locals: &mut Vec<Value<'w>>,
        values: [Value<'w>; N],
        run: impl FnOnce(&mut Vec<Value<'w>>) -> T,
    ) -> T {
        let before = locals.len();
        locals.extend(values);
        let made = run(locals);
        locals.truncate(before);
        made
    }

    fn fold(&self, fold: &Fold, locals: &mut Vec<Value<'w>>) -> Outcome<'w> {
        let range = self.eval(&fold.range, locals)?;
        if range.is_unknown() {
            return Err(Stop::Unknown);
        }
        let is_list = range.items().is_some();
        let elements: Vec<(Value<'w>, Value<'w>)> = match (range.items(), range.entries()) {
            (Some(items), _) => {
                let numbered = items.into_iter().enumerate();
                numbered.map(|(at, item)| (Value::Int(i64::try_from(at).unwrap_or(i64::MAX)), item)).collect()
            }
            (None, Some(entries)) => entries,
            (None, None) => return Err(Stop::error(format!("a {} has no elements", range.type_name()))),
        };
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

/// The value as a condition.
///
/// # Errors
/// It is none, or cannot be read.
pub fn boolean(value: Value<'_>) -> Result<bool, Stop> {
    match value.plain()? {
        Value::Bool(value) => Ok(value),
        other => Err(Stop::error(format!("a {} is neither true nor false", other.type_name()))),
    }
}

pub fn overflow() -> Stop {
    Stop::error("the number is too large")
}

fn field_of<'w>(value: &Value<'w>, field: &Field) -> Result<Option<Value<'w>>, Stop> {
    match (value.field(&field.name)?, &field.unescaped) {
        (None, Some(plain)) => value.field(plain),
        (found, _) => Ok(found),
    }
}

fn has(value: &Value<'_>, field: &Field) -> Result<bool, Stop> {
    Ok(field_of(value, field)?.is_some_and(|found| !is_empty(&found)))
}

/// A key of YAML without a value is as good as no key: the API server drops it.
fn is_empty(value: &Value<'_>) -> bool {
    matches!(value, Value::Node(node) | Value::Sealed(node) if node.is_null())
}

fn optional_field<'w>(value: Option<&Value<'w>>, field: &Field) -> Outcome<'w> {
    let Some(value) = value else { return Ok(Value::Optional(None)) };
    match field_of(value, field) {
        Ok(found) => Ok(Value::Optional(found.filter(|found| !is_empty(found)).map(Arc::new))),
        Err(Stop::Unknown) => Err(Stop::Unknown),
        // `null.?a` is none, too.
        Err(_) => Ok(Value::Optional(None)),
    }
}

fn item<'w>(of: &Value<'w>, index: &Value<'w>) -> Result<Option<Value<'w>>, Stop> {
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

fn optional_item<'w>(of: Option<&Value<'w>>, index: &Value<'w>) -> Outcome<'w> {
    let Some(of) = of else { return Ok(Value::Optional(None)) };
    match item(of, index) {
        Ok(found) => Ok(Value::Optional(found.map(Arc::new))),
        Err(Stop::Unknown) => Err(Stop::Unknown),
        Err(_) => Ok(Value::Optional(None)),
    }
}

fn two<'w>(binary: Binary, left: &Value<'w>, right: &Value<'w>) -> Outcome<'w> {
    let ordered = |test: fn(Ordering) -> bool, sign: &str| match left.compare(right)? {
        Some(order) => Ok(Value::Bool(test(order))),
        None => {
            Err(Stop::error(format!("a {} and a {} do not compare by `{sign}`", left.type_name(), right.type_name())))
        }
    };
    match binary {
        Binary::Equal => left.equals(right).map(Value::Bool),
        Binary::NotEqual => left.equals(right).map(|same| Value::Bool(!same)),
        Binary::Less => ordered(Ordering::is_lt, "<"),
        Binary::LessOrEqual => ordered(Ordering::is_le, "<="),
        Binary::Greater => ordered(Ordering::is_gt, ">"),
        Binary::GreaterOrEqual => ordered(Ordering::is_ge, ">="),
        Binary::In => contains(right, left).map(Value::Bool),
        Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide | Binary::Modulo => {
            arithmetic(binary, &left.plain()?, &right.plain()?)
        }
    }
}

/// Whether a list has an element, or a map a key.
pub fn contains<'w>(of: &Value<'w>, wanted: &Value<'w>) -> Result<bool, Stop> {
    if of.is_unknown() || wanted.is_unknown() {
        return Err(Stop::Unknown);
    }
    let elements = match (of.items(), of.entries()) {
        (Some(items), _) => items,
        (None, Some(entries)) => entries.into_iter().map(|(key, _)| key).collect(),
        (None, None) => return Err(Stop::error(format!("nothing is in a {}", of.type_name()))),
    };
    let mut stop = None;
    for element in &elements {
        match element.equals(wanted) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(why) => stop = Some(why),
        }
    }
    stop.map_or(Ok(false), Err)
}

fn arithmetic<'w>(binary: Binary, left: &Value<'w>, right: &Value<'w>) -> Outcome<'w> {
    let by_zero = || Stop::error("divides by zero");
    match (left, right) {
        (Value::Int(a), Value::Int(b)) => match binary {
            Binary::Add => a.checked_add(*b),
            Binary::Subtract => a.checked_sub(*b),
            Binary::Multiply => a.checked_mul(*b),
            _ if *b == 0 => return Err(by_zero()),
            Binary::Divide => a.checked_div(*b),
            _ => a.checked_rem(*b),
        }
        .map(Value::Int)
        .ok_or_else(overflow),
        (Value::Uint(a), Value::Uint(b)) => match binary {
            Binary::Add => a.checked_add(*b),
            Binary::Subtract => a.checked_sub(*b),
            Binary::Multiply => a.checked_mul(*b),
            _ if *b == 0 => return Err(by_zero()),
            Binary::Divide => a.checked_div(*b),
            _ => a.checked_rem(*b),
        }
        .map(Value::Uint)
        .ok_or_else(overflow),
        (Value::Double(a), Value::Double(b)) => Ok(Value::Double(match binary {
            Binary::Add => a + b,
            Binary::Subtract => a - b,
            Binary::Multiply => a * b,
            Binary::Divide => a / b,
            _ => return Err(Stop::error("a double has no remainder")),
        })),
        (Value::Str(a), Value::Str(b)) if binary == Binary::Add => Ok(Value::text(format!("{a}{b}"))),
        (Value::Duration(a), Value::Duration(b)) if binary == Binary::Add => {
            a.checked_add(*b).map(Value::Duration).ok_or_else(overflow)
        }
        (Value::Duration(a), Value::Duration(b)) if binary == Binary::Subtract => {
            a.checked_sub(*b).map(Value::Duration).ok_or_else(overflow)
        }
        _ => match (left.items(), right.items()) {
            (Some(a), Some(b)) if binary == Binary::Add => Ok(Value::list(a.into_iter().chain(b).collect())),
            _ => Err(Stop::error(format!(
                "a {} and a {} do not go together by `{}`",
                left.type_name(),
                right.type_name(),
                match binary {
                    Binary::Add => "+",
                    Binary::Subtract => "-",
                    Binary::Multiply => "*",
                    Binary::Divide => "/",
                    _ => "%",
                }
            ))),
        },
    }
}
