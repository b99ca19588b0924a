//! SOPS metadata is whole. Card: rules/secrets/sops-metadata-invalid.md

use serde::Deserialize;

use super::words::{MAX_RELATED, list};
use crate::cluster::secrets::{
    LeafValue, Pattern, SopsDocument, SopsMetadata, encrypted_leaf, is_test_data, leaves, reference, sops_documents,
};
use crate::cluster::{FileDocument, Repository};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::{Node, Value};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SopsMetadataInvalid {}

impl Rule for SopsMetadataInvalid {
    fn check_repository(&self, repository: &Repository<'_>, out: &mut Sink) {
        for document in sops_documents(repository) {
            let Some(metadata) = document.metadata() else { continue };
            let found = [incomplete(&metadata), selectors(&metadata), damaged(&document), never_decrypted(&document)];
            for (path, message, place, label, related) in found.into_iter().flatten() {
                let message = message.replacen("{}", &document.shown(), 1);
                let mut observation = Observation::new("sops-metadata-invalid", message, Label::new(place, label));
                observation = match document.reference() {
                    Some(reference) => observation.about(reference, path),
                    None => observation.keyed(path),
                };
                for place in related.into_iter().take(MAX_RELATED) {
                    observation = observation.related(Label::new(place, "and here"));
                }
                out.report(observation);
            }
        }
        let documents = repository.documents.iter().filter(|document| document.node.get("sops").is_none());
        out.observations.extend(documents.filter_map(cut_off));
    }
}

/// Ciphertext without a `sops` block: nothing can decrypt it.
fn cut_off(document: &FileDocument) -> Option<Observation> {
    if !may_hold_ciphertext(&document.node) {
        return None;
    }
    let reference = reference(&document.node)?;
    let all = leaves(&document.node);
    let ciphers: Vec<_> = all.iter().filter(|leaf| leaf.value() == LeafValue::Encrypted).collect();
    let first = ciphers.first().filter(|_| !is_test_data(&document.path))?;
    let names: Vec<String> = ciphers.iter().map(|leaf| leaf.dotted()).collect();
    let verb = if names.len() == 1 { "is" } else { "are" };
    let message = format!("{} of {reference} {verb} ciphertext of SOPS, but it has no `sops` block", list(&names));
    Some(
        Observation::new("sops-metadata-invalid", message, Label::new(first.key_span, "cannot be decrypted"))
            .about(reference, "sops")
            .why("The keys to decrypt it stood in the block: the ciphertext is used as it is."),
    )
}

/// Most documents hold none: their leaves need not be listed with all their keys.
fn may_hold_ciphertext(node: &Node) -> bool {
    match &node.value {
        Value::Map(map) => map.iter().any(|entry| may_hold_ciphertext(&entry.value)),
        Value::Seq(items) => items.iter().any(may_hold_ciphertext),
        _ => node.scalar_text().is_some_and(|text| text.contains("ENC[")),
    }
}

/// Path, message with the document as `{}`, place, label, further places.
type Problem = (&'static str, String, Span, &'static str, Vec<Span>);

fn incomplete(metadata: &SopsMetadata<'_>) -> Option<Problem> {
    let text = |key: &str| metadata.node.get(key).filter(|node| !node.is_null() && node.as_str() != Some(""));
    let mut lacking: Vec<String> = ["mac", "lastmodified", "version"]
        .into_iter()
        .filter(|key| text(key).is_none())
        .map(ToOwned::to_owned)
        .collect();
    if !metadata.has_key() {
        lacking.push("age".to_owned());
    }
    if !lacking.is_empty() {
        let what = if metadata.has_key() {
            list(&lacking)
        } else {
            list(&lacking).replace("`age`", "a key (`age`, `pgp`, …)")
        };
        return Some((
            "sops",
            format!("the SOPS metadata of {{}} lacks {what}"),
            metadata.key_span,
            "not complete",
            Vec::new(),
        ));
    }
    let mac = metadata.node.get("mac")?;
    let is_cipher = mac.as_str().is_some_and(|text| encrypted_leaf(text) == LeafValue::Encrypted);
    let place = metadata.node.as_map()?.entry("mac")?.key_span;
    (!is_cipher).then(|| {
        ("sops.mac", "`sops.mac` of {} is no ciphertext of SOPS".to_owned(), place, "expected `ENC[…]`", Vec::new())
    })
}

fn selectors(metadata: &SopsMetadata<'_>) -> Option<Problem> {
    let keys = metadata.selector_keys();
    if let [first, rest @ ..] = keys.as_slice()
        && !rest.is_empty()
    {
        let names: Vec<String> = keys.iter().map(|entry| entry.key.to_string()).collect();
        let message = format!("the SOPS metadata of {{}} sets {}, of which at most one may be set", list(&names));
        return Some((
            "sops.selectors",
            message,
            first.key_span,
            "one too many",
            rest.iter().map(|entry| entry.key_span).collect(),
        ));
    }
    keys.iter().filter(|entry| entry.key.ends_with("_regex")).find_map(|entry| {
        let Pattern::Invalid(why) = Pattern::new(entry.value.as_str()?) else { return None };
        let message = format!("`sops.{}` of {{}} is no pattern: {why}", entry.key);
        Some(("sops.regex", message, entry.value.span(), "not accepted", Vec::new()))
    })
}

fn damaged(document: &SopsDocument) -> Option<Problem> {
    let all = leaves(&document.node);
    let damaged: Vec<_> = all.iter().filter(|leaf| leaf.value() == LeafValue::Damaged).collect();
    let (first, rest) = damaged.split_first()?;
    let names: Vec<String> = damaged.iter().map(|leaf| leaf.dotted()).collect();
    let verb = if names.len() == 1 { "begins" } else { "begin" };
    let message = format!("{} of {{}} {verb} with `ENC[` and cannot be ciphertext of SOPS", list(&names));
    let places = rest.iter().map(|leaf| leaf.key_span).collect();
    Some(("values", message, first.key_span, "damaged", places))
}

/// Ciphertext where the file's own selector chooses nothing, as after a move of the key.
fn never_decrypted(document: &SopsDocument) -> Option<Problem> {
    let metadata = document.metadata()?;
    // Two selectors contradict each other.
    if metadata.selector_keys().len() > 1 {
        return None;
    }
    let all = leaves(&document.node);
    let left: Vec<_> = all
        .iter()
        .filter(|leaf| leaf.value() == LeafValue::Encrypted && metadata.selector.selects(&leaf.path) == Some(false))
        .collect();
    let (first, rest) = left.split_first()?;
    let names: Vec<String> = left.iter().map(|leaf| leaf.dotted()).collect();
    let (verb, stay) = if names.len() == 1 { ("is", "it stays") } else { ("are", "they stay") };
    let selector = metadata.selector_keys().first().map_or("unencrypted_suffix", |entry| entry.key.as_str());
    let message = format!("{} of {{}} {verb} ciphertext, but outside of its `{selector}`: {stay} so", list(&names));
    let places = rest.iter().map(|leaf| leaf.key_span).collect();
    Some(("never decrypted", message, first.key_span, "never decrypted", places))
}
