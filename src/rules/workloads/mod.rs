//! The group `workloads`: what runs in the cluster, and how Flux applies it.

mod cluster_admin_bound;
mod env_variable_duplicate;
mod helm_hook_inert;
mod hpa_replicas_contested;
mod image_tag_mutable;
mod job_force_missing;
mod pdb_blocking;
mod pod_security_violation;
mod port_name_invalid;
mod ports;
mod probe_port_missing;
mod script_error_swallowed;
mod statefulset_service_missing;

pub use cluster_admin_bound::ClusterAdminBound;
pub use env_variable_duplicate::EnvVariableDuplicate;
pub use helm_hook_inert::HelmHookInert;
pub use hpa_replicas_contested::HpaReplicasContested;
pub use image_tag_mutable::ImageTagMutable;
pub use job_force_missing::JobForceMissing;
pub use pdb_blocking::PdbBlocking;
pub use pod_security_violation::PodSecurityViolation;
pub use port_name_invalid::PortNameInvalid;
pub use probe_port_missing::ProbePortMissing;
pub use script_error_swallowed::ScriptErrorSwallowed;
pub use statefulset_service_missing::StatefulsetServiceMissing;
