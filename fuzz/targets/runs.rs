//! Targets that run the whole program over a tree.

use std::sync::OnceLock;

use flux_vet::build::Library;
use flux_vet::build::kustomize::{Builder, Options, read_folder};
use flux_vet::finding::State;
use flux_vet::fix::{Wanted, plan};
use flux_vet::report::{Format, Style, write};
use flux_vet::source::Sources;
use flux_vet::verdict::baseline::Baseline;
use flux_vet::yaml::emit::emit;
use flux_vet::yaml::parse;
use flux_vet::{CheckOptions, Checked, check, check_since};
use rayon::{ThreadPool, ThreadPoolBuilder};

use super::{checked, lines, parts, placed, sound, tree};

/// Every kustomization folder of a tree.
pub fn kustomize(text: &str) {
    let sources = Sources::new(tree(text));
    let library = Library::new(&sources);
    let files = sources.system().walk();
    let folders = files.iter().filter_map(|path| path.strip_suffix("kustomization.yaml"));
    for folder in folders {
        let Ok(Some(spec)) = read_folder(&library, folder.trim_end_matches('/')) else { continue };
        let build = || Builder::new(&library, Options::default()).build(&spec);
        let printed = |resources: &[_]| -> Vec<String> {
            resources.iter().map(|resource: &flux_vet::build::kustomize::Resource| emit(&resource.node).text).collect()
        };
        let (one, other) = (build(), build());
        let one = printed(&one.resources);
        assert_eq!(one, printed(&other.resources), "two builds differ");
        for text in &one {
            assert!(!parse(text).is_broken(), "what was printed cannot be read: {text:?}");
        }
    }
}

/// A run, in every format, and its baseline.
pub fn report(text: &str) {
    let Some(checked) = checked(tree(text), &CheckOptions { views: true, ..CheckOptions::default() }) else { return };
    let run = checked.as_run();
    for format in Format::all() {
        let mut out = Vec::new();
        write(&run, *format, &Style::default(), &mut out).expect("a buffer takes everything");
        let out = String::from_utf8(out).expect("reports are texts");
        let is_wild =
            |c: &char| (c.is_control() && !matches!(c, '\n' | '\t' | '\r')) || ('\u{202a}'..='\u{202e}').contains(c);
        assert_eq!(out.chars().find(is_wild), None, "{format} holds a control character");
        match format {
            Format::Json | Format::Sarif => drop(serde_json::from_str::<serde_json::Value>(&out).expect("it is JSON")),
            Format::Github => {
                let commands = out.lines().filter(|line| line.starts_with("::")).count();
                assert!(commands <= checked.findings.len() + 3, "text became a workflow command");
            }
            _ => {}
        }
    }
    listed(&checked);
}

/// A baseline of everything leaves nothing, and is read as it was written.
fn listed(checked: &Checked) {
    let baseline = Baseline::of(&checked.findings, &checked.sources);
    let read = Baseline::parse("baseline.json", &baseline.text()).expect("our own text");
    assert_eq!(baseline, read);
    let mut findings = checked.findings.clone();
    read.apply(&mut findings, &checked.sources);
    let left = findings.iter().find(|finding| finding.state == State::Reported);
    assert!(left.is_none(), "the baseline does not hold {left:?}");
}

/// The fixes of a run: they can be planned, and what they write can be read as well as before.
pub fn fixes(text: &str) {
    let files = tree(text);
    let Some(before) = checked(files.clone(), &CheckOptions::default()) else { return };
    let planned = plan(&before.findings, &before.sources, Wanted::All);
    if planned.changes.is_empty() {
        return;
    }
    let mut after = files;
    for change in planned.changes {
        let is_yaml = change.path.ends_with(".yaml") || change.path.ends_with(".yml");
        assert!(!is_yaml || !parse(&change.text).is_broken(), "a fix broke {}: {}", change.path, change.text);
        after.insert(&change.path, change.text);
    }
    match check(after, &CheckOptions::default()) {
        Ok(after) => sound(&after),
        Err(fault) => panic!("a fix broke the run: {fault}"),
    }
}

/// A run with one thread and with three: the same findings.
pub fn whole(text: &str) {
    static POOLS: OnceLock<[ThreadPool; 2]> = OnceLock::new();
    let pool = |threads| ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool can be made");
    let [one, three] = POOLS.get_or_init(|| [pool(1), pool(3)]);
    let run = || checked(tree(text), &CheckOptions::default()).map(|checked| lines(&checked));
    assert_eq!(one.install(run), three.install(run), "two runs differ");
}

/// A run beside an older tree, which lacks every second file: what is new is not more than what is there.
pub fn since(text: &str) {
    let mut base = flux_vet::source::Memory::default();
    for (path, body) in parts(text).into_iter().step_by(2) {
        base.insert(if path.is_empty() { "a.yaml" } else { path }, body);
    }
    match check_since(tree(text), base, &CheckOptions::default()) {
        Ok(checked) => sound(&checked),
        Err(fault) => return placed(fault),
    }
    // Beside itself there is nothing new.
    if let Ok(checked) = check_since(tree(text), tree(text), &CheckOptions::default()) {
        let new = checked.findings.iter().find(|finding| finding.state == State::Reported);
        assert!(new.is_none(), "{new:?} is new beside the same tree");
    }
}
