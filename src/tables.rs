//! The tables of `rules/`, as the build script left them.

/// What stands in `rules/NAME.json` of the build, as the type that is asked for; the text is that of `rules/NAME.yaml`.
macro_rules! table {
    ($name:expr) => {
        serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/rules/", $name, ".json")))
    };
}
