//! What could stand at the cursor: names of objects, files of a folder, rules to ignore.

use std::collections::BTreeMap;
use std::ops::Range;

use gen_lsp_types::{CompletionItem, CompletionItemKind, CompletionItemTextEdit, CompletionParams, TextEdit};

use super::context::{Context, metadata, top};
use super::snapshot::Snapshot;
use super::view::View;
use crate::build::kustomize::NAMES as KUSTOMIZATION_FILES;
use crate::source::{Entry, FileSystem, file_name, join, parent};

/// Keys of a map with `name`, and the kinds that can be meant: the one that `kind` beside it says, else the first.
const NAMED: &[(&str, &[&str])] = &[
    ("sourceRef", &["GitRepository", "OCIRepository", "HelmRepository", "Bucket", "HelmChart", "ExternalArtifact"]),
    ("chartRef", &["OCIRepository", "HelmChart", "ExternalArtifact"]),
    ("secretRef", &["Secret"]),
    ("certSecretRef", &["Secret"]),
    ("proxySecretRef", &["Secret"]),
    ("secretKeyRef", &["Secret"]),
    ("imagePullSecrets", &["Secret"]),
    ("configMapRef", &["ConfigMap"]),
    ("configMapKeyRef", &["ConfigMap"]),
    ("configMap", &["ConfigMap"]),
    ("valuesFrom", &["ConfigMap", "Secret"]),
    ("substituteFrom", &["ConfigMap", "Secret"]),
];

/// Keys of a name itself.
const NAMES: &[(&str, &str)] = &[
    ("secretName", "Secret"),
    ("existingSecret", "Secret"),
    ("claimName", "PersistentVolumeClaim"),
    ("existingClaim", "PersistentVolumeClaim"),
    ("serviceAccountName", "ServiceAccount"),
    ("targetNamespace", "Namespace"),
];

/// Lists of a kustomization file that name files or folders.
const LISTS: &[&str] = &["resources", "components", "bases", "crds", "configurations", "generators", "transformers"];

/// Something that could stand at the cursor.
struct Candidate {
    text: String,
    kind: CompletionItemKind,
    detail: Option<String>,
    /// Comes before the others.
    is_near: bool,
}

/// What could stand at a place.
pub fn complete(view: &View<'_>, path: &str, asked: &CompletionParams) -> Option<Vec<CompletionItem>> {
    let text = &view.root.open.get(path)?.text;
    let lines = view.lines(text);
    let at = lines.offset(&asked.text_document_position_params.position);
    let (range, candidates) = candidates(view, path, text, at)?;
    let region = lines.region(range);
    let items = candidates.into_iter().map(|candidate| CompletionItem {
        sort_text: Some(format!("{}{}", u8::from(!candidate.is_near), candidate.text)),
        text_edit: Some(CompletionItemTextEdit::TextEdit(TextEdit { range: region, new_text: candidate.text.clone() })),
        filter_text: Some(candidate.text.clone()),
        label: candidate.text,
        kind: Some(candidate.kind),
        detail: candidate.detail,
        ..CompletionItem::default()
    });
    Some(items.collect())
}

fn candidates(view: &View<'_>, path: &str, text: &str, at: usize) -> Option<(Range<usize>, Vec<Candidate>)> {
    if let Some(range) = rule_at(text, at) {
        return Some((range, rules(view.root.snapshot.as_deref()?)));
    }
    let context = Context::at(text, at)?;
    let is_kustomization_file = top(text, at, "apiVersion")
        .map_or(KUSTOMIZATION_FILES.contains(&file_name(path)), |version| {
            version.starts_with("kustomize.config.k8s.io/")
        });
    if is_kustomization_file {
        let list = context.keys.first().filter(|key| context.keys.len() == 1 && LISTS.contains(&key.as_str()))?;
        let wants_folders = list == "components";
        return Some((context.range.clone(), files(view, parent(path), text, wants_folders)));
    }
    if context.keys == ["spec", "path"] {
        return Some((context.range, folders(view)));
    }
    let snapshot = view.root.snapshot.as_deref()?;
    let own = Own {
        kind: top(text, at, "kind"),
        namespace: metadata(text, at, "namespace"),
        name: metadata(text, at, "name"),
    };
    let found = names(snapshot, &context, &own)?;
    Some((context.range, found))
}

/// The object that is being written.
struct Own {
    kind: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
}

fn names(snapshot: &Snapshot, context: &Context, own: &Own) -> Option<Vec<Candidate>> {
    let (last, above) = context.keys.split_last()?;
    let holder = above.last().map(String::as_str).unwrap_or_default();
    let form = NAMED.iter().find(|(key, _)| *key == holder).map(|(_, kinds)| *kinds);
    if let Some((_, kind)) = NAMES.iter().find(|(key, _)| key == last) {
        return Some(objects(snapshot, kind, None, own));
    }
    match (last.as_str(), form) {
        ("kind", Some(kinds)) if kinds.len() > 1 => Some(
            kinds
                .iter()
                .map(|kind| Candidate {
                    text: (*kind).to_owned(),
                    kind: CompletionItemKind::EnumMember,
                    detail: None,
                    is_near: true,
                })
                .collect(),
        ),
        ("namespace", _) if form.is_some() || holder == "dependsOn" => Some(objects(snapshot, "Namespace", None, own)),
        ("name", Some(kinds)) => {
            let written = context.sibling("kind").filter(|kind| kinds.contains(kind));
            let kind = written.or_else(|| kinds.first().copied())?;
            Some(objects(snapshot, kind, context.sibling("namespace"), own))
        }
        ("name", None) if holder == "dependsOn" => {
            let found = objects(snapshot, own.kind.as_deref()?, context.sibling("namespace"), own);
            // Nothing depends on itself.
            Some(found.into_iter().filter(|candidate| Some(&candidate.text) != own.name.as_ref()).collect())
        }
        _ => None,
    }
}

/// The names of a kind; those of the namespace that is meant come first.
fn objects(snapshot: &Snapshot, kind: &str, namespace: Option<&str>, own: &Own) -> Vec<Candidate> {
    // What is written may get its namespace from a build.
    let of_own = || {
        let all = snapshot.clusters.iter().flat_map(|cluster| &cluster.objects);
        let mut same = all.filter(|object| Some(object.kind()) == own.kind.as_deref());
        same.find(|object| Some(object.written.name.as_str()) == own.name.as_deref()).map(|object| object.namespace())
    };
    let meant = namespace.or(own.namespace.as_deref()).or_else(of_own);
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for object in snapshot.clusters.iter().flat_map(|cluster| &cluster.objects).filter(|object| object.kind() == kind) {
        found.entry(&object.name).or_default().push(object.namespace());
    }
    if kind == "Namespace" {
        for object in snapshot.clusters.iter().flat_map(|cluster| &cluster.objects) {
            found.entry(object.namespace()).or_default();
        }
        found.remove("");
    }
    let candidates = found.into_iter().map(|(name, mut namespaces)| {
        namespaces.retain(|namespace| !namespace.is_empty());
        namespaces.sort_unstable();
        namespaces.dedup();
        Candidate {
            text: name.to_owned(),
            kind: CompletionItemKind::Reference,
            is_near: namespaces.is_empty() || namespaces.iter().any(|namespace| Some(*namespace) == meant),
            detail: Some(format!("{kind} {}", namespaces.join(", ")).trim_end().to_owned()),
        }
    });
    candidates.collect()
}

/// The name of a rule that is being typed in `# flux-vet: ignore[`.
fn rule_at(text: &str, at: usize) -> Option<Range<usize>> {
    let line = text.get(..at)?.rsplit('\n').next()?;
    let comment = line.split_once('#')?.1.trim_start().strip_prefix("flux-vet:")?.trim_start();
    let list = comment.strip_prefix("ignore-file").or_else(|| comment.strip_prefix("ignore"))?;
    let names = list.trim_start().strip_prefix('[').filter(|names| !names.contains(']'))?;
    let word = names.rsplit(',').next()?.trim_start();
    let behind = text.get(at..)?;
    let rest = behind.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).unwrap_or(behind.len());
    Some(at - word.len()..at + rest)
}

fn rules(snapshot: &Snapshot) -> Vec<Candidate> {
    let rules = snapshot.checked.rules.iter().map(|rule| Candidate {
        text: rule.id.clone(),
        kind: CompletionItemKind::EnumMember,
        detail: Some(rule.summary.clone()),
        is_near: snapshot.reported().any(|finding| *finding.rule == *rule.id),
    });
    rules.collect()
}

/// Files and folders beside a kustomization file that it does not name yet.
fn files(view: &View<'_>, folder: &str, text: &str, wants_folders: bool) -> Vec<Candidate> {
    let tree = view.root.overlay();
    let is_kustomization = |path: &str| {
        let file = |name: &str| join(path, name).is_some_and(|file| tree.entry(&file) == Ok(Entry::File));
        KUSTOMIZATION_FILES.iter().any(|name| file(name))
    };
    let listed: Vec<&str> = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- "))
        .map(|entry| entry.trim().trim_start_matches("./"))
        .collect();
    let mut found = Vec::new();
    for (name, entry) in tree.list(folder) {
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let is_offered = match entry {
            Entry::Directory => is_kustomization(&path),
            Entry::File => {
                let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
                !wants_folders && is_yaml && !KUSTOMIZATION_FILES.contains(&name.as_str())
            }
        };
        if is_offered && !listed.contains(&name.as_str()) {
            found.push(entry_of(format!("./{name}"), entry == Entry::Directory));
        }
    }
    let above = parent(folder);
    if !folder.is_empty() {
        let siblings = tree.list(above).into_iter().filter(|(name, entry)| {
            let path = if above.is_empty() { name.clone() } else { format!("{above}/{name}") };
            *entry == Entry::Directory && path != folder && is_kustomization(&path)
        });
        found.extend(siblings.map(|(name, _)| Candidate { is_near: false, ..entry_of(format!("../{name}"), true) }));
    }
    found
}

/// Every folder with a kustomization file.
fn folders(view: &View<'_>) -> Vec<Candidate> {
    let files = view.root.overlay().walk();
    let folders = files.iter().filter(|path| KUSTOMIZATION_FILES.contains(&file_name(path)));
    folders.map(|path| entry_of(format!("./{}", parent(path)), true)).collect()
}

fn entry_of(text: String, is_folder: bool) -> Candidate {
    let kind = if is_folder { CompletionItemKind::Folder } else { CompletionItemKind::File };
    Candidate { text, kind, detail: None, is_near: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_offered_between_the_brackets() {
        let text = "a: 1 # flux-vet: ignore[one, tw] why\n";
        let at = text.find("] why").unwrap();
        assert_eq!(&text[rule_at(text, at).unwrap()], "tw");
        assert_eq!(rule_at(text, text.len() - 1), None);
        assert_eq!(rule_at("# flux-vet: ignore[", 19), Some(19..19));
        assert_eq!(rule_at("# other: ignore[", 16), None);
    }
}
