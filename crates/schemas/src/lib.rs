//! JSON schemas of the built-in kinds of Kubernetes, as one packed text.
//!
//! The first line is an object of all kinds (`group/version/Kind`, `v1/Kind` of the core group, each with the name of its
//! `definition` and whether it is `namespaced`). Each further line is a definition: its name, a tab and its schema, whose
//! references are `#/$defs/NAME`. So only what is asked for has to be parsed. Generated from k8s-openapi (Apache-2.0);
//! descriptions are left out.

use std::io::Read as _;

use flate2::read::GzDecoder;

/// The version of Kubernetes that the schemas are of.
pub const KUBERNETES: &str = "1.37";

/// The packed text.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/schemas.txt.gz"));

/// The text, unpacked.
///
/// # Errors
/// The packed text is damaged, which a build never leaves behind.
pub fn text() -> std::io::Result<String> {
    let mut text = String::new();
    GzDecoder::new(PACKED).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_text_unpacks() {
        let text = super::text().unwrap_or_default();
        assert!(text.contains("\"apps/v1/Deployment\""));
        assert!(text.contains("\"v1/Service\""));
        assert!(!text.contains("\"description\":\""));
    }
}
