use std::{fmt, num::NonZeroU64};

use tracing::{
    Event, Metadata, Subscriber,
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_core::span::Current;

use super::{filter::RecordedTraces, spans::Spans};

/// Makes spans of those of [`tracing`], as [`TracingLayer`](super::TracingLayer) does it, where there are no other layers.
///
/// Spans are not kept a second time in a registry, and those of what is not recorded are not opened at all. A span ends when
/// the last handle of it is dropped; a registry waits for its children too.
pub struct TracingSubscriber {
    spans: Spans,
    filter: RecordedTraces,
}

impl TracingSubscriber {
    pub(crate) fn new(spans: Spans, filter: RecordedTraces) -> Self {
        Self { spans, filter }
    }
}

impl Subscriber for TracingSubscriber {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        self.filter.interest(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.filter.level())
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.filter.include(metadata)
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let place = self.spans.place(attributes);
        // Random, as ids of spans are, and so the span's alone.
        let key = u64::from_be_bytes(place.span_id().to_bytes());
        self.spans.open(key, place, attributes);
        Id::from_non_zero_u64(NonZeroU64::new(key).unwrap_or(NonZeroU64::MIN))
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.spans.record(span.into_u64(), values);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.spans.event(event);
    }

    fn enter(&self, span: &Id) {
        self.spans.enter(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        self.spans.exit(span.into_u64());
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.spans.share(span.into_u64());
        span.clone()
    }

    fn try_close(&self, span: Id) -> bool {
        self.spans.release(span.into_u64())
    }

    fn current_span(&self) -> Current {
        let current = self.spans.current();
        current.map_or_else(Current::none, |(key, metadata)| {
            Current::new(Id::from_u64(key), metadata)
        })
    }
}

impl fmt::Debug for TracingSubscriber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracingSubscriber").finish_non_exhaustive()
    }
}
