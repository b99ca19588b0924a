//! The group `gateway`: Gateways, routes and Ingresses.

mod backends;
mod gateway_backend_missing;
mod gateway_backend_port_missing;
mod gateway_certificate_host_mismatch;
mod gateway_certificate_missing;
mod gateway_hostname_mismatch;
mod gateway_listener_duplicate;
mod gateway_parent_missing;
mod gateway_route_not_allowed;
mod ingress_backend_missing;
mod reference_grant_missing;

pub use gateway_backend_missing::GatewayBackendMissing;
pub use gateway_backend_port_missing::GatewayBackendPortMissing;
pub use gateway_certificate_host_mismatch::GatewayCertificateHostMismatch;
pub use gateway_certificate_missing::GatewayCertificateMissing;
pub use gateway_hostname_mismatch::GatewayHostnameMismatch;
pub use gateway_listener_duplicate::GatewayListenerDuplicate;
pub use gateway_parent_missing::GatewayParentMissing;
pub use gateway_route_not_allowed::GatewayRouteNotAllowed;
pub use ingress_backend_missing::IngressBackendMissing;
pub use reference_grant_missing::ReferenceGrantMissing;
