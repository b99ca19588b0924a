//! Type and metadata of an encrypted object are plain. Card: rules/secrets/sops-type-encrypted.md

use serde::Deserialize;

use super::words::{MAX_RELATED, argument, list};
use crate::cluster::Repository;
use crate::cluster::secrets::{LeafValue, leaves, sops_documents};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SopsTypeEncrypted {}

impl Rule for SopsTypeEncrypted {
    fn check_repository(&self, repository: &Repository<'_>, out: &mut Sink) {
        for document in sops_documents(repository) {
            // Only what a cluster applies: a whole file may be encrypted for other tools.
            if !repository.reached.contains(&document.node.span().file) {
                continue;
            }
            let Some(metadata) = document.metadata() else { continue };
            let all = leaves(&document.node);
            let encrypted: Vec<_> = all
                .iter()
                .filter(|leaf| matches!(leaf.path.first(), Some(&("apiVersion" | "kind" | "metadata"))))
                // Ciphertext that was moved there is damage, not a choice.
                .filter(|leaf| {
                    leaf.value() == LeafValue::Encrypted && metadata.selector.selects(&leaf.path) != Some(false)
                })
                .collect();
            let Some((first, rest)) = encrypted.split_first() else { continue };
            let names: Vec<String> = encrypted.iter().map(|leaf| leaf.dotted()).collect();
            let verb = if names.len() == 1 { "is" } else { "are" };
            let file = argument(&document.path);
            let mut found = Observation::new(
                "sops-type-encrypted",
                format!("`{}` encrypts what Flux reads before it decrypts: {} {verb} ciphertext", document.path, list(&names)),
                Label::new(first.key_span, "must be plain"),
            )
            .keyed(first.dotted())
            .help(format!("decrypt with `sops -d -i {file}`, set `encrypted_regex: ^(data|stringData)$` in the creation rule, then `sops -e -i {file}`"));
            for leaf in rest.iter().take(MAX_RELATED) {
                found = found.related(Label::new(leaf.key_span, "must be plain too"));
            }
            out.report(found);
        }
    }
}
