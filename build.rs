//! Turns the tables and the heads of the cards in `rules/` into JSON: the same data, which a run reads many times as fast.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;

fn main() -> Result<(), Box<dyn Error>> {
    let rules = Path::new("rules");
    println!("cargo::rerun-if-changed={}", rules.display());
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or("cargo gives a folder")?);
    let mut open = vec![rules.to_owned()];
    while let Some(folder) = open.pop() {
        fs::create_dir_all(out.join(&folder))?;
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let text = fs::read_to_string(&path)?;
            let yaml = match path.extension().and_then(|ending| ending.to_str()) {
                Some("yaml") => Some(text.as_str()),
                // What is wrong with a card is told when it is read, with its line.
                Some("md") => text.strip_prefix("---\n").and_then(|rest| Some(rest.split_once("\n---\n")?.0)),
                _ => None,
            };
            let Some(yaml) = yaml else { continue };
            let at = |error: String| format!("{}: {error}", path.display());
            let value: Value = serde_yaml::from_str(yaml).map_err(|error| at(error.to_string()))?;
            plain(&value).map_err(at)?;
            fs::write(out.join(path.with_extension("json")), value.to_string())?;
        }
    }
    Ok(())
}

/// Whether a value says the same in JSON: a version such as `1.30` has to stand in quotes.
fn plain(value: &Value) -> Result<(), String> {
    match value {
        Value::Number(number) if number.is_f64() => Err(format!("put the number {number} in quotes")),
        Value::Array(items) => items.iter().try_for_each(plain),
        Value::Object(map) => map.values().try_for_each(plain),
        _ => Ok(()),
    }
}
