//! Paths as URIs of the `file` scheme, and back.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use gen_lsp_types::Uri;

/// The path of a `file` URI; `None` for every other scheme and for other hosts.
pub fn path(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.0.strip_prefix("file://")?;
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    if !rest.starts_with('/') {
        return None;
    }
    let text = decoded(rest.split(['?', '#']).next()?)?;
    // `/c:/tree` on Windows.
    let bytes = text.as_bytes();
    let has_drive = bytes.get(1).is_some_and(u8::is_ascii_alphabetic) && bytes.get(2) == Some(&b':');
    let text = if has_drive { text.get(1..)? } else { &text };
    Some(PathBuf::from(text))
}

/// The URI of an absolute path.
pub fn of(path: &Path) -> Uri {
    let text = path.display().to_string().replace('\\', "/");
    let mut uri = String::from(if text.starts_with('/') { "file://" } else { "file:///" });
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    Uri(uri)
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
        bytes.push(high << 4 | low);
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_there_and_back() {
        for (text, encoded) in [
            ("/home/a tree/ks.yaml", "file:///home/a%20tree/ks.yaml"),
            ("/home/ä#1/100%.yaml", "file:///home/%C3%A4%231/100%25.yaml"),
        ] {
            assert_eq!(of(Path::new(text)).0, encoded);
            assert_eq!(path(&Uri(encoded.to_owned())), Some(PathBuf::from(text)));
        }
    }

    #[test]
    fn drives_and_their_encoded_colons_are_understood() {
        assert_eq!(path(&Uri("file:///c%3A/tree/a.yaml".to_owned())), Some(PathBuf::from("c:/tree/a.yaml")));
        assert_eq!(of(Path::new("c:\\tree\\a.yaml")).0, "file:///c%3A/tree/a.yaml");
    }

    #[test]
    fn other_schemes_have_no_path() {
        for text in ["untitled:Untitled-1", "git:/a.yaml", "file://host/share", "file:///%zz", "file:///%F"] {
            assert_eq!(path(&Uri(text.to_owned())), None, "{text}");
        }
    }
}
