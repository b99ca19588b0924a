//! An encrypted file is as its creation rule asks. Card: rules/secrets/sops-rule-mismatch.md

use serde::Deserialize;

use super::words::argument;
use crate::cluster::Repository;
use crate::cluster::secrets::{CreationRule, Matching, SopsConfigs, SopsDocument, sops_documents};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SopsRuleMismatch {}

impl Rule for SopsRuleMismatch {
    fn check_repository(&self, repository: &Repository<'_>, out: &mut Sink) {
        let configs = SopsConfigs::of(repository);
        for document in sops_documents(repository) {
            let Matching::Rule(config, rule) = configs.matching(&document.path) else { continue };
            let Some((path, what, place, help)) = selector(&document, rule).or_else(|| recipients(&document, rule))
            else {
                continue;
            };
            let message = format!(
                "{} was encrypted with {what} than {} of `{}` asks for",
                document.shown(),
                rule.shown(),
                config.path
            );
            let mut found = Observation::new("sops-rule-mismatch", message, Label::new(place, "differs from the rule"))
                .related(Label::new(rule.path_regex.as_ref().map_or(rule.place, |(_, place)| *place), "this rule"))
                .help(help);
            found = match document.reference() {
                Some(reference) => found.about(reference, path),
                None => found.keyed(path),
            };
            out.report(found);
        }
    }
}

type Difference = (&'static str, &'static str, Span, String);

fn selector(document: &SopsDocument, rule: &CreationRule) -> Option<Difference> {
    let metadata = document.metadata()?;
    let keys = metadata.selector_keys();
    let own = keys.first().and_then(|entry| Some((entry.key.as_str(), entry.value.as_str()?)));
    // The default is written out in the file and left out in the rule.
    let default = ("unencrypted_suffix", "_unencrypted");
    let asked = rule.selector_text.as_ref().map_or(default, |(key, text)| (*key, text.as_str()));
    if own.unwrap_or(default) == asked {
        return None;
    }
    let place = keys.first().map_or(metadata.key_span, |entry| entry.value.span());
    let file = argument(&document.path);
    Some((
        "sops.selector",
        "another selector of what is encrypted",
        place,
        format!("encrypt it anew: `sops -d -i {file}`, then `sops -e -i {file}`"),
    ))
}

fn recipients(document: &SopsDocument, rule: &CreationRule) -> Option<Difference> {
    let metadata = document.metadata()?;
    let own = metadata.age_recipients();
    let asked = rule.age.as_ref().filter(|asked| !asked.is_empty())?;
    if own.is_empty() || own == *asked {
        return None;
    }
    let place = metadata.node.as_map()?.entry("age")?.key_span;
    Some(("sops.age", "other recipients", place, format!("run `sops updatekeys {}`", argument(&document.path))))
}
