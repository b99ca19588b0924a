//! The group `upgrade`: what is still right and will not be for long.

mod chart_moved;
mod image_source_abandoned;
mod immutable_field_changed;
mod loki_mode_deprecated;
mod stateful_object_removed;

pub use chart_moved::ChartMoved;
pub use image_source_abandoned::ImageSourceAbandoned;
pub use immutable_field_changed::ImmutableFieldChanged;
pub use loki_mode_deprecated::LokiModeDeprecated;
pub use stateful_object_removed::StatefulObjectRemoved;
