//! An S3 endpoint has the form its client accepts, and TLS agrees with the store. Card:
//! rules/storage/s3-endpoint-scheme-wrong.md

use hashbrown::HashSet;

use serde::Deserialize;

use crate::cluster::Cluster;
use crate::cluster::storage::{Connection, Consumer, Endpoint, Form, Found, Host, Scheme, Storage, Text, Tls};
use crate::finding::{Applicability, Edit, Fix, Label, Observation};
use crate::rulebook::{Rule, Sink};

/// Options: none.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct S3EndpointSchemeWrong {}

impl Rule for S3EndpointSchemeWrong {
    fn check(&self, cluster: &Cluster<'_>, out: &mut Sink) {
        let storage = cluster.storage();
        let mut seen = HashSet::new();
        for consumer in &storage.consumers {
            let Some(text) = consumer.endpoint.as_ref().filter(|text| text.known.is_some()) else { continue };
            let Some(endpoint) = text.endpoint() else { continue };
            let is_wrong = match consumer.client.form {
                Form::Any => false,
                Form::Host => endpoint.scheme.is_some(),
                Form::Url => endpoint.scheme.is_none(),
            };
            if is_wrong && seen.insert(text.span) {
                out.report(form(cluster, storage, consumer, text, &endpoint));
            }
        }
        for connection in storage.connections() {
            if !seen.contains(&connection.text.span)
                && let Some(tls) = store(cluster, storage, &connection)
                && speaks_tls(&connection).is_some_and(|speaks| speaks != tls.is_on)
            {
                out.report(disagrees(cluster, &connection, tls));
            }
        }
    }
}

/// What is known of the store that a connection reaches, where it reaches a port.
fn store<'s>(cluster: &Cluster<'_>, storage: &'s Storage, connection: &Connection) -> Option<&'s Tls> {
    let Host::Service { namespace, name } = &connection.host else { return None };
    let Found::Service(service) = storage.services.find(cluster, namespace, name) else { return None };
    let port = connection.endpoint.effective_port(connection.insecure);
    // A port that the Service does not have is told by its own rule.
    let is_open = |ports: &Vec<u16>| port.is_none_or(|port| ports.contains(&port));
    storage.tls.get(&service.store).filter(|_| service.is_store && service.ports.as_ref().is_none_or(is_open))
}

/// Whether a client begins with TLS; `None` where that is not known.
fn speaks_tls(connection: &Connection) -> Option<bool> {
    match connection.endpoint.scheme {
        Some(scheme) => Some(scheme == Scheme::Https),
        None => connection.client.plain.map(|plain| !plain),
    }
}

fn form(
    cluster: &Cluster<'_>,
    storage: &Storage,
    consumer: &Consumer,
    text: &Text,
    endpoint: &Endpoint,
) -> Observation {
    let object = &consumer.object;
    let host = storage.host(endpoint, &consumer.namespace);
    if endpoint.scheme.is_some() {
        let at = text.narrow(cluster, 0..endpoint.host_at.start);
        let mut found = Observation::new(
            "s3-endpoint-scheme-wrong",
            format!("{object} gives an endpoint with a scheme, but its client takes `host:port` alone"),
            Label::new(at, "no scheme here"),
        )
        .about(object.clone(), format!("endpoint {}", endpoint.host))
        .trail(text.trail.clone())
        .help("remove the scheme, and say with `insecure` whether the connection is plain");
        if text.as_written && at != text.span {
            found = found.fix(Fix {
                title: "remove the scheme".to_owned(),
                applicability: Applicability::Unsafe,
                edits: vec![Edit { span: at, text: String::new() }],
            });
        }
        return weighed(found, consumer.confidence);
    }
    let tls = match &host {
        Host::Service { .. } => storage.services.store(&host).and_then(|store| storage.tls.get(&store)),
        Host::External => None,
    };
    let scheme = tls.map(|tls| if tls.is_on { "https://" } else { "http://" });
    let found = Observation::new(
        "s3-endpoint-scheme-wrong",
        format!("{object} gives an endpoint without a scheme, but its client takes a URL"),
        Label::new(text.span, "no scheme"),
    )
    .about(object.clone(), format!("endpoint {}", endpoint.host))
    .trail(text.trail.clone())
    .help(match scheme {
        Some(scheme) => format!("write `{scheme}` before the host"),
        None => "write `https://`, or `http://`, before the host".to_owned(),
    });
    weighed(found, consumer.confidence)
}

fn disagrees(cluster: &Cluster<'_>, connection: &Connection, tls: &Tls) -> Observation {
    let by_scheme = connection.endpoint.scheme.is_some();
    let (does, wants) = if tls.is_on { ("without TLS", "speaks TLS") } else { ("with TLS", "speaks none") };
    let (place, help) = match (by_scheme, connection.client.flag) {
        (true, _) => {
            let right = if tls.is_on { "https" } else { "http" };
            (connection.text.narrow(cluster, 0..connection.endpoint.host_at.start), format!("write `{right}://`"))
        }
        (false, Some(flag)) => (flag, format!("set `insecure: {}`", !tls.is_on)),
        (false, None) => (connection.text.span, format!("set `insecure: {}` beside the endpoint", !tls.is_on)),
    };
    let found = Observation::new(
        "s3-endpoint-scheme-wrong",
        format!("{} connects to `{}` {does}, but the store {wants}", connection.object, connection.endpoint.host),
        Label::new(place, does.to_owned()),
    )
    .about(connection.object.clone(), connection.path.clone())
    .trail(connection.text.trail.clone())
    .related(tls.place.clone())
    .help(help);
    weighed(found, connection.confidence)
}

fn weighed(found: Observation, sure: crate::finding::Confidence) -> Observation {
    found.confidence(sure.min(crate::finding::Confidence::Medium))
}
