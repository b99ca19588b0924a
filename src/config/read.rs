//! Text to configuration. Our own reader judges the YAML first; serde_yaml then reads only texts that are sound.

use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::places::{About, Places};
use super::types::{Budget, Config, External};
use super::{nearest, one_of};
use crate::fault::Fault;
use crate::source::{File, FileId, Sources, Span, TextProblem, normalize};
use crate::yaml::{self, Content, Mode, Node, Problem, ProblemKind};

pub fn config(sources: &Sources, id: FileId) -> Result<Config, Fault> {
    let (config, places) = typed::<Config>(sources, id, "the configuration")?;
    let mut config = Config { places, ..config.unwrap_or_default() };
    check(&mut config)?;
    Ok(config)
}

/// A file of our own as a type, and where its values stand; `None` for an empty file. `what` names the file.
pub fn typed<T: DeserializeOwned>(sources: &Sources, id: FileId, what: &str) -> Result<(Option<T>, Places), Fault> {
    typed_head(sources, id, usize::MAX, what)
}

/// The same for the first bytes of a file: the front matter of a card.
pub fn typed_head<T: DeserializeOwned>(
    sources: &Sources,
    id: FileId,
    end: usize,
    what: &str,
) -> Result<(Option<T>, Places), Fault> {
    let file = sources.file(id);
    let head = file.text.get(..end).unwrap_or(&file.text);
    match &file.problem {
        Some(problem @ TextProblem::NotUtf8 { offset }) => {
            let help = Some("save the file as UTF-8".to_owned());
            let message = format!("{what} is not valid UTF-8");
            // One replacement character stands for the invalid bytes.
            let end = file.text.get(*offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            return Err(if end == 0 {
                Fault::Read { path: file.path.to_string(), reason: problem.to_string() }
            } else {
                Fault::place(&file.path, &file.text, *offset..*offset + end, message, "invalid byte", help)
            });
        }
        Some(problem) => return Err(Fault::Read { path: file.path.to_string(), reason: problem.to_string() }),
        None => {}
    }
    let places = Places { root: tree(&file, head, id, what)?, file: Some(Arc::clone(&file)) };
    if places.root.as_ref().is_none_or(Node::is_null) {
        return Ok((None, places));
    }
    let text = head.strip_prefix('\u{feff}').unwrap_or(head);
    match serde_yaml::from_str(text) {
        Ok(value) => Ok((Some(value), places)),
        Err(error) => Err(refused(&error, &file, &places, what)),
    }
}

/// The tree of the text, if it is sound and one document.
fn tree(file: &File, text: &str, id: FileId, what: &str) -> Result<Option<Node>, Fault> {
    let tree = yaml::parse(text);
    if let Some(problem) = tree.problems.iter().find(|problem| problem.kind.is_fatal()) {
        return Err(broken(file, problem, what));
    }
    let content = Content::whole(Span::new(id, 0..text.len()));
    let mut roots = Vec::new();
    for document in &tree.documents {
        // As kustomize reads resources: a duplicate key is refused there.
        let Some(resolved) = yaml::resolve(&tree, document, text, &content, Mode::V3) else { continue };
        if let Some(problem) = resolved.problems.first() {
            return Err(broken(file, problem, what));
        }
        roots.push(resolved.root);
    }
    if let Some(second) = roots.get(1) {
        let at = word(text, second.span().range().start);
        let help = Some("keep one document in the file".to_owned());
        return Err(Fault::place(
            &file.path,
            text,
            at,
            format!("{what} is more than one document"),
            "second one",
            help,
        ));
    }
    Ok(roots.into_iter().next())
}

fn broken(file: &File, problem: &Problem, what: &str) -> Fault {
    let at = if problem.at.is_empty() { word(&file.text, problem.at.start) } else { problem.at.clone() };
    let (message, label) = match (&problem.other, problem.kind) {
        (Some((first, _)), ProblemKind::DuplicateKey) => {
            let line = |at: usize| file.line_column(at).0;
            let key = file.text.get(at.clone()).unwrap_or_default();
            (
                format!("the key `{key}` stands twice, on lines {} and {}", line(first.start), line(at.start)),
                "again here",
            )
        }
        _ => (format!("{what} is not valid YAML: {}", problem.message), "here"),
    };
    Fault::place(&file.path, &file.text, at, message, label, None)
}

/// The word that begins at an offset, for a place that is no node; empty at a line break and at the end.
fn word(text: &str, start: usize) -> Range<usize> {
    let start = text.floor_char_boundary(start);
    let rest = text.get(start..).unwrap_or_default();
    let word = rest.split(char::is_whitespace).next().unwrap_or_default().trim_end_matches(':');
    start..start + word.len()
}

/// What serde_yaml refused, at its place and in our words.
fn refused(error: &serde_yaml::Error, file: &File, places: &Places, what: &str) -> Fault {
    let mut said = error.to_string();
    let mut offset = 0;
    if let Some(location) = error.location() {
        let suffix = format!(" at line {} column {}", location.line(), location.column());
        if let Some(stripped) = said.strip_suffix(&suffix) {
            said.truncate(stripped.len());
        }
        // In bytes of the text after a byte order mark.
        offset = usize::from(file.text.starts_with('\u{feff}')) * '\u{feff}'.len_utf8() + location.index();
    }
    let complaint = Complaint::new(&said, what);
    let narrow = u32::try_from(offset).ok().and_then(|offset| places.at(offset, complaint.about)).map(Span::range);
    // A merge key stands in the text, not in the tree.
    let narrow = narrow.filter(|at| complaint.about == About::Value || at.start == offset);
    let at = narrow.unwrap_or_else(|| word(&file.text, offset));
    Fault::place(&file.path, &file.text, at, complaint.message, complaint.label, complaint.help)
}

/// An error of serde, told in our words.
struct Complaint {
    message: String,
    label: String,
    help: Option<String>,
    about: About,
}

impl Complaint {
    fn new(said: &str, what: &str) -> Self {
        if let Some((path, name, accepted)) = unknown(said, "field") {
            let path = path.trim_start_matches('.');
            let place = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
            let help = match nearest(name, accepted.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if name == "<<" => "write the keys out: merge keys are not read here".to_owned(),
                None => format!("the keys here are {}", one_of(&accepted)),
            };
            let message = format!("unknown key `{name}`{place}");
            return Complaint { message, label: "no such key".to_owned(), help: Some(help), about: About::Key };
        }
        if let Some((path, name, accepted)) = unknown(said, "variant") {
            let help = match nearest(name, accepted.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the words here are {}", one_of(&accepted)),
            };
            let message = format!("`{path}`: unknown word `{name}`");
            return Complaint { message, label: "no such word".to_owned(), help: Some(help), about: About::Value };
        }
        if let Some((path, rest)) = split(said, "missing field `") {
            let name = rest.trim_end_matches('`');
            let message = format!("`{path}` has no `{name}`");
            return Complaint { message, label: format!("`{name}` is missing"), help: None, about: About::Value };
        }
        for kind in ["invalid type: ", "invalid value: "] {
            if let Some((path, rest)) = split(said, kind)
                && let Some((found, expected)) = rest.rsplit_once(", expected ")
            {
                let expected = match expected {
                    "a sequence" => "a list",
                    "a boolean" => "true or false",
                    "u64" | "u32" => "a whole number",
                    "a nonzero u32" => "a whole number above 0",
                    expected => expected,
                };
                let found = if found == "sequence" { "list" } else { found };
                let place = if path.is_empty() { String::new() } else { format!("`{path}`: ") };
                let message = format!("{place}expected {expected}, found {found}");
                return Complaint { message, label: "wrong type".to_owned(), help: None, about: About::Value };
            }
        }
        if said == "recursion limit exceeded" {
            let message = format!("{what} is nested too deeply");
            return Complaint { message, label: "too deep".to_owned(), help: None, about: About::Value };
        }
        // A text of ours, behind the path: it says all by itself.
        let message = match said.split_once(": ") {
            Some((path, rest)) if !path.contains([' ', '`']) => rest,
            _ => said,
        };
        Complaint { message: message.to_owned(), label: "not accepted".to_owned(), help: None, about: About::Value }
    }
}

/// The path before a phrase of serde, and what follows the phrase.
fn split<'s>(said: &'s str, phrase: &str) -> Option<(&'s str, &'s str)> {
    let at = said.find(phrase)?;
    let (before, rest) = (said.get(..at)?, said.get(at + phrase.len()..)?);
    let path = if before.is_empty() { before } else { before.strip_suffix(": ")? };
    Some((path, rest))
}

/// Path, name and accepted names of an unknown field or variant.
fn unknown<'s>(said: &'s str, what: &str) -> Option<(&'s str, &'s str, Vec<&'s str>)> {
    let (path, rest) = split(said, &format!("unknown {what} `"))?;
    let (name, expected) = rest.split_once("`, ")?;
    Some((path, name, expected.split('`').skip(1).step_by(2).collect()))
}

/// What types cannot say; tells list entries where they stand.
fn check(config: &mut Config) -> Result<(), Fault> {
    tell(&mut config.budget, &mut config.externals, "");
    for (index, cluster) in config.clusters.iter_mut().enumerate() {
        cluster.entry = normalize(&cluster.entry);
        let prefix = format!("clusters.{index}.");
        tell(cluster.budget.as_deref_mut().unwrap_or_default(), &mut cluster.externals, &prefix);
    }
    for (index, ignore) in config.ignore.iter_mut().enumerate() {
        ignore.at = format!("ignore.{index}");
    }
    let config = &*config;
    let own = config.clusters.iter();
    for budget in config.budget.iter().chain(own.clone().flat_map(|cluster| cluster.budget.iter().flatten())) {
        one_scope(config, budget)?;
    }
    for external in config.externals.iter().chain(own.flat_map(|cluster| &cluster.externals)) {
        if is_blank(Some(&external.reason)) {
            let path = format!("{}.reason", external.at);
            let help = "say who makes the object".to_owned();
            return Err(config.fault(&path, "an external object has no reason", "empty", Some(help)));
        }
    }
    one_entry(config)?;
    for ignore in &config.ignore {
        if ignore.object.is_none() && ignore.path.is_none() {
            let help = "add `object: Kind/namespace/name`, or `path:` for findings about a file".to_owned();
            let message = format!("the ignore of `{}` covers everything", ignore.rule);
            return Err(config.fault(&ignore.at, message, "no `object`, no `path`", Some(help)));
        }
        if config.reason_required() && is_blank(ignore.reason.as_deref()) {
            let path = format!("{}.reason", ignore.at);
            let help = "add `reason:`, or set `require-reason: false`".to_owned();
            let message = format!("the ignore of `{}` has no reason", ignore.rule);
            return Err(config.fault(&path, message, "no reason given", Some(help)));
        }
    }
    Ok(())
}

fn tell(budgets: &mut [Budget], externals: &mut [External], prefix: &str) {
    for (index, budget) in budgets.iter_mut().enumerate() {
        budget.at = format!("{prefix}budget.{index}");
    }
    for (index, external) in externals.iter_mut().enumerate() {
        external.at = format!("{prefix}externals.{index}");
    }
}

fn is_blank(text: Option<&str>) -> bool {
    text.is_none_or(|text| text.trim().is_empty())
}

fn one_scope(config: &Config, budget: &Budget) -> Result<(), Fault> {
    let help = || Some("give each entry one of `cluster: true`, `namespace`, `kustomization`".to_owned());
    if budget.cluster == Some(false) {
        let path = format!("{}.cluster", budget.at);
        return Err(config.fault(&path, "`cluster` can only be true", "false means nothing", help()));
    }
    let scopes = [
        ("cluster", budget.cluster.is_some()),
        ("namespace", budget.namespace.is_some()),
        ("kustomization", budget.kustomization.is_some()),
    ];
    let mut given: Vec<(Option<Span>, &str)> = scopes
        .into_iter()
        .filter(|(_, is_given)| *is_given)
        .map(|(key, _)| (config.place(&format!("key:{}.{key}", budget.at)), key))
        .collect();
    given.sort();
    match given.as_slice() {
        [] => Err(config.fault(&budget.at, "a budget entry has no scope", "which scope?", help())),
        [_] => Ok(()),
        [(_, first), (_, second), ..] => {
            let path = format!("key:{}.{second}", budget.at);
            let message = format!("a budget entry has two scopes, `{first}` and `{second}`");
            Err(config.fault(&path, message, "second scope", help()))
        }
    }
}

fn one_entry(config: &Config) -> Result<(), Fault> {
    for (index, cluster) in config.clusters.iter().enumerate() {
        if config.clusters.iter().take(index).any(|earlier| earlier.entry == cluster.entry) {
            let path = format!("clusters.{index}.entry");
            let message = format!("the cluster `{}` is declared twice", cluster.entry);
            return Err(config.fault(&path, message, "again here", None));
        }
    }
    Ok(())
}
