//! Work that goes on elsewhere and belongs to a trace all the same.

use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::{
    current::Bound,
    trace_context::TraceContext,
    traces::{Propagated, entered},
};

thread_local! {
    /// What the future hands on that is polled.
    static PROPAGATED: Cell<Option<Arc<Propagated>>> = const { Cell::new(None) };
    /// What is bound to it, if one is polled.
    static BOUND: Cell<Option<Option<Bound>>> = const { Cell::new(None) };
}

pin_project! {
    /// A future that belongs to the trace of whoever made it, from [`current::carry`](crate::current::carry).
    #[derive(Clone, Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Carried<F> {
        #[pin]
        inner: F,
        trace: Option<TraceContext>,
        propagated: Option<Arc<Propagated>>,
        bound: Option<Bound>,
    }
}

impl<F> Carried<F> {
    pub(crate) fn new(
        inner: F,
        trace: Option<TraceContext>,
        propagated: Option<Arc<Propagated>>,
        bound: Option<Bound>,
    ) -> Self {
        Self {
            inner,
            trace,
            propagated,
            bound,
        }
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = Entered::new(this.trace.as_ref(), this.propagated, this.bound);
        this.inner.poll(context)
    }
}

/// Lends what the future hands on that is polled, if one is.
pub(crate) fn with_propagated<R>(f: impl FnOnce(&mut Arc<Propagated>) -> R) -> Option<R> {
    PROPAGATED
        .try_with(|current| {
            let mut propagated = current.take()?;
            let result = f(&mut propagated);
            current.set(Some(propagated));
            Some(result)
        })
        .ok()
        .flatten()
}

/// Lends what is bound to the future that is polled, if one is.
pub(crate) fn with_bound<R>(f: impl FnOnce(&mut Option<Bound>) -> R) -> Option<R> {
    BOUND
        .try_with(|current| {
            let mut bound = current.take()?;
            let result = f(&mut bound);
            current.set(Some(bound));
            Some(result)
        })
        .ok()
        .flatten()
}

/// A future that is left however the code in it ends.
struct Entered<'a> {
    span: Option<&'a TraceContext>,
    /// What it hands on, while another's is here.
    propagated: &'a mut Option<Arc<Propagated>>,
    bound: &'a mut Option<Bound>,
    /// What is bound to the one around it.
    bound_around: Option<Option<Bound>>,
}

impl<'a> Entered<'a> {
    fn new(
        span: Option<&'a TraceContext>,
        propagated: &'a mut Option<Arc<Propagated>>,
        bound: &'a mut Option<Bound>,
    ) -> Self {
        if let Some(span) = span {
            entered::enter(entered::key(span), span);
        }
        swap(propagated);
        let bound_around = BOUND.try_with(|current| current.replace(Some(bound.take())));
        Self {
            span,
            propagated,
            bound,
            bound_around: bound_around.ok().flatten(),
        }
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        if let Some(span) = self.span {
            entered::exit(entered::key(span));
        }
        swap(self.propagated);
        let around = self.bound_around.take();
        let bound = BOUND.try_with(|current| current.replace(around));
        *self.bound = bound.ok().flatten().flatten();
    }
}

fn swap(propagated: &mut Option<Arc<Propagated>>) {
    let _ = PROPAGATED.try_with(|current| *propagated = current.replace(propagated.take()));
}
