//! What a plain value of a Secret looks like: a credential, an identifier, a placeholder, a reference.

use std::sync::LazyLock;

use base64::Engine as _;
use regex::Regex;

use super::leaks::is_dummy;
use crate::build::flux::sops::has_marker;

/// What a value looks like, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Empty, a reference to a secret kept elsewhere, ciphertext.
    Nothing,
    /// An identifier, a host name, a switch, a placeholder.
    Harmless,
    /// Any other plain text.
    Plain,
    /// A credential by its key, or by its look.
    Sensitive,
}

/// Longest text that is looked at line by line.
const MAX_SCANNED: usize = 256 * 1024;

/// How the files of other encrypters begin: age, armored and not, git-crypt, OpenPGP, Ansible.
const CIPHERTEXT: [&str; 5] = [
    "-----BEGIN AGE ENCRYPTED FILE-----",
    "age-encryption.org/v1",
    "\0GITCRYPT\0",
    "-----BEGIN PGP MESSAGE-----",
    "$ANSIBLE_VAULT;",
];

/// Classifies a value of `data`: decoded first, as it is where that fails.
pub fn classify_encoded(key: &str, text: &str) -> Class {
    let compact: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    match base64::engine::general_purpose::STANDARD.decode(&compact) {
        Ok(bytes) => match std::str::from_utf8(&bytes) {
            Ok(decoded) => classify(key, decoded),
            Err(_) if CIPHERTEXT.iter().any(|begin| bytes.starts_with(begin.as_bytes())) => Class::Nothing,
            // Binary content, such as a key store.
            Err(_) => {
                if is_sensitive_name(key) {
                    Class::Sensitive
                } else {
                    Class::Plain
                }
            }
        },
        Err(_) => classify(key, text),
    }
}

/// Classifies a text by its key and its look.
pub fn classify(key: &str, text: &str) -> Class {
    let text = unquoted(text.trim()).trim();
    // Whether a file that SOPS wrote is whole is asked of the file.
    if has_marker(text) {
        return Class::Nothing;
    }
    if is_private_key(text) || has_known_prefix(text) {
        return Class::Sensitive;
    }
    // Nothing but variables, or a reference into a store.
    let (rest, has_variable) = without_variables(text);
    let rest = rest.trim();
    if rest.is_empty() || is_reference(text) {
        return Class::Nothing;
    }
    if is_public(rest) || key == "known_hosts" {
        return Class::Harmless;
    }
    if rest.contains('\n') || is_object(rest) {
        return of_lines(key, rest);
    }
    if has_password_in_url(rest) {
        return Class::Sensitive;
    }
    if is_placeholder(rest) {
        return Class::Harmless;
    }
    // `prefix-${VAR}`: what is secret about it is in the variable.
    let sensitive = is_sensitive_name(key) && !has_variable;
    if is_switch(rest) {
        return if sensitive && rest.len() >= 4 && rest.chars().all(|c| c.is_ascii_digit()) {
            Class::Sensitive
        } else {
            Class::Harmless
        };
    }
    if sensitive {
        return Class::Sensitive;
    }
    if is_uuid(rest) || is_host(rest) || is_identifier_name(key) {
        return Class::Harmless;
    }
    match is_random(rest) {
        true => Class::Sensitive,
        // `${REPOSITORY}/app`
        false if has_variable => Class::Harmless,
        false => Class::Plain,
    }
}

/// A text without the quotes around it.
pub(super) fn unquoted(text: &str) -> &str {
    let inner =
        |quote: char| text.strip_prefix(quote)?.strip_suffix(quote).filter(|inner| !inner.contains(['\n', quote]));
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

/// A text of several lines or a JSON object: the worst of the pairs in it.
fn of_lines(key: &str, text: &str) -> Class {
    static PAIR: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r#"["']?([A-Za-z_][A-Za-z0-9_.\-]*)["']?[ \t]*[:=][ \t]*("[^"\n]*"|'[^'\n]*'|[^ \t-\r,}\]{\["']+)"#)
            .ok()
    });
    let text = text.get(..text.floor_char_boundary(MAX_SCANNED)).unwrap_or(text);
    if has_password_in_url(text) {
        return Class::Sensitive;
    }
    let registry = text.contains("\"auths\"");
    let mut worst = if is_sensitive_name(key) && !is_file_name(key) { Class::Sensitive } else { Class::Plain };
    // What is commented out, or stands there as the default of a chart, is no value.
    let lines = text.lines().filter(|line| !line.trim_start().starts_with(['#', ';']));
    for pair in lines.flat_map(|line| PAIR.iter().flat_map(move |pattern| pattern.captures_iter(line))) {
        let group = |at: usize| pair.get(at).map_or("", |found| found.as_str());
        let (name, value) = (group(1), group(2).trim_matches(['"', '\'']));
        // Tags and digests of images are random as well.
        let is_random = is_random(value) && !value.contains([':', '.', '@']);
        if is_dummy(name, value) {
            continue;
        }
        if promises_credential(name) || is_random || (registry && name == "auth") {
            worst = worst.max(classify(name, value));
        }
    }
    worst
}

/// A name inside a longer text: there `secret` and `key` alone, and `existingSecret`, mostly name other objects.
fn promises_credential(name: &str) -> bool {
    const NAMES_AN_OBJECT: [&str; 6] = ["key", "keys", "secret", "secrets", "auth", "seed"];
    const OWNERS: [&str; 11] =
        ["client", "app", "shared", "webhook", "access", "signing", "jwt", "session", "cookie", "api", "private"];
    let words = words(name);
    let is_object = words.last().is_some_and(|last| NAMES_AN_OBJECT.contains(&last.as_str()));
    let is_owned = words.iter().any(|word| OWNERS.contains(&word.as_str()));
    // `SECRET_KEY` in the manner of environment variables.
    let is_variable = words.len() > 1 && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    is_sensitive_name(name) && (!is_object || is_owned || is_variable)
}

/// Certificates and public keys.
pub(super) fn is_public(text: &str) -> bool {
    const BEGINS: [&str; 7] = [
        "-----BEGIN CERTIFICATE",
        "-----BEGIN TRUSTED CERTIFICATE",
        "-----BEGIN PUBLIC KEY",
        "-----BEGIN RSA PUBLIC KEY",
        "ssh-ed25519 ",
        "ssh-rsa ",
        "ecdsa-sha2-",
    ];
    BEGINS.iter().any(|begin| text.starts_with(begin))
}

/// `config.env`, `values.yaml`: the key names a file, its words say nothing about a single value.
fn is_file_name(key: &str) -> bool {
    const ENDS: [&str; 12] =
        [".env", ".yaml", ".yml", ".json", ".conf", ".cfg", ".ini", ".toml", ".xml", ".properties", ".txt", ".sh"];
    ENDS.iter().any(|end| key.to_ascii_lowercase().ends_with(end))
}

/// A JSON object or a flow mapping on one line.
fn is_object(text: &str) -> bool {
    text.starts_with('{') && text.ends_with('}') && text.contains(':')
}

/// The words of a name: `clientSecret`, `CLIENT_SECRET` and `client-secret` are the same.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = ' ';
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() {
            words.push(String::new());
        } else {
            let starts = c.is_ascii_uppercase() && previous.is_ascii_lowercase();
            match words.last_mut().filter(|_| !starts) {
                Some(word) => word.push(c.to_ascii_lowercase()),
                None => words.push(c.to_ascii_lowercase().to_string()),
            }
        }
        previous = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a key promises a credential. What a credential belongs to (`SECRET_DOMAIN`, `ACCESS_KEY_ID`, `token-url`) is
/// none.
pub fn is_sensitive_name(name: &str) -> bool {
    const SENSITIVE: [&str; 22] = [
        "password",
        "passwd",
        "pass",
        "passphrase",
        "pwd",
        "pw",
        "token",
        "tokens",
        "secret",
        "secrets",
        "key",
        "keys",
        "apikey",
        "cred",
        "creds",
        "credential",
        "credentials",
        "auth",
        "hmac",
        "psk",
        "salt",
        "seed",
    ];
    const BELONGS_TO: [&str; 54] = [
        "id",
        "ids",
        "url",
        "uri",
        "urls",
        "host",
        "hostname",
        "hosts",
        "domain",
        "endpoint",
        "email",
        "mail",
        "user",
        "username",
        "name",
        "port",
        "region",
        "bucket",
        "path",
        "file",
        "type",
        "enabled",
        "days",
        "hours",
        "ttl",
        "algorithm",
        "alg",
        "public",
        "pub",
        "issuer",
        "realm",
        "scope",
        "scopes",
        "length",
        "size",
        "count",
        "address",
        "server",
        "zone",
        "expiry",
        "ref",
        "refs",
        "kind",
        "template",
        "interval",
        "retention",
        "prefix",
        "suffix",
        "format",
        "policy",
        "mode",
        "version",
        "provider",
        "store",
    ];
    let words = words(name);
    let Some(last) = words.last() else { return false };
    if BELONGS_TO.contains(&last.as_str()) || words.iter().any(|word| word == "public") {
        return false;
    }
    let compound =
        ["password", "passwd", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "passphrase"];
    words.iter().any(|word| SENSITIVE.contains(&word.as_str()) || compound.iter().any(|part| word.ends_with(part)))
}

/// A key that promises an identifier, an address or a name.
fn is_identifier_name(name: &str) -> bool {
    const WORDS: [&str; 24] = [
        "id",
        "ids",
        "tenant",
        "host",
        "hostname",
        "domain",
        "endpoint",
        "url",
        "uri",
        "port",
        "region",
        "bucket",
        "zone",
        "account",
        "email",
        "mail",
        "namespace",
        "cluster",
        "type",
        "enabled",
        "server",
        "address",
        "issuer",
        "realm",
    ];
    words(name).last().is_some_and(|last| WORDS.contains(&last.as_str()))
}

/// The text without `${VAR}`, and whether it had one. The default of `${VAR:=default}` is text and stays.
fn without_variables(text: &str) -> (String, bool) {
    static VARIABLE: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\$\{[A-Za-z_][A-Za-z0-9_]*(?::?[-=+](?<default>[^{}]*))?[^{}]*\}").ok());
    let Some(variable) = VARIABLE.as_ref().filter(|_| text.contains("${")) else { return (text.to_owned(), false) };
    let mut defaults = false;
    let rest = variable.replace_all(text, |found: &regex::Captures<'_>| {
        let default = found.name("default").map_or("", |default| default.as_str());
        defaults |= !default.is_empty();
        default.to_owned()
    });
    let changed = rest != text && !defaults;
    (rest.into_owned(), changed)
}

/// A reference into a store, the template of a tool that fills it in, or what another encrypter wrote.
pub(super) fn is_reference(text: &str) -> bool {
    const PREFIXES: [&str; 12] = [
        "op://",
        "vault:",
        "ref+",
        "<path:",
        "awssm://",
        "gcpsm://",
        "azkv://",
        "gopass:",
        "bao:",
        "doppler://",
        "infisical://",
        "ENC[",
    ];
    PREFIXES.iter().chain(&CIPHERTEXT).any(|prefix| text.starts_with(prefix))
        || text.contains("{{")
        || text.contains("<%")
}

/// A value nobody could mean.
pub(super) fn is_placeholder(text: &str) -> bool {
    static WORD: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i)^(?:<[^<>]*>|\[[^\[\]]*\]|x{3,}|\*{2,}|\.{3}|none|null|n/?a|unused|ignored|fake|test)$|(?:^|[^a-z])(?:change[-_ ]?(?:me|this|it)|replace[-_ ]?(?:me|this)|example|placeholder|dummy|todo|fixme|redacted|insert|your)(?:$|[^a-z])",
        )
        .ok()
    });
    // A word of a longer random text is chance.
    text.len() <= 64 && WORD.as_ref().is_some_and(|word| word.is_match(text))
}

pub(super) fn is_switch(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "enabled" | "disabled"
    ) || (text.len() <= 19 && text.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

pub(super) fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.iter().all(|part| part.chars().all(|c| c.is_ascii_hexdigit()))
}

/// A host name, an address or a URL without anything that could be a credential.
pub(super) fn is_host(text: &str) -> bool {
    static HOST: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?i-u)^(?:[a-z0-9]+:)?(?:[a-z][a-z0-9+.\-]*://)?(?:[a-z0-9*](?:[a-z0-9\-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9\-]*[a-z0-9])?\.?(?::[0-9]*)?(?P<path>/[a-z0-9/_.\-]*)?$",
        )
        .ok()
    });
    let shaped = HOST.as_ref().is_some_and(|host| host.is_match(text)) && (text.contains('.') || text.contains("://"));
    shaped && !text.split(['/', '.']).any(is_random)
}

/// `scheme://user:password@host` with a literal password.
fn has_password_in_url(text: &str) -> bool {
    static URL: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"[a-z][a-z0-9+.\-]*://[^ \t-\r:/@]*:(?<password>[^ \t-\r/@${}<>]+)@").ok());
    let passwords = URL.iter().flat_map(|url| url.captures_iter(text)).filter_map(|found| found.name("password"));
    passwords.into_iter().any(|password| !is_placeholder(password.as_str()))
}

fn is_private_key(text: &str) -> bool {
    (text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----")) || text.contains("AGE-SECRET-KEY-1")
}

/// Credentials that say themselves what they are.
fn has_known_prefix(text: &str) -> bool {
    const PREFIXES: [&str; 16] = [
        "ghp_",
        "gho_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "AKIA",
        "ASIA",
        "AIza",
        "hvs.",
        "eyJhbGci",
        "tskey-",
        "dckr_pat_",
        "sk_live_",
        "dop_v1_",
    ];
    text.len() >= 16 && !text.contains(char::is_whitespace) && PREFIXES.iter().any(|prefix| text.starts_with(prefix))
}

/// A text that looks made by a generator of passwords.
fn is_random(text: &str) -> bool {
    if text.len() < 20 || text.contains(char::is_whitespace) || text.contains("://") || text.starts_with('/') {
        return false;
    }
    if text.chars().all(|c| c.is_ascii_hexdigit()) {
        return text.len() >= 32 && entropy(text) >= 3.0;
    }
    let has = |test: fn(&char) -> bool| text.chars().any(|c| test(&c));
    let classes = [has(char::is_ascii_lowercase), has(char::is_ascii_uppercase), has(char::is_ascii_digit)]
        .iter()
        .filter(|found| **found)
        .count();
    // Words and short numbers put together are a name.
    let is_name = text.split(['-', '_', '.', '/', ':', ',', '@', '=']).all(|part| {
        part.chars().all(|c| c.is_ascii_lowercase())
            || part.chars().all(|c| c.is_ascii_uppercase())
            || (part.len() <= 4 && part.chars().all(|c| c.is_ascii_digit()))
            || (part.len() <= 12
                && part.trim_end_matches(|c: char| c.is_ascii_digit()).chars().all(|c| c.is_ascii_alphabetic()))
    });
    classes >= 2 && !is_name && !is_pattern(text) && !is_spoken(text) && !is_uuid(text) && entropy(text) >= 3.7
}

/// A regular expression: anchored, or a choice of several.
fn is_pattern(text: &str) -> bool {
    text.starts_with('^') || text.ends_with(")$") || text.contains(".*") || text.matches('|').count() > 2
}

/// `OperatorConfiguration`: letters alone that fall into words.
pub(super) fn is_spoken(text: &str) -> bool {
    let count = words(text).len();
    text.chars().all(|c| c.is_ascii_alphabetic()) && count > 0 && text.len() / count >= 4
}

/// Bits a character, by Shannon.
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = text.len() as f64;
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Every value is invented.
    const RANDOM: &str = "q7RtZ2mXv9LkPw4sHd8fJc3N";

    #[test]
    fn a_sensitive_key_makes_a_literal_sensitive() {
        for key in [
            "password",
            "LOKI_S3_SECRET_KEY",
            "clientSecret",
            "api-token",
            "adminPassword",
            "AWS_SECRET_ACCESS_KEY",
            "webhookToken",
        ] {
            assert_eq!(classify(key, "loki-user"), Class::Sensitive, "{key}");
        }
        assert_eq!(classify("pin-password", "19283"), Class::Sensitive);
    }

    #[test]
    fn names_of_what_a_credential_belongs_to_are_none() {
        for key in ["SECRET_DOMAIN", "token-url", "AWS_ACCESS_KEY_ID", "publicKey", "username", "key.pub"] {
            assert!(!is_sensitive_name(key), "{key}");
        }
    }

    #[test]
    fn references_and_variables_are_no_values() {
        for text in [
            "",
            " ",
            "${TOKEN}",
            "${USER}${TOKEN}",
            "op://vault/item/field",
            "vault:secret/data/x#y",
            "{{ .token }}",
            "ENC[AES256_GCM,data:x]",
        ] {
            assert_eq!(classify("password", text), Class::Nothing, "{text}");
        }
        assert_eq!(classify("password", "${TOKEN:=hunter22}"), Class::Sensitive);
        assert_eq!(classify("RESTIC_REPOSITORY", "s3:https://s3.home.arpa/volsync/${APP}"), Class::Harmless);
        assert_eq!(classify("url", "postgres://app:${PASSWORD}@db/app"), Class::Harmless);
        assert_eq!(classify("RESTIC_REPOSITORY", "${REPOSITORY}/app"), Class::Harmless);
    }

    #[test]
    fn identifiers_hosts_switches_and_placeholders_are_harmless() {
        assert_eq!(classify("client_id", "0d2f1f2c-1a2b-4c3d-8e9f-001122334455"), Class::Harmless);
        assert_eq!(classify("tenant", "0d2f1f2c-1a2b-4c3d-8e9f-001122334455"), Class::Harmless);
        assert_eq!(classify("SECRET_DOMAIN", "home.arpa"), Class::Harmless);
        assert_eq!(classify("endpoint", "https://s3.home.arpa:9000"), Class::Harmless);
        assert_eq!(classify("insecure", "true"), Class::Harmless);
        for text in ["changeme", "change-me-now", "<token>", "xxxx", "your-password", "example"] {
            assert_eq!(classify("password", text), Class::Harmless, "{text}");
        }
    }

    #[test]
    fn random_texts_and_private_keys_are_sensitive_under_any_key() {
        assert_eq!(classify("value", RANDOM), Class::Sensitive);
        assert_eq!(classify("value", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"), Class::Sensitive);
        assert_eq!(
            classify("x", "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----"),
            Class::Sensitive
        );
        assert_eq!(classify("db", "postgres://app:hunter22@db/app"), Class::Sensitive);
        assert_eq!(classify("ca.crt", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"), Class::Harmless);
        assert_eq!(classify("service", "kube-prometheus-stack-operator-v2"), Class::Plain);
        assert_eq!(classify("greeting", "hello world"), Class::Plain);
        assert_eq!(classify("target", "OperatorConfigurationOfWords"), Class::Plain);
    }

    #[test]
    fn data_is_decoded_first() {
        assert_eq!(classify_encoded("value", "aGVsbG8="), Class::Plain);
        assert_eq!(classify_encoded("token", "aHVudGVyMg=="), Class::Sensitive);
        assert_eq!(classify_encoded("token", "JHtUT0tFTn0="), Class::Nothing);
        assert_eq!(classify_encoded("token", "Y2hhbmdlbWU="), Class::Harmless);
    }

    #[test]
    fn texts_of_many_pairs_are_looked_into() {
        assert_eq!(classify("config.env", "export A=\"b\"\nexport ROOT_PASSWORD=\"hunter22\"\n"), Class::Sensitive);
        assert_eq!(classify("config.env", "export A=\"b\"\nexport ROOT_PASSWORD=\"${PW}\"\n"), Class::Plain);
        assert_eq!(
            classify(".dockerconfigjson", "{\"auths\":{\"ghcr.io\":{\"auth\":\"dXNlcjpwYXNz\"}}}"),
            Class::Sensitive
        );
        assert_eq!(classify(".dockerconfigjson", "{\"auths\":{}}"), Class::Plain);
        assert_eq!(
            classify(
                "values.yaml",
                "auth:\n  secretName: x\n  passwordSecret: admin\n  key: password\nexistingSecret: loki\n"
            ),
            Class::Plain
        );
        assert_eq!(classify("values.yaml", "clientSecret: hunter22\nb: c\n"), Class::Sensitive);
        assert_eq!(classify("values.yaml", "a: 1\nb: two\n"), Class::Plain);
        assert_eq!(
            classify("values.yaml", "args:\n  - --types-exclude=^(autofs|cgroup2?|devtmpfs|iso9660|squashfs)$\n"),
            Class::Plain
        );
        assert_eq!(
            classify(
                "values.yaml",
                "# password: hunter22\nimage: a.io/b:99d85510c3f0\nsecret_name_template: \"{user}.{cluster}\"\npassword: changeit\n"
            ),
            Class::Plain
        );
    }
}
