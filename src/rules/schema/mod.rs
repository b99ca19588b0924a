//! YAML, what the schemas of kinds say, and what charts make of their values.

mod chart_identifier_missing;
mod chart_notes;
mod chart_required_value_missing;
mod chart_value_ineffective;
mod chart_value_invalid;
mod chart_value_unknown;
mod crd_missing;
mod crd_rules;
mod helm_chart_ambiguous;
mod schema_field_unknown;
mod schema_required_missing;
mod schema_value_invalid;
mod violations;
mod yaml_date_retyped;

pub use chart_identifier_missing::ChartIdentifierMissing;
pub use chart_required_value_missing::ChartRequiredValueMissing;
pub use chart_value_ineffective::ChartValueIneffective;
pub use chart_value_invalid::ChartValueInvalid;
pub use chart_value_unknown::ChartValueUnknown;
pub use crd_missing::CrdMissing;
pub use helm_chart_ambiguous::HelmChartAmbiguous;
pub use schema_field_unknown::SchemaFieldUnknown;
pub use schema_required_missing::SchemaRequiredMissing;
pub use schema_value_invalid::SchemaValueInvalid;
pub use yaml_date_retyped::YamlDateRetyped;
