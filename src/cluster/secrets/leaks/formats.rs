//! Credentials whose form says what they are.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::super::classify::is_placeholder;
use super::dummies::is_filler;

/// Forms as their makers describe them, each with the words for people.
const FORMATS: [(&str, &str); 38] = [
    ("a key of AWS", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    ("a token of GitHub", r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
    ("a token of GitHub", r"\bgithub_pat_[A-Za-z0-9_]{40,255}\b"),
    ("a token of GitLab", r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-[A-Za-z0-9_\-]{20,64}\b"),
    ("a token of Slack", r"\bxox[abeoprs]-[A-Za-z0-9\-]{20,250}\b"),
    ("a token of Slack", r"\bxapp-\d-[A-Za-z0-9\-]{20,250}\b"),
    (
        "a webhook of Slack",
        r"https://hooks\.slack\.com/(?:services|workflows)/[A-Z0-9]{6,}/[A-Z0-9]{6,}/[A-Za-z0-9]{16,}",
    ),
    ("a webhook of Discord", r"https://(?:[a-z]+\.)?discord(?:app)?\.com/api/webhooks/\d{15,}/[A-Za-z0-9_\-]{40,}"),
    ("a token of Telegram", r"\b\d{8,10}:AA[A-Za-z0-9_\-]{32,35}\b"),
    ("a key of Google", r"\bAIza[A-Za-z0-9_\-]{35}\b"),
    ("a client secret of Google", r"\bGOCSPX-[A-Za-z0-9_\-]{20,}\b"),
    ("a key of Stripe", r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}\b"),
    ("a key of SendGrid", r"\bSG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{32,64}\b"),
    ("a token of npm", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a token of PyPI", r"\bpypi-AgE[A-Za-z0-9_\-]{40,}\b"),
    ("a token of Docker", r"\bdckr_(?:pat|oat)_[A-Za-z0-9_\-]{20,}\b"),
    ("a token of DigitalOcean", r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    ("a token of Vault", r"\bhv[bsr]\.[A-Za-z0-9_\-]{20,}\b"),
    ("a token of Doppler", r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._\-]{30,}\b"),
    ("a key of Tailscale", r"\btskey-[a-z]+-[A-Za-z0-9]{6,}(?:-[A-Za-z0-9]{12,})?\b"),
    ("a key of OpenAI", r"\bsk-(?:proj|svcacct|admin)-[A-Za-z0-9_\-]{32,}\b"),
    ("a key of Anthropic", r"\bsk-ant-[A-Za-z0-9_\-]{32,}\b"),
    ("a token of Hugging Face", r"\bhf_[A-Za-z0-9]{30,}\b"),
    ("a token of Grafana", r"\bglsa_[A-Za-z0-9]{32}_[a-f0-9]{8}\b"),
    ("a token of Grafana", r"\bglc_[A-Za-z0-9+/=]{32,}"),
    ("a token of 1Password", r"\bops_eyJ[A-Za-z0-9_\-=+/]{60,}"),
    ("a token of a Cloudflare tunnel", r"\beyJhIjoi[A-Za-z0-9+/=]{60,}"),
    ("a key of New Relic", r"\bNRAK-[A-Z0-9]{27}\b"),
    ("a token of Databricks", r"\bdapi[a-f0-9]{32}\b"),
    ("a token of Atlassian", r"\bATATT3x[A-Za-z0-9_\-=]{60,}"),
    ("a token of Terraform", r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-]{60,}"),
    ("a token of Pulumi", r"\bpul-[a-f0-9]{40}\b"),
    ("a key of Postman", r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b"),
    ("a key of Linear", r"\blin_api_[A-Za-z0-9]{40}\b"),
    ("a key of Azure storage", r"\bAccountKey=[A-Za-z0-9+/]{80,}={0,2}"),
    ("an identity of age", r"\bAGE-SECRET-KEY-1[A-Z0-9]{58}\b"),
    ("a signed token (JWT)", r"\beyJ[A-Za-z0-9_\-]{10,}\.eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{16,}"),
    // Some lines of it at least: documents show the first line alone.
    (
        "a private key",
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s)+(?:[A-Za-z0-9\-]+: [^\n]*\s+)*[A-Za-z0-9+/=]{16,}(?:(?:\\n|\s)+[A-Za-z0-9+/=]+)*(?:(?:\\n|\s)*-----END [A-Z0-9 ]+-----)?",
    ),
];

static PATTERNS: LazyLock<Vec<(&str, Regex)>> =
    LazyLock::new(|| FORMATS.iter().filter_map(|(what, pattern)| Some((*what, Regex::new(pattern).ok()?))).collect());

/// Every credential of a known form in a text.
pub(super) fn formats(text: &str) -> impl Iterator<Item = (&'static str, Range<usize>)> + '_ {
    PATTERNS.iter().flat_map(move |(what, pattern)| {
        let real = pattern.find_iter(text).filter(|found| {
            let value = found.as_str();
            !is_filler(value) && !is_placeholder(value) && !value.ends_with("EXAMPLE")
        });
        real.map(|found| (*what, found.range()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one() {
        assert_eq!(PATTERNS.len(), FORMATS.len());
    }

    #[test]
    fn documents_and_fillers_are_none() {
        for text in [
            "AKIAIOSFODNN7EXAMPLE",
            "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
            "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYI\n-----END PUBLIC KEY-----",
        ] {
            assert_eq!(formats(text).count(), 0, "{text}");
        }
    }
}
