//! Encrypted files are named so. Card: rules/secrets/sops-file-name.md

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::cluster::Repository;
use crate::cluster::secrets::{SopsMetadata, is_named_as_encrypted, sops_documents};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::file_name;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SopsFileName {}

impl Rule for SopsFileName {
    fn check_repository(&self, repository: &Repository<'_>, out: &mut Sink) {
        let mut encrypted: BTreeSet<String> = BTreeSet::new();
        for document in sops_documents(repository) {
            let is_first = encrypted.insert(document.path.to_string());
            let Some(metadata) = document.metadata().filter(|_| is_first && !is_named_as_encrypted(&document.path))
            else {
                continue;
            };
            let name = file_name(&document.path);
            let better = name
                .rsplit_once('.')
                .map_or_else(|| format!("{name}.sops"), |(stem, extension)| format!("{stem}.sops.{extension}"));
            out.report(
                Observation::new(
                    "sops-file-name",
                    format!("`{}` is encrypted with SOPS, and its name does not say so", document.path),
                    Label::new(metadata.key_span, "encrypted"),
                )
                .keyed("sops")
                .help(format!("rename it to `{better}` and correct what names it")),
            );
        }
        for document in &repository.documents {
            // A plain Secret has a finding of its own.
            let is_secret = document.node.get("kind").and_then(Node::as_str) == Some("Secret");
            let is_new = is_named_as_encrypted(&document.path) && !encrypted.contains(&*document.path);
            if is_secret || !is_new || SopsMetadata::of(&document.node).is_some() {
                continue;
            }
            encrypted.insert(document.path.to_string());
            out.report(
                Observation::new(
                    "sops-file-name",
                    format!("`{}` is named as an encrypted file and carries no SOPS metadata", document.path),
                    Label::new(
                        document
                            .node
                            .entries()
                            .next()
                            .map_or_else(|| document.node.span().head(), |entry| entry.key_span),
                        "not encrypted",
                    ),
                )
                .keyed("name")
                .help("encrypt it, or take `.sops` out of its name"),
            );
        }
    }
}
