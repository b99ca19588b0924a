//! The loop: what comes in, when a check begins, what is published when it ends.

use hashbrown::HashMap;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use gen_lsp_types::{FileChangeType, MessageType, PublishDiagnosticsParams, Uri};
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use serde_json::{Value, json};

use super::checker::{self, Job, Outcome};
use super::client::Client;
use super::root::{Published, Root};
use super::setup::Setup;
use super::view::View;
use super::{diagnostics, graph, requests, uri};
use crate::fault::Fault;

/// How long after a change a check begins that takes longer than this itself: somebody who types is not interrupted.
const QUIET: Duration = Duration::from_millis(150);

/// Files whose changes on disk matter: those that builds read, and those that say which files there are.
const WATCHED: [&str; 2] =
    ["**/*.{yaml,yml,json,env,toml,properties,conf,ini,sh,txt}", "**/.{gitignore,sourceignore,krmignore}"];

/// What the loop waits for.
pub enum Event {
    /// The client said something.
    Message(Message),
    /// A check came to an end.
    Checked(Outcome),
    /// A question that took its time has an answer.
    Answered(Response),
    /// The client is gone.
    Gone,
}

/// The server of one client.
pub struct Server {
    connection: Connection,
    /// What the client can do.
    pub client: Client,
    setup: Setup,
    /// The repositories.
    pub roots: Vec<Root>,
    jobs: HashMap<u64, Sender<Job>>,
    // Versions of the open documents in the check that is running, by root.
    sent: HashMap<u64, BTreeMap<String, i32>>,
    events: Sender<Event>,
    inbox: Receiver<Event>,
    next_root: u64,
    /// The client named folders; without any, the repository of each opened file is one.
    has_folders: bool,
    is_shut_down: bool,
    last_complaint: Option<String>,
}

impl Server {
    /// A server that has heard nothing yet.
    pub fn new(connection: Connection, client: Client, setup: Setup) -> Self {
        let (events, inbox) = channel();
        Server {
            connection,
            client,
            setup,
            roots: Vec::new(),
            jobs: HashMap::new(),
            sent: HashMap::new(),
            events,
            inbox,
            next_root: 0,
            has_folders: false,
            is_shut_down: false,
            last_complaint: None,
        }
    }

    /// Serves until the client leaves; whether it left as it should.
    pub fn run(mut self, parameters: &Value) -> bool {
        let (events, receiver) = (self.events.clone(), self.connection.receiver.clone());
        thread::spawn(move || {
            for message in receiver {
                if events.send(Event::Message(message)).is_err() {
                    return;
                }
            }
            let _ = events.send(Event::Gone);
        });
        for folder in folders(parameters) {
            self.has_folders |= self.add_root(&folder);
        }
        loop {
            self.begin_checks();
            let due = self.roots.iter().filter(|root| root.in_flight.is_none()).filter_map(|root| root.due).min();
            let event = match due.map(|due| due.saturating_duration_since(Instant::now())) {
                None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(wait) => self.inbox.recv_timeout(wait),
            };
            match event {
                Ok(Event::Message(Message::Request(request))) => self.request(request),
                Ok(Event::Message(Message::Notification(told))) if told.method == "exit" => return self.is_shut_down,
                Ok(Event::Message(Message::Notification(told))) => self.notification(told),
                Ok(Event::Message(Message::Response(_))) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Event::Checked(outcome)) => self.checked(outcome),
                Ok(Event::Answered(response)) => self.send(response),
                Ok(Event::Gone) | Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }

    /// Says something to the client; one that is gone hears nothing.
    fn send(&self, message: impl Into<Message>) {
        let _ = self.connection.sender.send(message.into());
    }

    fn tell(&self, method: &str, parameters: Value) {
        self.send(Notification { method: method.to_owned(), params: parameters });
    }

    fn refuse(&self, id: RequestId, code: ErrorCode, why: &str) {
        self.send(Response::new_err(id, code as i32, why.to_owned()));
    }

    fn request(&mut self, request: Request) {
        if self.is_shut_down {
            return self.refuse(request.id, ErrorCode::InvalidRequest, "the server is shut down");
        }
        if request.method == "shutdown" {
            self.is_shut_down = true;
            for waiting in self.roots.iter_mut().flat_map(|root| std::mem::take(&mut root.waiting)).collect::<Vec<_>>()
            {
                self.refuse(waiting.id, ErrorCode::RequestCanceled, "the server is shut down");
            }
            return self.send(Response::new_ok(request.id, Value::Null));
        }
        if request.method == "workspace/executeCommand" {
            return self.execute(request);
        }
        let Some(needs) = requests::needs(&request.method) else {
            let why = format!("`{}` is not supported", request.method);
            return self.refuse(request.id, ErrorCode::MethodNotFound, &why);
        };
        let uri = request.params.pointer("/textDocument/uri").and_then(Value::as_str);
        let found = uri.and_then(|text| self.locate(&Uri(text.to_owned())));
        let Some((at, path)) = found else { return self.send(Response::new_ok(request.id, Value::Null)) };
        let Some(root) = self.roots.get_mut(at) else { return };
        let is_fresh = root.checked == root.version;
        if needs == requests::Needs::Check && !is_fresh {
            root.waiting.push(request);
            root.due = Some(Instant::now());
            return;
        }
        let response = requests::answer(&View { root, client: self.client }, &path, request);
        self.send(response);
    }

    /// Draws a picture, in a thread of its own: a large one takes its time.
    fn execute(&self, request: Request) {
        if request.params.get("command").and_then(Value::as_str) != Some(graph::COMMAND) {
            return self.refuse(request.id, ErrorCode::InvalidParams, "there is no such command");
        }
        let asked = match graph::Asked::of(&request.params) {
            Ok(asked) => asked,
            Err(why) => return self.refuse(request.id, ErrorCode::InvalidParams, &why),
        };
        let root = match &asked.uri {
            Some(uri) => self.locate(&Uri(uri.clone())).and_then(|(at, _)| self.roots.get(at)),
            None => self.roots.first(),
        };
        let Some(root) = root else {
            return self.refuse(request.id, ErrorCode::RequestFailed, "no folder is open");
        };
        let (tree, config, events) = (root.overlay(), self.setup.choice(root.disk()), self.events.clone());
        thread::spawn(move || {
            let draw = || asked.draw(tree, &config.map_err(|fault| fault.to_string())?);
            let drawn = catch_unwind(AssertUnwindSafe(draw)).unwrap_or_else(|_| Err("the picture failed".to_owned()));
            let response = match drawn {
                Ok(picture) => Response::new_ok(request.id, picture),
                Err(why) => Response::new_err(request.id, ErrorCode::RequestFailed as i32, why),
            };
            let _ = events.send(Event::Answered(response));
        });
    }

    fn notification(&mut self, told: Notification) {
        match told.method.as_str() {
            "initialized" => self.watch(),
            "$/cancelRequest" => self.cancel(&told.params),
            "workspace/didChangeWatchedFiles" => {
                let changes = told.params.get("changes").and_then(Value::as_array).cloned().unwrap_or_default();
                for change in changes {
                    let Some(uri) = change.get("uri").and_then(Value::as_str) else { continue };
                    self.disk_changed(
                        &Uri(uri.to_owned()),
                        change.get("type") == Some(&json!(FileChangeType::Changed)),
                    );
                }
            }
            "workspace/didChangeWorkspaceFolders" => {
                let uris = |list: &str| -> Vec<Uri> {
                    let list = told.params.pointer(&format!("/event/{list}")).and_then(Value::as_array);
                    list.into_iter().flatten().filter_map(folder_uri).collect()
                };
                uris("removed").iter().for_each(|folder| self.remove_root(folder));
                for folder in uris("added") {
                    self.has_folders |= self.add_root(&folder);
                }
            }
            method if method.starts_with("textDocument/did") => self.document(&told),
            _ => {}
        }
    }

    /// The root that a document belongs to, and its path there.
    pub fn locate(&self, uri: &Uri) -> Option<(usize, String)> {
        let path = uri::path(uri)?;
        let found = self.roots.iter().enumerate().filter_map(|(at, root)| Some((at, root.below(&path)?)));
        // A repository inside of another one.
        found.min_by_key(|(_, below)| below.len())
    }

    /// Takes the repository around a folder, unless it is known.
    fn add_root(&mut self, folder: &Uri) -> bool {
        let Some(path) = uri::path(folder) else { return false };
        let Ok(root) = Root::around(self.next_root, &path) else { return false };
        if !self.roots.iter().any(|known| known.folder() == root.folder()) {
            self.jobs.insert(root.id, checker::start(root.id, self.events.clone()));
            self.next_root += 1;
            self.roots.push(root);
        }
        true
    }

    fn remove_root(&mut self, folder: &Uri) {
        let Some(gone) = uri::path(folder).and_then(|path| Root::around(0, &path).ok()) else { return };
        let Some(at) = self.roots.iter().position(|root| root.folder() == gone.folder()) else { return };
        let mut root = self.roots.remove(at);
        self.jobs.remove(&root.id);
        for waiting in std::mem::take(&mut root.waiting) {
            self.refuse(waiting.id, ErrorCode::ContentModified, "the folder is closed");
        }
        for path in root.published.keys() {
            self.tell("textDocument/publishDiagnostics", json!({ "uri": root.uri(path), "diagnostics": [] }));
        }
    }

    /// Without folders, the repository around an opened file is the root.
    pub fn add_root_of(&mut self, document: &Uri) {
        let folder = uri::path(document).and_then(|path| Some(path.parent()?.to_owned()));
        if let Some(folder) = folder.filter(|_| !self.has_folders) {
            self.add_root(&uri::of(&folder));
        }
    }

    /// Asks the client to tell of files that change on disk.
    fn watch(&self) {
        if self.client.can_watch {
            let watchers = WATCHED.map(|pattern| json!({ "globPattern": pattern }));
            let registration = json!({ "registrations": [{
                "id": "flux-vet.files",
                "method": "workspace/didChangeWatchedFiles",
                "registerOptions": { "watchers": watchers },
            }] });
            self.send(Request::new(
                RequestId::from("flux-vet.watch".to_owned()),
                "client/registerCapability".to_owned(),
                registration,
            ));
        }
    }

    /// A file changed on disk; whether it was there before and still is.
    pub fn disk_changed(&mut self, uri: &Uri, is_same_tree: bool) {
        if let Some((root, path)) = self.locate(uri).and_then(|(at, path)| Some((self.roots.get_mut(at)?, path)))
            && !path.split('/').any(|part| part == ".git")
        {
            if is_same_tree {
                root.forget(&path)
            } else {
                root.forget_disk()
            }
            root.changed(QUIET);
        }
    }

    /// A text changed.
    pub fn text_changed(&mut self, at: usize) {
        if let Some(root) = self.roots.get_mut(at) {
            // Nobody tells of files that change on disk.
            if !self.client.can_watch {
                root.forget_disk();
            }
            root.changed(QUIET);
        }
    }

    fn cancel(&mut self, parameters: &Value) {
        let id = match parameters.get("id") {
            Some(Value::String(id)) => RequestId::from(id.clone()),
            Some(id) => match id.as_i64().and_then(|id| i32::try_from(id).ok()) {
                Some(id) => RequestId::from(id),
                None => return,
            },
            None => return,
        };
        let mut waiting = self.roots.iter_mut().map(|root| &mut root.waiting);
        let is_found = waiting.any(|waiting| {
            let at = waiting.iter().position(|request| request.id == id);
            at.map(|at| waiting.remove(at)).is_some()
        });
        if is_found {
            self.refuse(id, ErrorCode::RequestCanceled, "cancelled by the client");
        }
    }

    fn begin_checks(&mut self) {
        let now = Instant::now();
        for root in &mut self.roots {
            let is_due = root.due.is_some_and(|due| due <= now) && root.in_flight.is_none();
            let Some(jobs) = self.jobs.get(&root.id).filter(|_| is_due) else { continue };
            root.due = None;
            let version = root.version;
            let documents = root.open.iter().map(|(path, document)| (path.clone(), document.version));
            self.sent.insert(root.id, documents.collect());
            if jobs
                .send(Job {
                    version,
                    tree: root.overlay(),
                    config: self.setup.choice(root.disk()),
                    today: (self.setup.today)(),
                })
                .is_ok()
            {
                root.in_flight = Some(version);
                root.began = Some(now);
            }
        }
    }

    fn checked(&mut self, outcome: Outcome) {
        let Some(at) = self.roots.iter().position(|root| root.id == outcome.root) else { return };
        let sent = self.sent.remove(&outcome.root).unwrap_or_default();
        let Some(root) = self.roots.get_mut(at) else { return };
        root.in_flight = None;
        root.took = root.began.take().map(|began| began.elapsed());
        root.checked = outcome.version;
        let complaint = match outcome.result {
            Ok(snapshot) => {
                root.snapshot = Some(snapshot);
                None
            }
            Err(fault) => Some(fault),
        };
        self.publish(at, &sent, complaint.as_ref());
        let Some(root) = self.roots.get_mut(at) else { return };
        if root.checked != root.version {
            if !root.waiting.is_empty() {
                root.due = Some(Instant::now());
            }
            return;
        }
        for request in std::mem::take(&mut root.waiting) {
            self.request(request);
        }
    }

    /// Publishes what changed, for every file that has or had something to say and for every open one.
    fn publish(&mut self, at: usize, sent: &BTreeMap<String, i32>, fault: Option<&Fault>) {
        let client = self.client;
        let Some(root) = self.roots.get_mut(at) else { return };
        let mut found = match (&fault, &root.snapshot) {
            (None, Some(snapshot)) => diagnostics::all(&View { root, client }, snapshot),
            // Nothing is known of the tree: what was known stays.
            _ => root.published.iter().map(|(path, (_, shown))| (path.clone(), shown.clone())).collect(),
        };
        let mut complaint = None;
        if let Some(fault) = fault {
            match diagnostics::of_fault(fault, client) {
                Some((path, diagnostic)) => drop(found.insert(path, vec![diagnostic])),
                None => complaint = Some(fault.to_string()),
            }
        }
        for path in root.published.keys().chain(root.open.keys()) {
            found.entry(path.clone()).or_default();
        }
        let mut messages = Vec::new();
        for (path, diagnostics) in found {
            let version = root.open.get(&path).map(|document| document.version);
            // Of another text than the one that was checked; the next check is about it.
            if version.is_some() && sent.get(&path).copied() != version {
                continue;
            }
            let now: Published = (version, diagnostics);
            if root.published.get(&path) == Some(&now) {
                continue;
            }
            let (version, diagnostics) = now.clone();
            messages.push(PublishDiagnosticsParams { uri: root.uri(&path), version, diagnostics });
            if now.1.is_empty() && version.is_none() {
                root.published.remove(&path);
            } else {
                root.published.insert(path, now);
            }
        }
        for message in messages {
            self.tell("textDocument/publishDiagnostics", json!(message));
        }
        if complaint != self.last_complaint {
            if let Some(text) = &complaint {
                self.tell(
                    "window/showMessage",
                    json!({ "type": MessageType::Error, "message": format!("flux-vet: {text}") }),
                );
            }
            self.last_complaint = complaint;
        }
    }
}

fn folder_uri(folder: &Value) -> Option<Uri> {
    Some(Uri(folder.get("uri")?.as_str()?.to_owned()))
}

/// The folders that `initialize` names, in one of three ways.
fn folders(parameters: &Value) -> Vec<Uri> {
    let list: Vec<Uri> = parameters
        .get("workspaceFolders")
        .and_then(Value::as_array)
        .map(|folders| folders.iter().filter_map(folder_uri).collect())
        .unwrap_or_default();
    if !list.is_empty() {
        return list;
    }
    let root = parameters.get("rootUri").and_then(Value::as_str).map(|uri| Uri(uri.to_owned()));
    let path = || Some(uri::of(std::path::Path::new(parameters.get("rootPath")?.as_str()?)));
    root.or_else(path).into_iter().collect()
}
