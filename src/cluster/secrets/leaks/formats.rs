//! Credentials whose form says what they are.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use super::super::classify::is_placeholder;
use super::dummies::is_filler;

/// Forms as their makers describe them, each with the words for people and literals of which every match holds one: most
/// texts hold none, and a pattern is made only for a text that does.
const FORMATS: [(&str, &[&str], &str); 38] = [
    ("a key of AWS", &["AKIA", "ASIA"], r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    ("a token of GitHub", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
    ("a token of GitHub", &["github_pat_"], r"\bgithub_pat_[A-Za-z0-9_]{40,255}\b"),
    (
        "a token of GitLab",
        &["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-", "glagent-", "glimt-"],
        r"\bgl(?:pat|dt|rt|cbt|ptt|ft|soat|agent|imt)-[A-Za-z0-9_\-]{20,64}\b",
    ),
    ("a token of Slack", &["xox"], r"\bxox[abeoprs]-[A-Za-z0-9\-]{20,250}\b"),
    ("a token of Slack", &["xapp-"], r"\bxapp-\d-[A-Za-z0-9\-]{20,250}\b"),
    (
        "a webhook of Slack",
        &["hooks.slack.com"],
        r"https://hooks\.slack\.com/(?:services|workflows)/[A-Z0-9]{6,}/[A-Z0-9]{6,}/[A-Za-z0-9]{16,}",
    ),
    (
        "a webhook of Discord",
        &["api/webhooks"],
        r"https://(?:[a-z]+\.)?discord(?:app)?\.com/api/webhooks/\d{15,}/[A-Za-z0-9_\-]{40,}",
    ),
    ("a token of Telegram", &[":AA"], r"\b\d{8,10}:AA[A-Za-z0-9_\-]{32,35}\b"),
    ("a key of Google", &["AIza"], r"\bAIza[A-Za-z0-9_\-]{35}\b"),
    ("a client secret of Google", &["GOCSPX-"], r"\bGOCSPX-[A-Za-z0-9_\-]{20,}\b"),
    ("a key of Stripe", &["k_live_", "k_test_"], r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}\b"),
    ("a key of SendGrid", &["SG."], r"\bSG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{32,64}\b"),
    ("a token of npm", &["npm_"], r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a token of PyPI", &["pypi-AgE"], r"\bpypi-AgE[A-Za-z0-9_\-]{40,}\b"),
    ("a token of Docker", &["dckr_"], r"\bdckr_(?:pat|oat)_[A-Za-z0-9_\-]{20,}\b"),
    ("a token of DigitalOcean", &["_v1_"], r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    ("a token of Vault", &["hvb.", "hvs.", "hvr."], r"\bhv[bsr]\.[A-Za-z0-9_\-]{20,}\b"),
    ("a token of Doppler", &["dp."], r"\bdp\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._\-]{30,}\b"),
    ("a key of Tailscale", &["tskey-"], r"\btskey-[a-z]+-[A-Za-z0-9]{6,}(?:-[A-Za-z0-9]{12,})?\b"),
    (
        "a key of OpenAI",
        &["sk-proj-", "sk-svcacct-", "sk-admin-"],
        r"\bsk-(?:proj|svcacct|admin)-[A-Za-z0-9_\-]{32,}\b",
    ),
    ("a key of Anthropic", &["sk-ant-"], r"\bsk-ant-[A-Za-z0-9_\-]{32,}\b"),
    ("a token of Hugging Face", &["hf_"], r"\bhf_[A-Za-z0-9]{30,}\b"),
    ("a token of Grafana", &["glsa_"], r"\bglsa_[A-Za-z0-9]{32}_[a-f0-9]{8}\b"),
    ("a token of Grafana", &["glc_"], r"\bglc_[A-Za-z0-9+/=]{32,}"),
    ("a token of 1Password", &["ops_eyJ"], r"\bops_eyJ[A-Za-z0-9_\-=+/]{60,}"),
    ("a token of a Cloudflare tunnel", &["eyJhIjoi"], r"\beyJhIjoi[A-Za-z0-9+/=]{60,}"),
    ("a key of New Relic", &["NRAK-"], r"\bNRAK-[A-Z0-9]{27}\b"),
    ("a token of Databricks", &["dapi"], r"\bdapi[a-f0-9]{32}\b"),
    ("a token of Atlassian", &["ATATT3x"], r"\bATATT3x[A-Za-z0-9_\-=]{60,}"),
    ("a token of Terraform", &[".atlasv1."], r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-]{60,}"),
    ("a token of Pulumi", &["pul-"], r"\bpul-[a-f0-9]{40}\b"),
    ("a key of Postman", &["PMAK-"], r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b"),
    ("a key of Linear", &["lin_api_"], r"\blin_api_[A-Za-z0-9]{40}\b"),
    ("a key of Azure storage", &["AccountKey="], r"\bAccountKey=[A-Za-z0-9+/]{80,}={0,2}"),
    ("an identity of age", &["AGE-SECRET-KEY-1"], r"\bAGE-SECRET-KEY-1[A-Z0-9]{58}\b"),
    ("a signed token (JWT)", &["eyJ"], r"\beyJ[A-Za-z0-9_\-]{10,}\.eyJ[A-Za-z0-9_\-]{10,}\.[A-Za-z0-9_\-]{16,}"),
    // Some lines of it at least: documents show the first line alone.
    (
        "a private key",
        &["PRIVATE KEY"],
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----(?:\\n|\s)+(?:[A-Za-z0-9\-]+: [^\n]*\s+)*[A-Za-z0-9+/=]{16,}(?:(?:\\n|\s)+[A-Za-z0-9+/=]+)*(?:(?:\\n|\s)*-----END [A-Z0-9 ]+-----)?",
    ),
];

static PATTERNS: [OnceLock<Option<Regex>>; FORMATS.len()] = [const { OnceLock::new() }; FORMATS.len()];

/// Every credential of a known form in a text.
pub(super) fn formats(text: &str) -> impl Iterator<Item = (&'static str, Range<usize>)> + '_ {
    let near = FORMATS
        .iter()
        .zip(&PATTERNS)
        .filter(|((_, literals, _), _)| literals.iter().any(|literal| text.contains(literal)));
    near.filter_map(|((what, _, pattern), made)| {
        let pattern = made.get_or_init(|| Regex::new(pattern).ok()).as_ref()?;
        let real = pattern.find_iter(text).filter(|found| {
            let value = found.as_str();
            !is_filler(value) && !is_placeholder(value) && !value.ends_with("EXAMPLE")
        });
        Some(real.map(|found| (*what, found.range())))
    })
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_is_one() {
        for (what, _, pattern) in FORMATS {
            assert!(Regex::new(pattern).is_ok(), "{what}");
        }
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
