//! `check --watch`: a second round after a file was changed, between its marks.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod binary;

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use binary::{Tree, command, run};

/// Longest time for a round, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

const KS: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: NAME, namespace: flux-system}
spec:
  path: ./NAME
  interval: 1h
  prune: true
  sourceRef: {kind: GitRepository, name: flux-system}
";

/// A Kustomization, and what it applies.
fn applied(name: &str) -> (String, String) {
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: NAME, namespace: flux-system}\n";
    (KS.replace("NAME", name), object.replace("NAME", name))
}

/// A run that is ended with the test.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Watching {
    fn start(tree: &Tree, arguments: &[&str]) -> Self {
        let arguments = [&["check", "--root", ".", "--watch", "--output", "concise"], arguments].concat();
        let mut child = command(tree.path(), &arguments).spawn().unwrap();
        let out: ChildStdout = child.stdout.take().unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Watching { child, lines }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("the round does not come"))
    }

    /// The lines of the next round, between its marks.
    fn round(&self) -> Vec<String> {
        assert_eq!(self.line(), "[flux-vet] checking");
        std::iter::repeat_with(|| self.line()).take_while(|line| line != "[flux-vet] done").collect()
    }
}

#[test]
fn a_change_begins_another_round() {
    let ((a, of_a), (b, of_b)) = (applied("a"), applied("b"));
    let a = format!("{a}  dependsOn: [{{name: b}}]\n");
    let tree = Tree::new(&[("flux/a.yaml", &a), ("a/cm.yaml", &of_a), ("b/cm.yaml", &of_b), ("report.json", "{}")]);
    let watching = Watching::start(&tree, &["-q", "--output", "json=report.json"]);
    let first = watching.round();
    assert!(first.len() == 1 && first[0].contains("depends-on-missing"), "{first:?}");
    // A file that was not there.
    tree.write("flux/new/b.yaml", b.as_bytes());
    assert_eq!(watching.round(), Vec::<String>::new());
    // A broken configuration is told, and the next change may mend it.
    tree.write(".flux-vet.yaml", b"ruls: {}\n");
    assert_eq!(watching.round(), Vec::<String>::new());
    tree.write(".flux-vet.yaml", b"rules: {depends-on-cycle: off}\n");
    assert_eq!(watching.round(), Vec::<String>::new());
    std::fs::remove_file(tree.at("flux/new/b.yaml")).unwrap();
    assert_eq!(watching.round(), first);
    // The report that a round writes begins none.
    assert!(watching.lines.recv_timeout(Duration::from_millis(500)).is_err());
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let tree = Tree::new(&[("ks.yaml", &applied("a").0)]);
    for arguments in [
        &["--output", "json"] as &[&str],
        &["--fix"],
        &["--diff"],
        &["-"],
        &["--stdin-filename", "ks.yaml", "-"],
        &["--config", "none.yaml"],
    ] {
        let ran = run(tree.path(), &[&["check", "--root", ".", "--watch"], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
    }
}
