//! What policies admit and isolate, and variants of the migration plan.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeSet;
use std::path::Path;

use flux_vet::source::Memory;
use flux_vet::{CheckOptions, check};

const RULES: [&str; 2] = ["network-policy-blocks-monitoring", "network-policy-selects-nothing"];

type Places = BTreeSet<(String, usize)>;

fn options(rules: &[&str]) -> CheckOptions {
    CheckOptions { rules: Some(rules.iter().map(ToString::to_string).collect()), ..CheckOptions::default() }
}

fn read(root: &Path, folder: &Path, memory: &mut Memory, marks: &mut Places, related: &mut Places) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(root, &path, memory, marks, related);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        for (index, line) in text.lines().enumerate() {
            for (word, places) in [("# expect:", &mut *marks), ("related:", &mut *related)] {
                if let Some((_, mark)) = line.split_once(word)
                    && RULES.iter().any(|rule| mark.split_whitespace().any(|other| other == *rule))
                {
                    places.insert((name.clone(), index + 1));
                }
            }
        }
        memory.insert(&name, text);
    }
}

/// The user's invariant on the plan: the selector repaired, and the namespace of the source changed.
#[test]
fn the_repaired_plan_with_another_source_shuts_the_monitoring_out() {
    let root = Path::new("fixtures/trees/migration-plan/first-repair");
    let (mut memory, mut marks, mut related) = (Memory::default(), Places::new(), Places::new());
    read(root, root, &mut memory, &mut marks, &mut related);
    let policy = "kubernetes/apps/storage/minio/app/networkpolicy.yaml";
    let text = std::fs::read_to_string(root.join(policy)).unwrap();
    memory.insert(
        policy,
        text.replace("io.kubernetes.pod.namespace: monitoring", "io.kubernetes.pod.namespace: observability"),
    );
    let checked = check(memory, &options(&RULES)).unwrap();
    let found: Vec<&str> = checked.findings.iter().map(|finding| &*finding.rule).collect();
    assert_eq!(found, ["network-policy-blocks-monitoring"]);
}

/// A scraper in `monitoring`, and pods of `web` that listen on 8080 (`http`) and are scraped on 9090 (`metrics`).
const SCRAPED: &str = "
apiVersion: v1
kind: Namespace
metadata: {name: monitoring, labels: {team: ops}}
---
apiVersion: monitoring.coreos.com/v1
kind: Prometheus
metadata: {name: main, namespace: monitoring}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]}]}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: web, namespace: web}
spec: {selector: {matchLabels: {app: web}}, podMetricsEndpoints: [{port: metrics}]}
";

fn is_blocked(policies: &[(&str, &str)]) -> bool {
    let mut memory = Memory::default();
    memory.insert("web.yaml", SCRAPED);
    for (index, (kind, spec)) in policies.iter().enumerate() {
        let (kind, api, metadata, key) = match *kind {
            "np" => ("NetworkPolicy", "networking.k8s.io/v1", ", namespace: web", "spec"),
            "cnp" => ("CiliumNetworkPolicy", "cilium.io/v2", ", namespace: web", "spec"),
            "cnps" => ("CiliumNetworkPolicy", "cilium.io/v2", ", namespace: web", "specs"),
            _ => ("CiliumClusterwideNetworkPolicy", "cilium.io/v2", "", "spec"),
        };
        let text = format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: p{index}{metadata}}}\n{key}: {spec}\n");
        memory.insert(&format!("policy-{index}.yaml"), text);
    }
    !check(memory, &options(&RULES[..1])).unwrap().findings.is_empty()
}

#[test]
fn what_policies_admit() {
    let own = "podSelector: {}, ingress:";
    let cilium = "endpointSelector: {}, ingress:";
    let kubernetes_cases = [
        ("[]", true),
        ("[{}]", false),
        ("[{from: []}]", false),
        ("[{ports: [{port: 9090}]}]", false),
        ("[{ports: [{port: 8080}]}]", true),
        ("[{ports: [{port: 9000, endPort: 9100}]}]", false),
        ("[{ports: [{port: metrics}]}]", false),
        ("[{ports: [{port: http}]}]", true),
        ("[{ports: [{protocol: UDP}]}]", true),
        ("[{from: [{podSelector: {}}]}]", true),
        ("[{from: [{namespaceSelector: {}}]}]", false),
        ("[{from: [{namespaceSelector: {matchLabels: {team: ops}}}]}]", false),
        ("[{from: [{namespaceSelector: {matchLabels: {team: dev}}}]}]", true),
        ("[{from: [{namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [dev]}]}}]}]", false),
        (
            "[{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app.kubernetes.io/name: prometheus}}}]}]",
            false,
        ),
        ("[{from: [{namespaceSelector: {}, podSelector: {matchLabels: {app.kubernetes.io/name: grafana}}}]}]", true),
        // Labels of the scraper that are not known, and addresses: nothing is said.
        ("[{from: [{namespaceSelector: {}, podSelector: {matchLabels: {role: scraper}}}]}]", false),
        ("[{from: [{ipBlock: {cidr: 10.0.0.0/8}}]}]", false),
        ("[{from: [{ipBlock: {cidr: 1.1.1.1/32}}]}]", true),
    ];
    for (rules, blocked) in kubernetes_cases {
        assert_eq!(is_blocked(&[("np", &format!("{{{own} {rules}}}"))]), blocked, "{rules}");
    }
    let cilium_cases = [
        ("[]", false),
        ("[{fromEndpoints: [{}]}]", true),
        ("[{fromEndpoints: [{matchLabels: {io.kubernetes.pod.namespace: monitoring}}]}]", false),
        ("[{fromEndpoints: [{matchLabels: {'k8s:io.kubernetes.pod.namespace': monitoring}}]}]", false),
        ("[{fromEndpoints: [{matchLabels: {kubernetes.io/metadata.name: monitoring}}]}]", true),
        (
            "[{fromEndpoints: [{matchExpressions: [{key: 'k8s:io.kubernetes.pod.namespace', operator: Exists}]}]}]",
            false,
        ),
        ("[{fromEndpoints: [{matchLabels: {app.kubernetes.io/name: prometheus}}]}]", true),
        ("[{fromEndpoints: [{matchLabels: {'reserved:host': ''}}]}]", true),
        // Labels of namespaces are read in clusterwide policies only.
        ("[{fromEndpoints: [{matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': ops}}]}]", false),
        ("[{fromEntities: [world]}]", true),
        ("[{fromEntities: [cluster]}]", false),
        ("[{fromEntities: [all]}]", false),
        ("[{fromEntities: [host, remote-node]}]", true),
        ("[{fromCIDR: [10.0.0.0/8]}]", true),
        ("[{toPorts: [{ports: [{port: '9090'}]}]}]", false),
        ("[{toPorts: [{ports: [{port: '9000', endPort: 9100}]}]}]", false),
        ("[{toPorts: [{ports: [{port: '0'}]}]}]", false),
        ("[{toPorts: [{ports: [{port: '8080', protocol: TCP}]}]}]", true),
        ("[{toPorts: [{ports: [{port: '9090', protocol: UDP}]}]}]", true),
        ("[{fromEntities: [cluster], icmps: [{fields: [{type: 8}]}]}]", true),
        // A rule with nothing in it isolates and admits nobody.
        ("[{}]", true),
        ("[{fromEntities: [cluster], toPorts: [{ports: [{port: '9090'}], rules: {http: [{path: /metrics}]}}]}]", false),
    ];
    for (rules, blocked) in cilium_cases {
        assert_eq!(is_blocked(&[("cnp", &format!("{{{cilium} {rules}}}"))]), blocked, "{rules}");
    }
}

#[test]
fn what_isolates() {
    let nobody = "endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {a: b}}]}]";
    let open = "ingress: [{fromEntities: [cluster]}]";
    let cases: [(&[(&str, &str)], bool); 13] = [
        (&[("np", "{podSelector: {}}")], true),
        (&[("np", "{podSelector: {}, policyTypes: [Egress]}")], false),
        (&[("np", "{podSelector: {matchLabels: {app: other}}}")], false),
        (
            &[("np", "{podSelector: {}}"), ("cnp", "{endpointSelector: {}, ingress: [{fromEntities: [cluster]}]}")],
            false,
        ),
        (&[("np", "{podSelector: {}}"), ("cnp", "{endpointSelector: {}, enableDefaultDeny: {ingress: false}}")], true),
        (&[("cnp", &format!("{{{nobody}}}"))], true),
        (&[("cnp", &format!("{{{nobody}, enableDefaultDeny: {{ingress: false}}}}"))], false),
        (&[("cnp", "{endpointSelector: {}, enableDefaultDeny: {ingress: true}}")], true),
        (&[("cnps", &format!("[{{endpointSelector: {{matchLabels: {{app: other}}}}, {open}}}, {{{nobody}}}]"))], true),
        (&[("cnps", &format!("[{{endpointSelector: {{}}, {open}}}, {{{nobody}}}]"))], false),
        (&[("cnp", &format!("{{endpointSelector: {{}}, {open}, ingressDeny: [{{fromEntities: [cluster]}}]}}"))], true),
        (
            &[(
                "ccnp",
                "{endpointSelector: {matchLabels: {io.kubernetes.pod.namespace: web}}, ingress: [{fromEntities: [host]}]}",
            )],
            true,
        ),
        (
            &[(
                "ccnp",
                "{endpointSelector: {matchExpressions: [{key: io.kubernetes.pod.namespace, operator: NotIn, values: [web]}]}, ingress: [{fromEntities: [host]}]}",
            )],
            false,
        ),
    ];
    for (policies, blocked) in cases {
        assert_eq!(is_blocked(policies), blocked, "{policies:?}");
    }
    let labelled = "{endpointSelector: {}, ingress: [{fromEndpoints: [{matchLabels: {'k8s:io.cilium.k8s.namespace.labels.team': dev}}]}]}";
    assert!(is_blocked(&[("ccnp", labelled)]));
    assert!(!is_blocked(&[("ccnp", &labelled.replace("dev", "ops"))]));
}

/// Policies and pools that the correct plan gets besides its own: the Job's way out, and two pools.
const BESIDES: &str = "
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: bucket-setup, namespace: storage}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: minio-bucket-setup}}
  policyTypes: [Egress]
  egress:
    - to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}}]
      ports: [{port: 53, protocol: UDP}]
    - to: [{podSelector: {matchLabels: {v1.min.io/tenant: minio}}}]
      ports: [{port: 9000}]
---
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: apps}
spec: {blocks: [{start: 10.0.0.10, stop: 10.0.0.19}]}
---
apiVersion: cilium.io/v2
kind: CiliumLoadBalancerIPPool
metadata: {name: infra}
spec: {blocks: [{cidr: 10.0.0.32/28}]}
";

/// The rules that speak of the correct plan after one text of its policies was changed into another.
fn found_after(change: Option<(&str, &str)>) -> BTreeSet<String> {
    let root = Path::new("fixtures/trees/migration-plan/correct");
    let (mut memory, mut marks, mut related) = (Memory::default(), Places::new(), Places::new());
    read(root, root, &mut memory, &mut marks, &mut related);
    let policy = "kubernetes/apps/storage/minio/app/networkpolicy.yaml";
    let text = std::fs::read_to_string(root.join(policy)).unwrap() + BESIDES;
    let changed = match change {
        Some((old, new)) => {
            assert!(text.contains(old), "the plan has no `{old}`");
            text.replacen(old, new, 1)
        }
        None => text,
    };
    memory.insert(policy, changed);
    let checked = check(memory, &CheckOptions::default()).unwrap();
    checked.findings.iter().map(|finding| finding.rule.to_string()).collect()
}

#[test]
fn one_change_brings_its_own_findings_and_no_others() {
    assert!(found_after(None).is_empty(), "{:?}", found_after(None));
    const CONSUMER: &str = "network-policy-blocks-consumer";
    const MONITORING: &str = "network-policy-blocks-monitoring";
    const PEER: &str = "network-policy-blocks-peer";
    const NOBODY: &str = "network-policy-peer-matches-nothing";
    let job = "app.kubernetes.io/name: minio-bucket-setup";
    let cases: [(&str, &str, &[&str]); 15] = [
        // The source.
        (
            "io.kubernetes.pod.namespace: monitoring",
            "io.kubernetes.pod.namespace: observability",
            &[CONSUMER, MONITORING],
        ),
        (
            "io.kubernetes.pod.namespace: monitoring",
            "io.kubernetes.pod.namespace: monitorin",
            &[CONSUMER, MONITORING, NOBODY],
        ),
        (
            "io.kubernetes.pod.namespace: monitoring",
            "kubernetes.io/metadata.name: monitoring",
            &[CONSUMER, MONITORING, NOBODY],
        ),
        (
            "        - matchLabels:\n            v1.min.io/tenant: minio",
            "        - matchLabels:\n            v1.min.io/tenant: other",
            &[PEER, NOBODY],
        ),
        ("app.kubernetes.io/name: operator", "app.kubernetes.io/name: operators", &[PEER, NOBODY]),
        (job, "app.kubernetes.io/name: bucket-setup", &[CONSUMER, NOBODY]),
        // The port.
        ("port: \"9000\"", "port: \"9001\"", &[CONSUMER, MONITORING, PEER]),
        ("protocol: TCP", "protocol: UDP", &[CONSUMER, MONITORING, PEER]),
        ("ports: [{port: 9000}]", "ports: [{port: 9001}]", &[CONSUMER]),
        ("ports: [{port: 9000}]", "ports: [{port: 80}]", &[CONSUMER, "network-policy-service-port"]),
        // Whom it is about.
        (
            "endpointSelector:\n    matchLabels:\n      v1.min.io/tenant: minio",
            "endpointSelector:\n    matchLabels:\n      app: minio",
            &["network-policy-selects-nothing"],
        ),
        ("spec:\n  endpointSelector", "spec:\n  ingressDeny: [{fromEntities: [world]}]\n  endpointSelector", &[]),
        // The way out.
        ("ports: [{port: 53, protocol: UDP}]", "ports: [{port: 443}]", &["network-policy-dns-missing"]),
        ("{kubernetes.io/metadata.name: kube-system}", "{io.kubernetes.pod.namespace: kube-system}", &[NOBODY]),
        ("cidr: 10.0.0.32/28", "cidr: 10.0.0.16/28", &["ip-pool-overlap"]),
    ];
    for (old, new, expected) in cases {
        let expected: BTreeSet<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(found_after(Some((old, new))), expected, "{new}");
    }
}

/// Without default deny the policy shuts nobody out, whatever its rules say.
#[test]
fn a_policy_that_does_not_isolate_blocks_nobody() {
    let narrow = "enableDefaultDeny: {ingress: false}\n  ingress:\n    - fromEndpoints: [{matchLabels: {a: b}}]\n    - fromEndpoints:";
    let found = found_after(Some(("ingress:\n    - fromEndpoints:", narrow)));
    assert_eq!(found, BTreeSet::from(["network-policy-peer-matches-nothing".to_owned()]));
}
