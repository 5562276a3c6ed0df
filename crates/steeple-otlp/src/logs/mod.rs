//! Log records.

mod handle;
mod record;
mod severity;

pub use {handle::Logs, record::LogRecord, severity::Severity};
