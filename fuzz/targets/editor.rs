//! A target that speaks with the language server as an editor does: it opens documents, changes parts of them, and asks.
//! What the server shows in the end is what a new one shows that opens the same texts.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use flux_vet::lsp::{Setup, serve};
use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use super::parts;

/// The documents of the tree, and what is on disk of them.
const FILES: [(&str, &str); 5] = [
    ("apps/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  mode: fast\n"),
    (
        "apps/b.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: web, image: 'example.org/web:1', envFrom: [{configMapRef: {name: a}}]}]\n",
    ),
    ("apps/kustomization.yaml", "namespace: web\nresources:\n  - ./a.yaml\n  - ./b.yaml\n"),
    (
        "cluster/web.yaml",
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata:\n  name: web\n  namespace: flux-system\nspec:\n  interval: 1h\n  path: ./apps\n  prune: true\n  sourceRef:\n    kind: GitRepository\n    name: flux-system\n  dependsOn:\n    - name: store\n",
    ),
    ("apps/new.yaml", ""),
];

/// What an editor may do in one session.
const MOST: usize = 12;

/// How long to wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Parts of a text are what the editor does: `open PATH` with the text below, `close PATH`, `change LINE COLUMN LINE
/// COLUMN` with what is put in, and `hover`, `definition`, `references`, `completion`, `action`, `links` at a line and
/// column, all in the document that was opened last.
pub fn lsp(text: &str) {
    let encoding = ["utf-16", "utf-8", "utf-32"][text.len() % 3];
    let mut editor = Editor::start(encoding);
    for (head, body) in parts(text).into_iter().take(MOST) {
        let mut words = head.split_whitespace();
        let word = words.next().unwrap_or("open");
        let numbers: Vec<u32> = words.clone().filter_map(|word| word.parse().ok()).collect();
        let number = |at: usize| numbers.get(at).copied().unwrap_or_default();
        match word {
            "open" => editor.open(path(words.next().unwrap_or_default()), body),
            "close" => editor.close(path(words.next().unwrap_or_default())),
            "change" => {
                let body = body.strip_suffix('\n').unwrap_or(&body);
                editor.change((number(0), number(1)), (number(2), number(3)), body);
            }
            _ => editor.ask(word, number(0), number(1)),
        }
    }
    let texts = editor.texts.clone();
    let shown = editor.leave();
    let mut new = Editor::start(encoding);
    for (path, text) in texts {
        new.open(path, text);
    }
    assert_eq!(shown, new.leave(), "a new server shows something else");
}

/// One of the documents.
fn path(word: &str) -> &'static str {
    let known = FILES.iter().find(|(path, _)| *path == word);
    known.unwrap_or(&FILES[word.len() % FILES.len()]).0
}

fn folder() -> &'static Path {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(".git")).unwrap();
        for (path, text) in FILES.iter().filter(|(_, text)| !text.is_empty()) {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        folder
    });
    folder.path()
}

struct Editor {
    to: Connection,
    server: JoinHandle<bool>,
    encoding: &'static str,
    /// The open documents as the editor has them.
    texts: BTreeMap<&'static str, String>,
    current: &'static str,
    versions: i32,
    asked: i32,
    shown: BTreeMap<String, Value>,
}

impl Editor {
    fn start(encoding: &'static str) -> Self {
        let (server, to) = Connection::memory();
        let server = thread::spawn(|| serve(server, Setup { today: || None, config: None, isolated: false }));
        let (texts, shown) = (BTreeMap::new(), BTreeMap::new());
        let current = FILES[0].0;
        let mut editor = Editor { to, server, encoding, texts, current, versions: 0, asked: 0, shown };
        let folders = json!([{ "uri": format!("file://{}", folder().display()), "name": "tree" }]);
        let capabilities = json!({
            "general": { "positionEncodings": [encoding] },
            "textDocument": { "publishDiagnostics": { "relatedInformation": true } },
            "workspace": {
                "workspaceEdit": { "documentChanges": true, "snippetEditSupport": true },
                "didChangeWatchedFiles": { "dynamicRegistration": true },
            },
        });
        editor.request("initialize", json!({ "capabilities": capabilities, "workspaceFolders": folders }));
        editor.tell("initialized", json!({}));
        editor
    }

    fn tell(&mut self, method: &str, params: Value) {
        self.to.sender.send(Notification { method: method.to_owned(), params }.into()).unwrap();
    }

    fn request(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = RequestId::from(self.asked);
        self.to.sender.send(Request { id: id.clone(), method: method.to_owned(), params }.into()).unwrap();
        loop {
            match self.to.receiver.recv_timeout(PATIENCE).expect("an answer") {
                Message::Response(response) if response.id == id => {
                    let Ok(result) = response.response_result else { panic!("{method}: {response:?}") };
                    return result;
                }
                Message::Notification(told) if told.method == "textDocument/publishDiagnostics" => {
                    let uri = told.params["uri"].as_str().unwrap().to_owned();
                    self.shown.insert(uri, told.params["diagnostics"].clone());
                }
                Message::Notification(told) => assert_ne!(told.method, "window/showMessage", "{told:?}"),
                Message::Request(request) => {
                    self.to.sender.send(Response::new_ok(request.id, Value::Null).into()).unwrap();
                }
                Message::Response(_) => {}
            }
        }
    }

    fn uri(path: &str) -> String {
        format!("file://{}", folder().join(path).display())
    }

    fn open(&mut self, path: &'static str, text: String) {
        self.current = path;
        self.versions += 1;
        let document = json!({ "uri": Self::uri(path), "languageId": "yaml", "version": self.versions, "text": &text });
        if self.texts.insert(path, text.clone()).is_none() {
            self.tell("textDocument/didOpen", json!({ "textDocument": document }));
        } else {
            self.changed(json!([{ "text": text }]));
        }
    }

    fn close(&mut self, path: &'static str) {
        if self.texts.remove(path).is_some() {
            self.tell("textDocument/didClose", json!({ "textDocument": { "uri": Self::uri(path) } }));
        }
    }

    fn change(&mut self, from: (u32, u32), to: (u32, u32), new: &str) {
        let Some(text) = self.texts.get_mut(self.current) else { return };
        let start = offset(text, from, self.encoding);
        let end = offset(text, to, self.encoding).max(start);
        text.replace_range(start..end, new);
        self.versions += 1;
        self.changed(json!([{ "range": { "start": place(from), "end": place(to) }, "text": new }]));
    }

    fn changed(&mut self, changes: Value) {
        let document = json!({ "uri": Self::uri(self.current), "version": self.versions });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    fn ask(&mut self, word: &str, line: u32, column: u32) {
        let document = json!({ "uri": Self::uri(self.current) });
        let mut asked = json!({ "textDocument": document, "position": place((line, column)) });
        let method = match word {
            "definition" => "textDocument/definition",
            "references" => {
                asked["context"] = json!({ "includeDeclaration": true });
                "textDocument/references"
            }
            "completion" => "textDocument/completion",
            "links" => "textDocument/documentLink",
            "action" => {
                asked["range"] = json!({ "start": place((0, 0)), "end": place((line, column)) });
                asked["context"] = json!({ "diagnostics": [] });
                "textDocument/codeAction"
            }
            _ => "textDocument/hover",
        };
        let answer = self.request(method, asked);
        if let Some(text) = self.texts.get(self.current) {
            self.inside(&answer, text);
        }
    }

    /// Places of an answer about the document itself lie in it.
    fn inside(&self, answer: &Value, text: &str) {
        let lines = lines(text);
        let check = |place: &Value| {
            let (line, column) = (place["line"].as_u64().unwrap() as usize, place["character"].as_u64().unwrap());
            let Some(line) = lines.get(line) else { panic!("{place} lies behind {text:?}") };
            let columns: usize = text[line.clone()].chars().map(|c| units(c, self.encoding)).sum();
            assert!(column as usize <= columns, "{place} lies behind its line in {text:?}");
        };
        match answer {
            Value::Object(map) if map.contains_key("uri") && map["uri"] != Self::uri(self.current) => {}
            Value::Object(map) if map.contains_key("textDocument") && map.contains_key("edits") => {
                let is_own = map["textDocument"]["uri"] == Self::uri(self.current);
                self.inside(if is_own { &map["edits"] } else { &Value::Null }, text);
            }
            Value::Object(map) => {
                for (key, value) in map {
                    match key.as_str() {
                        "start" | "end" => check(value),
                        // They may be about other documents.
                        "diagnostics" | "changes" => {}
                        _ => self.inside(value, text),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.inside(item, text)),
            _ => {}
        }
    }

    /// What is shown in the end, where there is something.
    fn leave(mut self) -> BTreeMap<String, Value> {
        // The answer comes when everything was checked.
        self.ask("hover", 0, 0);
        for (path, text) in &self.texts {
            let shown = self.shown.get(&Self::uri(path)).into_iter().flat_map(|shown| shown.as_array().unwrap());
            shown.for_each(|shown| self.inside(&shown["range"], text));
        }
        assert_eq!(self.request("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        assert!(self.server.join().unwrap(), "it left as it should");
        self.shown.retain(|_, shown| *shown != json!([]));
        self.shown
    }
}

fn place((line, character): (u32, u32)) -> Value {
    json!({ "line": line, "character": character })
}

fn units(c: char, encoding: &str) -> usize {
    match encoding {
        "utf-8" => c.len_utf8(),
        "utf-16" => c.len_utf16(),
        _ => 1,
    }
}

/// The lines of a text without their ends; a byte order mark belongs to none.
fn lines(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut lines = Vec::new();
    let mut start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut at = start;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let length = match (bytes[at], bytes.get(at + 1)) {
            (b'\r', Some(b'\n')) => 2,
            (b'\r' | b'\n', _) => 1,
            _ => 0,
        };
        if length > 0 {
            lines.push(start..at);
            start = at + length;
        }
        at += length.max(1);
    }
    lines.push(start..text.len());
    lines
}

fn offset(text: &str, (line, column): (u32, u32), encoding: &str) -> usize {
    let Some(line) = lines(text).into_iter().nth(line as usize) else { return text.len() };
    let mut left = column as usize;
    for (at, c) in text[line.clone()].char_indices() {
        if units(c, encoding) > left {
            return line.start + at;
        }
        left -= units(c, encoding);
    }
    line.end
}
