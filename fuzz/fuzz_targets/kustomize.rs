//! See `targets`.

#![no_main]

#[path = "../targets/mod.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|text: &str| targets::run("kustomize", text));
