//! What Prometheus' conventions, and the labels' values, say against a registry's metrics.

mod finding;
mod growth;
mod labels;
mod linter;
mod naming;
mod rule;
mod units;
mod words;

pub(crate) use self::linter::{FindingCallback, Linter};
pub use self::{finding::Finding, rule::Rule};
