use std::fmt;

use opentelemetry::{
    Context, global,
    propagation::{Extractor, Injector, TextMapPropagator, text_map_propagator::FieldIter},
    trace::{SpanContext, TraceContextExt as _, TraceState},
};
use steeple_core::{Observer, current};

use super::context;

/// Tells others of traces, and reads what they tell, in the [formats](steeple_core::TraceConfig::propagators) of an observer.
///
/// What is told from a request, of an unsampled one as well, is what [`current::inject`] tells. Baggage is that of
/// [`current::set_baggage`], not that of the `Context`.
#[derive(Clone)]
pub struct Propagator {
    observer: Observer,
    fields: Vec<String>,
}

const TRACE_STATE: &str = "tracestate";

impl Propagator {
    /// One in the formats of `observer`.
    #[must_use]
    pub fn new(observer: &Observer) -> Self {
        Self {
            fields: observer.trace_header_names().map(str::to_owned).collect(),
            observer: observer.clone(),
        }
    }

    /// Makes it the one of the whole process: [`global::get_text_map_propagator`] gives it.
    pub fn set_global(self) {
        global::set_text_map_propagator(self);
    }
}

impl TextMapPropagator for Propagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let span = context.span();
        let span = span.span_context();
        // The first time, the context does not know yet of the spans of `tracing`.
        let innermost = current::trace().filter(|here| {
            !context::is_used() && here.trace_id().to_bytes() == span.trace_id().to_bytes()
        });
        context::begin_use();
        let known = || context::place_of(span).or_else(current::trace);
        let Some(place) = innermost.or_else(known) else {
            return;
        };
        let mut has_state = false;
        self.observer.inject_from(&place, &mut |name, value| {
            has_state |= name == TRACE_STATE;
            injector.set(name, value.to_owned());
        });
        // Of traces that are continued by hand the context alone knows the state.
        let state = span.trace_state();
        if !has_state && *state != TraceState::NONE && self.fields().any(|name| name == TRACE_STATE)
        {
            injector.set(TRACE_STATE, state.header());
        }
    }

    fn extract_with_context(&self, around: &Context, extractor: &dyn Extractor) -> Context {
        match self.observer.sender(&|name| extractor.get(name)) {
            Some((span, state)) => {
                let span = context::span_context(&span);
                let state = state.parse().unwrap_or_default();
                around.with_remote_span_context(SpanContext::new(
                    span.trace_id(),
                    span.span_id(),
                    span.trace_flags(),
                    true,
                    state,
                ))
            }
            None => around.clone(),
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        FieldIter::new(&self.fields)
    }
}

impl fmt::Debug for Propagator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Propagator")
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}
