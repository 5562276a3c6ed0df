//! Bodies of requests, counted as they are read where their size is not known.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpMessage,
    dev::{Payload, ServiceRequest},
    error::PayloadError,
};
use bytes::Bytes;
use futures_core::Stream;
use pin_project_lite::pin_project;
use steeple_core::{Observation, RequestCounter};

pin_project! {
    struct CountedPayload {
        #[pin]
        inner: Payload,
        counter: RequestCounter,
    }
}

/// Counts the bytes of the request's body, if their number is not known yet.
#[inline]
pub(crate) fn count(request: &mut ServiceRequest, observation: &mut Observation) {
    if let Some(counter) = observation.request_counter() {
        let inner = request.take_payload();
        let payload = Box::pin(CountedPayload { inner, counter });
        request.set_payload(Payload::Stream { payload });
    }
}

impl Stream for CountedPayload {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let chunk = ready!(this.inner.poll_next(context));
        match &chunk {
            Some(Ok(bytes)) => this.counter.add(bytes.len()),
            Some(Err(_)) => {}
            None => this.counter.add(0),
        }
        Poll::Ready(chunk)
    }
}
