//! Runs expressions: a step counter instead of a clock, and a third answer for what hangs on an unreadable value.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use super::access::{field_of, has, item, optional_field, optional_item};
use super::call;
use super::expr::{Expr, Op, Program};
use super::functions::Function;
use super::operators::{overflow, two};
use super::value::{Outcome, Stop, Value};

/// Steps that one expression may take.
pub const MAX_STEPS: u64 = 1_000_000;

/// Steps that all expressions of a rule or policy may take in one cluster.
pub const MAX_ALL_STEPS: u64 = 200 * MAX_STEPS;

/// How deep expressions are in each other, through `let` too: the stack of a thread is small.
const MAX_NESTING: usize = 120;

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
    depth: Cell<usize>,
    known: RefCell<Vec<Option<(Outcome<'w>, bool)>>>,
}

impl<'m, 'w> Machine<'m, 'w> {
    /// A machine that has not run anything.
    pub fn new(given: &'m [Value<'w>], lets: &'m [Program], world: &'m dyn World<'w>) -> Self {
        let known = RefCell::new(vec![None; lets.len()]);
        Machine { given, lets, world, notes: Notes::default(), steps: Cell::new(0), depth: Cell::new(0), known }
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

    pub(super) fn eval(&self, expr: &Expr, locals: &mut Vec<Value<'w>>) -> Outcome<'w> {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        let depth = self.depth.get() + 1;
        if steps > MAX_STEPS || depth > MAX_NESTING {
            return Err(Stop::Limit);
        }
        self.depth.set(depth);
        let value = self.op(&expr.op, locals).map_err(|stop| stop.placed(expr.at));
        self.depth.set(depth - 1);
        let value = value?;
        if matches!(&value, Value::Sealed(node) if node.as_map().is_none()) {
            self.notes.sealed.set(true);
        }
        Ok(value)
    }

    /// Counts the steps of an operation over values before it begins.
    fn takes<'v>(&self, values: impl IntoIterator<Item = &'v Value<'w>>) -> Result<(), Stop>
    where
        'w: 'v,
    {
        for value in values {
            let left = MAX_STEPS.saturating_sub(self.steps.get());
            // One step for the value itself was counted when it was made.
            let size = value.size(usize::try_from(left).unwrap_or(usize::MAX).saturating_add(1)) - 1;
            self.spend(size)?;
        }
        Ok(())
    }

    /// Counts steps.
    pub(super) fn spend(&self, steps: usize) -> Result<(), Stop> {
        self.steps.set(self.steps.get() + steps as u64);
        if self.steps.get() > MAX_STEPS { Err(Stop::Limit) } else { Ok(()) }
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
                self.takes([&left, &right])?;
                two(*binary, &left, &right)
            }
            Op::Call(function, arguments) => {
                let mut values = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    values.push(self.eval(argument, locals)?);
                }
                self.takes(&values)?;
                self.world.ask(*function, &values, &self.notes).unwrap_or_else(|| call::call(*function, &values))
            }
            Op::Matches(text, pattern) => match self.eval(text, locals)?.plain()? {
                value @ Value::Str(_) => {
                    self.takes([&value])?;
                    Ok(Value::Bool(matches!(&value, Value::Str(text) if pattern.is_match(text))))
                }
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
