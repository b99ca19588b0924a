//! The group `upgrade`: what is still right and will not be for long.

mod chart_moved;
mod image_source_abandoned;
mod loki_mode_deprecated;

pub use chart_moved::ChartMoved;
pub use image_source_abandoned::ImageSourceAbandoned;
pub use loki_mode_deprecated::LokiModeDeprecated;
