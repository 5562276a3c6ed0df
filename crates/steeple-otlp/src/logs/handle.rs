use steeple_core::pipeline::{Accounting, DropReason, Producer};

use super::LogRecord;
use crate::encoded::Encoded;

/// Emits log records from any thread; clones are cheap.
#[derive(Clone, Debug)]
pub struct Logs(Producer<Encoded>);

impl Logs {
    pub(crate) fn new(producer: Producer<Encoded>) -> Self {
        Self(producer)
    }

    /// Queues the record, or drops and counts it. It does no I/O and never waits.
    pub fn emit(&self, record: &LogRecord) {
        self.0.push(record.encode());
    }

    /// Counts a record that a filter, sampler or rate limit refused, so that it was never made.
    pub fn skip(&self, reason: DropReason) {
        self.0.skip(reason);
    }

    /// The figures at this moment.
    #[must_use]
    pub fn accounting(&self) -> Accounting {
        self.0.accounting()
    }
}
