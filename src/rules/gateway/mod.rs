//! The group `gateway`: Gateways, routes and Ingresses.

mod backends;
mod classes;
mod gateway_backend_missing;
mod gateway_backend_port_missing;
mod gateway_certificate_host_mismatch;
mod gateway_certificate_missing;
mod gateway_class_missing;
mod gateway_hostname_mismatch;
mod gateway_listener_duplicate;
mod gateway_parent_missing;
mod gateway_route_not_allowed;
mod host_duplicate;
mod ingress_backend_missing;
mod ingress_class_missing;
mod ingress_tls_host_mismatch;
mod reference_grant_missing;

pub use gateway_backend_missing::GatewayBackendMissing;
pub use gateway_backend_port_missing::GatewayBackendPortMissing;
pub use gateway_certificate_host_mismatch::GatewayCertificateHostMismatch;
pub use gateway_certificate_missing::GatewayCertificateMissing;
pub use gateway_class_missing::GatewayClassMissing;
pub use gateway_hostname_mismatch::GatewayHostnameMismatch;
pub use gateway_listener_duplicate::GatewayListenerDuplicate;
pub use gateway_parent_missing::GatewayParentMissing;
pub use gateway_route_not_allowed::GatewayRouteNotAllowed;
pub use host_duplicate::HostDuplicate;
pub use ingress_backend_missing::IngressBackendMissing;
pub use ingress_class_missing::IngressClassMissing;
pub use ingress_tls_host_mismatch::IngressTlsHostMismatch;
pub use reference_grant_missing::ReferenceGrantMissing;
