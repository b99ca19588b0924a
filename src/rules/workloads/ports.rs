//! Names of ports as the API server accepts them.

/// Why a name of a port of a container is refused. Source: kubernetes/apimachinery
/// `pkg/util/validation/validation.go` (`IsValidPortName`).
pub fn refused(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("is empty");
    }
    if name.len() > 15 {
        return Some("has more than 15 characters");
    }
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Some("holds more than lower-case letters, digits and `-`");
    }
    if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Some("holds no letter");
    }
    if name.starts_with('-') || name.ends_with('-') {
        return Some("begins or ends with `-`");
    }
    name.contains("--").then_some("holds `--`")
}

/// Why a name of a port of a Service is refused: it is a DNS label.
pub fn refused_of_service(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        return Some("is empty");
    }
    if name.len() > 63 {
        return Some("has more than 63 characters");
    }
    if !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
        return Some("holds more than lower-case letters, digits and `-`");
    }
    (name.starts_with('-') || name.ends_with('-')).then_some("begins or ends with `-`")
}

/// Text that something fills in later.
pub fn is_template(text: &str) -> bool {
    text.contains("${") || text.contains("{{")
}
