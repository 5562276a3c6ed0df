use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use steeple_core::{ErrorType, Fields, OutgoingCall};

use crate::{client::ClientBody, head};

pin_project! {
    /// The future of an answer to a request that is observed.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ClientFuture<F> {
        #[pin]
        inner: F,
        // Until the body of the answer has it.
        call: Option<OutgoingCall>,
    }
}

impl<F> ClientFuture<F> {
    pub(crate) fn new(inner: F, call: OutgoingCall) -> Self {
        Self {
            inner,
            call: Some(call),
        }
    }
}

impl<F, B, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body,
{
    type Output = Result<Response<ClientBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.inner.poll(context));
        let mut call = this.call.take();
        Poll::Ready(match answer {
            Ok(response) => {
                if let Some(call) = &mut call {
                    call.respond(
                        response.status().as_u16(),
                        head::version(response.version()),
                        &Fields(response.headers()),
                    );
                }
                Ok(response.map(|body| ClientBody::new(body, call)))
            }
            Err(error) => {
                if let Some(call) = &mut call {
                    call.fail(ErrorType::name_of::<E>());
                }
                Err(error)
            }
        })
    }
}
