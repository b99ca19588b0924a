//! Every encrypted file has a creation rule. Card: rules/secrets/sops-rule-missing.md

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::cluster::secrets::{
    Inputs, MOST_RULES, Matching, SopsConfig, SopsConfigs, is_test_data, named_as_encrypted, sops_documents,
};
use crate::cluster::{Cluster, Repository};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SopsRuleMissing {}

impl Rule for SopsRuleMissing {
    fn check_beside(&self, repository: &Repository<'_>, cluster: &Cluster<'_>, out: &mut Sink) {
        for config in SopsConfigs::of(repository).iter().filter(|config| config.is_cut()) {
            let what = format!("files that only a rule behind the first {MOST_RULES} of `{}` matches", config.path);
            out.undecided(cluster, "values", what, "their patterns are not compiled");
        }
    }

    fn check_repository(&self, repository: &Repository<'_>, out: &mut Sink) {
        let configs = SopsConfigs::of(repository);
        for config in configs.iter() {
            for (rule, place, why) in config.refused() {
                let message = format!("`path_regex` of rule {} of `{}` is no pattern: {why}", rule.number, config.path);
                out.report(
                    Observation::new("sops-rule-missing", message, Label::new(place, "not accepted"))
                        .keyed(format!("creation_rules[{}].path_regex", rule.number))
                        .why("SOPS stops at this rule for every file that no earlier rule matches.")
                        .help("correct the pattern: the syntax is that of Go (RE2), without look-around and back-references"),
                );
            }
        }
        let inputs = Inputs::of(repository);
        // The place of the metadata is nearer to the point than the start of the file.
        let mut files: BTreeMap<String, Option<Span>> =
            named_as_encrypted(repository).into_iter().map(|path| (path, None)).collect();
        for document in sops_documents(repository) {
            let place = document.metadata().map(|metadata| metadata.key_span);
            let known = files.entry(document.path.to_string()).or_default();
            *known = known.or(place);
        }
        for (path, place) in files {
            if is_test_data(&path) || inputs.is_in_chart(&path) {
                continue;
            }
            if let Matching::NoRule(config) = configs.matching(&path)
                && let Some(place) = place.or_else(|| Some(Span::new(repository.sources().load(&path).ok()?, 0..0)))
            {
                out.report(missing(&path, place, config));
            }
        }
    }
}

fn missing(path: &str, place: Span, config: &SopsConfig) -> Observation {
    let nearest = config.rules.iter().filter(|rule| rule.path_regex.is_some()).max_by(|a, b| {
        let likeness = |rule: &crate::cluster::secrets::CreationRule| {
            rule.path_regex.as_ref().map_or(0.0, |(text, _)| strsim::normalized_levenshtein(text, path))
        };
        likeness(a).total_cmp(&likeness(b)).then(b.number.cmp(&a.number))
    });
    let mut found = Observation::new(
        "sops-rule-missing",
        format!("`{path}` matches no creation rule of `{}`", config.path),
        Label::new(place, "no creation rule"),
    )
    .keyed("creation_rules");
    match nearest.and_then(|rule| Some((rule, rule.path_regex.as_ref()?))) {
        Some((rule, (_, regex_place))) => {
            found = found
                .help(format!("extend the nearest one, {}, or add a rule that matches the path", rule.shown()))
                .related(Label::new(*regex_place, "nearest rule"));
        }
        None => found = found.related(Label::new(config.place, "no rule here matches")),
    }
    found
}
