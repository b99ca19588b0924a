//! Post-build substitution.

mod undefined;
mod variable_undefined;
mod swallows_app_variable;

pub use swallows_app_variable::SubstitutionSwallowsAppVariable;
pub use variable_undefined::SubstitutionVariableUndefined;
