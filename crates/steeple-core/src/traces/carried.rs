//! Work that goes on elsewhere and belongs to a trace all the same.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use pin_project_lite::pin_project;

use crate::{trace_context::TraceContext, traces::entered};

pin_project! {
    /// A future that belongs to the trace of whoever made it, from [`current::carry`](crate::current::carry).
    #[derive(Clone, Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct Carried<F> {
        #[pin]
        inner: F,
        trace: Option<TraceContext>,
    }
}

impl<F> Carried<F> {
    pub(crate) fn new(inner: F, trace: Option<TraceContext>) -> Self {
        Self { inner, trace }
    }
}

impl<F: Future> Future for Carried<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = this.trace.as_ref().map(Entered::new);
        this.inner.poll(context)
    }
}

/// A span that is left however the code in it ends.
struct Entered<'a>(&'a TraceContext);

impl<'a> Entered<'a> {
    fn new(span: &'a TraceContext) -> Self {
        entered::enter(key(span), span);
        Self(span)
    }
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        entered::exit(key(self.0));
    }
}

/// The keys of layers count up from one and do not get as far as a random one.
fn key(span: &TraceContext) -> u64 {
    u64::from_be_bytes(span.span_id().to_bytes())
}
