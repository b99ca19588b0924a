//! Post-build substitution.

mod swallows_app_variable;
mod undefined;
mod variable_undefined;

pub use swallows_app_variable::SubstitutionSwallowsAppVariable;
pub use variable_undefined::SubstitutionVariableUndefined;
