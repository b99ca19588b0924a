# What CI runs, and nothing else.
ready:
    .ci/run

# The main job on the tree that the README shows.
demo:
    cargo run --quiet -- check --root fixtures/trees/renamed-bucket

# Writes card and predicate of a new rule: just new-rule storage/bucket-too-small
new-rule name:
    scripts/new-rule.sh {{name}}

# Renews the published schemas after a change of their types.
schemas:
    UPDATE_SCHEMAS=1 cargo test --lib report
    FLUX_VET_UPDATE=1 cargo test --test config --test profiles

# What everything costs: one table with ratios, then single stages and rules.
bench:
    cargo bench --bench scale --bench editor
    cargo bench --bench build --bench rules

# Every fuzz target for so many seconds, without a nightly compiler: texts are damaged by chance.
fuzz seconds="60":
    cargo run --release --example fuzz -- all {{seconds}}

# One fuzz target with libFuzzer, which looks for new paths in the code. Needs nightly Rust and `cargo install cargo-fuzz`.
libfuzzer target seconds="600":
    cargo run --release --example fuzz -- corpus fuzz/corpus
    RUSTFLAGS=-Ccodegen-units=16 cargo +nightly fuzz run -O -s none -a {{target}} -- -max_total_time={{seconds}} -max_len=8192 -timeout=20 -rss_limit_mb=2500
