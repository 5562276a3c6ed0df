use opentelemetry::{
    InstrumentationScope,
    logs::{self, LogRecord as _, Severity},
};
use steeple_core::pipeline::Producer;

use super::{LogRecord, context};
use crate::encoded::Encoded;

/// Queues log records, each with the trace that it was emitted in; clones are cheap.
#[derive(Clone, Debug)]
pub struct Logger {
    producer: Producer<Encoded>,
    scope: InstrumentationScope,
}

impl Logger {
    pub(super) fn new(producer: Producer<Encoded>, scope: InstrumentationScope) -> Self {
        Self { producer, scope }
    }
}

impl logs::Logger for Logger {
    type LogRecord = LogRecord;

    fn create_log_record(&self) -> LogRecord {
        LogRecord::default()
    }

    /// Does no I/O and never waits: what there is no room for is dropped and counted.
    fn emit(&self, mut record: LogRecord) {
        if context::is_suppressed() {
            return;
        }
        if !record.has_trace()
            && let Some(span) = context::place()
        {
            let span = context::span_context(&span);
            record.set_trace_context(span.trace_id(), span.span_id(), Some(span.trace_flags()));
        }
        self.producer.push(record.encode(&self.scope));
    }

    /// All are, unless telemetry is suppressed: the appender filters.
    fn event_enabled(&self, _: Severity, _: &str, _: Option<&str>) -> bool {
        !context::is_suppressed()
    }
}
