//! Network policies: whom they select, and whom they shut out.

mod blocked;
mod network_policy_blocks_consumer;
mod network_policy_blocks_monitoring;
mod network_policy_blocks_peer;
mod network_policy_selects_nothing;

pub use network_policy_blocks_consumer::NetworkPolicyBlocksConsumer;
pub use network_policy_blocks_monitoring::NetworkPolicyBlocksMonitoring;
pub use network_policy_blocks_peer::NetworkPolicyBlocksPeer;
pub use network_policy_selects_nothing::NetworkPolicySelectsNothing;
mod ip_pool_overlap;
pub use ip_pool_overlap::IpPoolOverlap;
mod network_policy_namespace_overridden;
pub use network_policy_namespace_overridden::NetworkPolicyNamespaceOverridden;
mod network_policy_source_open;
pub use network_policy_source_open::NetworkPolicySourceOpen;
mod network_policy_not_enforcing;
pub use network_policy_not_enforcing::NetworkPolicyNotEnforcing;
mod network_policy_missing;
pub use network_policy_missing::NetworkPolicyMissing;
mod network_policy_apiserver_missing;
pub use network_policy_apiserver_missing::NetworkPolicyApiserverMissing;
mod network_policy_peer_matches_nothing;
pub use network_policy_peer_matches_nothing::NetworkPolicyPeerMatchesNothing;
mod network_policy_service_port;
pub use network_policy_service_port::NetworkPolicyServicePort;
mod network_policy_dns_missing;
pub use network_policy_dns_missing::NetworkPolicyDnsMissing;
mod service_exposed;
pub use service_exposed::ServiceExposed;
