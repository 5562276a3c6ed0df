use std::{
    fmt::Display,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::Response;
use http_body::Body;
use pin_project_lite::pin_project;
use steeple_core::current;
use tower_http::classify::{ClassifiedResponse, ClassifyResponse};

use crate::classify::{ClassifiedBody, judge};

pin_project! {
    /// The future of a response that is classified.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct ClassifyFuture<F, C> {
        #[pin]
        inner: F,
        classifier: Option<C>,
    }
}

impl<F, C> ClassifyFuture<F, C> {
    pub(super) fn new(inner: F, classifier: C) -> Self {
        Self {
            inner,
            classifier: Some(classifier),
        }
    }
}

impl<F, B, E, C> Future for ClassifyFuture<F, C>
where
    F: Future<Output = Result<Response<B>, E>>,
    B: Body<Error: Display + 'static>,
    E: Display + 'static,
    C: ClassifyResponse<FailureClass: Display>,
{
    type Output = Result<Response<ClassifiedBody<B, C::ClassifyEos>>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answered = ready!(this.inner.poll(context));
        let classifier = this.classifier.take();
        Poll::Ready(match answered {
            Ok(response) => {
                let rest = classifier.and_then(|classifier| classify(classifier, &response));
                Ok(response.map(|body| ClassifiedBody::new(body, rest)))
            }
            Err(error) => {
                // That it is a failure needs no classifier.
                if let Some(classifier) = classifier {
                    current::attach_message(classifier.classify_error(&error));
                }
                Err(error)
            }
        })
    }
}

/// Classifies an answer by its head, or returns what does by its end.
fn classify<C, B>(classifier: C, response: &Response<B>) -> Option<C::ClassifyEos>
where
    C: ClassifyResponse<FailureClass: Display>,
{
    match classifier.classify_response(response) {
        ClassifiedResponse::Ready(classified) => {
            judge(classified);
            None
        }
        ClassifiedResponse::RequiresEos(rest) => Some(rest),
    }
}
