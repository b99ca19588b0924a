//! Texts that were written for fuzzers: small, with all the words that a reader knows.

/// The texts for a target; none where the files of the project do.
pub fn of(target: &str) -> &'static [&'static str] {
    match target {
        "admission" => &[ADMISSION],
        "script" => &[SCRIPT, TOOLS],
        "substitution" => &[VARIABLES],
        "expression" => EXPRESSIONS,
        "pattern" => PATTERNS,
        "config" => &[CONFIG, "rules: {hygiene: warning, bucket-not-provisioned: {severity: info}}\n"],
        "suppressions" => SUPPRESSIONS,
        "baseline" => &[BASELINE],
        "values" => VALUES,
        "schemas" => SCHEMAS,
        "sops" => &[SOPS],
        "lsp" => SESSIONS,
        _ => &[],
    }
}

const ADMISSION: &str = "apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: own}
spec:
  failurePolicy: Fail
  matchConstraints: {resourceRules: [{apiGroups: [\"*\"], apiVersions: [\"*\"], operations: [\"*\"], resources: [\"*\"]}]}
  matchConditions: [{name: a, expression: \"has(object.spec) || request.kind.kind == 'ConfigMap'\"}]
  variables:
    - {name: all, expression: \"object.?spec.template.spec.containers.orValue([])\"}
    - {name: data, expression: \"has(object.data) ? object.data : {}\"}
  validations:
    - expression: \"variables.all.all(c, c.image.matches('^[a-z./]+:[0-9]+$') && size(c.name) > 2)\"
      messageExpression: \"'images ' + variables.all.map(c, c.image).join(',')\"
    - expression: \"variables.data.exists(k, variables.data[k].startsWith('x') || quantity(variables.data[k]).isGreaterThan(quantity('1')))\"
    - expression: \"[1, 2, 3].filter(i, i % 2 == 0).map(i, i * 2)[0] == 4 && timestamp('2024-01-01T00:00:00Z').getFullYear() == 2024\"
    - expression: \"object.metadata.name.split('-').size() < 5 && duration('1h') > duration('5m') && url('http://a').getHost() == 'a'\"
    - expression: \"object.spec.replicas in [1, 2, 3] ? true : int(object.spec.replicas) / 0 == 1\"
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: own}
spec: {policyName: own, validationActions: [Deny]}
";

const SCRIPT: &str = "set -eu
until mc alias set store \"$URL\" \"${USER:-admin}\" \"$PASSWORD\"; do sleep 1; done
for bucket in loki-{chunks,ruler} tempo \"${EXTRA}\"; do
  mc mb --ignore-existing \"store/$bucket\" || true
  case \"$bucket\" in loki*) mc ilm add store/$bucket --expire-days 30 ;; *) ;; esac
done
make() { local name=\"$1\"; if [ -n \"$name\" ] && ! mc ls \"store/${name%/}\" >/dev/null 2>&1; then mc mb \"store/${name##*/}\"; fi; }
make one; make \"two\" | tee -a /tmp/log; (cd /tmp && make $(cat list))
while read -r line; do mc mb store/$line; done <<'EOF'
three
four
EOF
mc admin user add store app \"$SECRET\" && mc admin policy attach store readwrite --user app
";

const VARIABLES: &str =
    "a: ${A} ${B:-b} ${C:=c ${D}} $${E} ${F#a} ${G##*/} ${H%.*} ${I%%x} ${J/a/b} ${K//a/b} ${L:1} ${M:1:2}
b: ${N^} ${O^^} ${P,} ${Q,,} ${#R} $S $$T ${U:+u} ${V-v} ${W=w} ${X:-${Y:-${Z:-z}}} ${a,b} ${d/#a/b} ${e/%a/b}
";

const TOOLS: &str = "export AWS_ENDPOINT_URL=http://store:9000; aws s3 mb s3://one --region a
aws s3api create-bucket --bucket two --endpoint-url \"$URL\" || exit 1
s3cmd --host=store mb s3://three; rc alias set a http://b c d && rc mb a/four
if ! [[ $A == b* ]]; then for ((i = 0; i < 3; i++)); do mc mb s/$i; done; fi
f() { select x in a b; do break; done; }; x=$(( 1 + 2 )); echo ${x:-`mc ls`} >>/dev/null 2>&1 <<<\"a\" &
eval \"mc mb s/e\"; trap 'mc rb s/e' EXIT; xargs -n1 mc mb < list; printf '%s\\n' a b | while read b; do mc mb s/$b; done
";

const EXPRESSIONS: &[&str] = &[
    "1 + 2 * 3 == 7 && 7 / 2 == 3 && -7 % 3 == -1 && 1u < 2u && 1.5e3 >= 0x1f",
    "{'a': {'b': 1}}.?a.?b.orValue(0) == 1 && [1, 2][?5].hasValue() == false",
    "[3, 1].filter(n, n > 1).map(n, n * 2).sort().exists_one(n, n in [4, 6]) ? 'a'.matches('^[a-z]+$') : b'x' == bytes('x')",
    "cel.bind(n, 2, n * n) == 4 && optional.of(2).optMap(n, n + 1).value() == 3 && has({'a': 1}.a)",
    "'a-b'.split('-').join('+').replace('a', 'b').substring(1, 2).find('[0-9]').lowerAscii().trim() == ''",
    "'%s has %d of %.1f, 100%%'.format(['web', 3, 2.5]) + strings.quote('a') + \"\\u00e9\" + r'\\d'",
    "quantity('1Gi').add(quantity('500m')).isGreaterThan(quantity('1000Mi')) && [quantity('1Gi')].sum().asInteger() > 1",
    "cidr('10.0.0.0/8').containsIP('10.1.2.3') && ip('::1').family() == 6 && url('https://a:1/b?c=d').getQuery() == {'c': ['d']}",
    "semver('1.10.0').compareTo(semver('1.9.9')) == 1 && format.dns1123Label().validate('Web').value() == []",
    "timestamp('2024-01-01T00:00:00Z') + duration('1h30m') < timestamp('2025-01-01T00:00:00Z') && type(1) == int",
    "sets.contains([1, 2], [2]) && selects({'matchLabels': {'a': 'b'}}, {'a': 'b'}) && 'x'.findAll('.', 2).size() == 1",
];

const PATTERNS: &[&str] =
    &["/*\n!/apps/\n**/docs/*.jpg\n[a-c]?\\*\n# no\na**b\nx/**\napps/web/a.yaml", "*a*b*c*d\naXbXcXd"];

const CONFIG: &str = "flux: '2.6'
kubernetes: '1.33'
strict-substitution: true
presets: [recommended, security]
clusters: [{entry: clusters/home, flux: '2.5', kubernetes: '1.32', nodes: 3, externals: [{object: v1/Secret/apps/a, reason: b}]}]
sources: {GitRepository/flux-system/other: ../other}
charts: {rendered: {apps/store: rendered}, profiles: [.flux-vet/charts]}
externals: [{object: Secret/apps/*, reason: made by hand}]
monitoring: {namespaces: [monitoring], pod-labels: {app: prometheus}}
budget: [{cluster: true, requests: {cpu: 4, memory: 8Gi}, limits: {memory: 16Gi}}, {namespace: apps, requests: {cpu: 500m}}]
nodes: 3
rules: {hygiene: warning, image-tag-mutable: {severity: error}, storage: off}
paths: [{path: 'apps/**', rules: {flux: info}}]
rule-paths: [rules]
policy-paths: [policies]
schema-locations: [default, 'schemas/{{.ResourceKind}}.json', 'https://example.org/']
require-reason: false
ignore: [{rule: flux, path: 'apps/*', object: Deployment/apps/web, reason: known, until: 2027-01-31}]
";

const SUPPRESSIONS: &[&str] = &[
    "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
# flux-vet: ignore-file[depends-on-missing] until=2027-01-31 the store comes later
metadata: {name: a, namespace: flux-system}
spec:
  dependsOn:
    - name: a # flux-vet: ignore[depends-on-cycle] known
    # flux-vet: ignore[depends-on-missing, source-missing, flux] until=2020-01-01
    - name: gone
      namespace: elsewhere # flux-vet: ignore[] reason
  path: ./gone # flux-vet: ignore[path-missing, no-rule]: because
  sourceRef: {kind: GitRepository, name: flux-system}
",
    "# flux-vet: ignore-file[depends-on-cycle] x\n---\n# flux-vet: ignore[depends-on-cycle] x\napiVersion: v1\nkind: Kustomization\nmetadata:\n  name: a\n  annotations:\n    flux-vet.dev/ignore: depends-on-cycle,flux\n    kube-linter.io/ignore-all: x\n",
];

const BASELINE: &str = "{\"version\":1,\"findings\":{\"depends-on-missing\":{\"apps: Kustomization.kustomize.toolkit.fluxcd.io flux-system/apps\":[\"spec.dependsOn\",\"\\u00e9\"]}}}";

const VALUES: &[&str] = &[
    "mode: distributed\nreplicas: 3\npools: 2\nbuckets: [{name: loki, policy: none}]\npersistence: {enabled: true, size: 5Gi, existingClaim: a}\nresources: {requests: {cpu: 1, memory: 1Gi}}\nusers: [{accessKey: a, secretKey: b, policy: c}]\n",
    "loki:\n  storage: {type: s3, bucketNames: {chunks: a, ruler: b, admin: c}, s3: {endpoint: 'http://store:9000', region: x}}\n  structuredConfig: {common: {storage: {s3: {bucketnames: 'a,b'}}}}\n  limits_config: {retention_period: 30d}\ndeploymentMode: SimpleScalable\nread: {replicas: 3, extraArgs: ['-config.expand-env=true']}\nglobal: {extraEnvFrom: [{secretRef: {name: a}}]}\n",
    "controllers: {main: {type: deployment, replicas: 2, containers: {app: {image: {repository: a, tag: b@sha256:c}, env: {A: b, C: {valueFrom: {secretKeyRef: {name: a, key: b}}}}, envFrom: [{secretRef: {identifier: x}}], probes: {liveness: {enabled: true, custom: true, spec: {httpGet: {path: /, port: http}}}}, resources: {limits: {memory: 1Gi}}}}}}\ndefaultPodOptions: {securityContext: {runAsUser: 1}}\nservice: {app: {controller: main, ports: {http: {port: 80, targetPort: 8080}}}}\ningress: {app: {hosts: [{host: \"{{ .Release.Name }}.example.org\", paths: [{path: /, service: {identifier: app, port: http}}]}], tls: [{hosts: [a]}]}}\nroute: {app: {hostnames: [a], parentRefs: [{name: g, namespace: n}], rules: [{backendRefs: [{identifier: app, port: 80}]}]}}\npersistence: {data: {existingClaim: a, globalMounts: [{path: /d, subPath: x}]}, c: {type: configMap, name: c}, e: {type: emptyDir, sizeLimit: 1Gi}}\nconfigMaps: {c: {data: {a: b}}}\nserviceMonitor: {app: {serviceName: a, endpoints: [{port: http}]}}\nserviceAccount: {app: {}}\nrbac: {roles: {a: {type: Role, rules: []}}, bindings: {b: {type: RoleBinding, roleRef: {identifier: a}, subjects: [{identifier: app}]}}}\n",
    "prometheus: {prometheusSpec: {retention: 10d, replicas: 2, storageSpec: {volumeClaimTemplate: {spec: {storageClassName: a, resources: {requests: {storage: 50Gi}}}}}, ruleSelectorNilUsesHelmValues: false, serviceMonitorSelector: {matchLabels: {a: b}}}}\nalertmanager: {config: {route: {receiver: a}, receivers: [{name: a}]}}\ngrafana: {enabled: true, sidecar: {dashboards: {label: x}}, datasources: {datasources.yaml: {apiVersion: 1, datasources: [{name: a, url: 'http://loki'}]}}}\n",
    "tenant: {name: t, pools: [{servers: 4, name: p, volumesPerServer: 4, size: 10Gi}], buckets: [{name: a}], users: [{name: u}]}\nmimir: {structuredConfig: {blocks_storage: {backend: s3, s3: {bucket_name: m, endpoint: e}}}}\nstorage: {trace: {backend: s3, s3: {bucket: t}}}\ncephBlockPools: [{name: a, spec: {replicated: {size: 3}}, storageClass: {enabled: true, name: s}}]\n",
];

const SCHEMAS: &[&str] = &[
    "=== schemas/till.json
{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"type\": \"object\", \"required\": [\"spec\"], \"additionalProperties\": false, \"properties\": {\"apiVersion\": {\"const\": \"a\"}, \"spec\": {\"$ref\": \"#/definitions/s\"}}, \"definitions\": {\"s\": {\"properties\": {\"size\": {\"type\": \"integer\", \"minimum\": 1, \"multipleOf\": 2}, \"name\": {\"pattern\": \"^[a-z]+$\", \"format\": \"hostname\", \"maxLength\": 3}, \"list\": {\"items\": {\"anyOf\": [{\"type\": \"string\"}, {\"not\": {\"enum\": [1]}}]}, \"uniqueItems\": true}, \"when\": {\"format\": \"date-time\"}, \"open\": {\"oneOf\": [true, false]}}, \"patternProperties\": {\"^x-\": {}}}}}
",
    "=== crd.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: tills.shop.example.org}
spec:
  group: shop.example.org
  scope: Namespaced
  names: {kind: Till, plural: tills}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size, gone]
              x-kubernetes-validations: [{rule: 'self.size > 5 && self.name.startsWith(\"a\")', message: small, messageExpression: \"'is ' + string(self.size)\"}]
              properties:
                size: {type: integer, maximum: 2, exclusiveMaximum: true}
                name: {type: string, enum: [a, b], pattern: '^(a|b)+$'}
                list: {type: array, maxItems: 2, items: {x-kubernetes-int-or-string: true}, x-kubernetes-list-type: set}
                when: {type: string, format: date, nullable: true}
                open: {type: boolean, default: false}
                any: {x-kubernetes-preserve-unknown-fields: true}
=== apps/other.yaml
apiVersion: shop.example.org/v1
kind: Till
metadata: {name: two}
spec: {size: 9, any: {a: [1]}, gone: 1}
",
    "=== .flux-vet-schemas.lock.json
{\"version\": 1, \"schemas\": [{\"apiVersion\": \"shop.example.org/v1\", \"kind\": \"Till\", \"url\": \"https://example.org/till.json\", \"sha256\": \"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\", \"size\": 3}], \"absent\": [\"https://example.org/deployment.json\"]}
",
];

const SOPS: &str = "=== .sops.yaml
creation_rules:
  - path_regex: apps/.*\\.sops\\.yaml$
    encrypted_regex: ^(data|stringData)$
    unencrypted_suffix: _plain
    shamir_threshold: 2
    key_groups: [{age: [age1t3z8axys2qfp0lzt43h37562v9ej5a4v2eyc9gw8jwd8kzn3nyjqp7ntzw], pgp: [ADE37B71C2FB79F6C9283E30F080EE97DF69E33C], kms: [{arn: a}]}]
  - age: >-
      age1erm2kn8mswkgk9h82fgtncz55pl5g9qyuj370ys7t7q9s2ydz3wseqt9j2,
stores: {yaml: {indent: 2}}
=== apps/secret.sops.yaml
apiVersion: v1
kind: Secret
metadata: {name: secret, namespace: apps}
stringData:
    key: ENC[AES256_GCM,data:p673w==,iv:YY=,aad:UQ=,tag:A=,type:str]
    plain: hunter2
sops:
    age:
        - recipient: age1t3z8axys2qfp0lzt43h37562v9ej5a4v2eyc9gw8jwd8kzn3nyjqp7ntzw
          enc: |
            -----BEGIN AGE ENCRYPTED FILE-----
            YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSB
            -----END AGE ENCRYPTED FILE-----
    lastmodified: \"2024-01-01T00:00:00Z\"
    mac: ENC[AES256_GCM,data:p673w==,iv:YY=,aad:UQ=,tag:A=,type:str]
    encrypted_regex: ^(data|stringData)$
    version: 3.9.0
=== apps/kustomization.yaml
resources: [secret.sops.yaml]
secretGenerator: [{name: env, envs: [a.env]}]
=== apps/a.env
A=ENC[AES256_GCM,data:p673w==,iv:YY=,aad:UQ=,tag:A=,type:str]
sops_version=3.9.0
";

const SESSIONS: &[&str] = &[
    "=== open cluster/web.yaml
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: web
  namespace: flux-system
spec:
  path: ./apps # ä𝄞
  dependsOn:
    - name: store
=== change 4 8 4 13
shop
=== hover 9 14
=== definition 6 12
=== action 99 0
=== open apps/kustomization.yaml
namespace: web
resources:
  - ./a.yaml
=== completion 2 8
=== references 0 12
=== close cluster/web.yaml
",
    "\u{feff}a: 1\r\nkind: ConfigMap\r=== links\n=== change 0 1 1 0\n=== open apps/new.yaml\napiVersion: v1\nkind: Secret\nmetadata: {name: a}\n=== change 2 0 2 99\nstringData: {a: ${B}}\n=== completion 2 3\n=== action 2 3\n",
];
