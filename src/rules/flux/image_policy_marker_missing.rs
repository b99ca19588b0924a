//! A comment that lets Flux set an image names an `ImagePolicy` that is built.
//! Card: rules/flux/image-policy-marker-missing.md

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::build::Object;
use crate::build::manifests::Manifests;
use crate::cluster::flux::{FluxMakers, FluxPresence, IMAGE};
use crate::cluster::nearest::nearest_name;
use crate::cluster::{Cluster, Repository};
use crate::finding::{Applicability, Confidence, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::{Span, normalize};
use crate::yaml::{Mode, Node};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImagePolicyMarkerMissing {}

/// A marker: `{"$imagepolicy": "namespace:name:tag"}`. Source: image-automation-controller `internal/update/setters.go`.
struct Marker {
    namespace: String,
    name: String,
    place: Span,
}

impl Rule for ImagePolicyMarkerMissing {
    fn check_beside(&self, repository: &Repository<'_>, cluster: &Cluster<'_>, out: &mut Sink) {
        let automations: Vec<&Object> = cluster.of_kind(IMAGE, "ImageUpdateAutomation").collect();
        // Without an automation, nobody reads the markers.
        if automations.is_empty() {
            return;
        }
        let folders: Vec<String> = automations
            .iter()
            .map(|automation| {
                automation.dig("spec.update.path").and_then(Node::as_str).map(normalize).unwrap_or_default()
            })
            .collect();
        let is_updated = |path: &str| {
            folders.iter().any(|folder| {
                folder.is_empty() || path.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
            })
        };
        let makers = FluxMakers::of(cluster);
        let paths: BTreeSet<&str> = repository.documents.iter().map(|document| &*document.path).collect();
        for path in paths.into_iter().filter(|path| is_updated(path)) {
            for marker in markers(repository, path) {
                self.judge(repository, cluster, &makers, path, &marker, out);
            }
        }
    }
}

impl ImagePolicyMarkerMissing {
    fn judge(
        &self,
        repository: &Repository<'_>,
        cluster: &Cluster<'_>,
        makers: &FluxMakers<'_, '_>,
        path: &str,
        marker: &Marker,
        out: &mut Sink,
    ) {
        let Marker { namespace, name, place } = marker;
        match makers.presence(IMAGE, "ImagePolicy", namespace, name) {
            FluxPresence::Here(_) | FluxPresence::Made => return,
            FluxPresence::Possible(_) | FluxPresence::Unknown => {
                out.undecided(
                    cluster,
                    "broken",
                    format!("ImagePolicy `{namespace}/{name}`, named in `{path}`"),
                    "a part of the cluster that could hold it was not built",
                );
                return;
            }
            FluxPresence::Absent => {}
        }
        if is_of_another(repository, cluster, name) {
            return;
        }
        let mut observation = Observation::new(
            "image-policy-marker-missing",
            format!("`{path}` lets Flux set an image from ImagePolicy `{namespace}/{name}`, which does not exist"),
            Label::new(*place, "no such policy"),
        )
        .keyed(format!("{path} {namespace}:{name}"));
        if cluster.has_losses() {
            observation = observation.confidence(Confidence::Medium);
        }
        let named: Vec<&Object> = cluster.named(name).filter(|object| object.is(IMAGE, "ImagePolicy")).collect();
        let near = match named.first() {
            Some(object) => Some((*object, format!("{}:{name}", object.namespace()))),
            None => {
                let here = || cluster.of_kind(IMAGE, "ImagePolicy").filter(|policy| policy.namespace() == namespace);
                let near = nearest_name(name, here().map(|policy| policy.name.as_str()));
                here()
                    .find(|policy| Some(policy.name.as_str()) == near)
                    .map(|policy| (policy, format!("{namespace}:{}", policy.name)))
            }
        };
        if let Some((policy, text)) = near {
            observation = observation
                .help(format!("did you mean `{text}`?"))
                .related(Label::new(policy.place(), "nearest policy"))
                .fix(Fix {
                    title: format!("name `{text}`"),
                    applicability: Applicability::Unsafe,
                    edits: vec![Edit { span: *place, text }],
                });
        }
        out.report(observation);
    }
}

/// Whether a policy of the name is one of another cluster, to which the file may belong.
fn is_of_another(repository: &Repository<'_>, cluster: &Cluster<'_>, name: &str) -> bool {
    cluster.named(name).all(|object| object.kind() != "ImagePolicy")
        && repository
            .written(IMAGE, "ImagePolicy", name)
            .any(|document| repository.reached.contains(&document.node.span().file))
}

/// The markers in the comments of a file. Each points at `namespace:name`.
fn markers(repository: &Repository<'_>, path: &str) -> Vec<Marker> {
    let Ok(manifests) = repository.library.load(path, Mode::V3) else { return Vec::new() };
    let Manifests { file, comments, .. } = &*manifests;
    let text = &repository.sources().file(*file).text;
    let marker = |range: &std::ops::Range<usize>| -> Option<Marker> {
        let comment = text.get(range.clone())?;
        let key = comment.find("\"$imagepolicy\"")?;
        // A marker is the whole comment; in a sentence about markers it is none.
        if !comment.trim_start_matches('#').trim_start().starts_with('{') {
            return None;
        }
        let value = comment.get(key..)?.split_once(':')?.1;
        let start = comment.len() - value.len() + value.find('"')? + 1;
        let value = comment.get(start..)?.split('"').next()?;
        let (namespace, rest) = value.split_once(':')?;
        let name = rest.split(':').next()?;
        let end = start + namespace.len() + 1 + name.len();
        let place = Span::new(*file, range.start + start..range.start + end);
        Some(Marker { namespace: namespace.to_owned(), name: name.to_owned(), place })
    };
    comments.iter().filter_map(|comment| marker(&comment.range)).collect()
}
