use std::thread;

use steeple_core::{current, redaction::Redaction};
use tracing_core::Level;

use crate::{
    encode::{Fields, Scalar, field, hex},
    failure,
};

/// Tells what the running code belongs to: its thread, its place in a trace, its request or job, and what is bound to it. An error
/// of level `ERROR` that tells no other is told the one that was attached to the request or job.
pub(super) fn put_surroundings(
    fields: &mut Fields,
    level: Level,
    redaction: &Redaction,
    room: &mut String,
) {
    if let Some(name) = thread::current().name() {
        fields.put_ours(field::PROCESS_THREAD_NAME, Scalar::Text(name));
    }
    if let Some(trace) = current::trace() {
        fields.put_ours(
            field::TRACE_ID,
            Scalar::Text(hex(&trace.trace_id().to_bytes(), &mut [0; 32])),
        );
        fields.put_ours(
            field::TRANSACTION_ID,
            Scalar::Text(hex(&trace.local_root().to_bytes(), &mut [0; 16])),
        );
        fields.put_ours(
            field::SPAN_ID,
            Scalar::Text(hex(&trace.span_id().to_bytes(), &mut [0; 16])),
        );
    }
    if let Some(id) = current::request_id() {
        match current::job() {
            None => fields.put_ours(field::HTTP_REQUEST_ID, Scalar::Text(id.as_str())),
            Some((kind, name)) => {
                fields.put("job.id", Scalar::Text(id.as_str()));
                fields.put("job.kind", Scalar::Text(kind));
                fields.put("job.name", Scalar::Text(name));
            }
        }
    }
    if level == Level::ERROR && !fields.has(field::ERROR_MESSAGE) {
        current::attached(|error| failure::put_error(fields, error, redaction, room));
    }
}

/// Tells what is [bound](crate::bind()) here.
pub(super) fn put_bound(fields: &mut Fields) {
    let bound = current::bound();
    if let Some(bound) = bound
        .as_ref()
        .and_then(|bound| bound.downcast_ref::<Fields>())
    {
        fields.add_missing(bound);
    }
}
