//! Policies and bindings as they are written, with their expressions made ready.

use crate::rulebook::cel::{Program, Refused, Scope, compile};
use crate::yaml::Node;

/// The names of their expressions, in the order of their values. There is no `authorizer`: nobody can be asked.
pub const NAMES: [&str; 5] = ["object", "oldObject", "request", "params", "namespaceObject"];

/// An expression and where it is written.
pub struct Written<'w> {
    /// The node of its text.
    pub node: &'w Node,
    /// Ready, or why not.
    pub program: Result<Program, Refused>,
}

/// What must hold.
pub struct Validation<'w> {
    /// The condition.
    pub expression: Written<'w>,
    /// What to say.
    pub message: Option<&'w str>,
    /// What to say, made up.
    pub message_expression: Option<Written<'w>>,
}

/// A policy.
pub struct Policy<'w> {
    /// Its name.
    pub name: String,
    /// Which objects.
    pub constraints: Option<&'w Node>,
    /// The first variable that is none.
    pub broken: Option<String>,
    /// `variables`, in order.
    pub variables: Vec<Program>,
    /// Conditions on the request.
    pub conditions: Vec<Written<'w>>,
    /// What must hold.
    pub validations: Vec<Validation<'w>>,
    /// API version and kind of its parameters.
    pub param_kind: Option<(&'w str, &'w str)>,
    /// An expression without a value lets the object pass.
    pub ignores_failures: bool,
}

impl<'w> Policy<'w> {
    /// Reads a policy; `None` where it has no name or no `spec`.
    pub fn new(node: &'w Node) -> Option<Self> {
        let name = node.dig("metadata.name").and_then(Node::as_str)?.to_owned();
        let spec = node.get("spec")?;
        let items = |key: &str| spec.get(key).map(Node::items).unwrap_or_default();
        let text = |node: &'w Node, key: &str| {
            node.get(key).filter(|text| text.as_str().is_some_and(|text| !text.trim().is_empty()))
        };
        let variables = items("variables");
        let names: Vec<String> =
            variables.iter().map(|one| one.get("name").and_then(Node::as_str).unwrap_or_default().to_owned()).collect();
        let mut texts: Vec<(&'w Node, usize)> = Vec::new();
        let mut add = |node: &'w Node, visible: usize| {
            texts.push((node, visible));
            texts.len() - 1
        };
        let variables: Vec<usize> =
            variables.iter().enumerate().filter_map(|(at, one)| Some(add(text(one, "expression")?, at))).collect();
        let all = names.len();
        let conditions: Vec<usize> =
            items("matchConditions").iter().filter_map(|one| Some(add(text(one, "expression")?, all))).collect();
        let validations: Vec<(usize, Option<usize>, Option<&'w str>)> = items("validations")
            .iter()
            .filter_map(|one| {
                let message = one.get("message").and_then(Node::as_str);
                let made = text(one, "messageExpression");
                Some((add(text(one, "expression")?, all), made.map(|made| add(made, all)), message))
            })
            .collect();
        let scopes: Vec<(&str, Scope<'_>)> = texts
            .iter()
            .map(|(node, visible)| {
                let lets = names.get(..*visible).unwrap_or_default();
                (node.as_str().unwrap_or_default(), Scope { names: &NAMES, lets, params: None })
            })
            .collect();
        let mut compiled: Vec<Option<Result<Program, Refused>>> = compile(&scopes).into_iter().map(Some).collect();
        let mut take = |at: usize| compiled.get_mut(at).and_then(Option::take);
        let mut broken = None;
        let mut ready = Vec::new();
        for (name, at) in names.iter().zip(&variables) {
            match take(*at) {
                Some(Ok(program)) => ready.push(program),
                Some(Err(refused)) if broken.is_none() => {
                    broken = Some(format!("its variable `{name}` {}", refused.message));
                }
                _ => {}
            }
        }
        let mut written = |at: usize| {
            let (node, _) = texts.get(at)?;
            Some(Written { node, program: take(at)? })
        };
        let conditions = conditions.into_iter().filter_map(&mut written).collect();
        let validations = validations
            .into_iter()
            .filter_map(|(expression, made, message)| {
                Some(Validation {
                    expression: written(expression)?,
                    message,
                    message_expression: made.and_then(&mut written),
                })
            })
            .collect();
        let param_kind = spec.get("paramKind");
        let param = |key: &str| param_kind.and_then(|kind| kind.get(key)).and_then(Node::as_str);
        Some(Policy {
            name,
            constraints: spec.get("matchConstraints"),
            broken,
            variables: ready,
            conditions,
            validations,
            param_kind: param("apiVersion").zip(param("kind")),
            ignores_failures: spec.get("failurePolicy").and_then(Node::as_str) == Some("Ignore"),
        })
    }
}

/// What puts a policy into effect.
pub struct Binding<'w> {
    /// Name of the policy.
    pub policy: String,
    /// The whole object.
    pub node: &'w Node,
    /// Which objects, of those of the policy.
    pub resources: Option<&'w Node>,
    /// The parameters.
    pub params: Option<&'w Node>,
    /// `Deny`, `Warn`, `Audit`.
    pub actions: Vec<&'w str>,
}

impl<'w> Binding<'w> {
    /// Reads a binding; `None` where it names no policy.
    pub fn new(node: &'w Node) -> Option<Self> {
        let spec = node.get("spec")?;
        let actions = spec.get("validationActions").map(Node::items).unwrap_or_default();
        Some(Binding {
            policy: spec.get("policyName").and_then(Node::as_str)?.to_owned(),
            node,
            resources: spec.get("matchResources"),
            params: spec.get("paramRef"),
            actions: actions.iter().filter_map(Node::as_str).collect(),
        })
    }
}
