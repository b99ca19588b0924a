//! An editor that starts the binary and speaks with it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use lsp_server::{Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

/// How long to wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client and the server it started.
pub struct Client {
    pub child: Child,
    pub to: Option<ChildStdin>,
    from: Receiver<Message>,
    pub root: PathBuf,
    pub next: i32,
    /// What is shown for each file.
    pub shown: BTreeMap<String, Value>,
    pub asked: Vec<Request>,
}

impl Client {
    pub fn start(root: &Path, capabilities: Value) -> (Self, Value) {
        Client::start_with(root, capabilities, &[], Value::Null)
    }

    pub fn start_with(root: &Path, capabilities: Value, arguments: &[&str], options: Value) -> (Self, Value) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_flux-vet"))
            .args(["lsp", "--stdio"])
            .args(arguments)
            .env_remove("FLUX_VET_CONFIG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let to = child.stdin.take();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (sender, from) = channel();
        thread::spawn(move || {
            while let Ok(Some(message)) = Message::read(&mut out) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        let root = root.canonicalize().unwrap();
        let mut client = Client { child, to, from, root, next: 0, shown: BTreeMap::new(), asked: Vec::new() };
        let folders = json!([{ "uri": client.uri(""), "name": "tree" }]);
        let answer = client
            .ask("initialize", json!({ "processId": null, "capabilities": capabilities, "workspaceFolders": folders, "initializationOptions": options }));
        client.tell("initialized", json!({}));
        (client, answer)
    }

    pub fn uri(&self, path: &str) -> String {
        format!("file://{}", self.root.join(path).display().to_string().trim_end_matches('/'))
    }

    pub fn text(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    fn send(&mut self, message: Message) {
        message.write(self.to.as_mut().unwrap()).unwrap();
    }

    pub fn tell(&mut self, method: &str, params: Value) {
        self.send(Notification { method: method.to_owned(), params }.into());
    }

    pub fn request(&mut self, method: &str, params: Value) -> RequestId {
        self.next += 1;
        let id = RequestId::from(self.next);
        self.send(Request { id: id.clone(), method: method.to_owned(), params }.into());
        id
    }

    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        let answer = self.answer(&id);
        match answer.response_result {
            Ok(result) => result,
            Err(error) => panic!("{method}: {error:?}"),
        }
    }

    pub fn answer(&mut self, id: &RequestId) -> Response {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.from.recv_timeout(end.saturating_duration_since(Instant::now())).expect("an answer") {
                Message::Response(response) if response.id == *id => return response,
                other => self.note(other),
            }
        }
    }

    fn note(&mut self, message: Message) {
        match message {
            Message::Notification(told) if told.method == "textDocument/publishDiagnostics" => {
                let uri = told.params["uri"].as_str().unwrap();
                let path = uri.strip_prefix(&format!("{}/", self.uri(""))).unwrap_or(uri).to_owned();
                self.shown.insert(path, told.params);
            }
            Message::Request(request) => {
                self.send(Response::new_ok(request.id.clone(), Value::Null).into());
                self.asked.push(request);
            }
            _ => {}
        }
    }

    /// Waits until what is shown for a file is as it should be.
    pub fn until(&mut self, path: &str, is_it: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(shown) = self.shown.get(path).and_then(|shown| shown["diagnostics"].as_array())
                && is_it(shown)
            {
                return shown.clone();
            }
            match self.from.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(message) => self.note(message),
                Err(_) => panic!("{path}: {:#?}", self.shown),
            }
        }
    }

    pub fn open(&mut self, path: &str, text: &str) {
        let document = json!({ "uri": self.uri(path), "languageId": "yaml", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub fn change(&mut self, path: &str, version: i32, changes: Value) {
        let document = json!({ "uri": self.uri(path), "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    pub fn at(&self, path: &str, line: usize, character: usize) -> Value {
        json!({ "textDocument": { "uri": self.uri(path) }, "position": { "line": line, "character": character } })
    }

    pub fn actions(&mut self, path: &str, line: usize, only: Option<&str>) -> Vec<Value> {
        let place = json!({ "line": line, "character": 0 });
        let end = json!({ "line": line, "character": 99 });
        let mut context = json!({ "diagnostics": [] });
        if let Some(only) = only {
            context["only"] = json!([only]);
        }
        let asked = json!({ "textDocument": { "uri": self.uri(path) }, "range": { "start": place, "end": end }, "context": context });
        self.ask("textDocument/codeAction", asked).as_array().cloned().unwrap_or_default()
    }

    /// Leaves by the book; the exit code.
    pub fn leave(mut self) -> i32 {
        assert_eq!(self.ask("shutdown", Value::Null), Value::Null);
        self.tell("exit", Value::Null);
        self.to.as_mut().unwrap().flush().unwrap();
        self.child.wait().unwrap().code().unwrap()
    }
}
