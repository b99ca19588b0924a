//! flux-vet: reads a Flux repository the way Flux would apply it and checks what only holds between objects.

pub mod build;
pub mod config;
pub mod fault;
pub mod finding;
pub mod report;
pub mod source;
pub mod yaml;
