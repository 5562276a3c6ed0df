use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use steeple_core::{Fields, OutgoingCall};

pin_project! {
    /// The body of an answer to a request that is observed until it ends.
    #[derive(Debug, Default)]
    pub struct ClientBody<B> {
        #[pin]
        inner: B,
        // Until it is over.
        call: Option<OutgoingCall>,
    }
}

impl<B: Body> ClientBody<B> {
    /// Settles `call`, if there is one, when `inner` ends.
    pub fn new(inner: B, call: Option<OutgoingCall>) -> Self {
        let mut body = Self { inner, call };
        // Nobody asks a body for more that is over.
        if body.inner.is_end_stream()
            && let Some(mut call) = body.call.take()
        {
            call.finish();
        }
        body
    }
}

impl<B: Body> Body for ClientBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.inner.as_mut().poll_frame(context));
        let goes_on =
            matches!(&frame, Some(Ok(frame)) if frame.is_data()) && !this.inner.is_end_stream();
        if !goes_on && let Some(mut call) = this.call.take() {
            match &frame {
                Some(Err(_)) => call.break_off(),
                Some(Ok(frame)) => {
                    if let Some(trailers) = frame.trailers_ref() {
                        call.trailers(&Fields(trailers));
                    }
                    call.finish();
                }
                None => call.finish(),
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
