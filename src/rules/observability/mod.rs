//! The group `observability`: monitors, and what Grafana shows.

mod grafana_dashboard_provider_empty;
mod meant;
mod monitor_port_missing;
mod monitor_selects_nothing;

pub use grafana_dashboard_provider_empty::GrafanaDashboardProviderEmpty;
pub use monitor_port_missing::MonitorPortMissing;
pub use monitor_selects_nothing::MonitorSelectsNothing;
