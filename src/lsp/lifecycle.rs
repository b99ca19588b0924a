//! From `initialize` to `exit`, by the book.

use gen_lsp_types::{
    ChangeNotifications, CodeActionKind, CodeActionOptions, CodeActionProvider, CompletionOptions, DefinitionProvider,
    DocumentLinkOptions, ExecuteCommandOptions, HoverProvider, ReferencesProvider, Save, ServerCapabilities,
    TextDocumentSync, TextDocumentSyncKind, TextDocumentSyncOptions, WorkspaceFoldersServerCapabilities,
    WorkspaceOptions,
};
use lsp_server::{Connection, Response};
use serde_json::json;

use super::client::Client;
use super::graph;
use super::server::Server;
use super::setup::Setup;

/// The kind of the action that makes every safe fix of a document.
pub const FIX_ALL: &str = "source.fixAll.flux-vet";

/// Serves one client until it leaves; whether it left as it should.
pub fn serve(connection: Connection, setup: Setup) -> bool {
    let Ok((id, parameters)) = connection.initialize_start() else { return false };
    let client = Client::of(&parameters);
    let result = json!({
        "capabilities": capabilities(client),
        "serverInfo": { "name": "flux-vet", "version": env!("CARGO_PKG_VERSION") },
    });
    // Not `initialize_finish`: a client that says something before `initialized` is no reason to leave.
    let _ = connection.sender.send(Response::new_ok(id, result).into());
    Server::new(connection, client, setup.with(&parameters)).run(&parameters)
}

fn capabilities(client: Client) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(client.encoding.kind()),
        text_document_sync: Some(TextDocumentSync::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::Incremental),
            save: Some(Save::Bool(true)),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProvider::Bool(true)),
        definition_provider: Some(DefinitionProvider::Bool(true)),
        references_provider: Some(ReferencesProvider::Bool(true)),
        document_link_provider: Some(DocumentLinkOptions::default()),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some([" ", "[", "/", ","].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        code_action_provider: Some(CodeActionProvider::CodeActionOptions(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QuickFix, CodeActionKind::from(FIX_ALL.to_owned())]),
            ..CodeActionOptions::default()
        })),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: vec![graph::COMMAND.to_owned()],
            ..ExecuteCommandOptions::default()
        }),
        workspace: Some(WorkspaceOptions {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(ChangeNotifications::Bool(true)),
            }),
            ..WorkspaceOptions::default()
        }),
        ..ServerCapabilities::default()
    }
}
