use std::{
    fmt::Display,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use steeple_core::current;
use tower_http::classify::ClassifyEos;

use crate::classify::judge;

pin_project! {
    /// The body of a response that is classified by its end, if its head did not say enough.
    #[derive(Debug)]
    pub struct ClassifiedBody<B, C> {
        #[pin]
        inner: B,
        classifier: Option<C>,
    }
}

impl<B, C> ClassifiedBody<B, C>
where
    B: Body,
    C: ClassifyEos<FailureClass: Display>,
{
    pub(super) fn new(inner: B, classifier: Option<C>) -> Self {
        let mut body = Self { inner, classifier };
        // Nobody polls an empty body.
        if body.inner.is_end_stream()
            && let Some(classifier) = body.classifier.take()
        {
            judge(classifier.classify_eos(None));
        }
        body
    }
}

impl<B, C> Body for ClassifiedBody<B, C>
where
    B: Body<Error: Display + 'static>,
    C: ClassifyEos<FailureClass: Display>,
{
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
        if !goes_on && let Some(classifier) = this.classifier.take() {
            match &frame {
                Some(Ok(frame)) => judge(classifier.classify_eos(frame.trailers_ref())),
                Some(Err(error)) => current::attach_message(classifier.classify_error(error)),
                None => judge(classifier.classify_eos(None)),
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
