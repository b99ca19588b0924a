//! What `substituteFrom` names exists in the Kustomization's own namespace.
//! Card: rules/substitution/substitute-from-missing.md

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::build::flux::{SubstituteFrom, produced_secret};
use crate::build::kustomize::Brings;
use crate::build::{KustomizationBuild, Object, State};
use crate::cluster::Cluster;
use crate::config::nearest;
use crate::finding::{Label, ObjectRef, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::Span;
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SubstituteFromMissing {}

impl Rule for SubstituteFromMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        // A patch that gives every Kustomization the same entry is one mistake.
        let mut missing: BTreeMap<(Span, &str, &str, &str), Vec<&KustomizationBuild>> = BTreeMap::new();
        for kustomization in cluster.kustomizations() {
            let spec = &kustomization.spec;
            if matches!(kustomization.state, State::External(_)) {
                continue;
            }
            for from in spec.substitute_from.iter().filter(|from| !from.optional) {
                let Some(name) = from.name.as_deref() else { continue };
                let is_here = cluster.get("", &from.kind, &spec.namespace, name).is_some();
                if is_here || is_made(cluster, from, &spec.namespace, name) {
                    continue;
                }
                let key = (from.span, from.kind.as_str(), spec.namespace.as_str(), name);
                missing.entry(key).or_default().push(kustomization);
            }
        }
        for ((place, kind, namespace, name), users) in missing {
            let Some(first) = users.first() else { continue };
            let evidence = evidence(cluster, first, kind, namespace, name);
            let Some(evidence) = evidence.filter(|_| !could_come(cluster, kind, namespace, name)) else {
                let what = format!("{kind} `{namespace}/{name}` of substituteFrom");
                out.undecided(cluster, "variable", what, "it may be made outside of this tree");
                continue;
            };
            let users = match users.len() {
                1 => format!("{} takes", first.spec.shown()),
                several => format!("{} and {} more take", first.spec.shown(), several - 1),
            };
            let message = format!("{users} variables from {kind} `{namespace}/{name}`, which does not exist");
            let observation = Observation::new("substitute-from-missing", message, Label::new(place, "not there"))
                .about(first.spec.reference(), format!("substituteFrom {kind} {name}"))
                .related(Label::new(first.spec.place, "substitutes with it"));
            out.report(match evidence {
                Evidence::Elsewhere(object) => observation
                    .related(Label::new(object.place(), "in another namespace"))
                    .help(format!(
                        "move it to namespace `{namespace}`: a Kustomization takes variables from its own namespace only"
                    )),
                Evidence::Beside(object) => {
                    let observation = observation.related(Label::new(object.place(), "the one beside it is here"));
                    match meant(cluster, first, kind, namespace, name) {
                        Some(near) => observation
                            .help(format!("did you mean `{}`?", near.name))
                            .related(Label::new(near.place(), "nearest name")),
                        None => observation,
                    }
                }
            });
        }
    }
}

/// Whether it may be in a part that was not looked at. What others publish for everybody holds no variables.
fn could_come(cluster: &Cluster<'_>, kind: &str, namespace: &str, name: &str) -> bool {
    let object = ObjectRef {
        api_version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespace: Some(namespace.to_owned()),
        name: name.to_owned(),
    };
    let mut parts = cluster.build().not_built.iter().filter(|part| part.brings != Brings::Manifests);
    cluster.is_external(&object) || parts.any(|part| part.could_bring("", kind, namespace, Some(name)))
}

/// Why something that is absent is missing, and not merely made outside of the tree.
enum Evidence<'w> {
    /// It, or what makes it, is in another namespace.
    Elsewhere(&'w Object),
    /// Another source of the same kind in the same list is here.
    Beside(&'w Object),
}

fn evidence<'w>(
    cluster: &Cluster<'w>,
    kustomization: &KustomizationBuild,
    kind: &str,
    namespace: &str,
    name: &str,
) -> Option<Evidence<'w>> {
    let elsewhere = cluster.named(name).find(|object| object.is("", kind) && object.namespace() != namespace);
    let maker = || {
        let makes = |object: &&Object| kind == "Secret" && produced_secret(object).as_deref() == Some(name);
        cluster.objects().find(makes).filter(|object| object.namespace() != namespace)
    };
    if let Some(object) = elsewhere.or_else(maker) {
        return Some(Evidence::Elsewhere(object));
    }
    let others = kustomization.spec.substitute_from.iter().filter(|from| from.kind == kind && !from.optional);
    let mut others = others.filter_map(|from| from.name.as_deref()).filter(|other| *other != name);
    others.find_map(|other| cluster.get("", kind, namespace, other)).map(Evidence::Beside)
}

/// The object of its kind and namespace with the nearest name that the list does not name already.
fn meant<'w>(
    cluster: &Cluster<'w>,
    kustomization: &KustomizationBuild,
    kind: &str,
    namespace: &str,
    name: &str,
) -> Option<&'w Object> {
    let is_named = |object: &&Object| {
        kustomization.spec.substitute_from.iter().any(|from| from.name.as_deref() == Some(object.name.as_str()))
    };
    let here = cluster.in_namespace(namespace).filter(|object| object.is("", kind)).filter(|object| !is_named(object));
    let near = nearest(name, here.map(|object| object.name.as_str()))?;
    cluster.get("", kind, namespace, near)
}

/// Whether something in the tree makes it at run time.
fn is_made(cluster: &Cluster<'_>, from: &SubstituteFrom, namespace: &str, name: &str) -> bool {
    from.kind == "Secret"
        && (cluster.in_namespace(namespace).any(|object| produced_secret(object).as_deref() == Some(name))
            || cluster.of_kind("external-secrets.io", "ClusterExternalSecret").any(|object| {
                let target = object.dig("spec.externalSecretSpec.target.name");
                let target = target.or_else(|| object.dig("spec.externalSecretName"));
                target.and_then(Node::as_str).unwrap_or(&object.name) == name
            }))
}
