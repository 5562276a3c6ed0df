use std::{
    fmt::Display,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body;
use tower_http::classify::MakeClassifier;
use tower_service::Service;

use crate::classify::{ClassifiedBody, ClassifyFuture};

/// A service whose answers are classified, made by [`ClassifyLayer`](crate::ClassifyLayer).
#[derive(Clone, Debug)]
pub struct Classify<S, M> {
    inner: S,
    make: M,
}

impl<S, M> Classify<S, M> {
    pub(super) fn new(inner: S, make: M) -> Self {
        Self { inner, make }
    }
}

impl<S, M, RequestBody, ResponseBody> Service<Request<RequestBody>> for Classify<S, M>
where
    S: Service<Request<RequestBody>, Response = Response<ResponseBody>>,
    S::Error: Display + 'static,
    M: MakeClassifier<FailureClass: Display>,
    ResponseBody: Body<Error: Display + 'static>,
{
    type Response = Response<ClassifiedBody<ResponseBody, M::ClassifyEos>>;
    type Error = S::Error;
    type Future = ClassifyFuture<S::Future, M::Classifier>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<RequestBody>) -> Self::Future {
        let classifier = self.make.make_classifier(&request);
        ClassifyFuture::new(self.inner.call(request), classifier)
    }
}
