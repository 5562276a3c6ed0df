//! What becomes of the spans and events of `tracing`.

use steeple_core::{Observer, Timestamp, TraceContext, current};
use tracing::{
    Event, Metadata,
    span::{Attributes, Record},
};

use super::{
    fields::{EventFields, SpanFields},
    open_span::OpenSpan,
    open_spans::OpenSpans,
};
use crate::{opentelemetry::context, traces::span_queue::SpanQueue};

/// The spans of one subscriber, by its numbers for them.
pub(crate) struct Spans {
    observer: Observer,
    open: OpenSpans,
    queue: SpanQueue,
    /// Whether the context of the API of OpenTelemetry tells of them.
    in_context: bool,
}

impl Spans {
    pub(crate) fn new(observer: Observer, queue: SpanQueue, in_context: bool) -> Self {
        Self {
            observer,
            open: OpenSpans::new(),
            queue,
            in_context,
        }
    }

    /// Where a new span belongs.
    pub(super) fn place(&self, attributes: &Attributes<'_>) -> TraceContext {
        let explicit = attributes.parent().and_then(|parent| {
            self.open
                .with(parent.into_u64(), |parent| parent.context.child())
        });
        let place = match explicit {
            None if attributes.is_root() => None,
            // A parent that is none of these spans is outside of what is traced here.
            None => context::child(&self.observer, &self.queue),
            explicit => explicit,
        };
        place.unwrap_or_else(|| self.observer.begin_trace())
    }

    pub(super) fn open(&self, key: u64, place: TraceContext, attributes: &Attributes<'_>) {
        if place.is_sampled() {
            self.queue.begin(&place);
        }
        let open = OpenSpan::new(place, attributes, self.in_context && context::is_used());
        self.open.insert(key, open);
    }

    pub(super) fn record(&self, key: u64, values: &Record<'_>) {
        // What values print themselves with may come back here, so they are read before the span is taken up.
        let mut fields = SpanFields::default();
        values.record(&mut fields);
        self.open.with(key, |open| open.record(fields));
    }

    /// Gives an event to its span, or to the request or job that it happened in.
    pub(super) fn event(&self, event: &Event<'_>) {
        let key = match event.parent() {
            Some(parent) => Some(parent.into_u64()),
            None if event.is_contextual() => current::entered_span(),
            None => None,
        };
        let fields = EventFields::read(event);
        let kept = key.and_then(|key| {
            self.open
                .with(key, |open| open.event(&fields, event.metadata()))
        });
        if kept.is_none()
            && let Some(trace) = current::sampled_trace()
        {
            let now = Timestamp::now().unix_nanos();
            current::event(&trace, |events| fields.push(events, now, event.metadata()));
        }
    }

    pub(super) fn enter(&self, key: u64) {
        let found = self
            .open
            .with(key, |open| (open.context, open.opentelemetry()));
        if let Some((place, opentelemetry)) = found {
            current::enter_span(key, &place);
            if let Some(opentelemetry) = opentelemetry {
                context::attach(key, opentelemetry);
            }
        }
    }

    pub(super) fn exit(&self, key: u64) {
        if self.in_context && context::is_used() {
            context::detach(key);
        }
        current::exit_span(key);
    }

    /// Takes in that there is one handle more of a span.
    pub(super) fn share(&self, key: u64) {
        self.open.with(key, OpenSpan::share);
    }

    /// The same for one less, and ends the span if it was the last.
    pub(super) fn release(&self, key: u64) -> bool {
        let Some(open) = self.open.release(key) else {
            return false;
        };
        if open.context.is_sampled() {
            let ended = open.end();
            self.queue
                .leave(&open.finished(ended), |message| open.push(message, ended));
        } else {
            self.queue.skip();
        }
        true
    }

    /// What `tracing` knows of the span that the thread is in.
    pub(super) fn current(&self) -> Option<(u64, &'static Metadata<'static>)> {
        let key = current::entered_span()?;
        Some((key, self.open.with(key, |open| open.metadata())?))
    }
}
