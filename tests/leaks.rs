//! Credentials in plain places: what is found, what is left alone, and that no report prints one.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::collections::BTreeMap;

use flux_vet::report::{self, Format, Style};
use flux_vet::source::Memory;
use flux_vet::{CheckOptions, Checked, check};

const RULE: &str = "secret-in-plain-config";

/// Invented credentials in the forms of well-known services. Put together here, so that nobody's scanner takes this file for
/// a leak.
fn forms() -> BTreeMap<&'static str, String> {
    const LETTERS: &str = "Zx4Kq9Lm2Wv7Rt8Yb3Nc6Pd5Hf1Gj0SaTuEoIiQwCzVbMnXkLpRyHgDd";
    let random = |length: usize| LETTERS.chars().cycle().take(length).collect::<String>();
    let hex = |length: usize| "9f3a7c1e5b8d2604".chars().cycle().take(length).collect::<String>();
    let upper = |length: usize| "QX7ZK4WJ2VPM6TRB5YNC3HDF".chars().cycle().take(length).collect::<String>();
    BTreeMap::from([
        ("aws", format!("AK{}{}", "IA", upper(16))),
        ("github", format!("gh{}_{}", "p", random(36))),
        ("github-fine", format!("github{}_{}", "_pat", random(60))),
        ("gitlab", format!("gl{}-{}", "pat", random(20))),
        ("slack", format!("xo{}-{}-{}", "xb", "402938475610", random(24))),
        ("slack-hook", format!("https://hooks.slack{}/services/T{}/B{}/{}", ".com", upper(9), upper(9), random(24))),
        ("discord", format!("https://discord{}/api/webhooks/839201746529103847/{}", ".com", random(60))),
        ("telegram", format!("5839201746:A{}{}", "A", random(33))),
        ("google", format!("AI{}{}", "za", random(35))),
        ("stripe", format!("sk{}_{}", "_live", random(24))),
        ("sendgrid", format!("S{}.{}.{}", "G", random(22), random(43))),
        ("npm", format!("np{}_{}", "m", random(36))),
        ("vault", format!("hv{}.{}", "s", random(24))),
        ("tailscale", format!("ts{}-auth-{}-{}", "key", random(12), random(24))),
        ("grafana", format!("gl{}_{}_{}", "sa", random(32), hex(8))),
        ("age", format!("AGE-SECRET{}1{}", "-KEY-", upper(58))),
        ("jwt", format!("ey{}.eyJ{}.{}", "JhbGciOiJIUzI1NiJ9", random(30), random(43))),
        (
            "pem",
            format!(
                "-----BEGIN EC {} KEY-----\n{{indent}}{}\n{{indent}}{}\n{{indent}}-----END EC {} KEY-----",
                "PRIVATE",
                random(64),
                random(40),
                "PRIVATE"
            ),
        ),
        ("random", random(32)),
        ("hex", hex(40)),
        ("basic", "YXBwOmh1bnRlcjItNDcxMS1jYW5hcnk=".to_owned()),
    ])
}

/// What must not be printed: of each form the part that is random, and the invented password.
fn needles(text: &str) -> Vec<String> {
    let mut needles = vec!["hunter2".to_owned(), "hunter2-4711-canary".to_owned(), "yellow bikes".to_owned()];
    for form in forms().values() {
        let first = form.lines().find(|line| !line.contains("-----")).unwrap_or_default().replace("{indent}", "");
        needles.push(first.chars().rev().take(12).collect::<Vec<_>>().into_iter().rev().collect());
        needles.push(first);
    }
    needles.retain(|needle| needle.len() > 6 && text.contains(needle.as_str()));
    needles
}

fn filled(text: &str) -> String {
    let mut text = text.replace("{pw}", "hunter2-4711-canary");
    for (name, value) in forms() {
        while let Some(at) = text.find(&format!("{{{name}}}")) {
            let line = text[..at].rfind('\n').map_or(0, |at| at + 1);
            let indent = text[line..].len() - text[line..].trim_start_matches([' ', '-']).len();
            text = text.replacen(&format!("{{{name}}}"), &value.replace("{indent}", &" ".repeat(indent)), 1);
        }
    }
    text
}

const HEAD: &str = "metadata: {name: app, namespace: web}\n";

/// An object of a kind: `ConfigMap` and `HelmRelease` get their heads, anything else is written out.
fn object(kind: &str, body: &str) -> String {
    let indented = |by: &str| body.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
    match kind {
        "ConfigMap" => format!("apiVersion: v1\nkind: ConfigMap\n{HEAD}data:\n{}", indented("  ")),
        "HelmRelease" => format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\n{HEAD}spec:\n  chart: {{spec: {{chart: some, sourceRef: {{kind: HelmRepository, name: some}}}}}}\n  values:\n{}",
            indented("    ")
        ),
        "Deployment" => format!(
            "apiVersion: apps/v1\nkind: Deployment\n{HEAD}spec:\n  selector: {{matchLabels: {{app: app}}}}\n  template:\n    metadata: {{labels: {{app: app}}}}\n    spec:\n      containers:\n        - name: app\n          image: app:1\n{}",
            indented("          ")
        ),
        _ => body.to_owned(),
    }
}

fn run(text: &str, only: Option<&str>) -> Checked {
    let mut memory = Memory::default();
    memory.insert("app.yaml", text);
    memory.insert("kustomization.yaml", "resources: [app.yaml]\n");
    let mut rules: Vec<String> = only.map(|rule| vec![rule.to_owned()]).unwrap_or_default();
    if only.is_none() {
        let catalogue = flux_vet::rules::catalogue().unwrap();
        rules = catalogue.iter().map(|entry| entry.card.id.clone()).collect();
    }
    check(memory, &CheckOptions { rules: Some(rules), ..CheckOptions::default() }).unwrap()
}

const LEAKS: [(&str, &str); 43] = [
    ("ConfigMap", "DB_PASSWORD: {pw}"),
    ("ConfigMap", "app.conf: |\n  host = db.web\n  db_password = {pw}\n"),
    ("ConfigMap", "config.yaml: |\n  auth:\n    adminPassword: {pw}\n    enabled: true\n"),
    ("ConfigMap", "config.json: '{\"user\": \"app\", \"password\": \"{pw}\"}'"),
    ("ConfigMap", "app.env: |\n  export API_TOKEN={random}\n"),
    ("ConfigMap", "config.xml: |\n  <Config>\n    <ApiKey>{hex}</ApiKey>\n  </Config>\n"),
    ("ConfigMap", "init.sh: |\n  #!/bin/sh\n  mysql -uroot -p{pw} app < /init.sql\n"),
    ("ConfigMap", "sync.sh: |\n  curl -sf -u app:{pw} https://api.home.arpa/sync\n"),
    ("ConfigMap", "call.sh: |\n  curl -H \"Authorization: Bearer {random}\" https://api.home.arpa\n"),
    ("ConfigMap", "proxy.conf: |\n  proxy_set_header Authorization: Basic {basic}\n"),
    ("ConfigMap", "backup.sh: |\n  restic backup --password={pw} /data\n"),
    ("ConfigMap", "push.sh: sshpass -p {pw} scp a b"),
    ("ConfigMap", "DATABASE_URL: postgres://app:{pw}@db.web:5432/app"),
    ("ConfigMap", "redis: redis://:{pw}@redis.web:6379/0"),
    ("ConfigMap", "amqp.conf: |\n  url = amqp://app:{pw}@rabbit.web/app\n"),
    ("ConfigMap", "key: |\n  {pem}\n"),
    ("ConfigMap", "identity.txt: {age}"),
    ("ConfigMap", "aws: |\n  [default]\n  aws_access_key_id = {aws}\n"),
    ("ConfigMap", "credentials: |\n  aws_secret_access_key = {random}\n"),
    ("ConfigMap", "gh: {github}"),
    ("ConfigMap", "gh-fine: {github-fine}"),
    ("ConfigMap", "lab: token {gitlab} for the mirror"),
    ("ConfigMap", "bot: {telegram}"),
    ("ConfigMap", "npmrc: //registry.npmjs.org/:_authToken={npm}"),
    ("ConfigMap", "notes.md: |\n  # the key of the map\n  # {google}\n"),
    ("HelmRelease", "auth:\n  adminPassword: {pw}"),
    ("HelmRelease", "config:\n  oidc:\n    clientSecret: {hex}"),
    ("HelmRelease", "env:\n  - name: SMTP_PASSWORD\n    value: {pw}"),
    ("HelmRelease", "env:\n  VAULT_TOKEN: {vault}"),
    ("HelmRelease", "controllers:\n  app:\n    containers:\n      app:\n        env:\n          PAYMENT: {stripe}"),
    ("HelmRelease", "alertmanager:\n  config:\n    global:\n      slack_api_url: {slack-hook}"),
    ("HelmRelease", "mail:\n  key: {sendgrid}"),
    ("HelmRelease", "tunnel:\n  authKey: {tailscale}"),
    ("HelmRelease", "license:\n  jwt: {jwt}"),
    ("HelmRelease", "passphrase: seven yellow bikes sleeping"),
    ("HelmRelease", "extraConfig: |\n  [smtp]\n  password = {pw}\n"),
    ("HelmRelease", "database:\n  uri: mysql://app:{pw}@db.web/app"),
    ("HelmRelease", "params:\n  apikey: [{hex}]"),
    ("Deployment", "env:\n  - name: DB_PASSWORD\n    value: {pw}"),
    ("Deployment", "args: [serve, --token, {random}]"),
    ("Deployment", "command: [sh, -c, 'exec app --admin-password={pw}']"),
    (
        "Provider",
        "apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Provider\nmetadata: {name: chat, namespace: web}\nspec:\n  type: discord\n  address: {discord}\n",
    ),
    (
        "GitRepository",
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: apps, namespace: web}\nspec:\n  interval: 1m\n  url: https://robot:{pw}@git.home.arpa/apps.git\n",
    ),
];

const LAWFUL: [(&str, &str); 49] = [
    ("ConfigMap", "DB_PASSWORD: ${DB_PASSWORD}"),
    ("ConfigMap", "config.yaml: |\n  password: ${DB_PASSWORD:-}\n"),
    ("ConfigMap", "config.yaml: |\n  password: {{ .Values.password }}\n"),
    ("ConfigMap", "app.env: |\n  PASSWORD=$(cat /run/secrets/password)\n"),
    ("ConfigMap", "grafana.ini: |\n  [database]\n  password = $__file{/etc/secrets/password}\n"),
    ("ConfigMap", "config.yaml: |\n  password: !secret db_password\n"),
    ("ConfigMap", "config.yaml: |\n  password: op://home/db/password\n"),
    ("ConfigMap", "config.yaml: |\n  token: vault:secret/data/app#token\n"),
    ("ConfigMap", "password: changeme"),
    ("ConfigMap", "password: <your password>"),
    ("ConfigMap", "POSTGRES_PASSWORD: postgres"),
    ("ConfigMap", "MINIO_ROOT_PASSWORD: minio123"),
    ("ConfigMap", "DATABASE_URL: postgres://app:$(DB_PASSWORD)@db.web/app"),
    ("ConfigMap", "DATABASE_URL: postgres://postgres:postgres@localhost/app"),
    ("ConfigMap", "url: http://api.home.arpa:8080/path@me"),
    ("ConfigMap", "docs: https://user:pass@example.com/"),
    ("ConfigMap", "client_id: 0d2f1f2c-1a2b-4c3d-8e9f-001122334455"),
    ("ConfigMap", "apiKey: 0d2f1f2c-1a2b-4c3d-8e9f-001122334455"),
    ("ConfigMap", "image: ghcr.io/example/app@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("ConfigMap", "checksum: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
    ("ConfigMap", "fingerprint: SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8"),
    (
        "ConfigMap",
        "known_hosts: git.home.arpa ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl",
    ),
    (
        "ConfigMap",
        "ca.crt: |\n  -----BEGIN CERTIFICATE-----\n  MIIBszCCAVmgAwIBAgIUQ2x1c3RlciBDQSBpbnZlbnRlZDAKBggqhkjOPQQDAjA\n  -----END CERTIFICATE-----\n",
    ),
    (
        "ConfigMap",
        "public.pem: |\n  -----BEGIN PUBLIC KEY-----\n  MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEinventedinventedinvented\n  -----END PUBLIC KEY-----\n",
    ),
    ("ConfigMap", "recipient: age1t3z8axys2qfp0lzt43h37562v9ej5a4v2eyc9gw8jwd8kzn3nyjqp7ntzw"),
    (
        "ConfigMap",
        "readme.md: |\n  # set password: hunter2-4711 in the form\n  The password: anything that you like, at least 12 characters\n",
    ),
    ("ConfigMap", "main.py: |\n  password = os.environ[\"DB_PASSWORD\"]\n  token = get_token(client, 42)\n"),
    ("ConfigMap", "models.yaml: |\n  api_key: os.environ/MODEL_2024_KEY\n"),
    ("ConfigMap", "key.txt: |\n  -----BEGIN PRIVATE KEY-----\n  ...\n  -----END PRIVATE KEY-----\n"),
    ("ConfigMap", "aws: AKIAIOSFODNN7EXAMPLE"),
    ("ConfigMap", "token: ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
    ("ConfigMap", "password_min_length: \"12\""),
    (
        "ConfigMap",
        "dashboard.json: '{\"uid\": \"Zx4Kq9Lm2Wv7Rt8Y\", \"refId\": \"A\", \"datasource\": {\"uid\": \"P8E80F9AEF21F6940\"}}'",
    ),
    ("HelmRelease", "auth:\n  existingSecret: app-auth-2024\n  secretKeys: {adminPasswordKey: admin-password}"),
    ("HelmRelease", "admin:\n  passwordKey: adminPassword\n  userKey: adminUser"),
    (
        "HelmRelease",
        "env:\n  - name: DB_PASSWORD\n    valueFrom: {secretKeyRef: {name: app-db, key: Zx4Kq9Lm2Wv7Rt8Yb3Nc6}}",
    ),
    ("HelmRelease", "env:\n  DB_PASSWORD_FILE: /run/secrets/Zx4Kq9Lm2Wv7"),
    ("HelmRelease", "tokenUrl: https://sso.home.arpa/realms/home/token"),
    ("HelmRelease", "password: true\ntoken: false\nsecret: {}"),
    ("HelmRelease", "imagePullSecrets: [registry-2024-credentials]"),
    ("HelmRelease", "tlsSecret: wildcard-home-arpa-2024-tls"),
    ("HelmRelease", "persistence:\n  secrets: {type: secret, name: app-secret-v2}"),
    ("HelmRelease", "oidc:\n  clientSecret: $oidc:clientSecret\n  cookieSecret: '{{ randAlphaNum 32 }}'"),
    ("HelmRelease", "smtp:\n  password: SMTP_PASSWORD"),
    (
        "HelmRelease",
        "podAnnotations: {checksum/secret: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08}",
    ),
    ("Deployment", "env:\n  - name: DB_PASSWORD\n    valueFrom: {secretKeyRef: {name: app-db, key: password}}"),
    ("Deployment", "args: [--password-file, /run/secrets/password, --token=$(TOKEN), --auth-mode, token]"),
    (
        "ExternalSecret",
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: app, namespace: web}\nspec:\n  secretStoreRef: {kind: ClusterSecretStore, name: store}\n  target:\n    template:\n      data:\n        config.yaml: |\n          password: {{ .db2024_password }}\n  data:\n    - secretKey: db2024_password\n      remoteRef: {key: Zx4Kq9Lm2Wv7Rt8Yb3Nc6, property: password}\n",
    ),
    (
        "SealedSecret",
        "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: app, namespace: web}\nspec:\n  encryptedData:\n    password: AgBZx4Kq9Lm2Wv7Rt8Yb3Nc6Pd5Hf1Gj0SaTuEoIiQwCzVbMnXkLpRyHgDd\n",
    ),
];

#[test]
fn every_leak_is_found_on_its_line_and_printed_by_no_report() {
    let mut wrong = Vec::new();
    for (kind, body) in LEAKS {
        let text = filled(&object(kind, body));
        let checked = run(&text, Some(RULE));
        let needles = needles(&text);
        let at = needles.iter().find_map(|needle| text.lines().position(|line| line.contains(needle.as_str())));
        let at = at.unwrap_or_else(|| panic!("no needle in {body}")) + 1;
        let lines: Vec<usize> = checked
            .findings
            .iter()
            .flat_map(|finding| finding.related.iter().chain([&finding.primary]))
            .map(|label| checked.sources.location(label.span).line)
            .collect();
        // A private key is marked where it begins.
        if checked.findings.len() != 1 || !lines.iter().any(|line| *line == at || *line + 1 == at) {
            wrong.push(format!("{body:?}: line {at}, found at {lines:?}"));
        }
        for label in checked.findings.iter().flat_map(|finding| finding.related.iter().chain([&finding.primary])) {
            let marked = checked.sources.text(label.span);
            if needles.iter().any(|needle| marked.contains(needle.as_str())) {
                wrong.push(format!("{body:?}: the mark covers the value"));
            }
        }
        for checked in [checked, run(&text, None)] {
            wrong.extend(printed(&checked, &needles).map(|what| format!("{body:?}: {what}")));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// Which report prints one of the needles.
fn printed(checked: &Checked, needles: &[String]) -> impl Iterator<Item = String> {
    let run = checked.as_run();
    let mut found = Vec::new();
    for format in Format::all() {
        let mut out = Vec::new();
        report::write(&run, *format, &Style::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        if let Some(line) = text.lines().find(|line| needles.iter().any(|needle| line.contains(needle.as_str()))) {
            found.push(format!("{format} prints it: {}", line.chars().take(300).collect::<String>()));
        }
    }
    found.into_iter()
}

#[test]
fn every_lawful_shape_is_silent() {
    let mut wrong = Vec::new();
    for (kind, body) in LAWFUL {
        let text = filled(&object(kind, body));
        for finding in run(&text, Some(RULE)).findings {
            wrong.push(format!("{body:?}: {}", finding.message));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn no_rule_quotes_a_secret_at_its_place() {
    const NUMBER: &str = "93817264";
    let texts = [
        object("Deployment", "env:\n  - name: DB_PASSWORD\n    value: 93817264"),
        object("Deployment", "env:\n  - value: 93817264\n    name: DB_PASSWORD"),
        format!("apiVersion: v1\nkind: Secret\n{HEAD}stringData:\n  pin: 93817264\n"),
        format!("apiVersion: v1\nkind: ConfigMap\n{HEAD}data:\n  password: 93817264\n"),
    ];
    let mut found = 0;
    for text in texts {
        let checked = run(&text, None);
        found += checked.findings.iter().filter(|finding| *finding.rule == *"schema-value-invalid").count();
        let printed: Vec<String> = printed(&checked, &[NUMBER.to_owned()]).collect();
        assert!(printed.is_empty(), "{text}{printed:?}");
        let fixes = format!("{:?}", checked.findings.iter().map(|finding| &finding.fix).collect::<Vec<_>>());
        assert!(!fixes.contains(NUMBER), "{text}{fixes}");
    }
    assert!(found > 0, "no rule was near a value");
}

#[test]
fn no_rule_quotes_what_came_out_of_a_secret() {
    let mut memory = Memory::default();
    memory.insert(
        "flux/ks.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: app, namespace: flux-system}\nspec:\n  path: ./app\n  sourceRef: {kind: GitRepository, name: flux-system}\n  postBuild: {substituteFrom: [{kind: Secret, name: vars}]}\n",
    );
    memory.insert(
        "flux/vars.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: vars, namespace: flux-system}\nstringData:\n  MODE: canary-4711\n  PIN: '93817264'\n",
    );
    let deployment = object("Deployment", "env:\n  - {name: A, value: B}\nimagePullPolicy: ${MODE}");
    memory.insert("app/app.yaml", deployment.replacen("spec:\n", "spec:\n  replicas: ${MODE}\n", 1));
    memory.insert("app/map.yaml", format!("apiVersion: v1\nkind: ConfigMap\n{HEAD}data: {{pin: ${{PIN}}}}\n"));
    let catalogue = flux_vet::rules::catalogue().unwrap();
    let rules = catalogue.iter().map(|entry| entry.card.id.clone()).collect();
    let checked = check(memory, &CheckOptions { rules: Some(rules), ..CheckOptions::default() }).unwrap();
    let near = checked.findings.iter().filter(|finding| finding.message.contains("<redacted>")).count();
    assert!(near > 1, "{:?}", checked.findings.iter().map(|finding| &finding.message).collect::<Vec<_>>());
    let printed: Vec<String> = printed(&checked, &["canary-4711".to_owned(), "93817264".to_owned()]).collect();
    assert!(printed.is_empty(), "{printed:?}");
}
