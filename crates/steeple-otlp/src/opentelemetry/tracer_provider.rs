use std::fmt;

use opentelemetry::{InstrumentationScope, global, trace};
use steeple_core::Observer;

use super::{Tracer, context};
use crate::traces::span_queue::SpanQueue;

/// Makes [`Tracer`]s, whose spans are sampled, encoded and exported as all others are; clones are cheap.
#[derive(Clone)]
pub struct TracerProvider {
    observer: Observer,
    spans: SpanQueue,
}

impl TracerProvider {
    pub(crate) fn new(observer: Observer, spans: SpanQueue) -> Self {
        Self { observer, spans }
    }

    /// Makes it the one of the whole process: [`global::tracer`] is of it.
    pub fn set_global(self) {
        global::set_tracer_provider(self);
    }
}

impl trace::TracerProvider for TracerProvider {
    type Tracer = Tracer;

    /// Spans tell the scope in the attributes `otel.scope.name` and `otel.scope.version`.
    fn tracer_with_scope(&self, scope: InstrumentationScope) -> Tracer {
        context::begin_use();
        Tracer::new(self.observer.clone(), self.spans.clone(), &scope)
    }
}

impl fmt::Debug for TracerProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracerProvider").finish_non_exhaustive()
    }
}
