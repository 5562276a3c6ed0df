//! The spans that the thread is in.

use std::cell::RefCell;

use crate::{
    current,
    trace_context::{SpanId, TraceContext},
};

thread_local! {
    static ENTERED: RefCell<Vec<EnteredSpan>> = const { RefCell::new(Vec::new()) };
}

/// A span that was entered.
#[derive(Clone, Copy)]
pub(crate) struct EnteredSpan {
    pub(crate) key: u64,
    pub(crate) span: TraceContext,
    /// The span that the [scope](crate::TraceScope) of the request knew by then, which this one is inside of.
    pub(crate) around: Option<SpanId>,
}

/// Enters a span, by the key that it will be left by.
#[inline]
pub(crate) fn enter(key: u64, span: &TraceContext) {
    let entering = EnteredSpan {
        key,
        span: *span,
        around: current::with(|state| state.known_to_scope()).flatten(),
    };
    let _ = ENTERED.try_with(|entered| entered.borrow_mut().push(entering));
}

/// Leaves a span: the innermost, if all is in order.
#[inline]
pub(crate) fn exit(key: u64) {
    let _ = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        if entered.last().is_some_and(|last| last.key == key) {
            entered.pop();
        } else if let Some(place) = entered.iter().rposition(|other| other.key == key) {
            entered.remove(place);
        }
    });
}

/// The innermost span.
#[inline]
pub(crate) fn innermost() -> Option<EnteredSpan> {
    ENTERED
        .try_with(|entered| entered.borrow().last().copied())
        .ok()
        .flatten()
}

/// The keys of layers count up from one and do not get as far as a random one.
pub(crate) fn key(span: &TraceContext) -> u64 {
    u64::from_be_bytes(span.span_id().to_bytes())
}
