//! The language server, driven by a client over standard input and output.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod editor;

use std::fs;

use editor::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

const KS: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: NAME
  namespace: flux-system
spec:
  interval: 1h
  path: ./PATH
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
";

/// Two applications, of which one depends on the other.
fn tree() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let ks = |name: &str, path: &str| KS.replace("NAME", name).replace("PATH", path);
    write("cluster/store.yaml", &ks("store", "apps/store"));
    write("cluster/web.yaml", &format!("{}  dependsOn:\n    - name: store\n", ks("web", "apps/web")));
    write("apps/store/kustomization.yaml", "resources:\n  - ./settings.yaml\n");
    write(
        "apps/store/settings.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: store\ndata:\n  mode: fast\n",
    );
    write("apps/web/kustomization.yaml", "namespace: web\nresources:\n  - ./deployment.yaml\n");
    write(
        "apps/web/deployment.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: web\ndata:\n  host: web.example\n",
    );
    write("apps/web/later.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: later\n");
    folder
}

fn full() -> Value {
    json!({
        "textDocument": { "publishDiagnostics": { "relatedInformation": true, "tagSupport": { "valueSet": [1, 2] } } },
        "workspace": { "workspaceEdit": { "documentChanges": true }, "didChangeWatchedFiles": { "dynamicRegistration": true } },
    })
}

fn rules(shown: &[Value]) -> Vec<&str> {
    shown.iter().map(|diagnostic| diagnostic["code"].as_str().unwrap()).collect()
}

fn has(rule: &str) -> impl Fn(&[Value]) -> bool {
    move |shown| rules(shown).contains(&rule)
}

/// A text after the edits of an action, which are of one file.
fn edited(text: &str, action: &Value) -> String {
    let edits = action["edit"]["documentChanges"][0]["edits"].as_array().unwrap();
    let starts: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let offset = |place: &Value| {
        starts[place["line"].as_u64().unwrap() as usize] + place["character"].as_u64().unwrap() as usize
    };
    let mut edits: Vec<(usize, usize, &str)> = edits
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            (offset(&range["start"]), offset(&range["end"]), edit["newText"].as_str().unwrap())
        })
        .collect();
    edits.sort();
    let mut text = text.to_owned();
    for (start, end, new) in edits.into_iter().rev() {
        text.replace_range(start..end, new);
    }
    text
}

#[test]
fn an_unsaved_text_breaks_another_file_and_mends_it_again() {
    let folder = tree();
    let (mut client, answer) = Client::start(folder.path(), full());
    assert_eq!(answer["capabilities"]["positionEncoding"], "utf-16");
    client.open("cluster/store.yaml", &client.text("cluster/store.yaml"));
    client.until("cluster/store.yaml", <[Value]>::is_empty);
    // `name: store` becomes `name: shop`.
    let name = json!({ "start": { "line": 3, "character": 8 }, "end": { "line": 3, "character": 13 } });
    client.change("cluster/store.yaml", 2, json!([{ "range": name, "text": "shop" }]));
    let shown = client.until("cluster/web.yaml", has("depends-on-missing"));
    let broken = shown.iter().find(|shown| shown["code"] == "depends-on-missing").unwrap();
    assert_eq!(broken["severity"], 1);
    assert_eq!(broken["source"], "flux-vet");
    assert_eq!(broken["range"]["start"]["line"], 13);
    assert!(broken["codeDescription"]["href"].as_str().unwrap().contains("depends-on-missing"));
    assert!(broken["data"]["fingerprint"].is_string());
    assert!(broken["relatedInformation"].is_array());
    assert_eq!(client.shown["cluster/store.yaml"]["version"], 2);
    client.change("cluster/store.yaml", 3, json!([{ "text": client.text("cluster/store.yaml") }]));
    client.until("cluster/web.yaml", <[Value]>::is_empty);
    assert!(client.asked.iter().any(|request| request.method == "client/registerCapability"));
    assert_eq!(client.leave(), 0);
}

#[test]
fn names_lead_to_what_they_mean_and_back() {
    let folder = tree();
    let (mut client, _) = Client::start(folder.path(), full());
    let depends = client.at("cluster/web.yaml", 13, 14);
    let hover = client.ask("textDocument/hover", depends.clone());
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(text.contains("means **Kustomization** `flux-system/store`"), "{text}");
    let found = client.ask("textDocument/definition", depends.clone());
    assert_eq!(found[0]["uri"], client.uri("cluster/store.yaml"));
    assert_eq!(found[0]["range"]["start"], json!({ "line": 3, "character": 8 }));
    let mut asked = client.at("cluster/store.yaml", 3, 9);
    asked["context"] = json!({ "includeDeclaration": true });
    let found = client.ask("textDocument/references", asked);
    let uris: Vec<&str> = found.as_array().unwrap().iter().map(|place| place["uri"].as_str().unwrap()).collect();
    assert_eq!(uris, [client.uri("cluster/store.yaml"), client.uri("cluster/web.yaml")]);
    // `spec.path`, and an entry of a kustomization file.
    let found = client.ask("textDocument/definition", client.at("cluster/web.yaml", 7, 12));
    assert_eq!(found[0]["uri"], client.uri("apps/web/kustomization.yaml"));
    let found = client.ask("textDocument/definition", client.at("apps/web/kustomization.yaml", 2, 8));
    assert_eq!(found[0]["uri"], client.uri("apps/web/deployment.yaml"));
    // Where a value comes from.
    let hover = client.ask("textDocument/hover", client.at("apps/web/kustomization.yaml", 0, 12));
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(text.contains("namespace set here") && text.contains("`flux-system/web`"), "{text}");
    let hover = client.ask("textDocument/hover", client.at("apps/web/deployment.yaml", 5, 10));
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(text.contains("`data.host` = `web.example`"), "{text}");
    client.open("apps/web/kustomization.yaml", &client.text("apps/web/kustomization.yaml"));
    let links = client.ask(
        "textDocument/documentLink",
        json!({ "textDocument": { "uri": client.uri("apps/web/kustomization.yaml") } }),
    );
    assert_eq!(links[0]["target"], client.uri("apps/web/deployment.yaml"));
    assert_eq!(client.leave(), 0);
}

#[test]
fn names_files_and_rules_are_completed() {
    let folder = tree();
    let (mut client, _) = Client::start(folder.path(), full());
    client.open("cluster/web.yaml", &client.text("cluster/web.yaml"));
    client.until("cluster/web.yaml", |_| true);
    let labels = |items: &Value| -> Vec<String> {
        items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    };
    let half = client.text("cluster/web.yaml").replace("name: store", "name: ");
    client.change("cluster/web.yaml", 2, json!([{ "text": half }]));
    let items = client.ask("textDocument/completion", client.at("cluster/web.yaml", 13, 12));
    assert_eq!(labels(&items), ["store"]);
    client.open(
        "apps/web/kustomization.yaml",
        "namespace: web\nresources:\n  - ./deployment.yaml\n  - \n# flux-vet: ignore[depends",
    );
    let items = client.ask("textDocument/completion", client.at("apps/web/kustomization.yaml", 3, 4));
    assert_eq!(labels(&items), ["./later.yaml", "../store"]);
    let items = client.ask("textDocument/completion", client.at("apps/web/kustomization.yaml", 4, 26));
    assert!(labels(&items).contains(&"depends-on-missing".to_owned()));
    assert_eq!(items[0]["textEdit"]["range"]["start"]["character"], 19);
    assert_eq!(client.leave(), 0);
}

#[test]
fn findings_are_fixed_and_ignored() {
    let folder = tree();
    let (mut client, _) = Client::start(folder.path(), full());
    let text = client.text("cluster/web.yaml").replace("name: store", "name: stora");
    client.open("cluster/web.yaml", &text);
    client.until("cluster/web.yaml", has("depends-on-missing"));
    let actions = client.actions("cluster/web.yaml", 13, None);
    let titles: Vec<&str> = actions.iter().map(|action| action["title"].as_str().unwrap()).collect();
    let ignoring =
        actions.iter().find(|action| action["title"] == "Ignore `depends-on-missing` here").expect("an ignore");
    let ignored = edited(&text, ignoring);
    assert!(ignored.contains("    # flux-vet: ignore[depends-on-missing] REASON\n    - name: stora\n"), "{ignored}");
    let fix =
        actions.iter().find(|action| action["edit"].is_object() && edited(&text, action).contains("- name: store\n"));
    let fixed = edited(&text, fix.unwrap_or_else(|| panic!("no fix in {titles:?}")));
    client.change("cluster/web.yaml", 2, json!([{ "text": ignored }]));
    client.until("cluster/web.yaml", <[Value]>::is_empty);
    client.change("cluster/web.yaml", 3, json!([{ "text": fixed }]));
    // A comment that ignores nothing has a safe fix.
    let idle = fixed.replace("spec:\n", "# flux-vet: ignore[depends-on-missing] no longer\nspec:\n");
    client.change("cluster/web.yaml", 4, json!([{ "text": idle }]));
    let shown = client.until("cluster/web.yaml", has("suppression-unused"));
    assert_eq!(shown[0]["tags"], json!([1]));
    let actions = client.actions("cluster/web.yaml", 0, Some("source.fixAll"));
    assert_eq!(actions[0]["kind"], "source.fixAll.flux-vet");
    assert_eq!(edited(&idle, &actions[0]), fixed);
    assert!(client.actions("cluster/web.yaml", 0, Some("refactor")).is_empty());
    assert_eq!(client.leave(), 0);
}

#[test]
fn on_saving_fixes_are_made_until_none_is_left() {
    let folder = tree();
    let (mut client, _) = Client::start(folder.path(), full());
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings\n  namespace: store\n  labels:\n    \
        # flux-vet: ignore[schema-value-invalid] a date\n    since: 2024-01-01\n    other: a\n";
    client.open("apps/store/settings.yaml", text);
    client.until("apps/store/settings.yaml", has("yaml-date-retyped"));
    let all = |actions: Vec<Value>| {
        actions.into_iter().find(|action| action["kind"] == "source.fixAll.flux-vet").expect("an action")
    };
    // Beside other actions it is what one check tells.
    let once = all(client.actions("apps/store/settings.yaml", 7, None));
    assert_eq!(edited(text, &once), text.replace("2024-01-01", "\"2024-01-01\""));
    // The comment ignores nothing any more when the date is a text.
    let whole = all(client.actions("apps/store/settings.yaml", 7, Some("source.fixAll")));
    let comment = "    # flux-vet: ignore[schema-value-invalid] a date\n";
    assert_eq!(edited(text, &whole), text.replace("2024-01-01", "\"2024-01-01\"").replace(comment, ""));
    assert_eq!(client.leave(), 0);
}

#[test]
fn the_reason_is_a_place_to_fill_in_where_the_client_knows_such() {
    let folder = tree();
    let mut capabilities = full();
    capabilities["workspace"]["workspaceEdit"]["snippetEditSupport"] = json!(true);
    let (mut client, _) = Client::start(folder.path(), capabilities);
    let text = client.text("cluster/web.yaml").replace("name: store", "name: gone");
    client.open("cluster/web.yaml", &text);
    client.until("cluster/web.yaml", has("depends-on-missing"));
    let line = text.lines().position(|line| line.contains("gone")).unwrap();
    let actions = client.actions("cluster/web.yaml", line, Some("quickfix"));
    let ignore = actions.iter().find(|action| action["title"].as_str().unwrap().starts_with("Ignore")).unwrap();
    let edit = &ignore["edit"]["documentChanges"][0]["edits"][0];
    assert_eq!(
        edit["snippet"],
        json!({ "kind": "snippet", "value": "    # flux-vet: ignore[depends-on-missing] ${1:REASON}\n" })
    );
    assert_eq!(client.leave(), 0);
}

#[test]
fn a_picture_of_the_graph_is_drawn_on_demand() {
    let folder = tree();
    let (mut client, answer) = Client::start(folder.path(), full());
    assert_eq!(answer["capabilities"]["executeCommandProvider"]["commands"], json!(["flux-vet.graph"]));
    let mut draw = |argument: Value| {
        let arguments = json!({ "command": "flux-vet.graph", "arguments": [argument] });
        let id = client.request("workspace/executeCommand", arguments);
        client.answer(&id).response_result
    };
    let svg = draw(json!({})).unwrap();
    assert_eq!(svg["format"], "svg");
    assert!(svg["text"].as_str().unwrap().starts_with("<svg"), "{svg}");
    let mermaid = draw(json!({ "format": "mermaid", "kustomization": ["web"] })).unwrap();
    let text = mermaid["text"].as_str().unwrap();
    assert!(text.contains("flowchart LR") && text.contains("web") && text.contains("store"), "{text}");
    assert!(draw(json!({ "format": "png" })).is_err());
    // An unsaved text counts.
    let other = client.text("cluster/web.yaml").replace("name: store", "name: gone");
    client.open("cluster/web.yaml", &other);
    let arguments = json!({ "command": "flux-vet.graph", "arguments": [{ "format": "dot" }] });
    let dot = client.ask("workspace/executeCommand", arguments);
    assert!(dot["text"].as_str().unwrap().contains("gone"), "{dot}");
    let id = client.request("workspace/executeCommand", json!({ "command": "other" }));
    assert!(client.answer(&id).response_result.is_err());
    assert_eq!(client.leave(), 0);
}

#[test]
fn the_configuration_is_named_by_the_client_or_the_command_line() {
    let folder = tree();
    fs::write(folder.path().join("off.yaml"), "rules: {depends-on-missing: off}\n").unwrap();
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("flux-vet.yaml");
    fs::write(&file, "rules: {depends-on-missing: off}\n").unwrap();
    fs::write(folder.path().join(".flux-vet.yaml"), "rules: {depends-on-missing: info}\n").unwrap();
    let broken = |client: &Client| client.text("cluster/web.yaml").replace("name: store", "name: gone");
    let file = file.to_str().unwrap();
    for (arguments, options, severity) in [
        (&[] as &[&str], json!(null), Some(3)),
        (&["--config", file], json!(null), None),
        (&["--config", "off.yaml"], json!(null), None),
        (&["--isolated"], json!(null), Some(1)),
        (&[], json!({ "config": "off.yaml" }), None),
        (&["--config", file], json!({ "config": ".flux-vet.yaml" }), Some(3)),
        (&[], json!({ "isolated": true }), Some(1)),
    ] {
        let (mut client, _) = Client::start_with(folder.path(), full(), arguments, options.clone());
        let text = broken(&client);
        client.open("cluster/web.yaml", &text);
        match severity {
            Some(severity) => {
                let shown = client.until("cluster/web.yaml", has("depends-on-missing"));
                assert_eq!(shown[0]["severity"], severity, "{arguments:?} {options}");
            }
            None => {
                client.until("cluster/web.yaml", <[Value]>::is_empty);
            }
        }
        assert_eq!(client.leave(), 0);
    }
}

#[test]
fn a_wrong_configuration_is_shown_at_its_place() {
    let folder = tree();
    let (mut client, _) = Client::start(folder.path(), full());
    client.open(".flux-vet.yaml", "nodes: 3\nruls: {}\n");
    let shown = client.until(".flux-vet.yaml", |shown| !shown.is_empty());
    assert_eq!(shown[0]["range"]["start"], json!({ "line": 1, "character": 0 }));
    client.change(".flux-vet.yaml", 2, json!([{ "text": "nodes: 3\n" }]));
    client.until(".flux-vet.yaml", <[Value]>::is_empty);
    assert_eq!(client.leave(), 0);
}

#[test]
fn files_that_change_on_disk_are_read_again() {
    let folder = tree();
    let (mut client, _) = Client::start(folder.path(), full());
    client.open("cluster/web.yaml", &client.text("cluster/web.yaml"));
    client.until("cluster/web.yaml", <[Value]>::is_empty);
    fs::remove_file(client.root.join("cluster/store.yaml")).unwrap();
    let gone = json!({ "uri": client.uri("cluster/store.yaml"), "type": 3 });
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [gone] }));
    client.until("cluster/web.yaml", has("depends-on-missing"));
    fs::write(client.root.join("cluster/store.yaml"), KS.replace("NAME", "other").replace("PATH", "apps/store"))
        .unwrap();
    let there = json!({ "uri": client.uri("cluster/store.yaml"), "type": 1 });
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [there] }));
    fs::write(client.root.join("cluster/store.yaml"), KS.replace("NAME", "store").replace("PATH", "apps/store"))
        .unwrap();
    let changed = json!({ "uri": client.uri("cluster/store.yaml"), "type": 2 });
    client.tell("workspace/didChangeWatchedFiles", json!({ "changes": [changed] }));
    client.until("cluster/web.yaml", <[Value]>::is_empty);
    assert_eq!(client.leave(), 0);
}

#[test]
fn columns_are_bytes_where_the_client_can() {
    let folder = tree();
    let mut capabilities = full();
    capabilities["general"] = json!({ "positionEncodings": ["utf-16", "utf-8"] });
    let (mut client, answer) = Client::start(folder.path(), capabilities);
    assert_eq!(answer["capabilities"]["positionEncoding"], "utf-8");
    let text = client.text("cluster/web.yaml").replace("- name: store", "- {readyExpr: \"ä𝄞\", name: stora}");
    client.open("cluster/web.yaml", &text);
    let shown = client.until("cluster/web.yaml", has("depends-on-missing"));
    let broken = shown.iter().find(|shown| shown["code"] == "depends-on-missing").unwrap();
    assert_eq!(broken["range"]["start"]["character"], text.lines().nth(13).unwrap().find("stora").unwrap());
    assert_eq!(client.leave(), 0);
}

#[test]
fn a_client_that_can_little_still_hears_everything() {
    let folder = tree();
    let (mut client, _) = Client::start(folder.path(), json!({}));
    let text = client.text("cluster/web.yaml").replace("name: store", "name: stora");
    client.open("cluster/web.yaml", &text);
    let shown = client.until("cluster/web.yaml", has("depends-on-missing"));
    assert!(shown[0].get("relatedInformation").is_none());
    let actions = client.actions("cluster/web.yaml", 13, Some("quickfix"));
    assert!(actions[0]["edit"]["changes"].is_object());
    assert!(client.asked.is_empty());
    assert_eq!(client.leave(), 0);
}

#[test]
fn nothing_half_typed_ends_the_server() {
    let folder = tree();
    let (mut client, _) = Client::start(folder.path(), full());
    let text = client.text("cluster/web.yaml");
    client.open("cluster/web.yaml", &text);
    for (version, (at, odd)) in
        (2..).zip([(40, "{["), (0, "- : ["), (200, "\t&a *b"), (97, "${"), (10, "|\n  ä"), (60, "\u{0}")])
    {
        let mut cut = text[..at].to_owned();
        cut.push_str(odd);
        client.change("cluster/web.yaml", version, json!([{ "text": cut }]));
        for method in ["hover", "definition", "completion"] {
            client.ask(&format!("textDocument/{method}"), client.at("cluster/web.yaml", 3, 8));
        }
        client.actions("cluster/web.yaml", 0, None);
    }
    client.change("cluster/web.yaml", 99, json!([{ "text": text }]));
    client.until("cluster/web.yaml", <[Value]>::is_empty);
    assert_eq!(client.leave(), 0);
}

#[test]
fn questions_can_be_taken_back_and_others_are_refused() {
    let folder = tree();
    let (mut client, _) = Client::start(folder.path(), full());
    // It waits for the first check.
    let id = client.request("textDocument/hover", client.at("cluster/web.yaml", 13, 14));
    client.tell("$/cancelRequest", json!({ "id": client.next }));
    assert_eq!(client.answer(&id).response_result.unwrap_err().code, -32800);
    let id = client.request("textDocument/rename", client.at("cluster/web.yaml", 13, 14));
    assert_eq!(client.answer(&id).response_result.unwrap_err().code, -32601);
    let id = client.request("textDocument/hover", json!({ "textDocument": { "uri": client.uri("cluster/web.yaml") } }));
    assert_eq!(client.answer(&id).response_result.unwrap_err().code, -32602);
    assert_eq!(
        client.ask(
            "textDocument/hover",
            json!({ "textDocument": { "uri": "untitled:a" }, "position": { "line": 0, "character": 0 } })
        ),
        Value::Null
    );
    client.ask("shutdown", Value::Null);
    let id = client.request("textDocument/hover", client.at("cluster/web.yaml", 13, 14));
    assert_eq!(client.answer(&id).response_result.unwrap_err().code, -32600);
    client.tell("exit", Value::Null);
    assert_eq!(client.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_client_that_leaves_without_a_word_is_noticed() {
    let folder = tree();
    let (mut client, _) = Client::start(folder.path(), full());
    client.tell("exit", Value::Null);
    assert_eq!(client.child.wait().unwrap().code(), Some(1));
    let (mut client, _) = Client::start(folder.path(), full());
    drop(client.to.take());
    assert_eq!(client.child.wait().unwrap().code(), Some(1));
}
