//! One Secret has one producer. Card: rules/secrets/secret-producer-conflict.md

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::build::Object;
use crate::build::flux::switch;
use crate::cluster::Cluster;
use crate::cluster::producers::Product;
use crate::cluster::secrets::needs_no_encryption;
use crate::finding::{Label, Observation};
use crate::rulebook::{Rule, Sink};
use crate::yaml::Node;

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SecretProducerConflict {}

impl Rule for SecretProducerConflict {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        // By namespace and name of the Secret.
        let mut made: BTreeMap<(String, String), Vec<Producer<'_>>> = BTreeMap::new();
        for product in cluster.products().of_kind("Secret") {
            if let Some((identity, producer)) = by_controller(cluster, product) {
                made.entry(identity).or_default().push(producer);
            }
        }
        for ((namespace, name), mut producers) in made {
            producers.sort_by_key(|producer| (producer.object.place(), producer.object.kustomization));
            // One text applied for two clusters or twice is another mistake.
            producers.dedup_by_key(|producer| producer.object.place());
            let secret = cluster.get("", "Secret", &namespace, &name);
            let beside = secret.and_then(|secret| {
                producers
                    .iter()
                    .filter(|one| is_kept(cluster, secret, one.object))
                    .find_map(|one| beside_a_secret(secret, one))
            });
            let among = || {
                let (one, rest) = producers.split_first()?;
                rest.iter().find_map(|other| between(&namespace, &name, one, other))
            };
            out.observations.extend(beside.or_else(among));
        }
    }
}

/// A controller that fills a Secret.
struct Producer<'w> {
    object: &'w Object,
    way: Way,
}

/// How a controller takes a Secret that it did not make.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It writes its own content over it.
    Overwrites,
    /// It leaves it alone and fails. Sources: siderolabs/talos `pkg/machinery/kubeaccess` (its ServiceAccount
    /// controller), bitnami-labs/sealed-secrets `pkg/controller`.
    Refuses,
    /// It asks cert-manager for a Certificate of the name of the Secret.
    AsksForCertificate,
}

/// Those that take no Secret which stands there as their own content (CloudNativePG does) are left out.
fn way(object: &Object) -> Option<Way> {
    let group = object.gvk.group.as_str();
    match (group, object.kind()) {
        ("talos.dev", "ServiceAccount") => Some(Way::Refuses),
        ("bitnami.com", "SealedSecret") => {
            const TAKES_OVER: [&str; 2] = ["sealedsecrets.bitnami.com/managed", "sealedsecrets.bitnami.com/patch"];
            let takes_over = TAKES_OVER.iter().any(|key| {
                object.annotation(key).is_some()
                    || object.at(&["spec", "template", "metadata", "annotations", key]).is_some()
            });
            (!takes_over).then_some(Way::Refuses)
        }
        ("external-secrets.io", "ExternalSecret") => {
            // Any other policy shares the Secret or leaves it behind; written once, it is a beginning for another.
            let text = |path: &str| object.dig(path).and_then(Node::scalar_text);
            let owns = text("spec.target.creationPolicy").is_none_or(|policy| policy == "Owner");
            let is_once = text("spec.refreshPolicy").is_some_and(|policy| policy == "CreatedOnce")
                || text("spec.refreshInterval").is_some_and(|interval| matches!(&*interval, "0" | "0s" | "0m" | "0h"));
            (owns && !is_once).then_some(Way::Overwrites)
        }
        ("secrets.hashicorp.com", _) => {
            let creates = object.dig("spec.destination.create").and_then(Node::as_bool) == Some(true);
            creates.then_some(Way::Overwrites)
        }
        ("cert-manager.io", "Certificate")
        | ("isindir.github.com", "SopsSecret")
        | ("onepassword.com", "OnePasswordItem")
        | ("akv.k8s.io" | "spv.no", "AzureKeyVaultSecret") => Some(Way::Overwrites),
        ("networking.k8s.io", "Ingress") | ("gateway.networking.k8s.io", "Gateway") => Some(Way::AsksForCertificate),
        _ => None,
    }
}

fn by_controller<'w>(cluster: &Cluster<'w>, product: &Product) -> Option<((String, String), Producer<'w>)> {
    let object = cluster.object(product.by)?;
    let namespace = product.namespace.as_deref().filter(|namespace| !namespace.is_empty())?;
    let name = product.name()?;
    let is_known = !namespace.contains("${") && !name.contains("${");
    (is_known && !object.left_alone)
        .then(|| way(object))?
        .map(|way| ((namespace.to_owned(), name.to_owned()), Producer { object, way }))
}

/// Whether the Secret is kept as it stands in the tree. One that is applied by hand, once, is a beginning for a controller
/// that Flux brings.
fn is_kept(cluster: &Cluster<'_>, secret: &Object, producer: &Object) -> bool {
    let shares = matches!(switch(&secret.node, "ssa").as_deref(), Some("ifnotpresent" | "merge" | "ignore"));
    let by_hand = cluster.kustomization_of(secret).is_none_or(|owner| owner.by_hand);
    let is_once = by_hand && secret.kustomization != producer.kustomization;
    !secret.left_alone && !shares && !is_once && !needs_no_encryption(&secret.node)
}

fn has_content(secret: &Object) -> bool {
    ["data", "stringData"]
        .iter()
        .any(|field| secret.node.get(field).is_some_and(|data| data.entries().next().is_some()))
}

fn beside_a_secret(secret: &Object, producer: &Producer<'_>) -> Option<Observation> {
    // Flux owns no key of an empty Secret: a controller may fill it.
    if !has_content(secret) && producer.way != Way::Refuses {
        return None;
    }
    let other = producer.object.reference();
    let (what, why) = match producer.way {
        Way::Refuses => (
            format!(
                "{} stands in the tree, but {other} makes it and takes no Secret that is not its own",
                secret.reference()
            ),
            "The controller finds a Secret that it did not make, reports an error and never fills it.",
        ),
        Way::Overwrites | Way::AsksForCertificate => (
            format!("{} is written by {other} as well", secret.reference()),
            "Flux and the controller write over each other, each time one of them runs: what clients read changes from one to the other.",
        ),
    };
    let help = format!("take one of the two out: the Secret, or {other}");
    Some(
        Observation::new("secret-producer-conflict", what, Label::new(secret.place(), "the Secret"))
            .about(secret.reference(), format!("{} {}", other.kind, other.name))
            .related(Label::new(producer.object.place(), "makes it too"))
            .why(why)
            .help(help),
    )
}

fn between(namespace: &str, name: &str, one: &Producer<'_>, other: &Producer<'_>) -> Option<Observation> {
    match (one.way, other.way) {
        // One object twice is another mistake.
        _ if one.object.reference() == other.object.reference() => return None,
        // They share the Certificate of that name, which belongs to the first of them.
        (Way::AsksForCertificate, Way::AsksForCertificate) => return None,
        (Way::AsksForCertificate, _) if is_certificate_of(other.object, name) => return None,
        (_, Way::AsksForCertificate) if is_certificate_of(one.object, name) => return None,
        _ => {}
    }
    let message = format!(
        "Secret `{namespace}/{name}` is made by {} and by {}",
        one.object.reference(),
        other.object.reference()
    );
    let place = |producer: &Producer<'_>| producer.object.place();
    Some(
        Observation::new("secret-producer-conflict", message, Label::new(place(other), "makes it again"))
            .about(other.object.reference(), format!("Secret {name}"))
            .related(Label::new(place(one), "makes it first"))
            .why("Each writes over what the other wrote, or one of them refuses and never becomes ready.")
            .help("give each a Secret of its own, or take one of them out"),
    )
}

/// The Certificate that cert-manager would make itself, written out: it is taken as it is.
fn is_certificate_of(object: &Object, name: &str) -> bool {
    object.is("cert-manager.io", "Certificate") && object.name == name
}
