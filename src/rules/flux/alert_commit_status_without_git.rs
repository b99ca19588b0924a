//! An Alert that writes commit statuses watches what comes from Git.
//! Card: rules/flux/alert-commit-status-without-git.md

use serde::Deserialize;

use super::reference::Named;
use crate::build::Object;
use crate::cluster::flux::{KUSTOMIZE, NOTIFICATION};
use crate::cluster::{Cluster, trail};
use crate::finding::{Label, Observation, Severity};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AlertCommitStatusWithoutGit {}

/// Types of Provider that write commit statuses. Source: notification-controller `docs/spec/v1beta3/providers.md`.
const COMMIT_STATUS: &[&str] = &["github", "gitlab", "gitea", "bitbucket", "bitbucketserver", "azuredevops"];

impl Rule for AlertCommitStatusWithoutGit {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        for alert in cluster.of_kind(NOTIFICATION, "Alert") {
            let Some(name) = alert.dig("spec.providerRef.name").and_then(Node::as_str) else { continue };
            let Some(provider) = cluster.get(NOTIFICATION, "Provider", alert.namespace(), name) else { continue };
            let Some(kind) = provider.dig("spec.type").and_then(Node::as_str) else { continue };
            if !COMMIT_STATUS.contains(&kind) {
                continue;
            }
            for entry in alert.dig("spec.eventSources").map(Node::items).unwrap_or_default() {
                if let Some(found) = check(cluster, alert, provider, kind, entry) {
                    out.report(found);
                }
            }
        }
    }
}

fn check(cluster: &Cluster<'_>, alert: &Object, provider: &Object, kind: &str, entry: &Node) -> Option<Observation> {
    if entry.get("kind").and_then(Node::as_str) != Some("Kustomization") {
        return None;
    }
    let named = Named::of(alert, entry);
    let (name, namespace) = (named.name?, named.namespace?);
    let watched: Vec<&Object> = match name {
        "*" => cluster.of_kind(KUSTOMIZE, "Kustomization").filter(|one| one.namespace() == namespace).collect(),
        _ => cluster.get(KUSTOMIZE, "Kustomization", namespace, name).into_iter().collect(),
    };
    let source = |one: &Object| one.dig("spec.sourceRef.kind").and_then(Node::as_str).map(ToOwned::to_owned);
    let (from_git, others): (Vec<&Object>, Vec<&Object>) = watched
        .into_iter()
        .filter(|one| source(one).is_some())
        .partition(|one| source(one).as_deref() == Some("GitRepository"));
    let first = others.first()?;
    let node = entry.get("name").unwrap_or(entry);
    let observation = Observation::new(
        "alert-commit-status-without-git",
        format!(
            "Alert `{}` writes commit statuses to `{kind}` for {}, which comes from {} and has no commit",
            alert.full_name(),
            first.reference(),
            source(first).unwrap_or_default()
        ),
        Label::new(node.span(), "not from Git"),
    )
    .about(alert.reference(), format!("spec.eventSources[{namespace}/{name}]"))
    .related(Label::new(first.dig("spec.sourceRef.kind").map_or(first.place(), Node::span), "its source"))
    .related(Label::new(provider.dig("spec.type").map_or(provider.place(), Node::span), "writes commit statuses"))
    .trail(trail(node));
    // Some of those it watches have commits.
    Some(if name == "*" && !from_git.is_empty() { observation.severity(Severity::Info) } else { observation })
}
