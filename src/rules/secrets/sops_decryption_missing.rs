//! Who builds an encrypted object decrypts it. Card: rules/secrets/sops-decryption-missing.md

use std::collections::BTreeMap;

use serde::Deserialize;

use super::words::list;
use crate::build::kustomize::PatchEntry;
use crate::build::{KustomizationBuild, Object, State};
use crate::cluster::Cluster;
use crate::finding::{Confidence, Label, ObjectRef, Observation};
use crate::rulebook::{Rule, Sink};
use crate::source::{Span, normalize};
use crate::yaml::{Mode, Node, Step, UnknownWhy};

/// Places named beside the first one.
const MAX_PLACES: usize = 8;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SopsDecryptionMissing {}

/// A Kustomization that cannot read what it builds.
struct Blind<'w> {
    kustomization: &'w KustomizationBuild,
    object: Option<&'w Object>,
    encrypted: Vec<&'w Object>,
}

impl Rule for SopsDecryptionMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let mut encrypted: BTreeMap<usize, Vec<&Object>> = BTreeMap::new();
        for object in cluster.build().objects.iter().filter(|object| needs_decryption(object)) {
            encrypted.entry(object.kustomization).or_default().push(object);
        }
        // What one parent leaves out for several children is one mistake.
        let mut by_parent: BTreeMap<Option<usize>, Vec<Blind<'_>>> = BTreeMap::new();
        let mut seeing: BTreeMap<Option<usize>, Vec<&Object>> = BTreeMap::new();
        for (index, objects) in encrypted {
            let Some(kustomization) = cluster.kustomizations().get(index) else { continue };
            let object = kustomization.object.and_then(|at| cluster.object(at));
            if kustomization.spec.decrypts
                || has_unknown_decryption(object)
                || matches!(kustomization.state, State::External(_))
            {
                seeing.entry(kustomization.parent).or_default().extend(object);
            } else if kustomization.parent.is_none() && !is_applied_by_flux(cluster, kustomization) {
                out.undecided(
                    cluster,
                    "source",
                    format!("decryption of `{}`", cluster.entry()),
                    "nothing in the tree says how the entry is applied",
                );
            } else {
                by_parent.entry(kustomization.parent).or_default().push(Blind {
                    kustomization,
                    object,
                    encrypted: objects,
                });
            }
        }
        for (parent, mut blind) in by_parent {
            blind.sort_by(|a, b| {
                (&a.kustomization.spec.namespace, &a.kustomization.spec.name)
                    .cmp(&(&b.kustomization.spec.namespace, &b.kustomization.spec.name))
            });
            let parent = parent.and_then(|at| cluster.kustomizations().get(at));
            let siblings = seeing
                .get(&blind.first().and_then(|first| first.kustomization.parent))
                .map(Vec::as_slice)
                .unwrap_or_default();
            let patch = parent
                .and_then(|parent| decrypting_patch(cluster, parent))
                .or_else(|| siblings.iter().find_map(|sibling| patched_from(sibling)));
            match blind.as_slice() {
                [] => {}
                [only] => out.report(one(only, parent, patch.as_ref())),
                [first, ..] => out.report(several(cluster, first, &blind, parent, siblings.is_empty(), patch.as_ref())),
            }
        }
    }
}

/// Whether Flux has to decrypt an object: its document, or a file that a generator put into a Secret.
fn needs_decryption(object: &Object) -> bool {
    let switched_off = object
        .annotation("kustomize.toolkit.fluxcd.io/decrypt")
        .is_some_and(|value| value.eq_ignore_ascii_case("disabled"));
    !switched_off && (object.encrypted || holds_encrypted_file(object))
}

fn holds_encrypted_file(object: &Object) -> bool {
    object.is("", "Secret")
        && object.at(&["data"]).into_iter().flat_map(Node::entries).any(|entry| {
            entry.value.unknown().is_some_and(|unknown| unknown.why == UnknownWhy::Encrypted)
                && entry.value.origin.chain().iter().any(|(step, _)| *step == Some(Step::Generated))
        })
}

fn has_unknown_decryption(object: Option<&Object>) -> bool {
    let decryption = object.and_then(|object| object.at(&["spec", "decryption"]));
    decryption.is_some_and(|node| node.is_unknown() || node.get("provider").is_some_and(Node::is_unknown))
}

/// Whether the entry is known to be applied by Flux with what stands in the tree, not by hand or by a script that decrypts.
fn is_applied_by_flux(cluster: &Cluster<'_>, entry: &KustomizationBuild) -> bool {
    if entry.object.is_some() {
        return true;
    }
    let place = entry.spec.place;
    let manifests = cluster.library().of(place.file, Mode::V3);
    let document = manifests.documents.iter().find(|document| {
        let span = document.span();
        span.start <= place.start && place.end <= span.end
    });
    document.is_some_and(|document| match document.get("kind").and_then(Node::as_str) {
        Some("FluxInstance") => true,
        Some("Kustomization") => {
            document.at(&["spec", "path"]).and_then(Node::as_str).map(normalize) == entry.spec.path
        }
        _ => false,
    })
}

/// A patch that sets decryption on Kustomizations: where it stands, and the text of its selector.
struct DecryptingPatch {
    place: Span,
    selector: Option<String>,
}

fn decrypting_patch(cluster: &Cluster<'_>, parent: &KustomizationBuild) -> Option<DecryptingPatch> {
    parent.spec.patches.iter().find(|patch| sets_decryption(cluster, patch)).map(|patch| {
        let target = patch.target.as_ref();
        let fields = [
            ("labelSelector", target.and_then(|target| target.labels.as_ref())),
            ("annotationSelector", target.and_then(|target| target.annotations.as_ref())),
            ("name", target.and_then(|target| target.name.as_ref())),
            ("namespace", target.and_then(|target| target.namespace.as_ref())),
        ];
        let narrow = fields.into_iter().find_map(|(key, text)| text.map(|text| (key, text)));
        DecryptingPatch {
            place: narrow.map_or_else(|| patch.span.head(), |(_, text)| text.span),
            selector: narrow.map(|(key, text)| format!("{key}: {}", text.text)),
        }
    })
}

fn sets_decryption(cluster: &Cluster<'_>, patch: &PatchEntry) -> bool {
    let says = |text: &str| text.contains("decryption") && text.contains("sops");
    match (&patch.patch, &patch.path) {
        (Some(node), _) => node.as_str().is_some_and(says),
        (None, Some(path)) => cluster.sources().load(&path.text).is_ok_and(|id| says(&cluster.sources().file(id).text)),
        (None, None) => false,
    }
}

/// The patch behind the decryption of a sibling, where one set it.
fn patched_from(sibling: &Object) -> Option<DecryptingPatch> {
    let decryption = sibling.at(&["spec", "decryption"])?;
    let origins = [Some(decryption), decryption.get("provider")];
    origins.into_iter().flatten().find_map(|node| {
        let chain = node.origin.chain();
        let (_, place) = chain.iter().find(|(step, _)| matches!(step, Some(Step::Patched | Step::JsonPatched)))?;
        Some(DecryptingPatch { place: *place, selector: None })
    })
}

/// One Kustomization: the block is missing on it, or a patch passes it by.
fn one(blind: &Blind<'_>, parent: Option<&KustomizationBuild>, patch: Option<&DecryptingPatch>) -> Observation {
    let spec = &blind.kustomization.spec;
    let shown = format!("{}/{}", spec.namespace, spec.name);
    let what = encrypted_words(&blind.encrypted);
    let mut message = format!("Kustomization `{shown}` builds {what} without `spec.decryption`");
    let provider = blind.object.and_then(|object| object.at(&["spec", "decryption", "provider"]));
    let mut help = format!("set `spec.decryption.provider: sops` on Kustomization `{shown}`");
    let mut primary = Label::new(spec.place, "no `spec.decryption`");
    if let Some(provider) = provider {
        message = format!("Kustomization `{shown}` builds {what}, and its `spec.decryption.provider` is not `sops`");
        primary = Label::new(provider.span(), "expected `sops`");
    }
    if let Some(patch) = patch {
        let by =
            parent.map_or_else(String::new, |parent| format!(" of `{}/{}`", parent.spec.namespace, parent.spec.name));
        message.push_str(&format!("; the patch{by} that would set it does not select it"));
        let selector = patch.selector.as_ref().map_or_else(String::new, |selector| format!(" (`{selector}`)"));
        help = format!(
            "make the target of the patch{selector} select it, or set `spec.decryption.provider: sops` on Kustomization `{shown}`"
        );
    }
    let mut found = Observation::new("sops-decryption-missing", message, primary)
        .about(reference(blind), "spec.decryption")
        .help(help)
        .why(why(&blind.encrypted));
    if let Some(patch) = patch {
        found = found.related(Label::new(patch.place, "this patch misses it"));
    }
    for object in blind.encrypted.iter().take(MAX_PLACES - found.related.len()) {
        found = found.related(Label::new(object.place(), "encrypted"));
    }
    if blind.kustomization.object.is_none() {
        found = found.confidence(Confidence::Medium);
    }
    found
}

/// Several children of one parent: one mistake, at the parent where all are concerned.
fn several(
    cluster: &Cluster<'_>,
    first: &Blind<'_>,
    many: &[Blind<'_>],
    parent: Option<&KustomizationBuild>,
    all: bool,
    patch: Option<&DecryptingPatch>,
) -> Observation {
    let names: Vec<String> = many
        .iter()
        .map(|blind| format!("{}/{}", blind.kustomization.spec.namespace, blind.kustomization.spec.name))
        .collect();
    let encrypted: Vec<&Object> = many.iter().flat_map(|blind| blind.encrypted.iter().copied()).collect();
    let by = parent
        .map_or_else(|| "the entry".to_owned(), |parent| format!("`{}/{}`", parent.spec.namespace, parent.spec.name));
    // The entry itself is often written by a tool: its children are the place to edit.
    let host = parent
        .filter(|parent| parent.parent.is_some())
        .and_then(|parent| parent.object)
        .and_then(|at| cluster.object(at));
    let mut message = format!(
        "{} Kustomizations that {by} applies build SOPS-encrypted objects without `spec.decryption`: {}",
        many.len(),
        list(&names)
    );
    let mut help = "set `spec.decryption.provider: sops` on each of them".to_owned();
    let mut primary = Label::new(first.kustomization.spec.place, "no `spec.decryption`");
    let mut about = (reference(first), "spec.decryption".to_owned());
    if let Some(patch) = patch {
        message.push_str("; the patch that would set it does not select them");
        let selector = patch.selector.as_ref().map_or_else(String::new, |selector| format!(" (`{selector}`)"));
        help = format!(
            "make the target of the patch{selector} select them, or set `spec.decryption.provider: sops` on each of them"
        );
        primary = Label::new(patch.place, "this patch misses them");
        about = host.map_or(about, |host| (host.reference(), "spec.patches".to_owned()));
    } else if let Some(host) = host.filter(|_| all) {
        help = format!(
            "add a patch for kind `Kustomization` to `spec.patches` of {by} that sets `spec.decryption.provider: sops`, or set it on each of them"
        );
        let patches = host.at(&["spec"]).and_then(Node::as_map).and_then(|spec| spec.entry("patches"));
        let place =
            patches.filter(|entry| entry.value.origin.is_source()).map_or_else(|| host.place(), |entry| entry.key_span);
        primary = Label::new(place, "no decryption for children");
        about = (host.reference(), "spec.patches".to_owned());
    }
    let mut found = Observation::new("sops-decryption-missing", message, primary)
        .about(about.0, about.1)
        .help(help)
        .why(why(&encrypted));
    for blind in many.iter().take(MAX_PLACES) {
        let label =
            blind.encrypted.first().map_or_else(String::new, |object| format!("builds encrypted `{}`", object.name));
        found = found.related(Label::new(blind.kustomization.spec.place, label));
    }
    found
}

fn reference(blind: &Blind<'_>) -> ObjectRef {
    blind.object.map_or_else(
        || ObjectRef {
            api_version: "kustomize.toolkit.fluxcd.io/v1".to_owned(),
            kind: "Kustomization".to_owned(),
            namespace: Some(blind.kustomization.spec.namespace.clone()),
            name: blind.kustomization.spec.name.clone(),
        },
        Object::reference,
    )
}

fn encrypted_words(objects: &[&Object]) -> String {
    match objects {
        [] => "nothing encrypted".to_owned(),
        [only] => format!("the SOPS-encrypted {}", only.reference()),
        [first, rest @ ..] => {
            let noun = if rest.len() == 1 { "object" } else { "objects" };
            format!("the SOPS-encrypted {} and {} more encrypted {noun}", first.reference(), rest.len())
        }
    }
}

/// What Flux does with it: it refuses a Secret, and applies anything else as it stands.
fn why(objects: &[&Object]) -> String {
    if objects.iter().any(|object| object.is("", "Secret") && object.encrypted) {
        "Flux refuses a Secret that is still encrypted, and with it everything the Kustomization builds.".to_owned()
    } else {
        "Flux applies the ciphertext as it stands, and what reads it gets no usable value.".to_owned()
    }
}
