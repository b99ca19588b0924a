//! Post-build substitution.

mod substitute_from_missing;
mod substitution_inert;
mod substitution_unquoted;
mod swallows_app_variable;
mod undefined;
mod variable_undefined;

pub use substitute_from_missing::SubstituteFromMissing;
pub use substitution_inert::SubstitutionInert;
pub use substitution_unquoted::SubstitutionUnquoted;
pub use swallows_app_variable::SubstitutionSwallowsAppVariable;
pub use variable_undefined::SubstitutionVariableUndefined;
