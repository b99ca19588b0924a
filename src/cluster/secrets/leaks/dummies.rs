//! Values that stand for a credential and are none: fillers, words of documentation, defaults that everybody knows.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::super::classify::words;

/// Words that a password of a development or of a manual is made of.
static WORDS: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
    "a abc abcdef admin administrator api apikey app authentik bar baz change changeit changeme credential \
    credentials default demo dev develop development disabled dummy elastic empty enabled example fake foo foobar \
    generated gitea grafana guest harbor hello hidden ignore ignored internal invalid it kafka key keycloak \
    letmein local localhost mariadb masked me minio minioadmin mongo mongodb my mysecretpassword mysql nextcloud \
    none not notused null operator optional pass passwd password placeholder please postgres postgresql prom pw \
    pwd qwerty rabbitmq random real redacted redis required root sample secret secure string strong super \
    supersecret test testing the this token unused user"
        .split(' ')
        .collect()
});

/// `xxxxxxxx`, `000…`, `1234567890`, `abcdef…`: nobody's value.
pub(super) fn is_filler(text: &str) -> bool {
    let body = text.trim_end_matches('=');
    let distinct: BTreeSet<char> = body.chars().filter(char::is_ascii_alphanumeric).collect();
    if distinct.len() <= 2 {
        return true;
    }
    // A run of one character, or one that counts up, over a third of the text.
    let chars: Vec<char> = body.chars().collect();
    let longest = |step: u32| {
        let mut longest = 1_usize;
        let mut run = 1_usize;
        for pair in chars.windows(2) {
            if let [one, next] = pair {
                run = if u32::from(*next) == u32::from(*one) + step { run + 1 } else { 1 };
                longest = longest.max(run);
            }
        }
        longest
    };
    let long = (chars.len() / 3).max(6);
    longest(0) >= long || longest(1) >= long
}

/// Whether a value is made of words that nobody would use in earnest, or of those of its own name.
pub(in crate::cluster::secrets) fn is_dummy(key: &str, value: &str) -> bool {
    let own = words(key);
    let is_known = |word: &String| WORDS.contains(word.as_str()) || own.contains(word);
    let made_of_words = |text: &str| {
        let words = words(text);
        !words.is_empty() && words.iter().all(is_known)
    };
    let without_digits: String = value.chars().filter(|c| !c.is_ascii_digit()).collect();
    let spoken: String = value
        .to_ascii_lowercase()
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' | '!' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' => 't',
            other => other,
        })
        .collect();
    // `accountkey: base64encodedaccountkey`
    let speaks_of_itself = {
        let spoken: String = value.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let name: String = own.concat();
        let has_digits = spoken.trim_start_matches("base64").contains(|c: char| c.is_ascii_digit());
        name.len() >= 6 && spoken.contains(&name) && !has_digits
    };
    is_filler(value)
        || speaks_of_itself
        || made_of_words(&without_digits)
        || made_of_words(&spoken)
        || made_of_words(&without_digits.to_ascii_lowercase())
        || is_filler(&value.chars().filter(char::is_ascii_digit).collect::<String>())
            && value.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_knows_is_a_dummy() {
        for value in ["password", "admin123", "P@ssw0rd", "s3cr3t", "my-secret-pw", "postgres", "12345678", "changeme!"]
        {
            assert!(is_dummy("password", value), "{value}");
        }
        assert!(is_dummy("LOKI_PASSWORD", "loki"));
        for value in ["hunter2-4711", "correcthorsebattery", "93817264"] {
            assert!(!is_dummy("password", value), "{value}");
        }
    }
}
