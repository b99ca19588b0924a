//! The group `upgrade`: what is still right and will not be for long.

mod api_version_not_served;
mod chart_moved;
mod chart_values_migration;
mod flux_api_removed;
mod flux_behaviour_change;
mod flux_field_removed;
mod image_source_abandoned;
mod immutable_field_changed;
mod kubernetes_api_removed;
mod loki_mode_deprecated;
mod removed;
mod stateful_object_removed;

pub use api_version_not_served::ApiVersionNotServed;
pub use chart_moved::ChartMoved;
pub use chart_values_migration::ChartValuesMigration;
pub use flux_api_removed::FluxApiRemoved;
pub use flux_behaviour_change::FluxBehaviourChange;
pub use flux_field_removed::FluxFieldRemoved;
pub use image_source_abandoned::ImageSourceAbandoned;
pub use immutable_field_changed::ImmutableFieldChanged;
pub use kubernetes_api_removed::KubernetesApiRemoved;
pub use loki_mode_deprecated::LokiModeDeprecated;
pub use stateful_object_removed::StatefulObjectRemoved;
