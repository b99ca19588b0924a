//! Totals against what is declared, and amounts that contradict each other.

mod budget_exceeded;
mod limit_below_request;
mod quota_exceeded;
mod total;

pub use budget_exceeded::BudgetExceeded;
pub use limit_below_request::LimitBelowRequest;
pub use quota_exceeded::QuotaExceeded;
