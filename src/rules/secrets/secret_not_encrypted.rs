//! Secrets in git are encrypted. Card: rules/secrets/secret-not-encrypted.md

use std::collections::BTreeMap;

use serde::Deserialize;

use super::words::{MAX_RELATED, encrypt, list};
use crate::build::Object;
use crate::cluster::secrets::{
    Class, Inputs, Matching, PlainKey, SopsConfigs, SopsMetadata, classify, flat_files, is_named_as_encrypted,
    is_test_data, leaves, needs_no_encryption, plain_keys, reference, takes_from_elsewhere,
};
use crate::cluster::{Cluster, FileDocument, Repository};
use crate::finding::{Confidence, Label, ObjectRef, Observation, Severity};
use crate::rulebook::{Rule, Sink};
use crate::source::{Span, file_name};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretNotEncrypted {}

impl Rule for SecretNotEncrypted {
    fn check_beside(&self, repository: &Repository<'_>, cluster: &Cluster<'_>, out: &mut Sink) {
        let configs = SopsConfigs::of(repository);
        // A component gives one Secret to many: what is written once is reported once.
        let mut written: BTreeMap<Text, Vec<(&Object, Vec<PlainKey>)>> = BTreeMap::new();
        for object in cluster.build().objects.iter().filter(|object| object.is("", "Secret") && !object.encrypted) {
            if needs_no_encryption(&object.node) {
                continue;
            }
            let keys = plain_keys(cluster.sources(), &object.node);
            let Some(first) = keys.first() else { continue };
            // An address beside references is where it belongs.
            if keys.iter().all(|key| key.class == Class::Harmless)
                && takes_from_elsewhere(cluster.sources(), &object.node)
            {
                continue;
            }
            let place =
                (first.place.unwrap_or_else(|| object.place()), keys.iter().map(|key| key.path.clone()).collect());
            written.entry(place).or_default().push((object, keys));
        }
        for mut made in written.into_values() {
            made.sort_by(|(a, _), (b, _)| (a.namespace(), &a.name).cmp(&(b.namespace(), &b.name)));
            let others = made.len() - 1;
            // What it looks like can differ by what a variable brings in: the worst counts.
            let worst = made.into_iter().rev().max_by_key(|(_, keys)| keys.iter().map(|key| key.class).max());
            let Some((object, keys)) = worst else { continue };
            let secret = Plain {
                shown: object.reference().to_string(),
                reference: object.reference(),
                place: object.place(),
                others,
                keys,
            };
            if let Some(observation) = secret.observe(repository, &configs, object.kind_place().file) {
                out.report(observation);
            }
        }
    }

    fn check_repository(&self, repository: &Repository<'_>, out: &mut Sink) {
        let configs = SopsConfigs::of(repository);
        let inputs = Inputs::of(repository);
        for document in &repository.documents {
            let file = document.node.span().file;
            if repository.reached.contains(&file) || !is_of_interest(&inputs, &document.path) {
                continue;
            }
            for secret in secrets_in(&document.node) {
                out.observations.extend(outside(repository, &configs, document, secret));
            }
        }
        named_but_plain(repository, &configs, &inputs, out);
    }
}

/// What Secrets of one text share: the place of the first key, and all keys.
type Text = (Span, Vec<String>);

/// A Secret with readable values.
struct Plain {
    shown: String,
    reference: ObjectRef,
    place: Span,
    // How many more Secrets come from the same text.
    others: usize,
    keys: Vec<PlainKey>,
}

impl Plain {
    /// What to say; `None` where the creation rule leaves these keys plain by choice.
    fn observe(
        &self,
        repository: &Repository<'_>,
        configs: &SopsConfigs,
        home: crate::source::FileId,
    ) -> Option<Observation> {
        let worst = self.keys.iter().map(|key| key.class).max()?;
        let first = self.keys.iter().find(|key| key.class == worst)?;
        let file = first.value_place.file;
        let path = repository.sources().file(file).path.clone();
        if is_plain_by_choice(configs, &path, &self.keys) {
            return None;
        }
        // Harmless values beside a credential are not worth a word.
        let threshold = worst.min(Class::Sensitive);
        let named: Vec<&PlainKey> = self.keys.iter().filter(|key| key.class >= threshold).collect();
        let names: Vec<String> = named.iter().map(|key| key.path.clone()).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        let mut message = match worst {
            Class::Sensitive => format!("{} is not encrypted: {} {verb} plain text", self.shown, list(&names)),
            Class::Plain => {
                format!(
                    "{} is not encrypted: {} {verb} plain text, though nothing shows a credential",
                    self.shown,
                    list(&names)
                )
            }
            Class::Harmless | Class::Nothing => {
                format!(
                    "{} is not encrypted: {} {verb} plain text, an identifier or a placeholder by its look",
                    self.shown,
                    list(&names)
                )
            }
        };
        if self.others > 0 {
            message.push_str(&format!("; {} more come from the same text", self.others));
        }
        let place = first.place.unwrap_or(self.place);
        let label = if worst == Class::Sensitive { "in plain text" } else { "plain, perhaps no secret" };
        let mut found = Observation::new("secret-not-encrypted", message, Label::new(place, label))
            .about(self.reference.clone(), first.path.clone())
            .help(self.help(repository, configs, home, file, &path));
        found = match worst {
            Class::Sensitive => found,
            Class::Plain => found.severity(Severity::Warning).confidence(Confidence::Low),
            Class::Harmless | Class::Nothing => found.severity(Severity::Info).confidence(Confidence::Low),
        };
        for key in named.iter().filter(|key| **key != first).take(MAX_RELATED) {
            if let Some(place) = key.place {
                found = found.related(Label::new(place, "in plain text too"));
            }
        }
        Some(found)
    }

    fn help(
        &self,
        repository: &Repository<'_>,
        configs: &SopsConfigs,
        home: crate::source::FileId,
        file: crate::source::FileId,
        path: &str,
    ) -> String {
        let is_kustomization = matches!(file_name(path), "kustomization.yaml" | "kustomization.yml" | "Kustomization");
        if is_kustomization && home == file {
            return "move the literals to a file `KEY=value`, encrypt it with `sops -e -i`, and name it under `envs`; \
                    the values are in the history: replace them"
                .to_owned();
        }
        let alone = repository
            .documents
            .iter()
            .filter(|document| *document.path == *path)
            .all(|document| secrets_in(&document.node).len() == 1);
        let generated = repository.sources().file(home).path.clone();
        let by_generator =
            matches!(file_name(&generated), "kustomization.yaml" | "kustomization.yml" | "Kustomization");
        let how = if (alone && home == file) || by_generator {
            encrypt(path, configs)
        } else {
            format!(
                "move the values of the Secret out of `{path}` into a file of its own and encrypt that with `sops -e -i`"
            )
        };
        format!("{how}; the values are in the history: replace them")
    }
}

/// Whether the creation rule of a file encrypts none of the keys.
fn is_plain_by_choice(configs: &SopsConfigs, path: &str, keys: &[PlainKey]) -> bool {
    let Matching::Rule(_, rule) = configs.matching(path) else { return false };
    keys.iter().all(|key| {
        let parts: Vec<&str> = key.path.splitn(2, '.').collect();
        rule.selector_text.is_some() && rule.selector.selects(&parts) == Some(false)
    })
}

/// The plain Secrets of a document: itself, or the items of a list.
fn secrets_in(document: &Node) -> Vec<&Node> {
    let is_secret = |node: &&Node| {
        node.get("kind").and_then(Node::as_str) == Some("Secret")
            && node.get("apiVersion").and_then(Node::as_str) == Some("v1")
    };
    let items = document.get("items").map(Node::items).unwrap_or_default();
    std::iter::once(document).chain(items).filter(is_secret).filter(|node| SopsMetadata::of(node).is_none()).collect()
}

fn is_of_interest(inputs: &Inputs, path: &str) -> bool {
    (inputs.is_beside_a_cluster(path) || is_named_as_encrypted(path))
        && !inputs.parts.contains(path)
        && !inputs.is_in_chart(path)
        && !is_test_data(path)
}

/// A Secret of a file that no cluster applies: a leak, though nothing runs with it.
fn outside(
    repository: &Repository<'_>,
    configs: &SopsConfigs,
    document: &FileDocument,
    secret: &Node,
) -> Option<Observation> {
    let reference = reference(secret)?;
    if needs_no_encryption(secret) {
        return None;
    }
    let keys: Vec<PlainKey> =
        plain_keys(repository.sources(), secret).into_iter().filter(|key| key.class >= Class::Plain).collect();
    let place = secret.at(&["metadata", "name"]).unwrap_or(secret).span();
    let shown = format!("{reference}, which no cluster applies,");
    let found =
        Plain { shown, reference, place, others: 0, keys }.observe(repository, configs, document.node.span().file)?;
    let below = if found.severity.is_none() { Severity::Warning } else { Severity::Info };
    Some(
        found
            .severity(below)
            .confidence(Confidence::Medium)
            .why("Whoever can read the repository can read the values."),
    )
}

/// Files named `x.sops.*` without a trace of encryption. Secrets among them have their own finding.
fn named_but_plain(repository: &Repository<'_>, configs: &SopsConfigs, inputs: &Inputs, out: &mut Sink) {
    let of_interest = |path: &str| !inputs.parts.contains(path) && !inputs.is_in_chart(path) && !is_test_data(path);
    let mut plain: BTreeMap<String, Vec<(String, Span)>> = BTreeMap::new();
    for document in &repository.documents {
        let is_object = document.node.get("kind").is_some();
        if !is_named_as_encrypted(&document.path)
            || is_object
            || !of_interest(&document.path)
            || SopsMetadata::of(&document.node).is_some()
        {
            continue;
        }
        for leaf in leaves(&document.node) {
            let (Some(key), Some(text)) = (leaf.path.last(), leaf.node.scalar_text()) else { continue };
            if classify(key, &text) == Class::Sensitive {
                plain.entry(document.path.to_string()).or_default().push((leaf.dotted(), leaf.key_span));
            }
        }
    }
    for (path, _, entries) in flat_files(repository) {
        if !of_interest(&path) || entries.iter().any(|entry| entry.is_metadata()) {
            continue;
        }
        for entry in entries.into_iter().filter(|entry| classify(&entry.key, &entry.value) == Class::Sensitive) {
            plain.entry(path.clone()).or_default().push((entry.key, entry.key_span));
        }
    }
    for (path, keys) in plain {
        let [(_, first), rest @ ..] = keys.as_slice() else { continue };
        let names: Vec<String> = keys.iter().map(|(name, _)| name.clone()).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        let message =
            format!("`{path}` is named as an encrypted file and is not encrypted: {} {verb} plain text", list(&names));
        let mut found = Observation::new("secret-not-encrypted", message, Label::new(*first, "in plain text"))
            .keyed(names.first().cloned().unwrap_or_default())
            .severity(Severity::Warning)
            .help(encrypt(&path, configs));
        for (_, place) in rest.iter().take(MAX_RELATED) {
            found = found.related(Label::new(*place, "in plain text too"));
        }
        out.report(found);
    }
}
