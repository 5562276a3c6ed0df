use std::{fmt, sync::Arc};

use opentelemetry::{
    Context, InstrumentationScope,
    trace::{self, SpanBuilder, SpanContext, TraceContextExt as _, TraceState},
};
use steeple_core::{Observer, current};

use super::{Span, context, open_span::OpenSpan, scope::push_scope};
use crate::{fields::span, traces::span_queue::SpanQueue};

/// Starts spans below those of the context that is current or given.
///
/// In a request or job, a span without a parent is below what is [current](current::trace) there. Elsewhere it begins a
/// trace, for which the sampler of the traces decides; so it does below a remote parent.
#[derive(Clone)]
pub struct Tracer {
    observer: Observer,
    spans: SpanQueue,
    /// The attributes that tell the scope, encoded.
    scope: Arc<[u8]>,
}

impl Tracer {
    pub(super) fn new(observer: Observer, spans: SpanQueue, scope: &InstrumentationScope) -> Self {
        let mut attributes = Vec::new();
        push_scope(
            &mut attributes,
            span::ATTRIBUTES,
            scope.name(),
            scope.version(),
        );
        Self {
            observer,
            spans,
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
        let trace = context::child_of(around, &self.observer, &self.spans)
            .or_else(|| current::trace().map(|here| here.child()))
            .unwrap_or_else(|| self.observer.begin_trace());
        // That of a caller who is not trusted may be left.
        let is_left =
            parent.is_valid() && parent.trace_id().to_bytes() != trace.trace_id().to_bytes();
        // That of an invalid parent is empty.
        let trace_state = if is_left {
            TraceState::NONE
        } else {
            parent.trace_state().clone()
        };
        let span_context = context::span_context_with(&trace, trace_state);
        if !trace.is_sampled() {
            self.spans.skip();
            return Span::unrecorded(span_context);
        }
        self.spans.begin(&trace);
        if !context::tells_root(around, &trace) {
            self.spans.know(&trace);
        }
        let mut open = OpenSpan::new(trace, builder, &self.scope);
        if is_left {
            open.link(parent, &[]);
        }
        Span::recorded(span_context, open, self.spans.clone())
    }
}

impl fmt::Debug for Tracer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracer").finish_non_exhaustive()
    }
}
