use std::thread;

use steeple_core::{TraceContext, current, redaction::Redaction};
use tracing_core::{Level, Metadata};

use super::recorder::tells_error;
use crate::{
    encode::{Fields, Line, Scalar, digest, field, hex},
    failure,
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
    /// The function, as far as it is known.
    pub(super) function: Option<&'static str>,
    trace: Option<TraceContext>,
}

impl Surroundings {
    /// Those of an event in `span`, which has the name of a function if it was opened in the same file and module, as the attribute
    /// `#[instrument]` does it.
    pub(super) fn of(event: &Metadata<'_>, span: Option<&'static Metadata<'static>>) -> Self {
        let function = span.filter(|span| {
            span.file().is_some()
                && span.file() == event.file()
                && span.module_path() == event.module_path()
        });
        Self {
            function: function.map(Metadata::name),
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
        let Some(trace) = self.trace else {
            return;
        };
        line.ascii(
            field::TRACE_ID,
            hex(&trace.trace_id().to_bytes(), &mut [0; 32]),
        );
        let root = trace.local_root().to_bytes();
        line.ascii(field::TRANSACTION_ID, hex(&root, &mut [0; 16]));
        let span = trace.span_id().to_bytes();
        line.ascii(field::SPAN_ID, hex(&span, &mut [0; 16]));
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
            Some((kind, name)) => {
                fields.put("job.id", Scalar::Text(id.as_str()));
                fields.put("job.kind", Scalar::Text(kind));
                fields.put("job.name", Scalar::Text(name));
            }
        }
    }
    if level == Level::ERROR && !tells_error(fields) {
        current::attached(|error| failure::put_error(fields, error, redaction, room));
    }
}

/// Tells what is [bound](crate::bind()) here.
pub(super) fn put_bound(fields: &mut Fields) {
    let bound = current::bound();
    let bound = bound.as_ref().and_then(|bound| bound.downcast_ref());
    if let Some(bound) = bound {
        fields.add_missing(bound);
    }
}
