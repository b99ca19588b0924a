//! Rules about what objects name: it exists, and it has what is asked of it.

mod cnpg_external_cluster_missing;
mod configmap_key_missing;
mod configmap_missing;
mod custom_reference_missing;
mod issuer_missing;
mod keys;
pub(super) mod missing;
mod namespace_missing;
mod pdb_selects_nothing;
mod scale_target_missing;
mod secret_key_missing;
mod secret_missing;
mod secret_store_missing;
mod selection;
mod selector_matches_nothing;
mod service_account_missing;
mod service_selects_nothing;
mod values_from_missing;
mod workload_selector_mismatch;

pub use cnpg_external_cluster_missing::CnpgExternalClusterMissing;
pub use configmap_key_missing::ConfigmapKeyMissing;
pub use configmap_missing::ConfigmapMissing;
pub use custom_reference_missing::CustomReferenceMissing;
pub use issuer_missing::IssuerMissing;
pub use namespace_missing::NamespaceMissing;
pub use pdb_selects_nothing::PdbSelectsNothing;
pub use scale_target_missing::ScaleTargetMissing;
pub use secret_key_missing::SecretKeyMissing;
pub use secret_missing::SecretMissing;
pub use secret_store_missing::SecretStoreMissing;
pub use selector_matches_nothing::SelectorMatchesNothing;
pub use service_account_missing::ServiceAccountMissing;
pub use service_selects_nothing::ServiceSelectsNothing;
pub use values_from_missing::ValuesFromMissing;
pub use workload_selector_mismatch::WorkloadSelectorMismatch;
