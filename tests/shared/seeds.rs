//! Texts and trees that fuzzers start from, damaged by seed.

use std::path::{Path, PathBuf};

#[path = "written.rs"]
mod written;

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
    profiles: Vec<String>,
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
        let profiles = files(&root.join("rules/charts")).into_values().collect();
        Seeds { texts, cards, profiles, trees }
    }

    /// What there is for a target, whole: for fuzzers that do the damage themselves.
    #[allow(dead_code, reason = "tests damage texts")]
    pub fn whole(&self, target: &str, is_tree: bool) -> Vec<String> {
        let mut whole: Vec<String> = written::of(target).iter().map(|text| (*text).to_owned()).collect();
        match target {
            "card" => whole.extend(self.cards.iter().cloned()),
            "profile" => whole.extend(self.profiles.iter().cloned()),
            "yaml" | "substitution" | "script" | "values" => whole.extend(self.texts.iter().cloned()),
            "kustomize" | "report" | "fixes" | "whole" | "since" | "sops" if is_tree => {
                let text = |files: &Files| -> String {
                    files.iter().map(|(path, body)| format!("=== {path}\n{}\n", body.trim_end_matches('\n'))).collect()
                };
                whole.extend(self.trees.iter().map(text));
            }
            _ => {}
        }
        whole
    }

    /// The text of a seed for a target.
    pub fn text(&self, target: &str, is_tree: bool, seed: u64) -> String {
        let mut random = Random::new(seed);
        if !is_tree {
            let texts = match target {
                "card" => &self.cards,
                "profile" => &self.profiles,
                _ => &self.texts,
            };
            let own = written::of(target);
            // Texts of other files are worth a try everywhere.
            let is_other = matches!(target, "script" | "substitution") && seed.is_multiple_of(3);
            let text = if is_other { None } else { random.pick(own) };
            let text = text.copied().or_else(|| random.pick(texts).map(String::as_str));
            return mutated(text.unwrap_or_default(), &mut random);
        }
        if let Some(own) = random.pick(written::of(target)) {
            return mutated(own, &mut random);
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
