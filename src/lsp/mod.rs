//! The language server: the same pipeline over the texts of an editor.
//!
//! The server's thread listens and answers; each root has a thread that checks it ([`checker`]). What a check found out is
//! a [`snapshot::Snapshot`], and every question is asked of the last one. A question that comes after a change waits for
//! the check of that change, so that no answer is about a text that is gone.

mod actions;
mod checker;
mod client;
mod completion;
mod context;
mod diagnostics;
mod documents;
mod file_links;
mod fix_all;
mod graph;
mod hover;
mod kept;
mod lifecycle;
mod navigate;
mod position;
mod requests;
mod root;
mod server;
mod setup;
mod snapshot;
mod uri;
mod values;
mod view;

pub use lifecycle::serve;
pub use setup::Setup;
