use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    ptr,
    sync::Arc,
};

use steeple_core::Timestamp;
use tracing_core::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::{LookupSpan, SpanRef},
};

use super::{
    callsite::{Callsite, Source},
    recorder::Recorder,
    scratch::{Scratch, with_scratch},
    span_fields::SpanFields,
    surroundings::{Surroundings, put_around, put_subject},
};
use crate::{
    encode::{Line, digest, field},
    shared::Shared,
};

/// Makes a line of each event of `tracing`, from [`Logs::layer`](crate::Logs::layer).
pub struct LogLayer(Arc<Shared>);

impl LogLayer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Encodes what `record` tells of a span or an event. What prints itself there is foreign code, whose panics stay here.
    fn encode(
        &self,
        scratch: &mut Scratch,
        callsite: &Callsite,
        record: impl FnOnce(&mut Recorder<'_>),
    ) {
        let mut recorder = Recorder::new(scratch, callsite, &self.0.redaction);
        let recorded = catch_unwind(AssertUnwindSafe(|| record(&mut recorder)));
        if recorded.is_err() {
            scratch.fields.mark_truncated();
        }
    }
}

impl<S> Layer<S> for LogLayer
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.is_empty() {
            return;
        }
        with_scratch(|scratch| {
            let callsite = Callsite::of(attributes.metadata(), None, &self.0);
            self.encode(scratch, &callsite, |recorder| attributes.record(recorder));
            if let Some(span) = context.span(id) {
                SpanFields::put(&span, self.0.number, &scratch.fields);
            }
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        with_scratch(|scratch| {
            // Before anything is locked, since it may log itself.
            let callsite = Callsite::of(span.metadata(), None, &self.0);
            self.encode(scratch, &callsite, |recorder| values.record(recorder));
            SpanFields::put(&span, self.0.number, &scratch.fields);
        });
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let at = Timestamp::now();
        let metadata = event.metadata();
        let level = *metadata.level();
        let shared = &*self.0;
        with_scratch(|scratch| {
            let span = context.event_span(event);
            let callsite = Callsite::of(metadata, span.as_ref().map(SpanRef::metadata), shared);
            self.encode(scratch, &callsite, |recorder| event.record(recorder));
            put_subject(
                &mut scratch.fields,
                level,
                &shared.redaction,
                &mut scratch.room,
            );
            let around = put_around(&mut scratch.fields, span, shared.number);
            let surroundings = Surroundings::here();
            let scratch = &*scratch;
            let logger = match callsite.source {
                Source::Record => &*scratch.record.logger,
                _ => metadata.target(),
            };
            let place = (ptr::from_ref(metadata).addr() as u64) ^ digest(&[logger.as_bytes()]);
            let around_says = around.as_ref().map_or(0, |around| around.digest());
            let content = scratch.fields.digest_with(&scratch.message, around_says);
            let content = surroundings.tell_apart(content);
            if !shared.admits(at, metadata, logger, (place, content)) {
                return;
            }
            shared.volume.line(level);
            shared.writers.write_whole(level, |encoder, out| {
                let mut line = match callsite.source {
                    Source::Record => {
                        let mut line = encoder.begin(out, at, level, &scratch.record.logger);
                        tell_origin(&mut line, scratch);
                        line
                    }
                    _ => encoder.begin_known(out, at, metadata, &callsite.heads),
                };
                if !scratch.message.is_empty() {
                    line.encoded(field::MESSAGE, &scratch.message);
                }
                surroundings.tell(&mut line);
                match &around {
                    Some(around) => line.fields_beside(&scratch.fields, around),
                    None => line.fields(&scratch.fields),
                }
                line.end();
            });
        });
    }
}

/// Tells where in the code a record of the crate `log` is from.
fn tell_origin(line: &mut Line<'_>, scratch: &Scratch) {
    let record = &scratch.record;
    if !line.tells_origin() || record.file.is_empty() {
        return;
    }
    line.text(field::LOG_ORIGIN_FILE_NAME, &record.file);
    if let Some(number) = record.line {
        line.unsigned(field::LOG_ORIGIN_FILE_LINE, number);
    }
}

impl fmt::Debug for LogLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLayer").finish_non_exhaustive()
    }
}
