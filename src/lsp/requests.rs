//! Requests about documents: what each needs, and who answers it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lsp_server::{ErrorCode, Request, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::view::View;
use super::{actions, completion, file_links, hover, navigate};

/// What a request has to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// The check of the current texts.
    Check,
    /// Nothing: names of the last check are good enough.
    Text,
}

/// What a method needs; `None` for one that is not supported.
pub fn needs(method: &str) -> Option<Needs> {
    match method {
        "textDocument/hover" | "textDocument/definition" | "textDocument/references" | "textDocument/codeAction" => {
            Some(Needs::Check)
        }
        "textDocument/completion" | "textDocument/documentLink" => Some(Needs::Text),
        _ => None,
    }
}

/// Answers a request about a document of a root; one that makes a question panic is answered with an error.
pub fn answer(view: &View<'_>, path: &str, request: Request) -> Response {
    let Request { id, method, params } = request;
    let answered = catch_unwind(AssertUnwindSafe(|| match method.as_str() {
        "textDocument/hover" => ask(params, |asked| hover::hover(view, path, &asked)),
        "textDocument/definition" => ask(params, |asked| navigate::definition(view, path, &asked)),
        "textDocument/references" => ask(params, |asked| navigate::references(view, path, &asked)),
        "textDocument/codeAction" => ask(params, |asked| actions::actions(view, path, &asked)),
        "textDocument/completion" => ask(params, |asked| completion::complete(view, path, &asked)),
        _ => Ok(serde_json::to_value(file_links::document_links(view, path)).unwrap_or_default()),
    }));
    match answered {
        Ok(Ok(result)) => Response::new_ok(id, result),
        Ok(Err(why)) => Response::new_err(id, ErrorCode::InvalidParams as i32, why),
        Err(_) => Response::new_err(id, ErrorCode::InternalError as i32, format!("`{method}` failed here")),
    }
}

fn ask<P: DeserializeOwned, R: Serialize>(params: Value, answer: impl FnOnce(P) -> R) -> Result<Value, String> {
    let asked = serde_json::from_value(params).map_err(|error| error.to_string())?;
    serde_json::to_value(answer(asked)).map_err(|error| error.to_string())
}
