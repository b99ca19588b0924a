//! Rules about what objects name: it exists, and it has what is asked of it.

mod configmap_key_missing;
mod configmap_missing;
mod custody;
mod custom_reference_missing;
mod hosts;
mod issuer_missing;
mod keys;
pub(super) mod missing;
mod scale_target_missing;
mod secret_key_missing;
mod secret_missing;
mod secret_store_missing;
mod service_account_missing;
mod service_host_missing;
mod service_port_missing;
mod values_from_missing;

pub use configmap_key_missing::ConfigmapKeyMissing;
pub use configmap_missing::ConfigmapMissing;
pub use custom_reference_missing::CustomReferenceMissing;
pub use issuer_missing::IssuerMissing;
pub use scale_target_missing::ScaleTargetMissing;
pub use secret_key_missing::SecretKeyMissing;
pub use secret_missing::SecretMissing;
pub use secret_store_missing::SecretStoreMissing;
pub use service_account_missing::ServiceAccountMissing;
pub use service_host_missing::ServiceHostMissing;
pub use service_port_missing::ServicePortMissing;
pub use values_from_missing::ValuesFromMissing;
