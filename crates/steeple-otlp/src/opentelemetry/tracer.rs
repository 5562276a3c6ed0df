use std::{fmt, sync::Arc};

use opentelemetry::{
    Context, InstrumentationScope,
    trace::{self, SpanBuilder, SpanContext, TraceContextExt as _, TraceState},
};
use steeple_core::{
    Observer, current,
    pipeline::{DropReason, Producer},
};

use super::{Span, context, open_span::OpenSpan};
use crate::{encoded::Encoded, fields::span, value::push_text_attribute};

/// Starts spans below those of the context that is current or given.
///
/// In a request or job, a span without a parent is below what is [current](current::trace) there. Elsewhere it begins a
/// trace, for which the sampler of the traces decides.
#[derive(Clone)]
pub struct Tracer {
    observer: Observer,
    producer: Producer<Encoded>,
    /// The attributes that tell the scope, encoded.
    scope: Arc<[u8]>,
}

impl Tracer {
    pub(super) fn new(
        observer: Observer,
        producer: Producer<Encoded>,
        scope: &InstrumentationScope,
    ) -> Self {
        let mut attributes = Vec::new();
        let told = [
            ("otel.scope.name", scope.name()),
            ("otel.scope.version", scope.version().unwrap_or_default()),
        ];
        for (key, value) in told.into_iter().filter(|(_, value)| !value.is_empty()) {
            push_text_attribute(&mut attributes, span::ATTRIBUTES, key, value);
        }
        Self {
            observer,
            producer,
            scope: attributes.into(),
        }
    }
}

impl trace::Tracer for Tracer {
    type Span = Span;

    fn build_with_context(&self, builder: SpanBuilder, around: &Context) -> Span {
        if around.is_telemetry_suppressed() {
            return Span::unrecorded(SpanContext::NONE);
        }
        let parent = around.span();
        let parent = parent.span_context();
        let (trace, trace_state) = match context::child_of(parent) {
            Some(child) => (child, parent.trace_state().clone()),
            None => {
                let child = current::trace().map(|here| here.child());
                let trace = child.unwrap_or_else(|| self.observer.begin_trace());
                (trace, TraceState::NONE)
            }
        };
        let span_context = context::span_context(&trace, trace_state);
        if !trace.is_sampled() {
            self.producer.skip(DropReason::Sampled);
            return Span::unrecorded(span_context);
        }
        let open = OpenSpan::new(trace, builder, &self.scope);
        Span::recorded(span_context, open, self.producer.clone())
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer").finish_non_exhaustive()
    }
}
