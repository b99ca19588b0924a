//! Profiles of charts that a repository brings itself: that they are read, what is refused, and the published schema.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;

use flux_vet::cluster::profiles::{Profiles, schema};
use flux_vet::config::Config;
use flux_vet::fault::Fault;
use flux_vet::source::{Memory, Sources};
use flux_vet::{CheckOptions, check};

const PROFILE: &str = r#"- charts: [till]
  from: 1.0.0
  below: 2.0.0
  source: shop/charts charts/till 1.2.3
  workloads:
    - name: till
      replicas: { path: replicas, default: 2 }
      containers: [{ name: till, resources: resources, requests: { memory: 64Mi } }]
  values:
    root: [replicas, resources, drawer]
    below: { drawer: [coins, notes] }
    moved: { coins: [drawer.coins] }
"#;

const RELEASE: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: apps, namespace: flux-system}
spec: {interval: 1h, path: ./flux, prune: true, sourceRef: {kind: GitRepository, name: flux-system}}
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: till, namespace: shop}
spec:
  chart: {spec: {chart: till, version: 1.5.0, sourceRef: {kind: HelmRepository, name: shop}}}
  values:
    coins: 3
    drawer: {note: 1}
";

fn files(profile: &str) -> Memory {
    let mut files = Memory::default();
    files.insert("flux/release.yaml", RELEASE);
    files.insert(".flux-vet/charts/till.yaml", profile);
    files
}

fn load(profile: &str) -> Result<Profiles, String> {
    let sources = Sources::new(files(profile));
    let config = Config::load(&sources, None).unwrap();
    Profiles::load(&sources, &config).map_err(|fault| match fault {
        Fault::Place { message, source_code, at, help, .. } => {
            let text = &source_code.inner()[at.offset()..at.offset() + at.len()];
            format!("{text:?} {message}{}", help.map_or_else(String::new, |help| format!(" | {help}")))
        }
        other => other.to_string(),
    })
}

#[test]
fn a_profile_of_the_repository_tells_which_values_its_chart_reads() {
    let options = CheckOptions { rules: Some(vec!["chart-value-unknown".to_owned()]), ..CheckOptions::default() };
    let checked = check(files(PROFILE), &options).unwrap();
    let found: Vec<(String, String)> =
        checked.findings.iter().map(|found| (found.message.clone(), found.help.clone())).collect();
    let said = |key: &str| format!("value `{key}` of HelmRelease `shop/till` is read by nothing in chart `till`");
    assert_eq!(
        found,
        [
            (said("coins"), "write it as `drawer.coins`, where the chart reads it".to_owned()),
            (said("drawer.note"), "did you mean `notes`?".to_owned()),
        ]
    );
}

#[test]
fn what_a_profile_says_wrongly_is_refused_at_its_place() {
    let refused = |from: &str, to: &str| load(&PROFILE.replace(from, to)).map(|_| ()).unwrap_err();
    assert!(load(PROFILE).is_ok());
    assert!(load("").is_ok());
    assert_eq!(
        refused("workloads:", "workload:"),
        r#""workload" unknown key `workload` in `[0]` | did you mean `workloads`?"#
    );
    assert_eq!(refused("64Mi", "64Mo"), r#""workloads" `64Mo` is no amount"#);
    assert_eq!(refused("from: 1.0.0", "from: first"), r#""first" `first` is no version"#);
    assert_eq!(refused("charts: [till]", "charts: []"), r#""charts" a profile has either `charts` or `kinds`"#);
    assert_eq!(
        refused("coins: [drawer.coins]", "coin: [drawer.coin]"),
        r#""moved" `coin` is moved to `drawer.coin`, which is not in the list of keys that are read"#
    );
    let named = {
        let mut files = files(PROFILE);
        files.insert(".flux-vet.yaml", "charts: {profiles: [charts]}\n");
        let sources = Sources::new(files);
        Profiles::load(&sources, &Config::load(&sources, None).unwrap()).unwrap_err()
    };
    assert_eq!(named.to_string(), "there is no folder `charts`");
}

#[test]
fn the_schema_says_what_the_reader_says() {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let is_valid = |text: &str| validator.is_valid(&serde_yaml::from_str(text).unwrap());
    assert!(is_valid(PROFILE));
    assert!(!is_valid(&PROFILE.replace("workloads:", "workload:")));
    assert!(!is_valid(&PROFILE.replace("source:", "sources:")));
}

#[test]
fn the_committed_schema_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/chart-profile.schema.json");
    let wanted = format!("{}\n", serde_json::to_string_pretty(&schema()).unwrap());
    if std::env::var("FLUX_VET_UPDATE").is_ok_and(|value| value == "1") {
        std::fs::write(&path, &wanted).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).is_ok_and(|text| text == wanted),
        "schemas/chart-profile.schema.json is out of date; renew it with: FLUX_VET_UPDATE=1 cargo test --test profiles"
    );
}
