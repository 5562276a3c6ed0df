//! The spans that the thread is in.

use std::cell::RefCell;

use crate::trace_context::TraceContext;

thread_local! {
    static ENTERED: RefCell<Vec<(u64, TraceContext)>> = const { RefCell::new(Vec::new()) };
}

/// Enters a span, by the key that it will be left by.
#[inline]
pub(crate) fn enter(key: u64, span: &TraceContext) {
    let _ = ENTERED.try_with(|entered| entered.borrow_mut().push((key, *span)));
}

/// Leaves a span: the innermost, if all is in order.
#[inline]
pub(crate) fn exit(key: u64) {
    let _ = ENTERED.try_with(|entered| {
        let mut entered = entered.borrow_mut();
        if let Some(place) = entered.iter().rposition(|(other, _)| *other == key) {
            entered.remove(place);
        }
    });
}

/// The innermost span.
#[inline]
pub(crate) fn innermost() -> Option<TraceContext> {
    ENTERED
        .try_with(|entered| Some(entered.borrow().last()?.1))
        .ok()
        .flatten()
}
