//! Where records become spans.

use steeple_core::{
    CallRecord, JobRecord, Recording, RequestRecord, Sink,
    pipeline::{DropReason, Producer},
};

use crate::{
    encoded::Encoded,
    traces::{
        call::push_call, finished, job::push_job, redaction::Redaction, request::push_request,
    },
};

/// Makes a span of each recorded request and job, and queues it with those that ended within it: a sink to give the
/// [observer](steeple_core::ObserverBuilder::sink).
#[derive(Clone, Debug)]
pub struct RequestSpans {
    producer: Producer<Encoded>,
    redaction: Redaction,
}

/// How many bytes the span of a request is expected to have. One that has more makes its message move.
const EXPECTED_BYTES: usize = 1_024;

impl RequestSpans {
    pub(crate) fn new(producer: Producer<Encoded>) -> Self {
        Self {
            producer,
            redaction: Redaction::default(),
        }
    }

    /// Redacts the values of these keys in queries as well, as they are written. Default: those of
    /// [the conventions](https://github.com/open-telemetry/semantic-conventions/blob/v1.44.0/docs/registry/attributes/url.md)
    /// alone.
    #[must_use]
    pub fn redact_query<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.redaction.add(keys.into_iter().map(Into::into));
        self
    }

    fn queue(&self, recording: Option<&Recording>, push: impl FnOnce(&mut Vec<u8>, &Recording)) {
        let Some(recording) = recording else {
            self.producer.skip(DropReason::Sampled);
            return;
        };
        let (spans, count) = recording.spans();
        let mut bytes = Vec::with_capacity(spans.len() + EXPECTED_BYTES);
        bytes.extend_from_slice(spans);
        push(&mut bytes, recording);
        self.producer.push(Encoded {
            bytes,
            count: count + 1,
        });
    }
}

impl Sink for RequestSpans {
    fn request(&self, record: &RequestRecord<'_>) {
        self.queue(record.recording, |message, recording| {
            push_request(message, record, recording, &self.redaction);
        });
    }

    fn call(&self, record: &CallRecord<'_>) {
        let Some((context, target)) = record.trace.zip(record.target) else {
            self.producer.skip(DropReason::Sampled);
            return;
        };
        finished::leave(&self.producer, &context, EXPECTED_BYTES, |message| {
            push_call(message, record, &context, target, &self.redaction);
        });
    }

    fn job(&self, record: &JobRecord<'_>) {
        self.queue(record.recording, |message, recording| {
            push_job(message, record, recording);
        });
    }
}
