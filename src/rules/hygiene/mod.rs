//! The group `hygiene`: what works and could be better kept. Off by default; most of it is what linters of single objects
//! ask of every pod, under the names that they give it.

mod access;
mod capabilities;
mod containers;
mod exposure;
mod images;
mod pods;
mod probes;
mod seen;
mod variables;
mod workloads;

pub use access::{RbacExecAllowed, RbacPodsCreatable, RbacSecretsReadable, RbacWildcardUsed};
pub use capabilities::{CapabilitiesNotDropped, CapabilityAdded};
pub use containers::{
    ContainerPrivileged, ContainerRunsAsRoot, PrivilegeEscalationAllowed, ProcMountUnmasked, RootFilesystemWritable,
    SeccompProfileMissing,
};
pub use exposure::{HostPortTaken, IngressTlsMissing, PortPrivileged, PortSsh, ServiceNodePort};
pub use images::ImagePullPolicyLax;
pub use pods::{
    DockerSocketMounted, HostIpcShared, HostNetworkShared, HostPathMounted, HostPidShared, NamespaceDefaultUsed,
    PriorityClassMissing, ServiceAccountDefault, ServiceAccountFieldDeprecated, SysctlUnsafe, TokenAutomounted,
};
pub use probes::{LivenessProbeMissing, ProbesIdentical, ReadinessProbeMissing};
pub use variables::{EnvFromSecret, EnvSecretLiteral};
pub use workloads::{
    CronjobDeadlineMissing, HpaReplicasLow, PdbMissing, PodSpreadMissing, ReplicasSingle, RollingUpdateMissing,
};
