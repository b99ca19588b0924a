//! Secrets and SOPS.

mod decryption_secret_missing;
mod secret_in_plain_config;
mod secret_not_encrypted;
mod secret_partly_encrypted;
mod secret_producer_conflict;
mod sops_decryption_missing;
mod sops_file_name;
mod sops_metadata_invalid;
mod sops_rule_mismatch;
mod sops_rule_missing;
mod sops_type_encrypted;
mod words;

pub use decryption_secret_missing::DecryptionSecretMissing;
pub use secret_in_plain_config::SecretInPlainConfig;
pub use secret_not_encrypted::SecretNotEncrypted;
pub use secret_partly_encrypted::SecretPartlyEncrypted;
pub use secret_producer_conflict::SecretProducerConflict;
pub use sops_decryption_missing::SopsDecryptionMissing;
pub use sops_file_name::SopsFileName;
pub use sops_metadata_invalid::SopsMetadataInvalid;
pub use sops_rule_mismatch::SopsRuleMismatch;
pub use sops_rule_missing::SopsRuleMissing;
pub use sops_type_encrypted::SopsTypeEncrypted;
