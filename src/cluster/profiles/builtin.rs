//! The profiles that come with the tool: one file a chart in `rules/charts/`.

use hashbrown::HashMap;
use std::sync::LazyLock;

use super::Profile;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        [$(($name, || table!(concat!("charts/", $name)))),*]
    };
}

/// Reads a file.
type Read = fn() -> serde_json::Result<Vec<Profile>>;

static FILES: [(&str, Read); 29] = files!(
    "alloy",
    "cert-manager",
    "cilium",
    "cloudnative-pg",
    "dragonfly",
    "envoy-gateway",
    "external-dns",
    "external-secrets",
    "flux",
    "grafana",
    "harbor",
    "ingress-nginx",
    "kube-prometheus-stack",
    "langfuse",
    "loki",
    "loki-simple-scalable",
    "longhorn",
    "mimir-distributed",
    "minio",
    "minio-operator",
    "other-operators",
    "pgo",
    "rook-ceph",
    "rustfs",
    "tempo",
    "tempo-distributed",
    "thanos",
    "velero",
    "volsync",
);

/// All of them, and where those of a chart or kind are.
pub struct BuiltIn {
    all: Vec<Profile>,
    by_chart: HashMap<String, Vec<usize>>,
    by_kind: HashMap<String, usize>,
}

// A file that does not parse counts as empty; the test below keeps that from happening.
static BUILT_IN: LazyLock<BuiltIn> = LazyLock::new(|| {
    let all = FILES.iter().flat_map(|(_, read)| read().unwrap_or_default());
    let mut built_in = BuiltIn { all: all.collect(), by_chart: HashMap::new(), by_kind: HashMap::new() };
    for (at, profile) in built_in.all.iter().enumerate() {
        for chart in &profile.charts {
            built_in.by_chart.entry(chart.clone()).or_default().push(at);
        }
        for kind in &profile.kinds {
            built_in.by_kind.entry(kind.clone()).or_insert(at);
        }
    }
    built_in
});

/// The profiles of a chart name, in the order of the file.
pub fn of_chart(name: &str) -> Vec<&'static Profile> {
    let found = BUILT_IN.by_chart.get(name);
    found.into_iter().flatten().filter_map(|at| BUILT_IN.all.get(*at)).collect()
}

/// The profile of a kind, written `group/Kind`.
pub fn of_kind(name: &str) -> Option<&'static Profile> {
    BUILT_IN.all.get(*BUILT_IN.by_kind.get(name)?)
}

/// All of them.
pub fn all() -> &'static [Profile] {
    &BUILT_IN.all
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_reads_and_says_where_its_facts_are_from() {
        for (name, read) in FILES {
            let profiles = read().unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!profiles.is_empty(), "{name}");
            for profile in profiles {
                assert_eq!(profile.problem(), None, "{name}");
            }
        }
    }

    #[test]
    fn every_file_is_what_the_schema_says() {
        let validator = jsonschema::validator_for(&super::super::schema()).unwrap();
        for (name, _) in FILES {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("rules/charts/{name}.yaml"));
            let file: serde_json::Value = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
            let errors: Vec<String> =
                validator.iter_errors(&file).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{name}: {errors:#?}");
        }
    }

    #[test]
    fn every_file_of_the_folder_is_in_the_list() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/charts");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        names.sort();
        assert_eq!(names, FILES.map(|(name, _)| name.to_owned()));
    }
}
