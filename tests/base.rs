//! A git revision as a tree: it reads like the working tree, and `--base` reports what is new since then.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a test that cannot go on fails; a skipped one says so")]

use std::fs;
use std::path::Path;
use std::process::Command;

use flux_vet::finding::State;
use flux_vet::source::{Disk, FileSystem, ReadError, Revision, RevisionError};
use flux_vet::{CheckOptions, check_since};

fn git(root: &Path, arguments: &[&str]) -> bool {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(arguments);
    // A hook that runs the tests brings its own repository.
    command.env_remove("GIT_DIR").env_remove("GIT_INDEX_FILE").env("GIT_CONFIG_GLOBAL", "/dev/null");
    command.output().is_ok_and(|output| output.status.success())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A repository whose only commit holds a fixture tree; nothing where there is no git.
fn repository(tree: &str) -> Option<tempfile::TempDir> {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/trees").join(tree), folder.path());
    if !git(folder.path(), &["init", "-q"]) {
        eprintln!("skipped: there is no git");
        return None;
    }
    commit(folder.path());
    Some(folder)
}

fn commit(root: &Path) {
    assert!(git(root, &["add", "-A"]));
    assert!(git(root, &["commit", "-q", "-m", "a step"]));
}

/// What a tree says of every path, and of some that are not there.
fn told(system: &dyn FileSystem) -> Vec<String> {
    let mut told = Vec::new();
    let mut open = vec![String::new()];
    while let Some(folder) = open.pop() {
        for (name, entry) in system.list(&folder) {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            if path == ".git" {
                continue;
            }
            told.push(format!("{path} {entry:?} {:?} {:?}", system.size(&path), system.read(&path)));
            if matches!(entry, flux_vet::source::Entry::Directory) {
                open.push(path);
            }
        }
    }
    for path in ["none", "kubernetes/none/x", "kubernetes"] {
        told.push(format!("{path} {:?} {:?}", system.entry(path), system.read(path)));
    }
    told.push(format!("{:?} {:?}", system.walk(), system.links()));
    told.sort();
    told
}

#[test]
fn a_revision_reads_like_the_working_tree() {
    let Some(folder) = repository("migration-plan/as-written") else { return };
    let root = folder.path();
    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        symlink("kubernetes/apps", root.join("to-folder")).unwrap();
        symlink("../kubernetes", root.join("kubernetes/above")).unwrap();
        symlink("apps/kustomization.yaml", root.join("kubernetes/to-file.yaml")).unwrap();
        symlink("b", root.join("a")).unwrap();
        symlink("a", root.join("b")).unwrap();
        symlink("/etc", root.join("outside")).unwrap();
        symlink("../../x", root.join("kubernetes/climbs")).unwrap();
        commit(root);
    }
    let (disk, revision) = (Disk::new(root).unwrap(), Revision::open(root, "HEAD").unwrap());
    assert_eq!(told(&revision), told(&disk));
}

#[test]
fn a_folder_of_a_repository_is_a_tree_of_its_own() {
    let Some(folder) = repository("migration-plan/as-written") else { return };
    let revision = Revision::open(&folder.path().join("kubernetes"), "HEAD").unwrap();
    assert!(revision.walk().contains(&"apps/kustomization.yaml".to_owned()));
    assert_eq!(revision.entry("docs"), Err(ReadError::Missing));
}

#[test]
fn what_is_no_revision_is_told() {
    let Some(folder) = repository("renamed-bucket") else { return };
    for name in ["none", "--all", "HEAD~1", ""] {
        assert_eq!(Revision::open(folder.path(), name).unwrap_err(), RevisionError::Unknown(name.to_owned()));
    }
    let bare = tempfile::tempdir().unwrap();
    assert!(matches!(Revision::open(bare.path(), "HEAD"), Err(RevisionError::NoRepository(_))));
}

#[test]
fn only_what_is_new_counts_also_where_a_deleted_file_is_the_cause() {
    let Some(folder) = repository("migration-plan/as-written") else { return };
    let root = folder.path();
    let checked = |base: &str| {
        let base = Revision::open(root, base).unwrap();
        check_since(Disk::new(root).unwrap(), base, &CheckOptions::default()).unwrap()
    };
    let same = checked("HEAD");
    assert!(!same.findings.is_empty());
    assert!(same.findings.iter().all(|finding| finding.state == State::Known));
    assert_eq!(same.summary.error, 0);

    let namespaces = root.join("kubernetes/apps/monitoring/loki/app/ocirepository.yaml");
    fs::remove_file(&namespaces).unwrap();
    let list = root.join("kubernetes/apps/monitoring/loki/app/kustomization.yaml");
    let text = fs::read_to_string(&list).unwrap();
    fs::write(&list, text.lines().filter(|line| !line.contains("ocirepository")).collect::<Vec<_>>().join("\n"))
        .unwrap();
    let after = checked("HEAD");
    let new: Vec<&str> = after
        .findings
        .iter()
        .filter(|finding| finding.state == State::Reported)
        .map(|finding| finding.rule.as_ref())
        .collect();
    assert_eq!(new, ["source-missing"]);
}
