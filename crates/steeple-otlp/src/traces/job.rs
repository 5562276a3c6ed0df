//! The span of a job.

use steeple_core::{JobRecord, Recording};

use crate::{
    fields::span,
    traces::{
        ending::Ending,
        span::{Span, SpanKind, push_error_type},
    },
    value::push_text_attribute,
};

/// Writes the span of a job, which is called `{kind} {name}`.
pub(crate) fn push_job(message: &mut Vec<u8>, record: &JobRecord<'_>, recording: &Recording) {
    let started = recording.started().unix_nanos();
    let ended = started + record.duration.as_nanos() as u64;
    let head = Span {
        context: recording.context(),
        kind: match record.kind {
            "queue" => SpanKind::Consumer,
            _ => SpanKind::Internal,
        },
        started,
        ended,
    };
    let name = |name: &mut Vec<u8>| {
        let parts = [record.kind, " ", record.name];
        parts
            .iter()
            .for_each(|part| name.extend_from_slice(part.as_bytes()));
    };
    head.push(message, name, |message| {
        let mut text =
            |key, value: &str| push_text_attribute(message, span::ATTRIBUTES, key, value);
        text("steeple.job.kind", record.kind);
        text("steeple.job.name", record.name);
        text("steeple.outcome", record.outcome.as_str());
        push_error_type(message, record.error_type);
        let ending = Ending {
            ended,
            failed: record.outcome.is_failure(),
            panic: record.panic,
            error: record.error,
        };
        ending.push(message, recording);
    });
}
