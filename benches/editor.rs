//! What a keystroke costs in an editor: from a change of a text to the diagnostics that show it, over the protocol, on made
//! trees and on the real ones, where they are here. `just bench` prints it.
//!
//! A field that no kind has comes and goes at the end of a document. `EDITOR_SIZES=1000` chooses the made trees.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "a bench that cannot go on fails"
)]

use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use flux_vet::lsp::{Setup, serve};
use flux_vet::source::{Disk, FileSystem};
use flux_vet_trees::{FLEET, fleet, lay, real};
use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keystrokes a tree; the first is not counted.
const KEYSTROKES: usize = 25;

/// How long to wait for diagnostics.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is typed at the end of a document.
const TYPED: &str = "\nnoSuchField: 1\n";

fn main() {
    let sizes = std::env::var("EDITOR_SIZES").unwrap_or_else(|_| "1000,10000".to_owned());
    let folder = tempfile::tempdir().unwrap();
    println!("| tree | document | median | longest |\n|---|---|---|---|");
    for size in sizes.split(',').filter_map(|size| size.trim().parse::<usize>().ok()) {
        let root = folder.path().join(format!("fleet-{size}"));
        lay(&root, &fleet(size, 1).files).unwrap();
        type_into(&root, "kind: Deployment");
        if size >= FLEET {
            // What lies in the folder of one cluster reaches no other.
            type_into(&root, "kind: Namespace");
        }
    }
    for root in real(env!("CARGO_MANIFEST_DIR")) {
        type_into(&root, "kind: HelmRelease");
    }
}

/// Types into the first document of a tree that holds a line.
fn type_into(root: &Path, line: &str) {
    let disk = Disk::new(root).unwrap();
    let text = |path: &String| String::from_utf8(disk.read(path).ok()?).ok();
    let is_meant =
        |path: &String| path.ends_with(".yaml") && text(path).is_some_and(|text| text.lines().any(|own| own == line));
    let Some(path) = disk.walk().into_iter().find(is_meant) else { return };
    let text = text(&path).unwrap();
    let mut editor = Editor::open(root, &path, &text);
    let typed = format!("{}{TYPED}", text.trim_end());
    let mut times: Vec<Duration> = (0..=KEYSTROKES)
        .map(|at| {
            let is_typed = at % 2 == 0;
            let start = Instant::now();
            editor.change(if is_typed { &typed } else { &text });
            editor.wait_until_shown(is_typed);
            let took = start.elapsed();
            // Nobody types faster.
            thread::sleep(Duration::from_millis(60));
            took
        })
        .skip(1)
        .collect();
    editor.leave();
    times.sort();
    let shown = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1e3);
    let name = root.file_name().unwrap_or_default().display();
    println!("| {name} | {path} | {} | {} |", shown(times[times.len() / 2]), shown(times[times.len() - 1]));
}

struct Editor {
    to: Connection,
    server: JoinHandle<bool>,
    uri: String,
    version: i32,
}

impl Editor {
    fn open(root: &Path, path: &str, text: &str) -> Self {
        let (server, to) = Connection::memory();
        let server = thread::spawn(|| serve(server, Setup { today: || None, config: None, isolated: false }));
        let root = root.canonicalize().unwrap();
        let mut editor = Editor { to, server, uri: format!("file://{}", root.join(path).display()), version: 1 };
        let folders = json!([{ "uri": format!("file://{}", root.display()), "name": "tree" }]);
        let capabilities = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
        editor.request("initialize", json!({ "capabilities": capabilities, "workspaceFolders": folders }));
        editor.tell("initialized", json!({}));
        let document = json!({ "uri": editor.uri, "languageId": "yaml", "version": 1, "text": text });
        editor.tell("textDocument/didOpen", json!({ "textDocument": document }));
        // The answer comes after the first check.
        let asked = json!({ "textDocument": { "uri": editor.uri }, "position": { "line": 0, "character": 0 } });
        editor.request("textDocument/hover", asked);
        editor
    }

    fn tell(&self, method: &str, params: Value) {
        self.to.sender.send(Notification { method: method.to_owned(), params }.into()).unwrap();
    }

    fn request(&mut self, method: &str, params: Value) {
        self.version += 1;
        let id = RequestId::from(self.version);
        self.to.sender.send(Request { id: id.clone(), method: method.to_owned(), params }.into()).unwrap();
        while !matches!(self.next(), Message::Response(response) if response.id == id) {}
    }

    /// The next message; what the server asks is answered.
    fn next(&self) -> Message {
        let message = self.to.receiver.recv_timeout(PATIENCE).expect("a message of the server");
        if let Message::Request(request) = &message {
            self.to.sender.send(Response::new_ok(request.id.clone(), Value::Null).into()).unwrap();
        }
        message
    }

    fn change(&mut self, text: &str) {
        self.version += 1;
        let document = json!({ "uri": self.uri, "version": self.version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [{ "text": text }] }));
    }

    fn wait_until_shown(&self, is_typed: bool) {
        let shows = |told: &Notification| {
            told.method == "textDocument/publishDiagnostics"
                && told.params["uri"] == self.uri.as_str()
                && told.params["diagnostics"].to_string().contains("noSuchField") == is_typed
        };
        while !matches!(self.next(), Message::Notification(told) if shows(&told)) {}
    }

    fn leave(mut self) {
        self.request("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.server.join().unwrap(), "it left as it should");
    }
}
