use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use steeple_core::Timestamp;
use tracing_core::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::LookupSpan,
};

use super::{
    origin::put_origin,
    recorder::{Recorder, Source},
    scratch::{Scratch, with_scratch},
    surroundings::{put_bound, put_surroundings},
};
use crate::{encode::Fields, shared::Shared};

/// Makes a line of each event of `tracing`, from [`Logs::layer`](crate::Logs::layer).
pub struct LogLayer(Arc<Shared>);

/// The fields of a span, encoded when they are recorded and copied into each line.
struct SpanFields(Fields);

impl LogLayer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Encodes what `record` tells of a span or an event. What prints itself there is foreign code, whose panics stay here.
    fn encode(
        &self,
        scratch: &mut Scratch,
        source: Source,
        record: impl FnOnce(&mut Recorder<'_>),
    ) {
        let mut recorder = Recorder::new(scratch, &self.0.redaction, source);
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
            self.encode(scratch, Source::Span, |recorder| {
                attributes.record(recorder)
            });
            if let Some(span) = context.span(id) {
                span.extensions_mut()
                    .replace(SpanFields(scratch.fields.clone()));
            }
        });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        with_scratch(|scratch| {
            // Before anything is locked, since it may log itself.
            self.encode(scratch, Source::Span, |recorder| values.record(recorder));
            let Some(span) = context.span(id) else {
                return;
            };
            let mut extensions = span.extensions_mut();
            match extensions.get_mut::<SpanFields>() {
                Some(SpanFields(known)) => known.replace_by(&scratch.fields),
                None => extensions.insert(SpanFields(scratch.fields.clone())),
            }
        });
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let at = Timestamp::now();
        let metadata = event.metadata();
        let shared = &*self.0;
        with_scratch(|scratch| {
            let source = Source::of(event);
            self.encode(scratch, source, |recorder| event.record(recorder));
            if source == Source::Event {
                let span = context.event_span(event).map(|span| span.metadata());
                put_origin(&mut scratch.fields, metadata, span);
            }
            put_surroundings(
                &mut scratch.fields,
                *metadata.level(),
                &shared.redaction,
                &mut scratch.room,
            );
            for span in context.event_scope(event).into_iter().flatten() {
                if let Some(SpanFields(fields)) = span.extensions().get::<SpanFields>() {
                    scratch.fields.add_missing(fields);
                }
            }
            put_bound(&mut scratch.fields);
            scratch.fields.sort();
            let logger = match &*scratch.logger {
                "" => metadata.target(),
                logger => logger,
            };
            shared.writers.write(at, *metadata.level(), logger, |line| {
                line.fields(&scratch.fields)
            });
        });
    }
}

impl fmt::Debug for LogLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogLayer").finish_non_exhaustive()
    }
}
