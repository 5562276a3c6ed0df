//! Where spans go that have ended.

use steeple_core::{FinishedSpan, TraceContext, current, pipeline::Producer};

use crate::encoded::Encoded;

/// How many bytes a span is expected to have besides its attributes, events and links.
const EXPECTED_BYTES: usize = 256;

/// Leaves a span with the request or job that it belongs to, or queues it on its own; `push` writes it, and what was written of
/// it before has `written` bytes.
pub(crate) fn leave(
    producer: &Producer<Encoded>,
    span: &TraceContext,
    written: usize,
    push: impl Fn(&mut Vec<u8>),
) {
    match current::finished_span(span, &push) {
        FinishedSpan::Kept => {}
        // A request that has no room for it lets it go on its own.
        FinishedSpan::NoRoom | FinishedSpan::Alone => {
            let mut bytes = Vec::with_capacity(written + EXPECTED_BYTES);
            push(&mut bytes);
            producer.push(Encoded { bytes, count: 1 });
        }
    }
}
