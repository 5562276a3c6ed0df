use std::{
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Buf;
use http::Request;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use steeple_core::{Observation, RequestCounter};

pin_project! {
    /// The body of a request, counted as it is read, for use by a [`Framework`](crate::Framework).
    #[derive(Debug)]
    pub struct CountedBody<B> {
        #[pin]
        inner: B,
        counter: RequestCounter,
    }
}

impl<B: Body + Default> CountedBody<B> {
    /// Counts what is read of the body of `request`, if it has one. `wrap` makes a body of the request's own type again.
    #[inline]
    pub fn put_around(
        request: &mut Request<B>,
        observation: &mut Observation,
        wrap: impl FnOnce(Self) -> B,
    ) {
        if let Some(counter) = observation.request_counter()
            && !request.body().is_end_stream()
        {
            let inner = mem::take(request.body_mut());
            *request.body_mut() = wrap(Self { inner, counter });
        }
    }
}

impl<B: Body> Body for CountedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(context));
        let size = |frame: &Frame<_>| frame.data_ref().map_or(0, Buf::remaining);
        Poll::Ready(this.counter.take_in(frame, size))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
