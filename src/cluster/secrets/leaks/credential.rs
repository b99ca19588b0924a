//! Whether a name promises a credential and the value beside it can be one.

use std::sync::LazyLock;

use base64::Engine as _;
use regex::Regex;

use super::super::classify::{
    entropy, is_host, is_placeholder, is_public, is_reference, is_spoken, is_switch, is_uuid, unquoted, words,
};
use super::dummies::is_dummy;

/// Longest value that is looked at as one credential.
const MAX_VALUE: usize = 512;

/// What a name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Promise {
    /// A password: people make them up.
    Password,
    /// A token or a key: a program makes it, and it looks so.
    Token,
}

/// Whether a value under a name is a credential.
pub(super) fn credential(name: &str, value: &str) -> bool {
    let value = unquoted(value.trim());
    let Some(promise) = promise(name) else { return false };
    if value.len() > MAX_VALUE || stands_for_another(value) || is_dummy(name, value) {
        return false;
    }
    if let Some(decoded) = decoded(value)
        && (is_dummy(name, &decoded) || stands_for_another(&decoded))
    {
        return false;
    }
    match promise {
        Promise::Password => is_password(value),
        Promise::Token => is_token(value),
    }
}

/// What a name promises; `None` for nothing, and for names of what a credential belongs to or is kept in.
fn promise(name: &str) -> Option<Promise> {
    const PASSWORDS: [&str; 7] = ["password", "passwd", "passphrase", "pwd", "pass", "passcode", "passwort"];
    const TOKENS: [&str; 12] = [
        "token",
        "apikey",
        "credential",
        "credentials",
        "creds",
        "secret",
        "bearer",
        "hmac",
        "psk",
        "pat",
        "salt",
        "jwt",
    ];
    const COMPOUNDS: [&str; 8] =
        ["token", "secret", "apikey", "secretkey", "privatekey", "authkey", "encryptionkey", "accesskey"];
    // A key of one of these is a credential; any other may be the key of a map.
    const OWNERS: [&str; 32] = [
        "access",
        "account",
        "admin",
        "aes",
        "api",
        "app",
        "application",
        "auth",
        "client",
        "consumer",
        "cookie",
        "crypto",
        "encrypt",
        "encryption",
        "hmac",
        "integration",
        "jwt",
        "license",
        "master",
        "preshared",
        "private",
        "recovery",
        "root",
        "secret",
        "service",
        "session",
        "shared",
        "sign",
        "signing",
        "storage",
        "subscription",
        "unseal",
    ];
    // `existingSecret`, `tlsSecret`: the name of an object.
    const OBJECTS: [&str; 14] = [
        "cert",
        "certificate",
        "config",
        "env",
        "existing",
        "external",
        "extra",
        "image",
        "name",
        "pull",
        "ref",
        "registry",
        "sealed",
        "tls",
    ];
    let mut words = words(name);
    let is_number = |word: &String| word.chars().all(|c| c.is_ascii_digit());
    while words.last().is_some_and(is_number) {
        words.pop();
    }
    let (last, before) = words.split_last()?;
    let last = last.trim_end_matches(|c: char| c.is_ascii_digit());
    // `checksum/secret`: what is made of one and cannot be turned back.
    const DERIVED: [&str; 6] = ["public", "checksum", "hash", "digest", "sha256", "fingerprint"];
    if before.iter().any(|word| DERIVED.contains(&word.as_str())) {
        return None;
    }
    if PASSWORDS.contains(&last) || ["password", "passwd", "passphrase"].iter().any(|end| last.ends_with(end)) {
        return Some(Promise::Password);
    }
    let is_object = before.iter().any(|word| OBJECTS.contains(&word.as_str()));
    let is_key = last == "key" && before.last().is_some_and(|owner| OWNERS.contains(&owner.as_str()));
    let is_token = TOKENS.contains(&last) || COMPOUNDS.iter().any(|end| last.ends_with(end));
    (is_key || (is_token && !is_object)).then_some(Promise::Token)
}

/// A reference, a template, an address, a path, a public value: something else holds the credential, or nothing does.
fn stands_for_another(value: &str) -> bool {
    static OTHER: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(concat!(
            // Variables and templates of shells, Kubernetes, Flux, Grafana, Python, Caddy, Windows, Home Assistant.
            r"^\$[A-Za-z_({]|\$\{|\$\(|\{\{|<%|^\$__|^%\(|^%[A-Za-z_]+%$|^@[A-Za-z_]+@$|^__[A-Za-z_]+__$|^\{env[.:]|^!",
            // Names of environment variables, of keys of maps, of files and types.
            r"|^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$|^os\.environ|^(?:env|file|secret|secrets|ref|projects|arn|keyvault|k8s|ssm|awssm|lookup)[:/]",
            r"|^\.{0,2}/|^~/|^[A-Za-z]:\\|\.(?:json|ya?ml|pem|key|crt|cer|txt|conf|env|toml|ini|sh|sql|gpg|age|asc)$",
            // Public by nature.
            r"|(?i:^(?:sha(?:1|256|384|512)|md5|blake2b|blake3)[:\-])|^age1[a-z0-9]{58}$|^pk_(?:live|test)_",
            // Lists, objects and calls.
            r"|^[\[{<].*[\]}>]$|^[A-Za-z_][A-Za-z0-9_.]*\(.*\)$",
        ))
        .ok()
    });
    value.is_empty()
        || is_reference(value)
        || is_placeholder(value)
        || is_switch(value) && !value.chars().all(|c| c.is_ascii_digit())
        || is_uuid(value)
        || is_host(value)
        || is_public(value)
        || value.contains("://")
        || OTHER.as_ref().is_some_and(|other| other.is_match(value))
}

fn is_password(value: &str) -> bool {
    if value.len() < 6 || value.contains(char::is_whitespace) {
        // Several words and nothing else are a passphrase; a sentence has other signs.
        let words: Vec<&str> = value.split_whitespace().collect();
        return (4..=10).contains(&words.len())
            && words.iter().all(|word| word.len() > 2 && word.chars().all(|c| c.is_ascii_lowercase()));
    }
    if value.chars().all(|c| c.is_ascii_lowercase()) {
        // A short word may be the name of a mode.
        return value.len() >= 12;
    }
    let letters_only = value.chars().all(|c| c.is_ascii_alphabetic());
    // `adminPassword`: the name of a key.
    let names_a_key = letters_only && promise(value).is_some();
    !names_a_key && !is_name(value)
}

fn is_token(value: &str) -> bool {
    if value.len() < 12 || value.contains(char::is_whitespace) || is_name(value) {
        return false;
    }
    let has = |test: fn(&char) -> bool| value.chars().any(|c| test(&c));
    let classes = [has(char::is_ascii_lowercase), has(char::is_ascii_uppercase), has(char::is_ascii_digit)]
        .iter()
        .filter(|found| **found)
        .count();
    let letters_only = value.chars().all(|c| c.is_ascii_alphabetic());
    let is_hex = value.len() >= 16 && value.chars().all(|c| c.is_ascii_hexdigit());
    let is_enough = classes >= 2 && !(letters_only && (value.len() < 24 || is_spoken(value)));
    (is_hex || is_enough) && entropy(value) >= 3.0
}

/// Words and short numbers put together: the name of an object, of a key, of a path.
fn is_name(value: &str) -> bool {
    let parts: Vec<&str> = value.split(['-', '_', '.', '/', ':', ',']).collect();
    // `db2024_password`: the name of a key.
    if parts.len() > 1 && promise(value).is_some() && value.chars().all(|c| !c.is_ascii_uppercase()) {
        return true;
    }
    let is_word = |part: &&str| {
        let word = part.trim_end_matches(|c: char| c.is_ascii_digit());
        let is_short = part.len() - word.len() <= 2;
        is_short
            && (word.chars().all(|c| c.is_ascii_lowercase())
                || (word.chars().skip(1).all(|c| c.is_ascii_lowercase()) && word.len() <= 12))
    };
    parts.len() > 1 && parts.iter().all(is_word)
}

/// The text in base64, where it is readable.
fn decoded(value: &str) -> Option<String> {
    let bytes = base64::engine::general_purpose::STANDARD.decode(value).ok().filter(|bytes| bytes.len() >= 4)?;
    let text = String::from_utf8(bytes).ok()?;
    text.chars().all(|c| c.is_ascii_graphic() || c == ' ').then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    // Every value is invented.
    const RANDOM: &str = "q7RtZ2mXv9LkPw4sHd8fJc3N";

    #[test]
    fn the_last_word_of_a_name_promises() {
        for name in ["password", "adminPassword", "DB_PASSWORD", "PGPASSWORD", "smtp-pass", "password2"] {
            assert_eq!(promise(name), Some(Promise::Password), "{name}");
        }
        for name in
            ["token", "apiKey", "API_KEY", "clientSecret", "JWT_SECRET", "secretKey", "cookie-secret", "authKey"]
        {
            assert_eq!(promise(name), Some(Promise::Token), "{name}");
        }
        for name in [
            "passwordKey",
            "existingSecret",
            "tokenUrl",
            "passwordFile",
            "publicKey",
            "secretName",
            "imagePullSecret",
            "key",
            "tokenSecretRef",
            "passwordHash",
            "sortKey",
            "tokens",
            "compass",
        ] {
            assert_eq!(promise(name), None, "{name}");
        }
    }

    #[test]
    fn values_that_can_be_credentials() {
        for (name, value) in [
            ("password", "hunter2-4711"),
            ("password", "Tr0ub4dor"),
            ("password", "93817264"),
            ("password", "sunnyafternoonwalk"),
            ("passphrase", "seven yellow bikes sleeping"),
            ("token", RANDOM),
            ("secretKey", "9f86d081884c7d659a2feaa0"),
        ] {
            assert!(credential(name, value), "{name}: {value}");
        }
    }

    #[test]
    fn values_that_cannot() {
        for (name, value) in [
            ("password", "${DB_PASSWORD}"),
            ("password", "$(DB_PASSWORD)"),
            ("password", "$DB_PASSWORD"),
            ("password", "op://home/db/password"),
            ("password", "{{ .Values.password }}"),
            ("password", "DB_PASSWORD"),
            ("password", "adminPassword"),
            ("password", "db-admin-password"),
            ("password", "/run/secrets/password"),
            ("password", "admin"),
            ("password", "true"),
            ("password", "$__file{/etc/secrets/password}"),
            ("token", "grafana-token-1"),
            ("token", "0d2f1f2c-1a2b-4c3d-8e9f-001122334455"),
            ("secret", "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
            ("clientSecret", "my-client-secret-name"),
            ("apiKey", "https://api.home.arpa"),
            ("password", "Y2hhbmdlbWU="),
            ("secretKey", "backup_db2024_password"),
        ] {
            assert!(!credential(name, value), "{name}: {value}");
        }
    }
}
