//! The group `observability`: monitors, and what Grafana shows.

mod grafana_dashboard_not_loaded;
mod grafana_dashboard_provider_empty;
mod grafana_datasource_missing;
mod loki_expand_env_missing;
mod loki_mode_conflict;
mod loki_replication_high;
mod loki_retention_inert;
mod loki_retention_store_missing;
mod loki_schema_rewritten;
mod loki_store_mismatch;
pub mod loki_values;
mod meant;
mod minio_prometheus_namespace;
mod monitor_not_selected;
mod monitor_port_missing;
mod monitor_selects_nothing;

pub use grafana_dashboard_not_loaded::GrafanaDashboardNotLoaded;
pub use grafana_dashboard_provider_empty::GrafanaDashboardProviderEmpty;
pub use grafana_datasource_missing::GrafanaDatasourceMissing;
pub use loki_expand_env_missing::LokiExpandEnvMissing;
pub use loki_mode_conflict::LokiModeConflict;
pub use loki_replication_high::LokiReplicationHigh;
pub use loki_retention_inert::LokiRetentionInert;
pub use loki_retention_store_missing::LokiRetentionStoreMissing;
pub use loki_schema_rewritten::LokiSchemaRewritten;
pub use loki_store_mismatch::LokiStoreMismatch;
pub use minio_prometheus_namespace::MinioPrometheusNamespace;
pub use monitor_not_selected::MonitorNotSelected;
pub use monitor_port_missing::MonitorPortMissing;
pub use monitor_selects_nothing::MonitorSelectsNothing;
