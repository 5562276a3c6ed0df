use std::{sync::Arc, thread};

use steeple_core::{TraceContext, current, redaction::Redaction};
use tracing_core::Level;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::{recorder::tells_error, span_fields::SpanFields};
use crate::{
    encode::{Fields, Line, Prepared, Scalar, digest, field},
    errors::{self, Chain},
    place,
};

thread_local! {
    /// The name of the thread, as JSON has it.
    static NAME: Option<Box<[u8]>> = thread::current().name().map(|name| {
        let mut encoded = Vec::new();
        Fields::default().encode(&mut encoded, name);
        encoded.into()
    });
}

/// What the running code belongs to.
pub(super) struct Surroundings {
    trace: Option<TraceContext>,
}

impl Surroundings {
    pub(super) fn here() -> Self {
        Self {
            trace: current::trace(),
        }
    }

    /// A number for what is said here, which the same has only in the same request or job of the same trace.
    pub(super) fn tell_apart(&self, content: u64) -> u64 {
        let Some(trace) = self.trace else {
            return content;
        };
        digest(&[
            &content.to_ne_bytes(),
            &trace.trace_id().to_bytes(),
            &trace.local_root().to_bytes(),
        ])
    }

    /// Tells the thread, and the place in a trace.
    pub(super) fn tell(&self, line: &mut Line<'_>) {
        if line.tells_origin() {
            // A thread that ends has no name any more.
            let _ = NAME.try_with(|name| {
                if let Some(name) = name {
                    line.encoded(field::PROCESS_THREAD_NAME, name);
                }
            });
        }
        if let Some(trace) = &self.trace {
            place::tell(line, trace);
        }
    }
}

/// Tells the request or the job. An event of level `ERROR` that tells no other error is told the one that was attached to it.
pub(super) fn put_subject(
    fields: &mut Fields,
    level: Level,
    redaction: &Redaction,
    room: &mut String,
) {
    if let Some(id) = current::request_id() {
        match current::job() {
            None => fields.put_ours(field::HTTP_REQUEST_ID, Scalar::Text(id.as_str())),
            Some((kind, name)) => place::put_job(fields, id.as_str(), kind, name),
        }
    }
    if level == Level::ERROR && !tells_error(fields) {
        current::attached(|error| {
            errors::put_error(fields, Chain::of(error), "", redaction, room);
        });
    }
}

/// Tells what is told in `span` and what is [bound](crate::bind()) here, unless there is something by the same name. What is told in the
/// span is handed back instead if lines can have it beside the fields as it is.
pub(super) fn put_around<'a, S: LookupSpan<'a>>(
    fields: &mut Fields,
    span: Option<SpanRef<'a, S>>,
    number: u64,
) -> Option<Arc<Prepared>> {
    let bound = current::bound();
    let bound = bound.as_ref().and_then(|bound| bound.downcast_ref());
    let around = span.and_then(|span| SpanFields::tell(span, number, fields, bound));
    if let Some(bound) = bound {
        fields.add_missing(bound);
    }
    around
}
