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
