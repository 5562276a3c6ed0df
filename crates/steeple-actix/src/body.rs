//! Bodies of requests and of responses.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll, Waker, ready},
};

use actix_web::{
    HttpMessage,
    body::{BodySize, MessageBody},
    dev::{Payload, ServiceRequest},
    http::Version,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
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
        observed: Observed<B>,
        // This body is what the connection goes on as.
        upgrade: Option<Upgrade>,
    }
}

impl<B> ObservedBody<B> {
    pub(crate) fn new(body: B, observation: Observation, upgrade: Option<Upgrade>) -> Self {
        let observed = Observed::new(Some(body), observation);
        Self { observed, upgrade }
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
        let mut observed = self.project().observed;
        if observed.part().is_none() {
            return Poll::Ready(None);
        }
        let mut polled = Poll::Pending;
        let ran = observed.as_mut().poll_with(|mut body| {
            polled = body.as_mut().poll_next(context);
            match &polled {
                Poll::Pending => false,
                // Bodies in memory are empty after their one chunk.
                Poll::Ready(Some(Ok(_))) => body.size().is_eof(),
                Poll::Ready(Some(Err(_)) | None) => true,
            }
        });
        let is_over = observed.part().is_none();
        let observation = observed.observation();
        let next = match ran {
            Ok(()) => ready!(polled).map(|chunk| chunk.map_err(Into::into)),
            Err(panicked) => Some(Err(panicked.into())),
        };
        match &next {
            Some(Ok(bytes)) => observation.chunk(bytes.len()),
            Some(Err(_)) => observation.fail("body_error"),
            None => {}
        }
        if is_over {
            observation.finish();
        }
        Poll::Ready(next)
    }
}

/// Takes the body away from a request of HTTP/2 that has none: actix-web gives each one, and tells only when it is read.
#[inline]
pub(crate) fn look_ahead(request: &mut ServiceRequest) {
    let is_known = matches!(request.parts().1, Payload::None | Payload::Stream { .. });
    if !is_known && request.version() == Version::HTTP_2 {
        peek(request);
    }
}

fn peek(request: &mut ServiceRequest) {
    let mut payload = request.take_payload();
    match Pin::new(&mut payload).poll_next(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(None) => {}
        // Whoever reads it asks again.
        Poll::Pending => request.set_payload(payload),
        Poll::Ready(Some(first)) => {
            let payload = Box::pin(stream::iter([first]).chain(payload));
            request.set_payload(Payload::Stream { payload });
        }
    }
}

/// Counts what is read of the request's body, if it has one.
#[inline]
pub(crate) fn count(request: &mut ServiceRequest, observation: &mut Observation) {
    let Some(counter) = observation.request_counter() else {
        return;
    };
    let mut inner = request.take_payload();
    let counted = stream::poll_fn(move |context| {
        let chunk = ready!(Pin::new(&mut inner).poll_next(context));
        match &chunk {
            Some(Ok(bytes)) => counter.add(bytes.len()),
            Some(Err(_)) => counter.fail(),
            None => counter.add(0),
        }
        Poll::Ready(chunk)
    });
    let payload = Box::pin(counted);
    request.set_payload(Payload::Stream { payload });
}
