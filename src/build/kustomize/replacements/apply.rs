//! Carrying out replacements. Source: kustomize `api/filters/replacement/replacement.go`.

use super::given::{Given, NoValue, take};
use super::matcher::{Found, Matcher};
use super::read::{FieldOptions, FieldPath, From, ObjectSource, Replacement};
use super::scalar::{Texts, kind_of, text_of};
use super::target::Failure;
use super::{source, structured, target};
use crate::build::kustomize::log::Log;
use crate::build::kustomize::resource::Resource;
use crate::build::manifests::Library;
use crate::source::Span;
use crate::yaml::{Node, Origin, Step};

/// Carries out replacements, one after the other: later ones see what earlier ones did.
pub fn apply(library: &Library<'_>, entries: &[Replacement], resources: &mut [Resource], log: &mut Log) {
    let texts = Texts::Files(library.sources);
    // What an entry does not find may be something that was left out; what other entries do wrong is no reason.
    let open = log.is_open();
    for entry in entries {
        let (given, source) = match &entry.from {
            From::Value(text) => (Given::literal(&text.text, text.span), None),
            From::Object(source) => match read_source(source, resources, texts, open, log) {
                Some((given, at)) => (given, Some((&**source, at))),
                None => continue,
            },
        };
        Run { entry, given, source, texts, open }.targets(resources, log);
    }
}

fn read_source(
    from: &ObjectSource,
    resources: &[Resource],
    texts: Texts<'_>,
    open: bool,
    log: &mut Log,
) -> Option<(Given, usize)> {
    let at = match source::select(from, resources) {
        Ok(Some(at)) => at,
        Ok(None) => {
            if !open {
                log.fail(source::missing(from, resources));
            }
            return None;
        }
        Err(observation) => {
            log.fail(*observation);
            return None;
        }
    };
    let resource = resources.get(at)?;
    match take(from, &resource.node, texts) {
        Ok(given) => Some((given, at)),
        Err(NoValue::Missing) if open => None,
        Err(why) => {
            log.fail(source::refused(from, resource, &why));
            None
        }
    }
}

/// One replacement under way.
struct Run<'r> {
    entry: &'r Replacement,
    given: Given,
    /// The source, and which resource it is.
    source: Option<(&'r ObjectSource, usize)>,
    texts: Texts<'r>,
    open: bool,
}

impl Run<'_> {
    fn targets(mut self, resources: &mut [Resource], log: &mut Log) {
        for target in &self.entry.targets {
            // One object is enough to show what is wrong with a path.
            let mut said = vec![false; target.paths.len()];
            for (at, resource) in resources.iter_mut().enumerate() {
                if !target.selection.selects(resource) {
                    continue;
                }
                for (path, said) in target.paths.iter().zip(&mut said) {
                    let outcome = self.write(&mut resource.node, path, &target.options);
                    self.look_again(at, resource);
                    if *said {
                        continue;
                    }
                    match outcome {
                        Ok(true) => continue,
                        Ok(false) => log.note(target::lost(path, resource)),
                        Err(Failure::Missing) if self.open => continue,
                        Err(failure) => log.fail(target::refused(&failure, target, path, &self.given, resource)),
                    }
                    *said = true;
                }
            }
        }
    }

    /// A replacement that changes its own source hands over what stands there then, unless it took a part of it.
    fn look_again(&mut self, at: usize, resource: &Resource) {
        if let Some((source, own)) = self.source
            && own == at
            && source.options.delimiter.is_none()
            && let Ok(given) = take(source, &resource.node, self.texts)
        {
            self.given = given;
        }
    }

    /// Puts the value into one field, or all that the path leads to. Tells whether that has an effect.
    fn write(&self, object: &mut Node, path: &FieldPath, options: &FieldOptions) -> Result<bool, Failure> {
        let by = path.text.span;
        let create = options.create.then(|| self.given.shape());
        if path.parts.len() > 1
            && let Some(has_effect) = structured::set(object, &path.parts, &self.given, create, by, self.texts)
        {
            return Ok(has_effect);
        }
        let mut visit = |found: Found<'_>| self.set(found, by, options);
        let mut matcher = Matcher::new(create, by, self.texts, &mut visit);
        matcher.run(object, &path.parts)?;
        match matcher.count {
            0 => Err(Failure::Missing),
            count => Ok(matcher.in_text < count),
        }
    }

    fn set(&self, found: Found<'_>, by: Span, options: &FieldOptions) -> Result<(), Failure> {
        let Found { node, fresh, in_text } = found;
        let (kind, span) = (kind_of(node, self.texts), node.span());
        let value = match kind {
            // What was there cannot be read, so neither can what it becomes.
            None if node.is_unknown() => Ok(node.value.clone()),
            None if options.delimiter.is_some() => return Err(Failure::NotPlain { span }),
            _ if in_text => return Ok(()),
            None => self.given.value(),
            Some(kind) => self.given.within(self.joined(node, options), kind),
        };
        let value = value.map_err(|why| Failure::Kind { why, span })?;
        // Where the value comes from is the line to edit; behind it stand the order and what was there before.
        let before = node.origin.clone();
        let before = if fresh { before } else { Origin::derived(Step::Transformed, by, Some(before)) };
        *node = Node { value, origin: Origin::derived(Step::Copied, self.given.place, Some(before)) };
        Ok(())
    }

    /// The text a plain field gets: the whole, or what stands there with one part put in.
    fn joined(&self, node: &Node, options: &FieldOptions) -> String {
        let new = self.given.text();
        let Some(delimiter) = &options.delimiter else { return new.to_owned() };
        let old = text_of(node, self.texts).unwrap_or_default();
        let mut parts: Vec<&str> = old.split(delimiter.as_str()).collect();
        match usize::try_from(options.index) {
            Err(_) => parts.insert(0, new),
            Ok(index) => match parts.get_mut(index) {
                Some(part) => *part = new,
                None => parts.push(new),
            },
        }
        parts.join(delimiter)
    }
}
