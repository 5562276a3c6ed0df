//! Bodies of requests and of responses.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use actix_web::{
    HttpMessage,
    body::{BodySize, MessageBody},
    dev::{Payload, ServiceRequest},
    http::Version,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use pin_project_lite::pin_project;
use steeple_core::{Observation, Observed, Upgrade};

pin_project! {
    /// The body of a response that is observed to its end.
    ///
    /// A panic in it breaks it off with a [`Panicked`](steeple_core::Panicked). It gives its bytes out only as the server
    /// asks for them, never all at once beforehand: it would be complete before any of it is sent.
    #[derive(Debug)]
    pub struct ObservedBody<B> {
        #[pin]
        pub(crate) observed: Observed<B>,
        // This body is what the connection goes on as.
        pub(crate) upgrade: Option<Upgrade>,
    }
}

impl<B: MessageBody> MessageBody for ObservedBody<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        let body = self.observed.part();
        body.map_or(BodySize::None, MessageBody::size)
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.project().observed.poll_piece(
            |body| body.poll_next(context),
            // Bodies in memory are empty after their one chunk.
            |body, _| body.size().is_eof(),
            |observation, bytes| observation.chunk(bytes.len()),
            Into::into,
            |_, panicked| Err(panicked.into()),
        )
    }
}

/// Takes the body away from a request of HTTP/2 that has none: actix-web gives each one, and tells only when it is read.
#[inline]
pub(crate) fn look_ahead(request: &mut ServiceRequest) {
    // What a middleware has put there is its own, and may panic.
    let is_own = matches!(request.parts().1, Payload::None | Payload::Stream { .. });
    if is_own || request.version() != Version::HTTP_2 {
        return;
    }
    let mut payload = request.take_payload();
    match payload.poll_next_unpin(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(None) => {}
        // Whoever reads it asks again.
        Poll::Pending => request.set_payload(payload),
        Poll::Ready(Some(first)) => {
            let payload = stream::iter([first]).chain(payload);
            request.set_payload(payload.boxed_local().into());
        }
    }
}

/// Counts what is read of the request's body, if it has one.
#[inline]
pub(crate) fn count(request: &mut ServiceRequest, observation: &mut Observation) {
    if let Some(counter) = observation.request_counter() {
        let mut inner = request.take_payload();
        let counted = stream::poll_fn(move |context| {
            let next = inner.poll_next_unpin(context);
            next.map(|next| counter.take_in(next, Bytes::len))
        });
        request.set_payload(counted.boxed_local().into());
    }
}
