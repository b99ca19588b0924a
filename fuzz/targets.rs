//! What fuzzers run, over one text each. Used by the targets of `cargo fuzz` beside this file, by `examples/fuzz.rs`, which
//! needs no nightly compiler, and by `tests/fuzz.rs`.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::allow_attributes,
    reason = "a fuzzer that finds something fails"
)]

use flux_vet::build::Library;
use flux_vet::build::flux::envsubst::{self, Variable};
use flux_vet::build::kustomize::{Builder, Options, read_folder};
use flux_vet::cluster::script;
use flux_vet::fix::{Wanted, plan};
use flux_vet::report::{Format, Style, write};
use flux_vet::rulebook::user::CardText;
use flux_vet::source::{FileId, Memory, Sources, Span};
use flux_vet::yaml::emit::emit;
use flux_vet::yaml::{Content, Mode, parse, resolve};
use flux_vet::{CheckOptions, Checked, check};

/// A target: its name, whether its text holds several files, and what it runs.
pub type Target = (&'static str, bool, fn(&str));

/// All of them.
pub const TARGETS: [Target; 9] = [
    ("yaml", false, yaml),
    ("substitution", false, substitution),
    ("script", false, shell),
    ("card", false, card),
    ("admission", false, admission),
    ("kustomize", true, kustomize),
    ("report", true, report),
    ("fixes", true, fixes),
    ("whole", true, whole),
];

/// What parts the files of a tree in one text: `=== PATH` on a line.
pub const MARK: &str = "=== ";

/// The files of a text.
pub fn tree(text: &str) -> Memory {
    let mut memory = Memory::default();
    let (mut path, mut body) = (String::from("a.yaml"), String::new());
    for line in text.split_inclusive('\n') {
        match line.strip_prefix(MARK) {
            Some(next) => {
                memory.insert(&path, std::mem::take(&mut body));
                path = next.trim_end_matches('\n').to_owned();
            }
            None => body.push_str(line),
        }
    }
    memory.insert(&path, body);
    memory
}

/// The reader, both ways of reading values, and the printer, whose text is read again.
pub fn yaml(text: &str) {
    let read = parse(text);
    let sources = Sources::new(Memory::default());
    let file: FileId = sources.add("a.yaml", text);
    let content = Content::whole(Span::new(file, 0..text.len()));
    for document in &read.documents {
        for mode in [Mode::V2, Mode::V3] {
            let Some(resolved) = resolve(&read, document, text, &content, mode) else { continue };
            let printed = emit(&resolved.root).text;
            assert!(!parse(&printed).is_broken(), "what was printed cannot be read: {printed:?}");
        }
    }
}

/// Variables in a text.
pub fn substitution(text: &str) {
    let lookup = |name: &str| match name.as_bytes().first().map(|byte| byte % 4) {
        Some(0) => Variable::Known("value"),
        Some(1) => Variable::Known(""),
        Some(2) => Variable::Unknown,
        _ => Variable::Unset,
    };
    for mode in [envsubst::Mode::Strict, envsubst::Mode::Lax] {
        if let Ok(done) = envsubst::substitute(text, &lookup, mode) {
            let written: usize = done.segments.iter().map(|segment| segment.output.len()).sum();
            assert_eq!(written, done.text.len(), "segments cover the text");
        }
    }
    let _ = envsubst::undefined(text, &lookup);
}

/// A shell script.
pub fn shell(text: &str) {
    let variable = |name: &str| match name.len() % 3 {
        0 => script::Variable::Known("value".to_owned()),
        1 => script::Variable::Unknown,
        _ => script::Variable::Unset,
    };
    let text = format!("mc mb store/bucket\n{text}");
    let _ = script::facts(&text, &variable);
    let _ = script::swallowed(&text);
    let _ = script::Variables::of(&text);
}

const OBJECTS: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: apps, labels: {app: web}}\nspec:\n  replicas: 2\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n        - {name: web, image: 'example.com/web:1', env: [{name: A, value: b}], ports: [{containerPort: 80}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: apps}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: apps}\ndata: {a: '1', b: 2Gi, c: '2024-01-01T00:00:00Z'}\n";

/// A card of a user, run over a few objects.
pub fn card(text: &str) {
    let mut memory = Memory::default();
    memory.insert("apps/a.yaml", OBJECTS);
    let cards = vec![CardText { path: ".flux-vet/rules/own/own.md".to_owned(), text: text.to_owned() }];
    sound(check(memory, &CheckOptions { cards: Some(cards), ..CheckOptions::default() }).ok());
}

/// An admission policy, run over a few objects.
pub fn admission(text: &str) {
    let mut memory = Memory::default();
    memory.insert("apps/a.yaml", OBJECTS);
    memory.insert("apps/policy.yaml", text);
    sound(check(memory, &CheckOptions::default()).ok());
}

/// Every kustomization folder of a tree.
pub fn kustomize(text: &str) {
    let sources = Sources::new(tree(text));
    let library = Library::new(&sources);
    let files = sources.system().walk();
    let folders = files.iter().filter_map(|path| path.strip_suffix("kustomization.yaml"));
    for folder in folders {
        let Ok(Some(spec)) = read_folder(&library, folder.trim_end_matches('/')) else { continue };
        for resource in &Builder::new(&library, Options::default()).build(&spec).resources {
            let _ = emit(&resource.node);
        }
    }
}

/// A run, in every format.
pub fn report(text: &str) {
    let Ok(checked) = check(tree(text), &CheckOptions::default()) else { return };
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
    sound(Some(checked));
}

/// The fixes of a run: they can be planned, and what they write can be read as well as before.
pub fn fixes(text: &str) {
    let files = tree(text);
    let Ok(checked) = check(files.clone(), &CheckOptions::default()) else { return };
    let planned = plan(&checked.findings, &checked.sources, Wanted::All);
    let mut after = files;
    for change in planned.changes {
        let is_yaml = change.path.ends_with(".yaml") || change.path.ends_with(".yml");
        assert!(!is_yaml || !parse(&change.text).is_broken(), "a fix broke {}: {}", change.path, change.text);
        after.insert(&change.path, change.text);
    }
    sound(check(after, &CheckOptions::default()).ok());
    sound(Some(checked));
}

/// A run, twice: the same bytes.
pub fn whole(text: &str) {
    let shown = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool can be made");
        pool.install(|| {
            let checked = check(tree(text), &CheckOptions::default()).ok()?;
            let lines: Vec<String> = checked
                .findings
                .iter()
                .map(|finding| {
                    let place = checked.sources.location(finding.primary.span);
                    format!("{}:{}:{} {} {}", place.path, place.line, place.column, finding.rule, finding.message)
                })
                .collect();
            sound(Some(checked));
            Some(lines)
        })
    };
    assert_eq!(shown(1), shown(3), "two runs differ");
}

/// No rule failed.
fn sound(checked: Option<Checked>) {
    let findings = checked.map(|checked| checked.findings).unwrap_or_default();
    let defect = findings.iter().find(|finding| &*finding.rule == "internal-error");
    assert!(defect.is_none(), "{defect:?}");
}
