//! The group `workloads`: what runs in the cluster, and how Flux applies it.

mod helm_hook_inert;
mod job_force_missing;
mod script_error_swallowed;

pub use helm_hook_inert::HelmHookInert;
pub use job_force_missing::JobForceMissing;
pub use script_error_swallowed::ScriptErrorSwallowed;
