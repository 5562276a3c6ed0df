//! The spans that the thread is in.

use std::cell::RefCell;

use crate::trace_context::{SpanId, TraceContext};

thread_local! {
    static ENTERED: RefCell<Vec<TraceContext>> = const { RefCell::new(Vec::new()) };
}

/// Enters a span.
pub(crate) fn enter(span: &TraceContext) {
    let _ = ENTERED.try_with(|entered| entered.borrow_mut().push(*span));
}

/// Leaves a span: the innermost, if all is in order.
pub(crate) fn exit(span: SpanId) {
    let _ = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        if let Some(place) = entered.iter().rposition(|other| other.span_id() == span) {
            entered.remove(place);
        }
    });
}

/// The innermost span.
#[inline]
pub(crate) fn innermost() -> Option<TraceContext> {
    ENTERED
        .try_with(|entered| entered.borrow().last().copied())
        .ok()
        .flatten()
}
