use std::task::{Context, Poll};

use http::{HeaderValue, Request, Response};
use http_body::Body;
use steeple_core::{Observation, ObservedFuture, Observer};
use tower_service::Service;

use crate::{
    answer::UnansweredRequest,
    body::{BoxError, ObservedBody},
    framework::{Framework, Plain},
    head::{self, RequestFields},
};

/// A service that is observed, made by [`ObserveLayer`](crate::ObserveLayer).
#[derive(Clone, Debug)]
pub struct Observe<S, F = Plain> {
    inner: S,
    observer: Observer,
    framework: F,
}

impl<S, F> Observe<S, F> {
    pub(crate) fn new(inner: S, observer: Observer, framework: F) -> Self {
        Self {
            inner,
            observer,
            framework,
        }
    }
}

impl<S, F, RequestBody, ResponseBody> Service<Request<RequestBody>> for Observe<S, F>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    F: Framework<RequestBody>,
    RequestBody: Body,
    ResponseBody: Body,
    ResponseBody::Error: Into<BoxError>,
{
    type Response = Response<ObservedBody<ResponseBody>>;
    type Error = S::Error;
    type Future = ObservedFuture<S::Future, UnansweredRequest>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    // Callers that it is inlined into copy the request once more.
    #[inline(never)]
    fn call(&mut self, mut request: Request<RequestBody>) -> Self::Future {
        let route = self.framework.route(&request);
        let headers = RequestFields::new(request.headers());
        // A router that matched nothing has no news for the layer around it, and was not applied twice.
        let no_news = F::ROUTES && route.is_none() && self.observer.observes_current();
        let mut observation = if no_news {
            Observation::of_nothing()
        } else {
            head::start(&self.observer, &self.framework, &request, &headers, route)
        };
        if observation.is_grpc() {
            observation.called(request.uri().path());
        }
        let make = |id| HeaderValue::from_maybe_shared(id).ok();
        let request_id = observation.answer_id(headers.request_id(), make);
        self.framework.count(&mut request, &mut observation);
        // Requests and futures are large: lent, they are copied less on their way through the catching of panics.
        let (mut request, mut called) = (Some(request), None);
        let _ = observation.run(|| {
            if let Some(request) = request.take() {
                called = Some(self.inner.call(request));
            }
        });
        ObservedFuture::new(called, observation, UnansweredRequest { request_id })
    }
}
