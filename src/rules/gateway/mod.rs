//! The group `gateway`: Gateways, routes and Ingresses.

mod gateway_parent_missing;
mod gateway_route_not_allowed;
mod words;

pub use gateway_parent_missing::GatewayParentMissing;
pub use gateway_route_not_allowed::GatewayRouteNotAllowed;
