//! The Secret with the decryption keys is where it is looked for. Card: rules/secrets/decryption-secret-missing.md

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::words::list;
use crate::build::Object;
use crate::cluster::{Cluster, Presence, trail};
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DecryptionSecretMissing {}

/// What the tree holds or makes.
#[derive(Default)]
struct Made<'c> {
    /// Secrets by name and namespace, with the place of what makes them.
    secrets: BTreeMap<(String, String), Span>,
    /// What makes Secrets of another name than its own, by its own.
    renamed: BTreeMap<String, Vec<(&'c Object, String)>>,
}

impl Rule for DecryptionSecretMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let made = made(cluster);
        // One name for many Kustomizations of one namespace is one mistake.
        let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
        for object in cluster.of_kind("kustomize.toolkit.fluxcd.io", "Kustomization") {
            let Some(node) = object.dig("spec.decryption.secretRef.name") else { continue };
            let Some(name) = node.as_str() else { continue };
            let namespace = object.namespace();
            let is_known = made.secrets.contains_key(&(name.to_owned(), namespace.to_owned()));
            let by_bootstrap = namespace == "flux-system" && matches!(name, "sops-age" | "sops-gpg");
            if is_known
                || by_bootstrap
                || matches!(cluster.presence("", "Secret", namespace, name), Presence::Present(_))
                || is_external(cluster, namespace, name)
            {
                continue;
            }
            if seen.contains(&(namespace.to_owned(), name.to_owned())) {
                continue;
            }
            if let Some(observation) = provable(object, node, name, &made) {
                seen.insert((namespace.to_owned(), name.to_owned()));
                out.report(observation);
            }
        }
    }
}

fn is_external(cluster: &Cluster<'_>, namespace: &str, name: &str) -> bool {
    cluster.is_external(&crate::finding::ObjectRef {
        api_version: "v1".to_owned(),
        kind: "Secret".to_owned(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    })
}

/// Every Secret that the tree holds or makes.
fn made<'c>(cluster: &Cluster<'c>) -> Made<'c> {
    let mut made = Made::default();
    for object in cluster.objects() {
        let name = match (object.gvk.group.as_str(), object.kind()) {
            ("", "Secret") | ("bitnami.com", "SealedSecret") => Some(object.name.to_string()),
            ("external-secrets.io", "ExternalSecret") => {
                let target = object.dig("spec.target.name").and_then(Node::as_str);
                Some(target.map_or_else(|| object.name.to_string(), ToOwned::to_owned))
            }
            _ => None,
        };
        if let Some(name) = name {
            if object.name != *name {
                made.renamed.entry(object.name.to_string()).or_default().push((object, name.clone()));
            }
            made.secrets.entry((name, object.namespace().to_owned())).or_insert_with(|| object.place());
        }
    }
    made
}

/// Bootstrap usually makes this Secret: only the same name elsewhere, nearly the same name here, or the name of what makes
/// another Secret proves a mistake.
fn provable(object: &Object, node: &Node, name: &str, made: &Made<'_>) -> Option<Observation> {
    let namespace = object.namespace();
    let base = |message: String, label: &str| {
        Observation::new("decryption-secret-missing", message, Label::new(node.span(), label))
            .about(object.reference(), "spec.decryption.secretRef.name")
            .trail(trail(node))
    };
    let elsewhere: Vec<(&(String, String), &Span)> =
        made.secrets.iter().filter(|((other, _), _)| other == name).collect();
    if !elsewhere.is_empty() {
        let places: Vec<String> = elsewhere.iter().map(|((_, namespace), _)| namespace.clone()).collect();
        let message = format!(
            "Kustomization `{}` decrypts with Secret `{namespace}/{name}`, but the Secret of that name is in namespace {}",
            object.full_name(),
            list(&places)
        );
        let mut found = base(message, "not in this namespace")
            .help(format!("bring the Secret into namespace `{namespace}`: `secretRef` looks nowhere else"));
        for (_, place) in elsewhere.into_iter().take(4) {
            found = found.related(Label::new(*place, "of this name"));
        }
        return Some(found);
    }
    if let Some(makers) = made.renamed.get(name) {
        let here = makers.iter().find(|(maker, _)| maker.namespace() == namespace);
        let (maker, target) = here.or(makers.first())?;
        let message = format!(
            "Kustomization `{}` decrypts with Secret `{namespace}/{name}`, but {} `{}` makes Secret `{}/{target}`",
            object.full_name(),
            maker.kind(),
            maker.full_name(),
            maker.namespace()
        );
        let place = maker.dig("spec.target.name").map_or(maker.place(), Node::span);
        return Some(base(message, "no such Secret").related(Label::new(place, "its Secret")));
    }
    let limit = if name.len() >= 6 { 2 } else { 1 };
    let ((near, _), place) = made
        .secrets
        .iter()
        .filter(|((_, other), _)| other == namespace)
        .map(|(key, place)| (strsim::levenshtein(&key.0, name), key, place))
        .filter(|(distance, _, _)| *distance <= limit)
        .min()
        .map(|(_, key, place)| (key, place))?;
    let message = format!(
        "Kustomization `{}` decrypts with Secret `{namespace}/{name}`, which does not exist",
        object.full_name()
    );
    Some(
        base(message, "no such Secret")
            .help(format!("did you mean `{near}`?"))
            .related(Label::new(*place, "nearest name")),
    )
}
