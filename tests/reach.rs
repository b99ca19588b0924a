//! Which traffic policies let through: the semantics of both languages, one case a line.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod binary;

use std::path::Path;

use flux_vet::cluster::Cluster;
use flux_vet::cluster::pods::{Answer, PodPort, PodSet};
use flux_vet::cluster::policies::Side;
use flux_vet::cluster::reach::Reach;
use flux_vet::inspect;
use flux_vet::source::Memory;

/// `web` serves 8080 (`http`) and 9090 (`metrics`), `db` 5432 (`pg`); `agent` uses the node's network; of `mystery` only
/// the namespace is known.
const WORLD: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: web, labels: {team: dev}}
---
apiVersion: v1
kind: Namespace
metadata: {name: ops, labels: {team: ops}}
---
apiVersion: v1
kind: Namespace
metadata: {name: data}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: web}
spec:
  template:
    metadata: {labels: {app: web, tier: front}}
    spec: {containers: [{name: web, ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: client, namespace: web}
spec: {template: {metadata: {labels: {app: client}}, spec: {serviceAccountName: caller, containers: [{name: client}]}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: data}
spec: {template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, ports: [{name: pg, containerPort: 5432}]}]}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: scraper, namespace: ops}
spec: {template: {metadata: {labels: {app: scraper}}, spec: {containers: [{name: scraper}]}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: ops}
spec: {template: {metadata: {labels: {app: agent}}, spec: {hostNetwork: true, containers: [{name: agent}]}}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: mystery, namespace: lab}
spec: {chart: {spec: {chart: mystery}}}
";

const ALLOWED: Answer = Answer::Yes;
const DENIED: Answer = Answer::No;
const UNKNOWN: Answer = Answer::Unknown;

/// A policy: `np`, `cnp` or `cnps` with the namespace, or `ccnp`, then its spec.
type Written<'a> = (&'a str, &'a str);

fn set<'c, 'w>(cluster: &'c Cluster<'w>, name: &str) -> Option<&'c PodSet<'w>> {
    cluster.pods().iter().find(|set| set.object.full_name() == name)
}

fn answer(policies: &[Written<'_>], from: &str, to: &str, port: &str) -> Answer {
    let mut memory = Memory::default();
    memory.insert("world.yaml", WORLD);
    for (index, (place, spec)) in policies.iter().enumerate() {
        let (language, namespace) = place.split_once('/').unwrap_or((place, ""));
        let (kind, api, key) = match language {
            "np" => ("NetworkPolicy", "networking.k8s.io/v1", "spec"),
            "cnp" => ("CiliumNetworkPolicy", "cilium.io/v2", "spec"),
            "cnps" => ("CiliumNetworkPolicy", "cilium.io/v2", "specs"),
            _ => ("CiliumClusterwideNetworkPolicy", "cilium.io/v2", "spec"),
        };
        let namespace = if namespace.is_empty() { String::new() } else { format!(", namespace: {namespace}") };
        let text = format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: p{index}{namespace}}}\n{key}: {spec}\n");
        memory.insert(&format!("policy-{index}.yaml"), text);
    }
    inspect::clusters(memory, &flux_vet::config::Choice::Isolated, |clusters| {
        let cluster = clusters.first().unwrap();
        let side = |name: &'static str| set(cluster, name).map_or(Side::Entity(name), Side::Pods);
        let (from, to) = (side(leak(from)), side(leak(to)));
        let (protocol, port) = port.split_once('/').unwrap_or(("TCP", port));
        let known = match to {
            Side::Pods(set) => set.ports.iter().find(|one| one.name.as_deref() == Some(port)).cloned(),
            _ => None,
        };
        let number = port.parse().ok();
        let name = if number.is_none() { Some(port.to_owned()) } else { None };
        let port = known.unwrap_or(PodPort { name, number, protocol: protocol.to_owned() });
        Reach::of(cluster, from, to, &port).passes()
    })
    .unwrap()
}

/// The names of the cases live as long as the test.
fn leak(text: &str) -> &'static str {
    text.to_owned().leak()
}

/// Cases: policies, source, target, port, verdict.
type Case<'a> = (&'a [Written<'a>], &'a str, &'a str, &'a str, Answer);

#[track_caller]
fn check(cases: &[Case<'_>]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(policies, from, to, port, expected)| {
            let found = answer(policies, from, to, port);
            (found != *expected).then(|| format!("{from} -> {to}:{port} is {found:?}, not {expected:?}: {policies:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_isolates() {
    check(&[
        (&[], "web/client", "web/web", "8080", ALLOWED),
        (&[("np/web", "{podSelector: {}}")], "web/client", "web/web", "8080", DENIED),
        (&[("np/web", "{podSelector: {}, ingress: []}")], "web/client", "web/web", "8080", DENIED),
        (&[("np/web", "{podSelector: {}, ingress: [{}]}")], "web/client", "web/web", "8080", ALLOWED),
        (&[("np/web", "{podSelector: {}, policyTypes: [Egress]}")], "ops/scraper", "web/web", "8080", ALLOWED),
        (&[("np/web", "{podSelector: {}, policyTypes: [Egress]}")], "web/web", "data/db", "5432", DENIED),
        (&[("np/web", "{podSelector: {}, egress: [{}]}")], "web/web", "data/db", "5432", ALLOWED),
        (&[("np/web", "{podSelector: {}, egress: [{}]}")], "ops/scraper", "web/web", "8080", DENIED),
        (&[("np/web", "{podSelector: {}, policyTypes: [Ingress], egress: []}")], "web/web", "data/db", "5432", ALLOWED),
        (&[("np/ops", "{podSelector: {}}")], "web/client", "web/web", "8080", ALLOWED),
        (&[("np/web", "{podSelector: {matchLabels: {app: other}}}")], "web/client", "web/web", "8080", ALLOWED),
        (&[("cnp/web", "{endpointSelector: {}}")], "web/client", "web/web", "8080", ALLOWED),
        (&[("cnp/web", "{endpointSelector: {}, ingress: []}")], "web/client", "web/web", "8080", ALLOWED),
        (&[("cnp/web", "{endpointSelector: {}, ingress: [{}]}")], "web/client", "web/web", "8080", DENIED),
        (&[("cnp/web", "{endpointSelector: {}, egress: [{}]}")], "web/client", "data/db", "5432", DENIED),
        (
            &[("cnp/web", "{endpointSelector: {}, enableDefaultDeny: {ingress: true}}")],
            "web/client",
            "web/web",
            "8080",
            DENIED,
        ),
        (
            &[(
                "cnp/web",
                "{endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingress: [{fromEntities: [host]}]}",
            )],
            "web/client",
            "web/web",
            "8080",
            ALLOWED,
        ),
        (
            &[
                (
                    "cnp/web",
                    "{endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingress: [{fromEntities: [host]}]}",
                ),
                ("np/web", "{podSelector: {}}"),
            ],
            "web/client",
            "web/web",
            "8080",
            DENIED,
        ),
        (
            &[
                (
                    "cnp/web",
                    "{endpointSelector: {}, enableDefaultDeny: {ingress: false}, ingress: [{fromEntities: [cluster]}]}",
                ),
                ("np/web", "{podSelector: {}}"),
            ],
            "web/client",
            "web/web",
            "8080",
            ALLOWED,
        ),
        (
            &[("ccnp", "{endpointSelector: {}, ingress: [{fromEntities: [host]}]}")],
            "web/client",
            "web/web",
            "8080",
            DENIED,
        ),
        (
            &[("ccnp", "{nodeSelector: {}, ingress: [{fromEntities: [host]}]}")],
            "web/client",
            "web/web",
            "8080",
            ALLOWED,
        ),
        // What a release of an unknown chart runs may carry the label or not.
        (&[("np/lab", "{podSelector: {matchLabels: {app: x}}}")], "web/client", "lab/mystery", "80", UNKNOWN),
        (&[("np/lab", "{podSelector: {}, policyTypes: [Egress]}")], "web/client", "lab/mystery", "80", ALLOWED),
    ]);
}

#[test]
fn whom_a_network_policy_admits() {
    let np = |from: &str| format!("{{podSelector: {{matchLabels: {{app: web}}}}, ingress: [{{from: [{from}]}}]}}");
    let cases = [
        ("{podSelector: {}}", "web/client", ALLOWED),
        ("{podSelector: {}}", "ops/scraper", DENIED),
        ("{podSelector: {matchLabels: {app: client}}}", "web/client", ALLOWED),
        ("{podSelector: {matchLabels: {app: other}}}", "web/client", DENIED),
        ("{namespaceSelector: {}}", "ops/scraper", ALLOWED),
        ("{namespaceSelector: {}}", "lab/mystery", UNKNOWN),
        ("{namespaceSelector: {}}", "world", DENIED),
        ("{namespaceSelector: {matchLabels: {team: ops}}}", "ops/scraper", ALLOWED),
        ("{namespaceSelector: {matchLabels: {team: ops}}}", "web/client", DENIED),
        ("{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: ops}}}", "ops/scraper", ALLOWED),
        ("{namespaceSelector: {matchLabels: {io.kubernetes.pod.namespace: ops}}}", "ops/scraper", DENIED),
        (
            "{namespaceSelector: {matchLabels: {team: ops}}, podSelector: {matchLabels: {app: other}}}",
            "ops/scraper",
            DENIED,
        ),
        (
            "{namespaceSelector: {matchExpressions: [{key: team, operator: In, values: [ops, x]}]}}",
            "ops/scraper",
            ALLOWED,
        ),
        (
            "{namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [ops]}]}}",
            "ops/scraper",
            DENIED,
        ),
        ("{namespaceSelector: {matchExpressions: [{key: team, operator: DoesNotExist}]}}", "data/db", ALLOWED),
        ("{namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}", "data/db", DENIED),
        // Labels of a namespace that the tree does not define.
        ("{namespaceSelector: {matchLabels: {team: lab}}}", "lab/mystery", UNKNOWN),
        ("{ipBlock: {cidr: 0.0.0.0/0}}", "world", ALLOWED),
        ("{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}", "world", UNKNOWN),
        // Some networks take pods by their addresses, Cilium does not.
        ("{ipBlock: {cidr: 0.0.0.0/0}}", "web/client", UNKNOWN),
        ("{ipBlock: {cidr: 1.1.1.1/32}}", "web/client", DENIED),
        ("{podSelector: {}}", "host", ALLOWED),
        ("{podSelector: {}}", "ops/agent", DENIED),
        ("{namespaceSelector: {}}", "ops/agent", UNKNOWN),
    ];
    for (from, source, expected) in cases {
        check(&[(&[("np/web", &np(from))], source, "web/web", "8080", expected)]);
    }
}

#[test]
fn whom_a_cilium_policy_admits() {
    let namespace = "io.kubernetes.pod.namespace";
    let labels = "'k8s:io.cilium.k8s.namespace.labels.team'";
    let cases = [
        ("fromEndpoints: [{}]".to_owned(), "web/client", ALLOWED),
        ("fromEndpoints: [{}]".to_owned(), "ops/scraper", DENIED),
        ("fromEndpoints: []".to_owned(), "web/client", UNKNOWN),
        ("fromEndpoints: [{matchLabels: {app: client}}]".to_owned(), "web/client", ALLOWED),
        ("fromEndpoints: [{matchLabels: {'k8s:app': client}}]".to_owned(), "web/client", ALLOWED),
        ("fromEndpoints: [{matchLabels: {'any:app': client}}]".to_owned(), "web/client", ALLOWED),
        ("fromEndpoints: [{matchLabels: {app: scraper}}]".to_owned(), "ops/scraper", DENIED),
        (format!("fromEndpoints: [{{matchLabels: {{{namespace}: ops}}}}]"), "ops/scraper", ALLOWED),
        (format!("fromEndpoints: [{{matchLabels: {{'k8s:{namespace}': ops}}}}]"), "ops/scraper", ALLOWED),
        (format!("fromEndpoints: [{{matchLabels: {{{namespace}: ops, app: other}}}}]"), "ops/scraper", DENIED),
        (format!("fromEndpoints: [{{matchLabels: {{{namespace}: ops}}}}]"), "web/client", DENIED),
        (
            format!("fromEndpoints: [{{matchExpressions: [{{key: {namespace}, operator: Exists}}]}}]"),
            "ops/scraper",
            ALLOWED,
        ),
        (
            format!("fromEndpoints: [{{matchExpressions: [{{key: {namespace}, operator: In, values: [ops, x]}}]}}]"),
            "ops/scraper",
            ALLOWED,
        ),
        (
            format!("fromEndpoints: [{{matchExpressions: [{{key: {namespace}, operator: NotIn, values: [ops]}}]}}]"),
            "ops/scraper",
            DENIED,
        ),
        ("fromEndpoints: [{matchLabels: {kubernetes.io/metadata.name: ops}}]".to_owned(), "ops/scraper", DENIED),
        (format!("fromEndpoints: [{{matchLabels: {{{labels}: ops}}}}]"), "ops/scraper", UNKNOWN),
        (
            "fromEndpoints: [{matchLabels: {io.cilium.k8s.policy.serviceaccount: caller}}]".to_owned(),
            "web/client",
            ALLOWED,
        ),
        ("fromEndpoints: [{matchLabels: {'reserved:ingress': ''}}]".to_owned(), "ingress", ALLOWED),
        ("fromEndpoints: [{matchLabels: {'reserved:ingress': ''}}]".to_owned(), "web/client", DENIED),
        ("fromEntities: [all]".to_owned(), "ops/scraper", ALLOWED),
        ("fromEntities: [all]".to_owned(), "world", ALLOWED),
        ("fromEntities: [cluster]".to_owned(), "ops/scraper", ALLOWED),
        ("fromEntities: [cluster]".to_owned(), "lab/mystery", ALLOWED),
        ("fromEntities: [cluster]".to_owned(), "ops/agent", ALLOWED),
        ("fromEntities: [cluster]".to_owned(), "ingress", ALLOWED),
        ("fromEntities: [cluster]".to_owned(), "world", DENIED),
        ("fromEntities: [cluster]".to_owned(), "kube-apiserver", UNKNOWN),
        ("fromEntities: [world]".to_owned(), "world", ALLOWED),
        ("fromEntities: [world]".to_owned(), "ops/scraper", DENIED),
        ("fromEntities: [world-ipv4]".to_owned(), "world", UNKNOWN),
        ("fromEntities: [none]".to_owned(), "ops/scraper", DENIED),
        ("fromEntities: [ingress]".to_owned(), "ingress", ALLOWED),
        ("fromEntities: [kube-apiserver]".to_owned(), "kube-apiserver", ALLOWED),
        ("fromEntities: [kube-apiserver]".to_owned(), "ops/scraper", DENIED),
        ("fromEntities: [host, remote-node]".to_owned(), "ops/agent", ALLOWED),
        ("fromEntities: [remote-node]".to_owned(), "ops/agent", UNKNOWN),
        ("fromEntities: [remote-node]".to_owned(), "ops/scraper", DENIED),
        ("fromEntities: [world]".to_owned(), "host", ALLOWED),
        (format!("fromEndpoints: [{{matchLabels: {{{namespace}: ops}}}}]"), "ops/agent", DENIED),
        ("fromCIDR: [0.0.0.0/0]".to_owned(), "world", ALLOWED),
        ("fromCIDRSet: [{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}]".to_owned(), "world", UNKNOWN),
        // Addresses never mean pods.
        ("fromCIDR: [0.0.0.0/0]".to_owned(), "web/client", DENIED),
        (
            "fromEndpoints: [{}], toPorts: [{ports: [{port: '8080'}], rules: {http: [{path: /}]}}]".to_owned(),
            "web/client",
            UNKNOWN,
        ),
    ];
    for (rule, source, expected) in cases {
        let spec = format!("{{endpointSelector: {{matchLabels: {{app: web}}}}, ingress: [{{{rule}}}]}}");
        check(&[(&[("cnp/web", &spec)], source, "web/web", "8080", expected)]);
    }
    let foreign = |prefix: &str| {
        format!("{{endpointSelector: {{matchLabels: {{'{prefix}{namespace}': data}}}}, ingress: [{{}}]}}")
    };
    let wide = |rule: &str| format!("{{endpointSelector: {{}}, ingress: [{{{rule}}}]}}");
    check(&[
        (&[("ccnp", &wide("fromEndpoints: [{}]"))], "ops/scraper", "web/web", "8080", ALLOWED),
        (&[("ccnp", &wide("fromEndpoints: [{}]"))], "world", "web/web", "8080", DENIED),
        (
            &[("ccnp", &wide("fromEndpoints: [{matchLabels: {app: scraper}}]"))],
            "ops/scraper",
            "web/web",
            "8080",
            ALLOWED,
        ),
        (
            &[("ccnp", &wide(&format!("fromEndpoints: [{{matchLabels: {{{labels}: ops}}}}]")))],
            "ops/scraper",
            "web/web",
            "8080",
            ALLOWED,
        ),
        (
            &[("ccnp", &wide(&format!("fromEndpoints: [{{matchLabels: {{{labels}: dev}}}}]")))],
            "ops/scraper",
            "web/web",
            "8080",
            DENIED,
        ),
        // The own namespace takes the place of another one with the prefix, and is asked for besides one without.
        (&[("cnp/web", &foreign("k8s:"))], "web/client", "web/web", "8080", DENIED),
        (&[("cnp/web", &foreign(""))], "web/client", "web/web", "8080", UNKNOWN),
        (&[("cnp/web", &foreign("k8s:"))], "web/client", "data/db", "5432", ALLOWED),
    ]);
}

#[test]
fn which_ports_are_meant() {
    let cases = [
        ("np", "ports: [{port: 8080}]", "8080", ALLOWED),
        ("np", "ports: [{port: 9090}]", "8080", DENIED),
        ("np", "ports: [{port: http}]", "8080", ALLOWED),
        ("np", "ports: [{port: metrics}]", "8080", DENIED),
        ("np", "ports: [{port: nothing}]", "8080", DENIED),
        ("np", "ports: [{port: 8000, endPort: 8100}]", "8080", ALLOWED),
        ("np", "ports: [{port: 8000, endPort: 8079}]", "8080", DENIED),
        ("np", "ports: [{port: 8080, protocol: UDP}]", "8080", DENIED),
        ("np", "ports: [{protocol: UDP}]", "UDP/8080", ALLOWED),
        ("np", "ports: [{protocol: SCTP, port: 8080}]", "SCTP/8080", ALLOWED),
        ("np", "ports: []", "8080", ALLOWED),
        ("cnp", "toPorts: [{ports: [{port: '8080'}]}]", "8080", ALLOWED),
        ("cnp", "toPorts: [{ports: [{port: '8080'}]}]", "UDP/8080", ALLOWED),
        ("cnp", "toPorts: [{ports: [{port: '8080', protocol: ANY}]}]", "UDP/8080", ALLOWED),
        ("cnp", "toPorts: [{ports: [{port: '8080', protocol: TCP}]}]", "UDP/8080", DENIED),
        ("cnp", "toPorts: [{ports: [{port: http, protocol: TCP}]}]", "8080", ALLOWED),
        ("cnp", "toPorts: [{ports: [{port: '8000', endPort: 8100}]}]", "8080", ALLOWED),
        ("cnp", "toPorts: [{ports: [{port: '0'}]}]", "8080", ALLOWED),
        ("cnp", "toPorts: [{ports: [{port: '1'}]}, {ports: [{port: '8080'}]}]", "8080", ALLOWED),
        ("cnp", "fromEntities: [cluster], icmps: [{fields: [{type: 8}]}]", "8080", DENIED),
        // Without sources a rule opens its ports to everybody.
        ("cnp", "toPorts: [{ports: [{port: '8080'}]}]", "8080", ALLOWED),
    ];
    for (language, rule, port, expected) in cases {
        let subject = if language == "np" { "podSelector" } else { "endpointSelector" };
        let spec = format!("{{{subject}: {{matchLabels: {{app: web}}}}, ingress: [{{{rule}}}]}}");
        check(&[(&[(&format!("{language}/web"), &spec)], "ops/scraper", "web/web", port, expected)]);
    }
    let open = "{endpointSelector: {}, ingress: [{toPorts: [{ports: [{port: '8080'}]}]}]}";
    check(&[(&[("cnp/web", open)], "world", "web/web", "8080", ALLOWED)]);
    // The port of a release of an unknown chart may have the name or not.
    let named = "{podSelector: {}, ingress: [{ports: [{port: http}]}]}";
    check(&[(&[("np/lab", named)], "web/client", "lab/mystery", "80", UNKNOWN)]);
}

#[test]
fn both_ends_have_to_agree() {
    let out = "{podSelector: {matchLabels: {app: client}}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}}], ports: [{port: 5432}]}]}";
    let into = "{podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: dev}}}]}]}";
    let cilium = |peer: &str| format!("{{endpointSelector: {{matchLabels: {{app: client}}}}, egress: [{{{peer}}}]}}");
    let db = "toEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: data}}]";
    check(&[
        (&[("np/web", out)], "web/client", "data/db", "5432", ALLOWED),
        (&[("np/web", out)], "web/client", "data/db", "9999", DENIED),
        (&[("np/web", out)], "web/client", "web/web", "8080", DENIED),
        (&[("np/web", out)], "web/web", "data/db", "9999", ALLOWED),
        (&[("np/web", out), ("np/data", into)], "web/client", "data/db", "5432", ALLOWED),
        (&[("np/web", out), ("np/data", "{podSelector: {}}")], "web/client", "data/db", "5432", DENIED),
        (
            &[("np/web", "{podSelector: {}, policyTypes: [Egress]}"), ("np/data", into)],
            "web/client",
            "data/db",
            "5432",
            DENIED,
        ),
        (&[("cnp/web", &cilium(db))], "web/client", "data/db", "5432", ALLOWED),
        (&[("cnp/web", &cilium("toEndpoints: [{}]"))], "web/client", "data/db", "5432", DENIED),
        (
            &[("cnp/web", &cilium(&format!("{db}, toPorts: [{{ports: [{{port: pg}}]}}]")))],
            "web/client",
            "data/db",
            "5432",
            ALLOWED,
        ),
        (&[("cnp/web", &cilium("toEntities: [cluster]"))], "web/client", "ops/agent", "80", ALLOWED),
        (&[("cnp/web", &cilium("toEntities: [world]"))], "web/client", "world", "443", ALLOWED),
        (&[("cnp/web", &cilium("toEntities: [world]"))], "web/client", "data/db", "5432", DENIED),
        (&[("cnp/web", &cilium("toEntities: [kube-apiserver]"))], "web/client", "kube-apiserver", "6443", ALLOWED),
        (&[("cnp/web", &cilium("toFQDNs: [{matchName: example.org}]"))], "web/client", "world", "443", UNKNOWN),
        (&[("cnp/web", &cilium("toFQDNs: [{matchPattern: '*'}]"))], "web/client", "data/db", "5432", DENIED),
        (&[("cnp/web", &cilium("toCIDR: [10.0.0.0/8]"))], "web/client", "data/db", "5432", DENIED),
        (
            &[("cnp/web", &cilium("toServices: [{k8sService: {serviceName: db, namespace: data}}]"))],
            "web/client",
            "data/db",
            "5432",
            UNKNOWN,
        ),
        (&[("cnp/web", &cilium("toNodes: [{matchLabels: {a: b}}]"))], "web/client", "data/db", "5432", DENIED),
        // Both languages add up.
        (&[("cnp/web", &cilium("toEntities: [world]")), ("np/web", out)], "web/client", "data/db", "5432", ALLOWED),
        // Pods on a node's network are under no policy of pods.
        (&[("np/ops", "{podSelector: {}, policyTypes: [Egress]}")], "ops/agent", "data/db", "5432", ALLOWED),
        (&[("ccnp", "{endpointSelector: {}, egress: [{}]}")], "ops/agent", "data/db", "5432", ALLOWED),
    ]);
}

#[test]
fn what_is_denied_stays_denied() {
    let open = "ingress: [{fromEntities: [all]}]";
    let deny = |rule: &str| format!("{{endpointSelector: {{}}, {open}, ingressDeny: [{{{rule}}}]}}");
    check(&[
        (&[("cnp/web", &deny("fromEntities: [world]"))], "web/client", "web/web", "8080", ALLOWED),
        (&[("cnp/web", &deny("fromEntities: [world]"))], "world", "web/web", "8080", DENIED),
        (&[("cnp/web", &deny("fromEndpoints: [{}]"))], "web/client", "web/web", "8080", DENIED),
        (
            &[("cnp/web", &deny("fromEndpoints: [{}], toPorts: [{ports: [{port: '9090'}]}]"))],
            "web/client",
            "web/web",
            "8080",
            ALLOWED,
        ),
        (
            &[("cnp/web", &deny("fromEndpoints: [{}], toPorts: [{ports: [{port: '9090'}]}]"))],
            "web/client",
            "web/web",
            "9090",
            DENIED,
        ),
        (
            &[("cnp/web", &deny("fromEntities: [cluster]")), ("np/web", "{podSelector: {}, ingress: [{}]}")],
            "web/client",
            "web/web",
            "8080",
            DENIED,
        ),
        (
            &[(
                "ccnp",
                "{endpointSelector: {}, enableDefaultDeny: {egress: false}, egressDeny: [{toEntities: [world]}]}",
            )],
            "web/client",
            "world",
            "443",
            DENIED,
        ),
        (
            &[(
                "ccnp",
                "{endpointSelector: {}, enableDefaultDeny: {egress: false}, egressDeny: [{toEntities: [world]}]}",
            )],
            "web/client",
            "data/db",
            "5432",
            ALLOWED,
        ),
        (
            &[(
                "cnps/web",
                "[{endpointSelector: {}, ingress: [{fromEntities: [all]}]}, {endpointSelector: {}, ingressDeny: [{fromEntities: [world]}]}]",
            )],
            "world",
            "web/web",
            "8080",
            DENIED,
        ),
        (
            &[(
                "cnps/web",
                "[{endpointSelector: {matchLabels: {app: web}}, ingress: [{fromEndpoints: [{}]}]}, {endpointSelector: {}, ingress: [{fromEntities: [world]}]}]",
            )],
            "web/client",
            "web/web",
            "8080",
            ALLOWED,
        ),
    ]);
}

const PLAN: &str = "fixtures/trees/migration-plan/first-repair";

fn reach(arguments: &[&str]) -> binary::Ran {
    let all: Vec<&str> = ["reach", "--root", "."].iter().chain(arguments).copied().collect();
    binary::run(Path::new(PLAN), &all)
}

#[test]
fn an_answer_names_the_rule_that_decides() {
    let denied = reach(&["storage/minio-bucket-setup", "storage/minio:80"]);
    assert_eq!(denied.code, 0);
    let text = denied.out;
    assert!(
        text.starts_with("denied: Job `storage/minio-bucket-setup` to Tenant `storage/minio`, port 9000\n"),
        "{text}"
    );
    assert!(text.contains("networkpolicy.yaml:12:3"), "{text}");
    assert!(text.contains("= ingress: isolated by CiliumNetworkPolicy `storage/minio-ingress`, and no rule admits it"));
    assert!(text.contains("= port 80 of Service `storage/minio` is port 9000 of the pods"));
    let allowed = reach(&["HelmRelease/monitoring/tempo", "Service/storage/minio-hl:9000"]).out;
    assert!(allowed.starts_with("allowed: "), "{allowed}");
    assert!(allowed.contains("networkpolicy.yaml:13:7"), "{allowed}");
    let world: serde_json::Value =
        serde_json::from_str(&reach(&["world", "storage/minio:9000", "--format", "json"]).out).unwrap();
    assert_eq!(world["answers"][0]["verdict"], "denied");
    assert_eq!(world["answers"][0]["ingress"]["policies"][0], "CiliumNetworkPolicy `storage/minio-ingress`");
}

#[test]
fn a_matrix_has_every_source_and_every_port() {
    let text = reach(&["--matrix", "storage"]).out;
    let line = text.lines().find(|line| line.starts_with("storage/minio-bucket-setup")).unwrap();
    assert!(line.trim_end().ends_with("[NO]"), "{text}");
    let markdown = reach(&["--matrix", "storage", "--format", "markdown"]).out;
    assert!(markdown.contains("| storage/minio-bucket-setup "), "{markdown}");
    let json: serde_json::Value =
        serde_json::from_str(&reach(&["--matrix", "storage", "--format", "json"]).out).unwrap();
    let matrix = &json["matrices"][0];
    let (targets, sources) = (matrix["targets"].as_array().unwrap(), matrix["sources"].as_array().unwrap());
    assert!(sources.iter().all(|row| row["answers"].as_array().unwrap().len() == targets.len()));
    let svg = reach(&["--matrix", "storage", "--format", "svg"]).out;
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert_eq!(svg.matches("class=\"no broken needed\"").count(), 2, "one cell and the legend");
}

#[test]
fn a_name_that_means_nothing_is_told_with_the_nearest_one() {
    for (arguments, expected) in [
        (["world", "storage/mino:9000"], "did you mean `storage/minio`?"),
        (["wrld", "storage/minio:9000"], "did you mean `world`?"),
        (["monitoring", "storage/minio:9000"], "more than one workload in namespace `monitoring`"),
        (["--matrix", "storag"], "did you mean `storage`?"),
    ] {
        let outcome = reach(&arguments);
        assert_eq!(outcome.code, 2);
        assert!(outcome.err.contains(expected), "{}", outcome.err);
    }
    assert!(reach(&["world", "storage/minio", "--format", "svg"]).err.contains("only tables"));
}
