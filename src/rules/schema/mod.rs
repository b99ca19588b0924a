//! YAML and what the schemas of kinds say.

mod yaml_date_retyped;

pub use yaml_date_retyped::YamlDateRetyped;
