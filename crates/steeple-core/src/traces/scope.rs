//! What else is made current with a recorded request.

use std::{fmt, sync::Arc};

use crate::trace_context::{SpanId, TraceContext, TraceId};

/// Something that is made current on a thread while a recorded request or job is polled there, and not any more after it:
/// another library's idea of the current trace.
///
/// Polls nest, and each that is entered is left, in the opposite order, even where it panics.
pub trait TraceScope: fmt::Debug + Send + Sync {
    /// It is polled now.
    fn enter(&self);

    /// It is not any more.
    fn exit(&self);

    /// The span that is current on this thread by that library's means, if it knows: what is [current](crate::current) then,
    /// if it is of the same trace. It must not use what is current itself. Default: none.
    fn span(&self) -> Option<(TraceId, SpanId)> {
        None
    }
}

/// Makes the scope of a request or job.
pub(crate) type MakeScope = dyn Fn(&TraceContext) -> Arc<dyn TraceScope> + Send + Sync;

/// A scope for as long as this lives.
pub(crate) struct InScope<'a>(&'a Arc<dyn TraceScope>);

impl<'a> InScope<'a> {
    pub(crate) fn enter(scope: &'a Arc<dyn TraceScope>) -> Self {
        scope.enter();
        Self(scope)
    }
}

impl Drop for InScope<'_> {
    fn drop(&mut self) {
        self.0.exit();
    }
}
