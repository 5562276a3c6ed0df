//! What else is made current with a recorded request.

use std::sync::Arc;

use crate::{
    scope::Scope,
    trace_context::{SpanId, TraceContext, TraceId},
};

/// The [`Scope`] of a recorded request or job: another library's idea of the current trace.
pub trait TraceScope: Scope {
    /// The span that is current on this thread by that library's means, if it knows: what is [current](crate::current) then,
    /// if it is of the same trace. It must not use what is current itself. Default: none.
    fn span(&self) -> Option<(TraceId, SpanId)> {
        None
    }
}

/// Makes the scope of a recorded request or job.
pub(crate) type MakeScope = dyn Fn(&TraceContext) -> Arc<dyn TraceScope> + Send + Sync;
