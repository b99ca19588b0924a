//! What the client can do, as far as it matters here.

use gen_lsp_types::PositionEncodingKind;
use serde_json::Value;

use super::position::Encoding;

/// What the client can do.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// What its columns count.
    pub encoding: Encoding,
    /// It shows the other places of a diagnostic.
    pub has_related: bool,
    /// It greys out what is not needed.
    pub has_tags: bool,
    /// It takes edits with the version of the document.
    pub has_versioned_edits: bool,
    /// It takes texts with places to fill in.
    pub has_snippets: bool,
    /// It reads Markdown.
    pub has_markdown: bool,
    /// It can be asked to watch files.
    pub can_watch: bool,
}

impl Client {
    /// Reads the parameters of `initialize`.
    pub fn of(parameters: &Value) -> Self {
        let at = |path: &str| parameters.pointer(&format!("/capabilities/{path}"));
        let has = |path: &str| at(path).and_then(Value::as_bool) == Some(true);
        let offered: Vec<PositionEncodingKind> = at("general/positionEncodings")
            .and_then(|kinds| serde_json::from_value(kinds.clone()).ok())
            .unwrap_or_default();
        let formats = at("textDocument/hover/contentFormat").and_then(Value::as_array);
        Client {
            encoding: Encoding::negotiated(&offered),
            has_related: has("textDocument/publishDiagnostics/relatedInformation"),
            has_tags: at("textDocument/publishDiagnostics/tagSupport").is_some_and(|tags| *tags != Value::Bool(false)),
            has_versioned_edits: has("workspace/workspaceEdit/documentChanges"),
            has_snippets: has("workspace/workspaceEdit/documentChanges")
                && has("workspace/workspaceEdit/snippetEditSupport"),
            has_markdown: formats.is_none_or(|formats| formats.iter().any(|format| format == "markdown")),
            can_watch: has("workspace/didChangeWatchedFiles/dynamicRegistration"),
        }
    }
}
