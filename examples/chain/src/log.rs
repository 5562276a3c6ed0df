//! Log records that lead to the trace that they were written in.

use steeple::{
    current,
    otlp::{LogRecord, Logs, Otlp, Severity},
};

/// Where a service writes them, unless none are exported.
#[derive(Clone)]
pub(crate) struct Log(Option<Logs>);

impl Log {
    pub(crate) fn of(steeple: &steeple::Steeple) -> Self {
        Self(steeple.otlp().and_then(Otlp::logs))
    }

    pub(crate) fn info(&self, message: String) {
        let Some(logs) = &self.0 else {
            return;
        };
        let mut record = LogRecord::new(Severity::Info, message);
        if let Some(trace) = current::trace() {
            let (trace_id, span_id) = (trace.trace_id().to_bytes(), trace.span_id().to_bytes());
            record = record.trace(trace_id, span_id, trace.flags());
        }
        logs.emit(&record);
    }
}
