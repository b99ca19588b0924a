//! Network policies: whom they select, and whom they shut out.

mod blocked;
mod ip_pool_overlap;
mod network_policy_apiserver_missing;
mod network_policy_blocks_consumer;
mod network_policy_blocks_monitoring;
mod network_policy_blocks_peer;
mod network_policy_dns_missing;
mod network_policy_missing;
mod network_policy_namespace_overridden;
mod network_policy_not_enforcing;
mod network_policy_peer_matches_nothing;
mod network_policy_selects_nothing;
mod network_policy_service_port;
mod network_policy_source_open;
mod service_exposed;

pub use ip_pool_overlap::IpPoolOverlap;
pub use network_policy_apiserver_missing::NetworkPolicyApiserverMissing;
pub use network_policy_blocks_consumer::NetworkPolicyBlocksConsumer;
pub use network_policy_blocks_monitoring::NetworkPolicyBlocksMonitoring;
pub use network_policy_blocks_peer::NetworkPolicyBlocksPeer;
pub use network_policy_dns_missing::NetworkPolicyDnsMissing;
pub use network_policy_missing::NetworkPolicyMissing;
pub use network_policy_namespace_overridden::NetworkPolicyNamespaceOverridden;
pub use network_policy_not_enforcing::NetworkPolicyNotEnforcing;
pub use network_policy_peer_matches_nothing::NetworkPolicyPeerMatchesNothing;
pub use network_policy_selects_nothing::NetworkPolicySelectsNothing;
pub use network_policy_service_port::NetworkPolicyServicePort;
pub use network_policy_source_open::NetworkPolicySourceOpen;
pub use service_exposed::ServiceExposed;
