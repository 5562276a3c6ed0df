//! Where records go.

use crate::{
    outgoing::CallRecord,
    record::{JobRecord, RequestRecord},
    trace_context::TraceContext,
    traces::Recording,
};

/// Receives one record for each request and job.
///
/// It runs on the thread of the request, so it must not block, do I/O, or wait for a lock that others hold for long. While
/// it runs, [`current`](crate::current) still speaks of the request. A panic in it is caught, counted and kept from the
/// request.
///
/// It lives as long as its observer, and a little longer: threads keep what they observed with until they end or observe
/// with another, so do not wait for its drop.
pub trait Sink: Send + Sync + 'static {
    /// A request is over.
    fn request(&self, record: &RequestRecord<'_>);

    /// A request that went out is over. Default: nothing.
    fn call(&self, record: &CallRecord<'_>) {
        let _ = record;
    }

    /// A job is over. Default: nothing.
    fn job(&self, record: &JobRecord<'_>) {
        let _ = record;
    }

    /// Whether it reads what requests are [kept](crate::RequestRecord::head) of, which is then kept of all. It is asked once. Default:
    /// it does not.
    fn reads_heads(&self) -> bool {
        false
    }

    /// A request or job begins that is recorded. It ends with its record, or is [`refused`](Self::refused) before. Default:
    /// nothing.
    fn recorded(&self, trace: &TraceContext) {
        let _ = trace;
    }

    /// What was recorded so far is not to be: only now it is known that its route is left out, or has a sampler of its own that
    /// does not record it. Default: nothing.
    fn refused(&self, recording: &Recording) {
        let _ = recording;
    }
}

impl<F> Sink for F
where
    F: Fn(&RequestRecord<'_>) + Send + Sync + 'static,
{
    fn request(&self, record: &RequestRecord<'_>) {
        self(record);
    }
}
