//! `schemas pull` against a server of this test, and `check` with what was pulled, without one.

#![cfg(feature = "pull")]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod binary;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use binary::{Ran, Tree, command, finish};
use serde_json::{Value, json};

/// A server on this machine, and what it was asked for.
struct Server {
    address: String,
    answers: Arc<Mutex<HashMap<String, Vec<String>>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = Server { address, answers: Arc::default(), asked: Arc::default() };
        let (answers, asked) = (server.answers.clone(), server.asked.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &answers, &asked);
            }
        });
        server
    }

    /// What a path answers: head and body, the last of several for ever.
    fn says(&self, path: &str, answers: &[&str]) {
        self.answers.lock().unwrap().insert(path.to_owned(), answers.iter().map(|one| (*one).to_owned()).collect());
    }

    fn has(&self, path: &str, schema: &Value) {
        self.says(path, &[&format!("HTTP/1.1 200 OK\r\n\r\n{schema}")]);
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn serve(mut stream: TcpStream, answers: &Mutex<HashMap<String, Vec<String>>>, asked: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let path = first.split(' ').nth(1).unwrap().to_owned();
    let mut answers = answers.lock().unwrap();
    let answer = match answers.get_mut(&path) {
        Some(all) if all.len() > 1 => all.remove(0),
        Some(all) => all[0].clone(),
        None => "HTTP/1.1 404 Not Found\r\n\r\n".to_owned(),
    };
    asked.lock().unwrap().push(path);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let length = body.len();
    // A client that has seen enough closes.
    let _ = write!(stream, "{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
}

const CUSTOM: &str = "apiVersion: shop.example.org/v1\nkind: Till\nmetadata: {name: till, namespace: shop}\nspec:\n  drawers: 2\n  colour: red\n";
const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: web, namespace: shop}\nspec:\n  containers: [{name: web, image: 'web:1'}]\n";
const LOCK: &str = ".flux-vet-schemas.lock.json";

/// A tree with a kind that nobody knows, and the cache of its user.
struct Shop {
    tree: Tree,
    cache: Tree,
}

impl std::ops::Deref for Shop {
    type Target = Tree;

    fn deref(&self) -> &Tree {
        &self.tree
    }
}

impl Shop {
    fn forget(&self) {
        std::fs::remove_dir_all(self.cache.path().join("schemas")).unwrap();
    }
}

fn shop(locations: &[String]) -> Shop {
    let tree = Tree::new(&[
        ("kustomization.yaml", "resources: [till.yaml, pod.yaml]\n"),
        ("till.yaml", CUSTOM),
        ("pod.yaml", POD),
        (".flux-vet.yaml", &format!("schema-locations: {}\n", json!(locations))),
    ]);
    Shop { tree, cache: Tree::new(&[]) }
}

/// The schema of a till with these fields.
fn till(fields: &[&str]) -> Value {
    let fields: serde_json::Map<String, Value> = fields.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
    json!({ "type": "object", "properties": {
        "apiVersion": {}, "kind": {}, "metadata": {}, "spec": { "type": "object", "properties": fields }
    } })
}

fn ran(shop: &Shop, arguments: &[&str]) -> Ran {
    let mut command = command(shop.path(), arguments);
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "SSL_CERT_FILE"] {
        command.env_remove(name);
    }
    finish(command.env("FLUX_VET_CACHE", shop.cache.path().join("schemas")).spawn().unwrap(), &[])
}

fn pull(tree: &Shop, arguments: &[&str]) -> Ran {
    ran(tree, &[&["schemas", "pull", "--root", "."], arguments].concat())
}

fn check(tree: &Shop) -> Ran {
    ran(tree, &["check", "--root", ".", "--output", "json"])
}

fn found(tree: &Shop) -> Vec<String> {
    let ran = check(tree);
    let findings = ran.findings();
    findings.into_iter().filter(|finding| finding.starts_with("schema-")).collect()
}

fn coverage(tree: &Shop) -> String {
    check(tree).json()["coverage"].to_string()
}

fn lock(tree: &Shop) -> Value {
    serde_json::from_str(&std::fs::read_to_string(tree.path().join(LOCK)).unwrap()).unwrap()
}

#[test]
fn check_finds_what_a_pulled_schema_says_and_asks_nobody() {
    let server = Server::new();
    server.has("/b/shop.example.org/till_v1.json", &till(&["drawers"]));
    let layout = "{{.Group}}/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json";
    let tree = shop(&[
        "default".to_owned(),
        format!("{}/a/{layout}", server.address),
        format!("{}/b/{layout}", server.address),
        "own".to_owned(),
    ]);
    assert_eq!(found(&tree), [""; 0]);
    assert!(coverage(&tree).contains("`flux-vet schemas pull` asks the network"), "{}", coverage(&tree));
    assert_eq!(server.asked(), [""; 0]);

    let pulled = pull(&tree, &[]);
    assert_eq!(pulled.code, 0, "{pulled:?}");
    assert!(pulled.out.contains("1 schema in") && pulled.out.contains(LOCK), "{}", pulled.out);
    // The first place has none, and the pod is built in.
    assert_eq!(server.asked(), ["/a/shop.example.org/till_v1.json", "/b/shop.example.org/till_v1.json"]);
    let locked = lock(&tree);
    assert_eq!(locked["absent"], json!([format!("{}/a/shop.example.org/till_v1.json", server.address)]));
    assert_eq!(locked["schemas"][0]["kind"], "Till");
    assert_eq!(locked["schemas"][0]["apiVersion"], "shop.example.org/v1");
    assert_eq!(locked["schemas"].as_array().unwrap().len(), 1);

    assert_eq!(found(&tree), ["schema-field-unknown till.yaml:6"]);
    assert!(!coverage(&tree).contains("schemas pull"));
    assert_eq!(server.asked(), [""; 0]);

    // What is locked is neither asked for nor written again, as long as the cache has it.
    let again = pull(&tree, &["--locked"]);
    assert!(again.code == 0 && !again.out.contains(LOCK), "{again:?}");
    assert_eq!(server.asked(), [""; 0]);
    tree.forget();
    assert!(coverage(&tree).contains("`flux-vet schemas pull` asks the network"));
    assert_eq!(pull(&tree, &["--locked"]).code, 0);
    assert_eq!(server.asked(), ["/b/shop.example.org/till_v1.json"]);
    assert_eq!(found(&tree), ["schema-field-unknown till.yaml:6"]);
    assert_eq!(lock(&tree), locked);
}

#[test]
fn a_place_before_the_built_in_schemas_takes_their_place() {
    let server = Server::new();
    let pod = json!({ "type": "object", "properties": { "apiVersion": {}, "kind": {}, "metadata": {},
        "spec": { "type": "object", "properties": { "image": {} } } } });
    server.has("/v1.31.0-standalone-strict/pod-v1.json", &pod);
    let own = shop(&[]);
    let configure = |locations: Value| {
        own.write(".flux-vet.yaml", format!("kubernetes: '1.31'\nschema-locations: {locations}\n").as_bytes());
    };
    configure(json!([server.address]));
    assert_eq!(found(&own), [""; 0]);
    assert!(coverage(&own).contains("1 kind by the first schema"), "{}", coverage(&own));
    let pulled = pull(&own, &[]);
    assert!(pulled.out.contains("no place has shop.example.org/v1 Till"), "{pulled:?}");
    assert_eq!(found(&own), ["schema-field-unknown pod.yaml:5"]);
    // Every address was asked, so nothing is left to pull.
    assert!(!coverage(&own).contains("schemas pull") && coverage(&own).contains("no schema is here"));
    configure(json!(["default", server.address]));
    assert_eq!(found(&own), [""; 0]);
    // A folder counts in the same order.
    own.write("own/pod-v1.json", pod.to_string().as_bytes());
    configure(json!(["own", server.address]));
    assert_eq!(found(&own), ["schema-field-unknown pod.yaml:5"]);
    server.asked();
    assert_eq!(pull(&own, &["--update"]).code, 0);
    assert!(server.asked().iter().all(|path| path.contains("till")));
    configure(json!(["default", "own"]));
    assert_eq!(found(&own), [""; 0]);
}

#[test]
fn what_was_locked_is_what_counts() {
    let server = Server::new();
    let path = "/till_v1.json";
    server.has(path, &till(&["drawers"]));
    let tree = shop(&[
        "default".to_owned(),
        format!("{}/{{{{.ResourceKind}}}}_{{{{.ResourceAPIVersion}}}}.json", server.address),
    ]);
    assert_eq!(pull(&tree, &[]).code, 0);
    let before = lock(&tree);

    // The server changes its mind: nobody notices before the cache is gone, and then it is refused.
    server.has(path, &till(&["drawers", "colour"]));
    assert_eq!(pull(&tree, &[]).code, 0);
    assert_eq!(lock(&tree), before);
    tree.forget();
    let refused = pull(&tree, &[]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("has no longer what was locked") && refused.err.contains(LOCK), "{}", refused.err);
    assert_eq!(lock(&tree), before);
    assert_eq!(pull(&tree, &["--update"]).code, 0);
    assert_ne!(lock(&tree), before);
    assert_eq!(found(&tree), [""; 0]);

    // Another text in the cache than was locked.
    let sum = lock(&tree)["schemas"][0]["sha256"].as_str().unwrap().to_owned();
    tree.cache.write(&format!("schemas/{sum}.json"), b"{}");
    let fault = check(&tree);
    assert_eq!(fault.code, 2);
    assert!(fault.err.contains("is not the schema that was locked"), "{}", fault.err);
    assert!(fault.err.contains(&format!("{LOCK}:")) && fault.err.contains(&sum[..20]), "{}", fault.err);
    assert_eq!(pull(&tree, &[]).code, 0);
    assert_eq!(check(&tree).code, 0);

    // A kind that came after the lock.
    tree.write("kustomization.yaml", b"resources: [till.yaml, belt.yaml]\n");
    tree.write("belt.yaml", CUSTOM.replace("Till", "Belt").as_bytes());
    let refused = pull(&tree, &["--locked"]);
    assert!(refused.code == 2 && refused.err.contains("Belt is not locked"), "{refused:?}");
    assert_eq!(pull(&tree, &[]).code, 0);
    assert_eq!(lock(&tree)["absent"], json!([format!("{}/belt_v1.json", server.address)]));
    // And one that goes.
    tree.write("kustomization.yaml", b"resources: [belt.yaml]\n");
    assert_eq!(pull(&tree, &[]).code, 0);
    assert_eq!(lock(&tree)["schemas"], json!([]));
}

#[test]
fn answers_that_are_no_schema_stop_the_pull() {
    let server = Server::new();
    let own = shop(&[format!("{}/{{{{.ResourceKind}}}}.json", server.address)]);
    server.has("/pod.json", &json!({}));
    let large = format!("HTTP/1.1 200 OK\r\n\r\n{{\"description\": \"{}\"}}", "x".repeat(9 << 20));
    for (answers, said) in [
        (vec!["HTTP/1.1 200 OK\r\n\r\n<html>nothing here</html>"], "no schema"),
        (vec!["HTTP/1.1 200 OK\r\n\r\n[]"], "no schema"),
        (vec![large.as_str()], "more than 8388608 bytes"),
        (vec!["HTTP/1.1 500 No\r\n\r\n"], "status 500"),
        (vec!["HTTP/1.1 429 Wait\r\nRetry-After: 0\r\n\r\n"], "status 429"),
        // Over an open line nobody is followed.
        (vec!["HTTP/1.1 302 Found\r\nLocation: http://example.org/till.json\r\n\r\n"], "status 302"),
        (vec!["SMTP\r\n\r\n"], "cannot fetch"),
    ] {
        server.says("/till.json", &answers);
        let failed = pull(&own, &[]);
        assert_eq!(failed.code, 2, "{failed:?}");
        let plain: String = failed.err.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(plain.contains(said), "{said}: {plain}");
        assert!(!own.path().join(LOCK).exists());
    }
    // A busy server is asked again.
    let good = format!("HTTP/1.1 200 OK\r\n\r\n{}", till(&["drawers", "colour"]));
    server.says("/till.json", &["HTTP/1.1 503 Wait\r\nRetry-After: 0\r\n\r\n", &good]);
    assert_eq!(pull(&own, &[]).code, 0);
    assert!(own.path().join(LOCK).exists());
}

#[test]
fn a_server_that_is_down_is_a_fault_and_no_matter_for_check() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let own = shop(&["default".to_owned(), format!("http://127.0.0.1:{port}/{{{{.ResourceKind}}}}.json")]);
    let failed = pull(&own, &[]);
    assert_eq!(failed.code, 2);
    assert!(failed.err.contains("cannot fetch `http://127.0.0.1"), "{}", failed.err);
    assert_eq!(check(&own).code, 0);
}

#[test]
fn pull_says_what_it_lacks() {
    let own = shop(&[]);
    let nothing = pull(&own, &[]);
    assert!(nothing.code == 2 && nothing.err.contains("no place for schemas is in the network"), "{nothing:?}");

    own.write(".flux-vet.yaml", b"schema-locations:\n  - http://example.org/{{.ResourceKind}}.json\n");
    let plain = check(&own);
    assert!(
        plain.code == 2 && plain.err.contains(".flux-vet.yaml:2:5") && plain.err.contains("not encrypted"),
        "{plain:?}"
    );

    own.write(".flux-vet.yaml", b"schema-locations: ['https://example.org/{{.ResourceKind}}.json']\n");
    for (text, said) in [
        ("{\"version\": 1, \"schemas\": [", "is not valid"),
        ("{\"version\": 2, \"schemas\": [], \"absent\": []}", "version 2"),
        ("{\"version\": 1, \"schemas\": [], \"absent\": [], \"more\": 1}", "more"),
        (
            "{\"version\": 1, \"absent\": [], \"schemas\": [{\"apiVersion\": \"a/v1\", \"kind\": \"A\", \"url\": \"u\", \"sha256\": \"../../x\", \"size\": 1}]}",
            "no SHA-256 sum",
        ),
    ] {
        own.write(LOCK, text.as_bytes());
        let fault = check(&own);
        assert!(fault.code == 2 && fault.err.contains(said) && fault.err.contains(LOCK), "{said}: {fault:?}");
    }
}

#[test]
fn a_schema_that_leads_elsewhere_is_said_and_not_followed() {
    let server = Server::new();
    let more = format!("{}/more.json", server.address);
    server.has("/more.json", &till(&["drawers"]));
    server.has("/till.json", &json!({ "type": "object", "properties": { "spec": { "$ref": more } } }));
    let own = shop(&["default".to_owned(), format!("{}/{{{{.ResourceKind}}}}.json", server.address)]);
    assert_eq!(pull(&own, &[]).code, 0);
    assert_eq!(server.asked(), ["/till.json"]);
    assert!(coverage(&own).contains("its schema cannot be used"), "{}", coverage(&own));
    assert_eq!(server.asked(), [""; 0]);
}

#[test]
fn an_older_revision_is_judged_by_the_lock_of_today() {
    let server = Server::new();
    server.has("/till.json", &till(&["drawers"]));
    let own = shop(&["default".to_owned(), format!("{}/{{{{.ResourceKind}}}}.json", server.address)]);
    let git = |arguments: &[&str]| {
        let done = std::process::Command::new("git").args(arguments).current_dir(own.path()).output().unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "before"]);
    assert_eq!(pull(&own, &[]).code, 0);
    assert_eq!(found(&own), ["schema-field-unknown till.yaml:6"]);
    let since = ran(&own, &["check", "--root", ".", "--base", "HEAD", "--output", "json"]);
    assert_eq!(since.json()["summary"]["error"], 0, "{since:?}");
}
