//! A file that SOPS wrote has no plain value where it encrypts. Card: rules/secrets/secret-partly-encrypted.md

use serde::Deserialize;

use super::words::{MAX_RELATED, argument, list};
use crate::cluster::Repository;
use crate::cluster::secrets::{
    Class, Leaf, LeafValue, Selector, SopsDocument, classify, classify_encoded, encrypted_leaf, flat_files, leaves,
    sops_documents,
};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::{Sources, Span};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretPartlyEncrypted {}

impl Rule for SecretPartlyEncrypted {
    fn check_repository(&self, repository: &Repository<'_>, out: &mut Sink) {
        for document in sops_documents(repository) {
            out.observations.extend(half_encrypted(repository.sources(), &document));
            out.observations.extend(not_covered(repository.sources(), &document));
        }
        for (path, _, entries) in flat_files(repository) {
            if !entries.iter().any(|entry| entry.is_metadata()) {
                continue;
            }
            let selector = entries
                .iter()
                .find_map(|entry| {
                    let key = entry.key.strip_prefix("sops_")?;
                    (key.ends_with("_regex") || key.ends_with("_suffix")).then(|| Selector::new(key, &entry.value))
                })
                .unwrap_or_else(|| Selector::UnencryptedSuffix("_unencrypted".to_owned()));
            let plain: Vec<(String, Span)> = entries
                .iter()
                .filter(|entry| !entry.is_metadata())
                .filter(|entry| {
                    encrypted_leaf(&entry.value) == LeafValue::Plain && selector.selects(&entry.path()) == Some(true)
                })
                .map(|entry| (entry.path().join("."), entry.key_span))
                .collect();
            let all = plain.len() == entries.iter().filter(|entry| !entry.is_metadata()).count();
            out.observations.extend(observe(&format!("`{path}`"), &path, &plain, all));
        }
    }
}

fn half_encrypted(sources: &Sources, document: &SopsDocument) -> Option<Observation> {
    // Where two selectors contradict each other SOPS reads nothing at all.
    let metadata = document.metadata().filter(|metadata| metadata.selector_keys().len() < 2)?;
    let all = leaves(&document.node);
    let chosen: Vec<&Leaf<'_>> =
        all.iter().filter(|leaf| metadata.selector.selects_leaf(sources, leaf) == Some(true)).collect();
    let plain: Vec<(String, Span)> = chosen
        .iter()
        .filter(|leaf| leaf.value() == LeafValue::Plain)
        .map(|leaf| (leaf.dotted(), leaf.key_span))
        .collect();
    let none_encrypted = chosen.iter().all(|leaf| matches!(leaf.value(), LeafValue::Plain | LeafValue::Empty));
    let found = observe(&document.shown(), &document.path, &plain, none_encrypted)?;
    let path = found.path.clone();
    Some(match document.reference() {
        Some(reference) => found.about(reference, path),
        None => found,
    })
}

fn observe(shown: &str, path: &str, plain: &[(String, Span)], none_encrypted: bool) -> Option<Observation> {
    let [(first, place), rest @ ..] = plain else { return None };
    let names: Vec<String> = plain.iter().map(|(name, _)| name.clone()).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    let message = if none_encrypted {
        format!("{shown} carries SOPS metadata and is not encrypted: {} {verb} plain text", list(&names))
    } else {
        format!("{shown} is encrypted with SOPS, but {} {verb} plain text", list(&names))
    };
    let file = argument(path);
    let help = format!(
        "bring the file back as SOPS wrote it and change it with `sops {file}`, or take the `sops` block out, decrypt what is \
         encrypted, and run `sops -e -i {file}`; the plain value is in the history: replace it"
    );
    let mut found = Observation::new("secret-partly-encrypted", message, Label::new(*place, "in plain text"))
        .keyed(first.clone())
        .help(help);
    for (_, place) in rest.iter().take(MAX_RELATED) {
        found = found.related(Label::new(*place, "in plain text too"));
    }
    Some(found)
}

/// The rule of the file is too narrow: a credential stands beside what it encrypts.
fn not_covered(sources: &Sources, document: &SopsDocument) -> Option<Observation> {
    let metadata = document.metadata().filter(|metadata| metadata.selector_keys().len() < 2)?;
    let reference =
        document.reference().filter(|reference| reference.kind == "Secret" && reference.api_version == "v1")?;
    let all = leaves(&document.node);
    let open: Vec<&Leaf<'_>> = all
        .iter()
        .filter(|leaf| {
            matches!(leaf.path.as_slice(), ["data" | "stringData", _])
                && metadata.selector.selects_leaf(sources, leaf) == Some(false)
        })
        .filter(|leaf| {
            let (Some(key), Some(text)) = (leaf.path.last(), leaf.node.scalar_text()) else { return false };
            let class =
                if leaf.path.first() == Some(&"data") { classify_encoded(key, &text) } else { classify(key, &text) };
            class == Class::Sensitive
        })
        .collect();
    let first = open.first()?;
    let names: Vec<String> = open.iter().map(|leaf| leaf.dotted()).collect();
    let rule = metadata.selector_keys().first().map_or("unencrypted_suffix", |entry| entry.key.as_str());
    let verb = if names.len() == 1 { "is" } else { "are" };
    let message = format!(
        "{reference} is encrypted with SOPS, but its `{rule}` leaves {} out, which {verb} plain text",
        list(&names)
    );
    let mut found = Observation::new("secret-partly-encrypted", message, Label::new(first.key_span, "not covered"))
        .about(reference, first.dotted())
        .help("set `encrypted_regex: ^(data|stringData)$` in the creation rule, then encrypt the file anew; the plain value is in the history: replace it");
    if let Some(entry) = metadata.selector_keys().first() {
        found = found.related(Label::new(entry.value.span(), "too narrow"));
    }
    for leaf in open.iter().skip(1).take(MAX_RELATED) {
        found = found.related(Label::new(leaf.key_span, "not covered either"));
    }
    Some(found)
}
