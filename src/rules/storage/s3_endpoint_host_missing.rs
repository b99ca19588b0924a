//! An S3 endpoint inside the cluster names a Service that exists. Card: rules/storage/s3-endpoint-host-missing.md

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::storage::{Connection, Found, Host, Service, Storage};
use crate::finding::{Confidence, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct S3EndpointHostMissing {}

impl Rule for S3EndpointHostMissing {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let storage = cluster.storage();
        for connection in storage.connections() {
            let Host::Service { namespace, name } = &connection.host else { continue };
            let near = nearest(storage, namespace, name);
            match storage.services.find(cluster, namespace, name) {
                Found::Service(_) => {}
                Found::Missing { is_sure: true } => out.report(missing(cluster, &connection, namespace, name, near)),
                // What was not looked into would have to be named like something it has nothing in common with.
                Found::Missing { is_sure: false } if near.is_some() => {
                    out.report(missing(cluster, &connection, namespace, name, near).confidence(Confidence::Medium));
                }
                Found::Missing { is_sure: false } => {
                    let what = format!("Service `{namespace}/{name}` of the endpoint in {}", connection.object);
                    out.undecided(cluster, "chart", what, "a release of its namespace may make it");
                }
                Found::Unknown(reason) => {
                    let what = format!("Service `{namespace}/{name}` of the endpoint in {}", connection.object);
                    out.undecided(cluster, "chart", what, reason);
                }
            }
        }
    }
}

/// The Service of a store that was probably meant: of the same name elsewhere, or of nearly the same name and namespace.
fn nearest<'s>(storage: &'s Storage, namespace: &str, name: &str) -> Option<&'s Service> {
    let made_on = |service: &Service| storage.made.iter().any(|made| made.store.as_ref() == Some(&service.store));
    storage
        .services
        .all()
        .filter(|service| service.is_store || made_on(service))
        .filter_map(|service| {
            let limit = if service.name.len() > 5 { 2 } else { 1 };
            let distance = strsim::damerau_levenshtein(&service.name, name);
            let apart = strsim::damerau_levenshtein(&service.namespace, namespace);
            // Charts put an ending behind the name of the release: `store` for `store-svc`.
            let is_ending = service.name.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'));
            let close = distance == 0 || (apart == 0 && (distance <= limit || is_ending));
            close.then_some((distance, apart, service))
        })
        .min_by(|a, b| (a.0, a.1, &a.2.namespace, &a.2.name).cmp(&(b.0, b.1, &b.2.namespace, &b.2.name)))
        .map(|(_, _, service)| service)
}

fn missing(
    cluster: &Cluster<'_>,
    connection: &Connection,
    namespace: &str,
    name: &str,
    near: Option<&Service>,
) -> Observation {
    let at = connection.endpoint.host_at.clone();
    let tail = match near {
        Some(near) if near.name == name => format!("but that Service is in namespace `{}`", near.namespace),
        _ => "which does not exist".to_owned(),
    };
    let mut found = Observation::new(
        "s3-endpoint-host-missing",
        format!("{} connects to Service `{namespace}/{name}`, {tail}", connection.object),
        Label::new(connection.text.narrow(cluster, at), "no such Service"),
    )
    .about(connection.object.clone(), connection.path.clone())
    .trail(connection.text.trail.clone());
    if connection.confidence < Confidence::High {
        found = found.confidence(connection.confidence);
    }
    match near {
        Some(near) => found
            .related(Label::new(near.place.span, "the nearest store"))
            .help(format!("did you mean `{}.{}.svc`?", near.name, near.namespace)),
        None => found,
    }
}
