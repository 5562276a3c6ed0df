//! Where records become spans.

use steeple_core::{CallRecord, JobRecord, Recording, RequestRecord, Sink, TraceContext};

use crate::traces::{
    call::push_call,
    job::push_job,
    redaction::Redaction,
    request::push_request,
    span_queue::{Finished, SpanQueue},
    tail::End,
};

/// Makes a span of each recorded request and job, and queues it with those that ended within it: a sink to give the
/// [observer](steeple_core::ObserverBuilder::sink).
#[derive(Clone, Debug)]
pub struct RequestSpans {
    spans: SpanQueue,
    redaction: Redaction,
}

/// How many bytes the span of a request is expected to have. One that has more makes its message move.
const EXPECTED_BYTES: usize = 1_024;

impl RequestSpans {
    pub(crate) fn new(spans: SpanQueue) -> Self {
        Self {
            spans,
            redaction: Redaction::default(),
        }
    }

    /// Redacts the values of these keys in queries as well, in this case and however they are encoded. Default: those of
    /// [the conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/registry/attributes/url.md)
    /// alone.
    #[must_use]
    pub fn redact_query<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.redaction.add(keys.into_iter().map(Into::into));
        self
    }

    fn queue<'a>(
        &self,
        recording: Option<&Recording>,
        end: impl FnOnce() -> End<'a>,
        push: impl FnOnce(&mut Vec<u8>, &Recording),
    ) {
        let Some(recording) = recording else {
            self.spans.skip();
            return;
        };
        let (within, count) = (recording.spans(), recording.span_count());
        let Some(mut spans) = self.spans.end(recording.context(), count, end) else {
            return;
        };
        spans.bytes.reserve(within.len() + EXPECTED_BYTES);
        spans.bytes.extend_from_slice(within);
        push(&mut spans.bytes, recording);
        spans.count += count + 1;
        self.spans.queue(spans);
    }
}

impl Sink for RequestSpans {
    fn request(&self, record: &RequestRecord<'_>) {
        let end = || End {
            outcome: record.outcome,
            kind: "",
            route: Some(record.route()),
            duration: match record.head_duration() {
                Some(duration) if record.streaming => duration,
                _ => record.duration(),
            },
        };
        self.queue(record.recording, end, |message, recording| {
            push_request(message, record, recording, &self.redaction);
        });
    }

    fn call(&self, record: &CallRecord<'_>) {
        let Some((context, target)) = record.trace.zip(record.target) else {
            self.spans.skip();
            return;
        };
        let finished = Finished {
            context: &context,
            written: EXPECTED_BYTES,
            duration: record.duration(),
            failed: record.error_type.is_some() && !record.is_cancelled(),
        };
        self.spans.leave(&finished, |message| {
            push_call(message, record, &context, target, &self.redaction);
        });
    }

    fn job(&self, record: &JobRecord<'_>) {
        let end = || End {
            outcome: record.outcome,
            kind: record.kind,
            route: Some(record.name),
            duration: record.duration,
        };
        self.queue(record.recording, end, |message, recording| {
            push_job(message, record, recording);
        });
    }

    fn recorded(&self, trace: &TraceContext) {
        self.spans.begin(trace);
    }

    fn refused(&self, recording: &Recording) {
        self.spans
            .refuse(recording.context(), recording.span_count());
    }
}
