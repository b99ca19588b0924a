//! The `flux-vet` binary.

fn main() {}
