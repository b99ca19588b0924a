//! Where texts of the tree name a host inside the cluster: `NAME.NAMESPACE.svc` wherever it stands, shorter forms where a
//! scheme shows that it is a host.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::Cluster;
use crate::build::Object;
use crate::build::flux::ReleaseNames;
use crate::source::Span;
use crate::yaml::{Content, Node, UnknownWhy, Value};

/// `SERVICE.NAMESPACE.svc`, perhaps a pod before it, the cluster's domain behind it, a port. Source: kubernetes/dns,
/// `docs/specification.md`.
static FULL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?P<host>(?P<labels>[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)+)\.svc(?:\.cluster\.[a-z0-9-]+)?)\.?(?::(?P<port>[0-9]{1,5})\b)?").ok()
});

/// A host of one or two labels behind a scheme.
static SHORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?P<scheme>[a-z][a-z0-9+-]*)://(?:[^ \t-\r/@"']+@)?(?P<host>(?P<labels>[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)?))(?::(?P<port>[0-9]{1,5})\b)?"#).ok()
});

/// Kinds whose texts describe, select or certify hosts and do not connect to them.
const SILENT: &[(&str, &str)] = &[
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("cert-manager.io", "Certificate"),
    ("cilium.io", "CiliumNetworkPolicy"),
    ("cilium.io", "CiliumClusterwideNetworkPolicy"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("monitoring.coreos.com", "PrometheusRule"),
    ("grafana.integreatly.org", "GrafanaDashboard"),
    ("", "Secret"),
    ("", "Service"),
];

/// Keys whose texts do so.
const SILENT_KEYS: &[&str] =
    &["description", "summary", "message", "comment", "dnsNames", "no_proxy", "NO_PROXY", "noProxy", "annotations"];

/// How a host is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With `svc`: nothing else can be meant.
    Full,
    /// `NAME.NAMESPACE` of a namespace of the tree.
    Short,
    /// A name alone: a Service of the same namespace.
    Bare,
}

/// A place that names a host inside the cluster.
#[derive(Clone, Debug)]
pub struct HostUse<'w> {
    /// The object that holds the text.
    pub from: &'w Object,
    /// Path of the text in the object.
    pub path: String,
    /// The text.
    pub node: &'w Node,
    /// How it is written.
    pub form: Form,
    /// Namespace of the Service.
    pub namespace: String,
    /// Name of the Service.
    pub name: String,
    /// Place of the host.
    pub place: Span,
    /// The port, and its place where it is written.
    pub port: Option<(u16, Option<Span>)>,
}

/// Every host inside the cluster that its objects name, in their order.
pub(super) fn hosts<'w>(cluster: &Cluster<'w>) -> Vec<HostUse<'w>> {
    let namespaces = cluster.used_namespaces();
    let mut found = Vec::new();
    for from in cluster.objects() {
        let is_silent = SILENT.iter().any(|(group, kind)| from.is(group, kind));
        if is_silent || from.encrypted || is_dashboard(from) {
            continue;
        }
        let own = if from.is("helm.toolkit.fluxcd.io", "HelmRelease") {
            ReleaseNames::of(from).namespace
        } else {
            from.namespace().to_owned()
        };
        let mut reader = Reader { cluster, from, own, namespaces, path: Vec::new(), found: &mut found };
        for entry in from.node.entries().filter(|entry| !matches!(entry.key.as_str(), "metadata" | "status")) {
            reader.below(&entry.key, &entry.value);
        }
    }
    found
}

fn is_dashboard(object: &Object) -> bool {
    let labels = object.at(&["metadata", "labels"]).into_iter().flat_map(Node::entries);
    object.kind() == "ConfigMap" && labels.into_iter().any(|entry| entry.key.contains("dashboard"))
}

struct Reader<'r, 'w> {
    cluster: &'r Cluster<'w>,
    from: &'w Object,
    own: String,
    namespaces: &'r BTreeSet<String>,
    path: Vec<&'w str>,
    found: &'r mut Vec<HostUse<'w>>,
}

impl<'w> Reader<'_, 'w> {
    fn below(&mut self, key: &'w str, node: &'w Node) {
        if SILENT_KEYS.contains(&key) {
            return;
        }
        self.path.push(key);
        self.read(node);
        self.path.pop();
    }

    fn read(&mut self, node: &'w Node) {
        match &node.value {
            Value::Map(map) => map.iter().for_each(|entry| self.below(&entry.key, &entry.value)),
            Value::Seq(items) => items.iter().for_each(|item| self.read(item)),
            Value::Str(text) if is_worth_reading(text) => self.text(node, text),
            // What stands between variables whose values are not known is as it is written.
            Value::Unknown(unknown) if unknown.why == UnknownWhy::Variable && is_worth_reading(&unknown.template) => {
                self.text(node, &unknown.template);
            }
            _ => {}
        }
    }

    fn text(&mut self, node: &'w Node, text: &str) {
        let (Some(full), Some(short)) = (FULL.as_ref(), SHORT.as_ref()) else { return };
        let mut content = None;
        let mut place = |range: std::ops::Range<usize>| {
            let content = content.get_or_insert_with(|| {
                let span = node.span();
                Content::new(&self.cluster.sources().file(span.file), span, text)
            });
            content.span(range)
        };
        let mut found = Vec::new();
        for captures in full.captures_iter(text) {
            let (Some(host), Some(labels)) = (captures.name("host"), captures.name("labels")) else { continue };
            let before = text.get(..host.start()).unwrap_or_default();
            // Behind another domain it is a name of the outside.
            let after = text.get(host.end()..).map(|rest| rest.strip_prefix('.').unwrap_or(rest));
            let is_longer = after.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'));
            if is_longer || before.ends_with(is_joined) || is_comment(before) {
                continue;
            }
            let labels: Vec<&str> = labels.as_str().split('.').collect();
            let ([name, namespace] | [_, name, namespace]) = labels.as_slice() else { continue };
            let port = captures.name("port");
            let number = match port {
                Some(port) => port.as_str().parse().ok().map(|number| (number, Some(place(port.range())))),
                None => scheme_port(before).map(|number| (number, None)),
            };
            found.push((Form::Full, (*namespace).to_owned(), (*name).to_owned(), place(host.range()), number));
        }
        for captures in short.captures_iter(text) {
            let (Some(host), Some(scheme)) = (captures.name("host"), captures.name("scheme")) else { continue };
            let after = text.get(host.end()..).and_then(|rest| rest.chars().next());
            let before = text.get(..scheme.start()).unwrap_or_default();
            if after.is_some_and(|c| is_joined(c) || matches!(c, '@' | '$' | '{')) || is_comment(before) {
                continue;
            }
            let Some(port) = captures.name("port") else { continue };
            let Ok(number) = port.as_str().parse::<u16>() else { continue };
            let (form, namespace, name) = match host.as_str().split_once('.') {
                Some((name, namespace)) if self.namespaces.contains(namespace) => (Form::Short, namespace, name),
                Some(_) => continue,
                None if host.as_str() == "localhost" || !host.as_str().contains(|c: char| c.is_ascii_alphabetic()) => {
                    continue;
                }
                None => (Form::Bare, self.own.as_str(), host.as_str()),
            };
            let (host, port) = (place(host.range()), place(port.range()));
            found.push((form, namespace.to_owned(), name.to_owned(), host, Some((number, Some(port)))));
        }
        let path = self.path.join(".");
        self.found.extend(found.into_iter().map(|(form, namespace, name, place, port)| HostUse {
            from: self.from,
            path: path.clone(),
            node,
            form,
            namespace,
            name,
            place,
            port,
        }));
    }
}

fn is_worth_reading(text: &str) -> bool {
    text.contains(".svc") || text.contains("://")
}

/// Characters that make a name a part of something else: of a longer name, of a template, of a pattern.
fn is_joined(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '}' | ')' | '%' | '*' | '>')
}

/// Whether what stands before on the line makes a comment of it.
fn is_comment(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default().trim_start();
    ["#", ";", "//", "--"].iter().any(|mark| line.starts_with(mark)) || line.contains(" #")
}

fn scheme_port(before: &str) -> Option<u16> {
    let before = before.rsplit_once('@').map_or(before, |(before, _)| before);
    let has = |scheme: &str| before.ends_with(scheme) || before.contains(scheme) && !before.contains(' ');
    if has("https://") {
        Some(443)
    } else if has("http://") {
        Some(80)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(regex: &Option<Regex>, text: &str) -> Vec<(String, Option<String>)> {
        let captures = regex.as_ref().unwrap().captures_iter(text);
        let group = |captures: &regex::Captures<'_>, name: &str| captures.name(name).map(|one| one.as_str().to_owned());
        captures.map(|one| (group(&one, "labels").unwrap_or_default(), group(&one, "port"))).collect()
    }

    #[test]
    fn full_hosts_are_found_in_any_text() {
        let found = all(&FULL, "a: http://x.y.svc:80/z b=p-0.q.r.svc.cluster.local. c: .svc d: one.svc");
        assert_eq!(found, [("x.y".to_owned(), Some("80".to_owned())), ("p-0.q.r".to_owned(), None)]);
    }

    #[test]
    fn short_hosts_need_a_scheme() {
        let found = all(&SHORT, "redis://user:pass@cache:6379 web.apps:80 http://web.apps:80/x");
        assert_eq!(
            found,
            [("cache".to_owned(), Some("6379".to_owned())), ("web.apps".to_owned(), Some("80".to_owned()))]
        );
    }

    #[test]
    fn comments_are_recognised() {
        assert!(is_comment("a\n  # see http://"));
        assert!(!is_comment("url: http://"));
    }
}
