//! The group `workloads`: what runs in the cluster, and how Flux applies it.

mod helm_hook_inert;
mod image_tag_mutable;
mod job_force_missing;
mod pod_security_violation;
mod script_error_swallowed;

pub use helm_hook_inert::HelmHookInert;
pub use image_tag_mutable::ImageTagMutable;
pub use job_force_missing::JobForceMissing;
pub use pod_security_violation::PodSecurityViolation;
pub use script_error_swallowed::ScriptErrorSwallowed;
