//! Totals against what is declared, and amounts that contradict each other.

mod budget_document_mismatch;
mod budget_exceeded;
mod budget_uncounted;
mod chart_default_heavy;
mod limit_below_request;
mod memory_limit_missing;
mod quota_exceeded;
mod resources_missing;
mod stated;
mod total;

pub use budget_document_mismatch::BudgetDocumentMismatch;
pub use budget_exceeded::BudgetExceeded;
pub use budget_uncounted::BudgetUncounted;
pub use chart_default_heavy::ChartDefaultHeavy;
pub use limit_below_request::LimitBelowRequest;
pub use memory_limit_missing::MemoryLimitMissing;
pub use quota_exceeded::QuotaExceeded;
pub use resources_missing::ResourcesMissing;
