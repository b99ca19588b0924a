//! Documents that are opened, changed, saved and closed.

use std::sync::Arc;

use gen_lsp_types::{
    DidChangeTextDocumentParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams, TextDocumentContentChangeEvent,
    TextDocumentIdentifier,
};
use lsp_server::Notification;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::position::{Encoding, Lines};
use super::root::Document;
use super::server::Server;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Saved {
    text_document: TextDocumentIdentifier,
}

fn read<T: DeserializeOwned>(told: &Notification) -> Option<T> {
    serde_json::from_value(told.params.clone()).ok()
}

impl Server {
    /// Takes what the client tells of a document; what makes no sense is left alone.
    pub fn document(&mut self, told: &Notification) {
        match told.method.as_str() {
            "textDocument/didOpen" => read(told).map(|opened| self.opened(opened)),
            "textDocument/didChange" => read(told).and_then(|changed| self.changed(changed)),
            "textDocument/didSave" => read(told).map(|saved: Saved| self.disk_changed(&saved.text_document.uri, true)),
            "textDocument/didClose" => read(told).and_then(|closed| self.closed(closed)),
            _ => None,
        };
    }

    fn opened(&mut self, opened: DidOpenTextDocumentParams) {
        let document = opened.text_document;
        if self.locate(&document.uri).is_none() {
            self.add_root_of(&document.uri);
        }
        let Some((at, path)) = self.locate(&document.uri) else { return };
        if let Some(root) = self.roots.get_mut(at) {
            let text = Arc::from(document.text);
            root.open.insert(path, Document { uri: document.uri, version: document.version, text });
        }
        self.text_changed(at);
    }

    fn changed(&mut self, changed: DidChangeTextDocumentParams) -> Option<()> {
        let (at, path) = self.locate(&changed.text_document.text_document_identifier.uri)?;
        let encoding = self.client.encoding;
        let document = self.roots.get_mut(at)?.open.get_mut(&path)?;
        let text = changed
            .content_changes
            .iter()
            .fold(document.text.to_string(), |text, change| apply(&text, change, encoding));
        document.text = text.into();
        document.version = changed.text_document.version;
        self.text_changed(at);
        Some(())
    }

    fn closed(&mut self, closed: DidCloseTextDocumentParams) -> Option<()> {
        let (at, path) = self.locate(&closed.text_document.uri)?;
        self.roots.get_mut(at)?.open.remove(&path)?;
        self.text_changed(at);
        Some(())
    }
}

fn apply(text: &str, change: &TextDocumentContentChangeEvent, encoding: Encoding) -> String {
    match change {
        TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => whole.text.clone(),
        TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
            let range = Lines::new(text, encoding).range(&part.range);
            let (before, after) = (text.get(..range.start), text.get(range.end..));
            [before.unwrap_or_default(), &part.text, after.unwrap_or_default()].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(json: serde_json::Value) -> TextDocumentContentChangeEvent {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn parts_and_whole_texts_are_put_in() {
        let part = serde_json::json!({
            "range": { "start": { "line": 1, "character": 3 }, "end": { "line": 1, "character": 4 } }, "text": "22",
        });
        assert_eq!(apply("ä: 1\nb: 2\n", &change(part), Encoding::Utf16), "ä: 1\nb: 22\n");
        assert_eq!(apply("a", &change(serde_json::json!({ "text": "b" })), Encoding::Utf8), "b");
    }
}
