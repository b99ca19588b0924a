//! The parser's tree to an expression that is ready to run; what cannot run is refused with its place.

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr as Parsed, IdedExpr, LiteralValue, SourceInfo};

use super::expr::{Binary, Expr, Field, Fold, FoldKind, Op, Program, Refused, Scope};
use super::functions::{Function, NoSuch};
use super::parse::token;
use super::value::Value;
use crate::config::nearest;
use crate::source;

/// Deepest nesting that is run.
const MAX_DEPTH: usize = 110;

/// Variables that change from item to item.
const OF_ITEM: [&str; 3] = ["item", "index", "key"];

/// Types that expressions name.
const TYPES: [&str; 9] = ["null_type", "bool", "int", "uint", "double", "string", "list", "map", "bytes"];

/// Makes an expression ready.
pub fn lower(text: &str, parsed: &IdedExpr, info: &SourceInfo, scope: &Scope<'_>) -> Result<Program, Refused> {
    let mut lowering = Lowering {
        text,
        info,
        scope,
        locals: Vec::new(),
        depth: 0,
        uses_item: false,
        lets: Vec::new(),
        params: Vec::new(),
    };
    let expr = lowering.expr(parsed)?;
    Ok(Program {
        text: text.to_owned(),
        expr,
        uses_item: lowering.uses_item,
        lets: lowering.lets,
        params: lowering.params,
    })
}

struct Lowering<'l> {
    text: &'l str,
    info: &'l SourceInfo,
    scope: &'l Scope<'l>,
    locals: Vec<String>,
    depth: usize,
    uses_item: bool,
    lets: Vec<usize>,
    params: Vec<String>,
}

type Lowered = Result<Expr, Refused>;

impl Lowering<'_> {
    fn at(&self, parsed: &IdedExpr) -> usize {
        let start = self.info.offset_for(parsed.id).map_or(0, |(start, _)| start as usize);
        // The parser counts characters.
        self.text.char_indices().nth(start).map_or(self.text.len(), |(at, _)| at)
    }

    fn refused(&self, at: usize, message: impl Into<String>, label: &str, help: Option<String>) -> Refused {
        let word = token(self.text.get(at..).unwrap_or_default());
        Refused { at: at..at + word.len(), message: message.into(), label: label.to_owned(), help }
    }

    fn boxed(&mut self, parsed: &IdedExpr) -> Result<Box<Expr>, Refused> {
        self.expr(parsed).map(Box::new)
    }

    fn expr(&mut self, parsed: &IdedExpr) -> Lowered {
        let at = self.at(parsed);
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.refused(at, "is nested too deeply", "too deep", None));
        }
        let op = match &parsed.expr {
            Parsed::Literal(literal) => Op::Const(constant(literal)),
            Parsed::Ident(name) => self.name(name, at)?,
            Parsed::Select(select) => {
                let field = Field::new(&select.field);
                match (self.member(&select.operand, &select.field, at)?, select.test) {
                    (Some(op), false) => op,
                    (Some(_), true) | (None, true) => Op::Has(self.boxed(&select.operand)?, field),
                    (None, false) => Op::Select(self.boxed(&select.operand)?, field),
                }
            }
            Parsed::List(list) => {
                let mut items = Vec::new();
                for (index, item) in list.elements.iter().enumerate() {
                    items.push((self.expr(item)?, list.optional_indices.contains(&index)));
                }
                Op::List(items)
            }
            Parsed::Map(map) => {
                let mut entries = Vec::new();
                for entry in &map.entries {
                    if let EntryExpr::MapEntry(entry) = &entry.expr {
                        entries.push((self.expr(&entry.key)?, self.expr(&entry.value)?, entry.optional));
                    }
                }
                Op::Map(entries)
            }
            Parsed::Call(call) => self.call(call, at)?,
            Parsed::Comprehension(fold) => self.comprehension(fold, at)?,
            Parsed::Struct(_) | Parsed::Unspecified => {
                return Err(self.refused(at, "makes a message, which there is none of", "not here", None));
            }
        };
        self.depth -= 1;
        Ok(Expr { at, op })
    }

    fn name(&mut self, name: &str, at: usize) -> Result<Op, Refused> {
        let plain = name.trim_start_matches('.');
        if let Some(local) = self.locals.iter().rposition(|known| known == plain) {
            return Ok(Op::Local(local));
        }
        if let Some(given) = self.scope.names.iter().position(|known| *known == plain) {
            self.uses_item |= OF_ITEM.contains(&plain);
            return Ok(Op::Given(given));
        }
        if let Some(name) = TYPES.iter().find(|known| **known == plain) {
            return Ok(Op::Const(Value::Type(name)));
        }
        let known = self.locals.iter().map(String::as_str).chain(self.scope.names.iter().copied());
        let help = match nearest(plain, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the names here are `{}`", self.scope.names.join("`, `")),
        };
        Err(self.refused(at, format!("uses `{plain}`, which does not exist"), "unknown name", Some(help)))
    }

    /// What `variables.x` is, and whether `params.x` exists.
    fn member(&mut self, operand: &IdedExpr, field: &str, at: usize) -> Result<Option<Op>, Refused> {
        let Parsed::Ident(name) = &operand.expr else { return Ok(None) };
        if self.locals.contains(name) {
            return Ok(None);
        }
        let (known, found) = match (name.as_str(), self.scope.params) {
            ("variables", _) => {
                let lets = self.scope.lets.iter().position(|known| known == field);
                if let Some(position) = lets {
                    self.lets.push(position);
                    return Ok(Some(Op::Let(position)));
                }
                (self.scope.lets, false)
            }
            ("params", Some(params)) => (params, params.iter().any(|known| known == field)),
            _ => return Ok(None),
        };
        if found {
            self.params.push(field.to_owned());
            return Ok(None);
        }
        let help = match nearest(field, known.iter().map(String::as_str)) {
            Some(near) => Some(format!("did you mean `{name}.{near}`?")),
            None if known.is_empty() && name == "variables" => Some("name it under `let`".to_owned()),
            None if known.is_empty() => Some("declare it under `options`".to_owned()),
            None => Some(format!("there are `{}`", known.join("`, `"))),
        };
        let at = self.at(operand).min(at);
        let dotted = self.text.get(at..).and_then(|rest| rest.find(field)).map_or(at, |found| at + found);
        Err(self.refused(dotted, format!("uses `{name}.{field}`, which does not exist"), "unknown name", help))
    }

    fn call(&mut self, call: &CallExpr, at: usize) -> Result<Op, Refused> {
        let name = call.func_name.as_str();
        if let (None, [one]) = (&call.target, call.args.as_slice()) {
            match name {
                "!_" => return Ok(Op::Not(self.boxed(one)?)),
                "-_" => return Ok(Op::Negative(self.boxed(one)?)),
                _ => {}
            }
        }
        if let (None, [left, right]) = (&call.target, call.args.as_slice()) {
            if let Some(binary) = binary(name) {
                return Ok(Op::Binary(binary, self.boxed(left)?, self.boxed(right)?));
            }
            match name {
                "_&&_" => return Ok(Op::And(self.boxed(left)?, self.boxed(right)?)),
                "_||_" => return Ok(Op::Or(self.boxed(left)?, self.boxed(right)?)),
                "_[_]" => return Ok(Op::Index(self.boxed(left)?, self.boxed(right)?)),
                "_[?_]" => return Ok(Op::OptIndex(self.boxed(left)?, self.boxed(right)?)),
                "_?._" => {
                    if let Parsed::Literal(LiteralValue::String(field)) = &right.expr {
                        return Ok(Op::OptSelect(self.boxed(left)?, Field::new(field.inner())));
                    }
                }
                _ => {}
            }
        }
        if let (None, "_?_:_", [condition, yes, no]) = (&call.target, name, call.args.as_slice()) {
            return Ok(Op::Choice(Box::new([self.expr(condition)?, self.expr(yes)?, self.expr(no)?])));
        }
        if let Some(op) = self.macros(call)? {
            return Ok(op);
        }
        // `sets.contains(…)` is a function of that name, and no member of `sets`.
        if let Some(IdedExpr { expr: Parsed::Ident(space), .. }) = call.target.as_deref()
            && !self.locals.contains(space)
            && matches!(space.as_str(), "sets" | "optional" | "strings" | "format")
        {
            return self.function(&format!("{space}.{name}"), None, &call.args, at);
        }
        self.function(name, call.target.as_deref(), &call.args, at)
    }

    fn function(&mut self, name: &str, target: Option<&IdedExpr>, args: &[IdedExpr], at: usize) -> Result<Op, Refused> {
        let place = {
            let from = target.map_or(at, |target| self.at(target));
            let last = name.rsplit('.').next().unwrap_or(name);
            let mut found =
                self.text.get(from..).unwrap_or_default().match_indices(last).map(|(found, _)| from + found);
            found.find(|found| {
                self.text.get(found + last.len()..).is_some_and(|rest| rest.trim_start().starts_with('('))
            })
        };
        let place = place.unwrap_or(at);
        // What is asked comes before what it is asked: a name that does not exist is said first.
        let mut values: Vec<Expr> = target.into_iter().map(|target| self.expr(target)).collect::<Result<_, _>>()?;
        let count = args.len() + usize::from(target.is_some());
        let function = match Function::find(name, target.is_some(), count) {
            Ok(function) => function,
            Err(NoSuch::Name) => {
                let macros = ["all", "exists", "exists_one", "map", "filter", "has"];
                let near = nearest(name, Function::names().chain(macros));
                let help = near.map(|near| format!("did you mean `{near}`?"));
                return Err(self.refused(
                    place,
                    format!("calls `{name}`, which is no function"),
                    "no such function",
                    help,
                ));
            }
            Err(NoSuch::Form { is_member }) => {
                let help =
                    if is_member { format!("write `value.{name}(…)`") } else { format!("write `{name}(value)`") };
                return Err(self.refused(place, format!("calls `{name}` in the wrong form"), "wrong form", Some(help)));
            }
            Err(NoSuch::Arguments(least, most)) => {
                let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
                let message = format!("gives `{name}` {} arguments, where it takes {wanted}", args.len());
                return Err(self.refused(place, message, "wrong number of arguments", None));
            }
        };
        for part in args {
            values.push(self.expr(part)?);
        }
        if function == Function::Matches
            && let [_, Expr { op: Op::Const(Value::Str(pattern)), at: place }] = values.as_slice()
        {
            let compiled = source::compiled(pattern)
                .map_err(|_| self.refused(*place, "has a pattern that is no regular expression", "no pattern", None))?;
            let text = values.swap_remove(0);
            return Ok(Op::Matches(Box::new(text), compiled));
        }
        Ok(Op::Call(function, values))
    }

    /// Macros that the parser leaves as calls.
    fn macros(&mut self, call: &CallExpr) -> Result<Option<Op>, Refused> {
        let name = |parsed: &IdedExpr| match &parsed.expr {
            Parsed::Ident(name) => Some(name.clone()),
            _ => None,
        };
        let Some(target) = call.target.as_deref() else { return Ok(None) };
        match (call.func_name.as_str(), call.args.as_slice()) {
            ("bind", [variable, init, body]) if name(target).as_deref() == Some("cel") => {
                let Some(variable) = name(variable) else { return Ok(None) };
                let init = self.boxed(init)?;
                let body = Box::new(self.under(&[variable], body)?);
                Ok(Some(Op::Bind(init, body)))
            }
            (which @ ("optMap" | "optFlatMap"), [variable, body]) => {
                let Some(variable) = name(variable) else { return Ok(None) };
                let target = self.boxed(target)?;
                let body = Box::new(self.under(&[variable], body)?);
                Ok(Some(Op::OptMap(target, body, which == "optFlatMap")))
            }
            (which, [first, second, rest @ ..]) if !rest.is_empty() => {
                let kind = match which {
                    "all" => FoldKind::All,
                    "exists" => FoldKind::Exists,
                    "existsOne" | "exists_one" => FoldKind::ExistsOne,
                    "transformList" => FoldKind::Map,
                    "transformMap" => FoldKind::TransformMap,
                    _ => return Ok(None),
                };
                let (Some(first), Some(second)) = (name(first), name(second)) else { return Ok(None) };
                let (filter, body) = match rest {
                    [body] => (None, body),
                    [filter, body] => (Some(filter), body),
                    _ => return Ok(None),
                };
                let range = self.expr(target)?;
                let names = [first, second];
                let filter = filter.map(|filter| self.under(&names, filter)).transpose()?;
                let body = self.under(&names, body)?;
                Ok(Some(Op::Fold(Box::new(Fold { kind, range, has_two: true, filter, body }))))
            }
            _ => Ok(None),
        }
    }

    fn under(&mut self, names: &[String], body: &IdedExpr) -> Lowered {
        let before = self.locals.len();
        self.locals.extend(names.iter().cloned());
        let lowered = self.expr(body);
        self.locals.truncate(before);
        lowered
    }

    /// The macros that the parser has expanded, told by the form of their steps.
    fn comprehension(&mut self, fold: &ComprehensionExpr, at: usize) -> Result<Op, Refused> {
        let unknown = |this: &Self| this.refused(at, "has a macro that is not known here", "unknown macro", None);
        let Parsed::Call(step) = &fold.loop_step.expr else { return Err(unknown(self)) };
        let is_result = |part: &IdedExpr| matches!(&part.expr, Parsed::Ident(name) if *name == fold.accu_var);
        let appended = |part: &IdedExpr| match &part.expr {
            Parsed::Call(add) if add.func_name == "_+_" => match add.args.as_slice() {
                [_, IdedExpr { expr: Parsed::List(list), .. }] => list.elements.first().cloned(),
                _ => None,
            },
            _ => None,
        };
        let (kind, filter, body): (FoldKind, Option<&IdedExpr>, IdedExpr) =
            match (step.func_name.as_str(), step.args.as_slice()) {
                ("_&&_", [accu, body]) if is_result(accu) => (FoldKind::All, None, body.clone()),
                ("_||_", [accu, body]) if is_result(accu) => (FoldKind::Exists, None, body.clone()),
                ("_+_", [_, _]) => (FoldKind::Map, None, appended(&fold.loop_step).ok_or_else(|| unknown(self))?),
                ("_?_:_", [condition, then, _]) => match appended(then) {
                    Some(body) if matches!(&body.expr, Parsed::Ident(name) if *name == fold.iter_var) => {
                        (FoldKind::Filter, None, condition.clone())
                    }
                    Some(body) => (FoldKind::Map, Some(condition), body),
                    None => (FoldKind::ExistsOne, None, condition.clone()),
                },
                _ => return Err(unknown(self)),
            };
        let range = self.expr(&fold.iter_range)?;
        let names = [fold.iter_var.clone()];
        let filter = filter.map(|filter| self.under(&names, filter)).transpose()?;
        let body = self.under(&names, &body)?;
        Ok(Op::Fold(Box::new(Fold { kind, range, has_two: false, filter, body })))
    }
}

fn constant(literal: &LiteralValue) -> Value<'static> {
    match literal {
        LiteralValue::Boolean(value) => Value::Bool(*value.inner()),
        LiteralValue::Int(value) => Value::Int(*value.inner()),
        LiteralValue::UInt(value) => Value::Uint(*value.inner()),
        LiteralValue::Double(value) => Value::Double(*value.inner()),
        LiteralValue::String(text) => Value::text(text.inner()),
        LiteralValue::Bytes(bytes) => Value::text(String::from_utf8_lossy(bytes.inner()).into_owned()),
        LiteralValue::Null => Value::Null,
    }
}

fn binary(name: &str) -> Option<Binary> {
    Some(match name {
        "_+_" => Binary::Add,
        "_-_" => Binary::Subtract,
        "_*_" => Binary::Multiply,
        "_/_" => Binary::Divide,
        "_%_" => Binary::Modulo,
        "_==_" => Binary::Equal,
        "_!=_" => Binary::NotEqual,
        "_<_" => Binary::Less,
        "_<=_" => Binary::LessOrEqual,
        "_>_" => Binary::Greater,
        "_>=_" => Binary::GreaterOrEqual,
        "@in" => Binary::In,
        _ => return None,
    })
}
