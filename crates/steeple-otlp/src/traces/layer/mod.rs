//! The layer that makes spans of those of [`tracing`].

mod fields;
mod filter;
mod open_span;

use std::fmt;

use steeple_core::{Observer, Timestamp, current};
use tracing::{
    Event, Subscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    layer::{Context, Layer},
    registry::LookupSpan,
};

pub use self::filter::RecordedTraces;
use self::{
    fields::{EventFields, SpanFields},
    open_span::OpenSpan,
};
use crate::{opentelemetry::context, traces::span_queue::SpanQueue};

/// Makes spans of those of [`tracing`], below the request or job that they are opened in, and events of its events.
///
/// Spans outside of any request or job begin traces of their own, for which the sampler of the traces decides.
#[derive(Clone)]
pub struct TracingLayer {
    observer: Observer,
    spans: SpanQueue,
    /// Whether the context of the API of OpenTelemetry tells of its spans.
    in_context: bool,
}

impl TracingLayer {
    pub(crate) fn new(observer: Observer, spans: SpanQueue, in_context: bool) -> Self {
        Self {
            observer,
            spans,
            in_context,
        }
    }

    /// Gives an event of no open span to the request or job that it happened in.
    fn leave_event(event: &Event<'_>) {
        if let Some(trace) = current::sampled_trace() {
            let now = Timestamp::now().unix_nanos();
            let fields = EventFields::read(event);
            current::event(&trace, |events| fields.push(events, now, event.metadata()));
        }
    }
}

impl<S> Layer<S> for TracingLayer
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        let trace = match attributes.parent() {
            Some(parent) => context.span(parent).and_then(|parent| {
                let extensions = parent.extensions();
                let open = extensions.get::<OpenSpan>();
                open.map(|open| open.context.child())
            }),
            None if attributes.is_contextual() => context::child(&self.observer, &self.spans),
            None => None,
        };
        let trace = trace.unwrap_or_else(|| self.observer.begin_trace());
        if trace.is_sampled() {
            self.spans.begin(&trace);
        }
        let open = OpenSpan::new(trace, attributes, self.in_context && context::is_used());
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else {
            return;
        };
        // What values print themselves with may come back here, so they are read before the span is taken up.
        let mut fields = SpanFields::default();
        values.record(&mut fields);
        if let Some(open) = span.extensions_mut().get_mut::<OpenSpan>() {
            open.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else {
            return Self::leave_event(event);
        };
        let fields = EventFields::read(event);
        if let Some(open) = span.extensions_mut().get_mut::<OpenSpan>() {
            open.event(&fields, event.metadata());
        }
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(open) = span.extensions().get::<OpenSpan>()
        {
            let key = id.into_u64();
            current::enter_span(key, &open.context);
            if let Some(opentelemetry) = &open.opentelemetry {
                context::attach(key, opentelemetry);
            }
        }
    }

    fn on_exit(&self, id: &Id, _: Context<'_, S>) {
        let key = id.into_u64();
        if self.in_context && context::is_used() {
            context::detach(key);
        }
        current::exit_span(key);
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        // The registry drops it with all that others keep of the span.
        let extensions = span.extensions();
        let Some(open) = extensions.get::<OpenSpan>() else {
            return;
        };
        if !open.context.is_sampled() {
            self.spans.skip();
            return;
        }
        let ended = open.end();
        self.spans
            .leave(&open.finished(ended), |message| open.push(message, ended));
    }
}

impl fmt::Debug for TracingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracingLayer").finish_non_exhaustive()
    }
}
