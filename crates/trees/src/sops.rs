//! Secrets that look as SOPS leaves them. Nothing was ever encrypted.

use crate::random::Random;

/// The recipient of all of them.
pub const RECIPIENT: &str = "age1n64r3v2zk2pqsqfxzjlfh2qrraahuppc8mdau7jafrm44ajd25jq0evh3q";

/// The rules for all files of a tree.
pub fn rules() -> String {
    format!(
        "creation_rules:\n  - path_regex: .+\\.sops\\.ya?ml$\n    encrypted_regex: ^(data|stringData)$\n    \
         mac_only_encrypted: true\n    age: {RECIPIENT}\n"
    )
}

fn encrypted(random: &mut Random, bytes: usize) -> String {
    let (data, iv, tag) = (random.base64(bytes), random.base64(32), random.base64(16));
    format!("ENC[AES256_GCM,data:{data},iv:{iv},tag:{tag},type:str]")
}

/// A Secret with these keys.
pub fn secret(random: &mut Random, name: &str, keys: &[&str]) -> String {
    let mut text = format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: {name}\ntype: Opaque\nstringData:\n");
    for key in keys {
        text.push_str(&format!("  {key}: {}\n", encrypted(random, 24)));
    }
    text.push_str("sops:\n  age:\n    - enc: |\n        -----BEGIN AGE ENCRYPTED FILE-----\n");
    for _ in 0..4 {
        text.push_str(&format!("        {}\n", random.base64(48)));
    }
    text.push_str(&format!(
        "        {}\n        -----END AGE ENCRYPTED FILE-----\n      recipient: {RECIPIENT}\n  encrypted_regex: \
         ^(data|stringData)$\n  lastmodified: \"2026-11-02T03:19:38Z\"\n  mac: {}\n  mac_only_encrypted: true\n  version: \
         3.13.3\n",
        random.base64(34),
        encrypted(random, 64),
    ));
    text
}
