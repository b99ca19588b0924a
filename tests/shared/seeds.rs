//! Texts and trees that fuzzers start from, damaged by seed.

use std::path::{Path, PathBuf};

use flux_vet_trees::{Files, Random, damaged, fleet, mutated};

/// Names that no format may take for its own words.
const NAMES: &[&str] = &[
    "a b",
    "a\u{1b}[31m",
    "::error::x",
    "%0A::warning::y",
    "a<b>&\"c'",
    "]]>",
    "a\u{202e}b",
    "|a|b|",
    "a\nb",
    "`a`",
    "-rf",
    "$(a)",
];

/// Files larger than this make no good seeds.
const LARGEST: u64 = 64 * 1024;

/// What there is to start from.
pub struct Seeds {
    texts: Vec<String>,
    cards: Vec<String>,
    trees: Vec<Files>,
}

impl Seeds {
    /// Reads the fixtures, and the trees beside the project where they are wanted and there.
    pub fn read(with_corpus: bool) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = Vec::new();
        for folder in ["fixtures/trees", "fixtures/hostile", "fixtures/build", "fixtures/sops"] {
            folders.extend(below(&root.join(folder)));
        }
        let shared = std::env::var_os("FLUX_VET_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
        if with_corpus {
            for tree in below(&shared.join("corpus")) {
                // Folders of real trees are as large as seeds should be.
                folders.extend(below(&tree).into_iter().chain([tree]));
            }
        }
        let mut trees: Vec<Files> =
            folders.iter().map(|folder| files(folder)).filter(|files| !files.is_empty()).collect();
        trees.push(fleet(60, 1).files);
        let texts = trees.iter().flat_map(|files| files.values().cloned()).collect();
        let cards = files(&root.join("rules")).into_values().filter(|text| text.contains("\ncheck:\n")).collect();
        Seeds { texts, cards, trees }
    }

    /// The text of a seed for a target.
    pub fn text(&self, target: &str, is_tree: bool, seed: u64) -> String {
        let mut random = Random::new(seed);
        if !is_tree {
            let own = match target {
                "card" => &self.cards,
                _ => &self.texts,
            };
            let text = match target {
                "admission" => ADMISSION,
                "script" if seed.is_multiple_of(2) => SCRIPT,
                "substitution" if seed.is_multiple_of(3) => VARIABLES,
                _ => random.pick(own).map_or("", String::as_str),
            };
            return mutated(text, &mut random);
        }
        let Some(files) = random.pick(&self.trees) else { return String::new() };
        let mut text = String::new();
        for (path, body) in damaged(files, &mut random) {
            let path = match random.below(40) {
                0 => format!("{}/{path}", random.pick(NAMES).unwrap_or(&"a")),
                _ => path,
            };
            let body = if random.below(60) == 0 { renamed(&body, &mut random) } else { body };
            text.push_str(&format!("=== {}\n{body}", path.replace('\n', " ")));
            if !text.ends_with('\n') {
                text.push('\n');
            }
        }
        text
    }
}

/// A body with a name that some format could take for its own words.
fn renamed(body: &str, random: &mut Random) -> String {
    let name = random.pick(NAMES).unwrap_or(&"a");
    let quoted = serde_json::Value::String((*name).to_owned()).to_string();
    body.replacen("  name: ", &format!("  name: {quoted} # "), 1 + random.below(3))
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut found: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect();
    found.sort();
    found
}

fn files(root: &Path) -> Files {
    let mut found = Files::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            let is_small = entry.metadata().is_ok_and(|meta| meta.len() <= LARGEST);
            match kind {
                Ok(kind) if kind.is_dir() && entry.file_name() != ".git" => open.push(path),
                Ok(kind) if kind.is_file() && is_small => {
                    let Ok(text) = std::fs::read_to_string(&path) else { continue };
                    let name = path.strip_prefix(root).map(|path| path.to_string_lossy().into_owned());
                    found.insert(name.unwrap_or_default(), text);
                }
                _ => {}
            }
        }
    }
    found
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
