use std::{cell::OnceCell, future, rc::Rc};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ResourceMap, Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    http::header::{HeaderName, HeaderValue},
};
use steeple_core::{FieldNames, ObservedFuture, Observer};

use crate::{answer::UnansweredRequest, body, head};

/// Observes every request of the application, scope or resource that it wraps.
///
/// Clones share one observer: make it once and clone it for each worker. If the workers build one each, it warns. Applied
/// twice to one request it observes once and warns.
#[derive(Clone, Debug)]
pub struct Observe(Observer);

impl Observe {
    /// Makes a middleware to `wrap` an application with.
    #[must_use]
    pub fn new(observer: &Observer) -> Self {
        Self(observer.clone())
    }
}

impl<S, B> Transform<S, ServiceRequest> for Observe
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<body::ObservedBody<B>>;
    type Error = Error;
    type Transform = ObserveService<S>;
    type InitError = ();
    type Future = future::Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        // So begin the names that actix-rt and actix-server give the threads of their workers.
        self.0.serve_worker("actix-");
        future::ready(Ok(ObserveService {
            inner,
            names: FieldNames::new(&self.0, |name| name.parse().ok()),
            observer: self.0.clone(),
            routes: OnceCell::new(),
        }))
    }
}

/// A service that is observed, made by [`Observe`].
#[derive(Debug)]
pub struct ObserveService<S> {
    inner: S,
    observer: Observer,
    names: FieldNames<HeaderName>,
    /// The routes of the application, copied at its first request.
    routes: OnceCell<Rc<ResourceMap>>,
}

impl<S, B> Service<ServiceRequest> for ObserveService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<body::ObservedBody<B>>;
    type Error = Error;
    type Future = ObservedFuture<S::Future, UnansweredRequest>;

    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let copy = || Rc::new(request.resource_map().clone());
        let routes = Rc::clone(self.routes.get_or_init(copy));
        body::look_ahead(&mut request);
        let (mut observation, sent_id) = head::start(&self.observer, &self.names, &request);
        let unanswered = UnansweredRequest {
            request_id: observation
                .answer_id(sent_id, |id| HeaderValue::from_maybe_shared(id).ok()),
            upgrade: None,
            routes,
        };
        body::count(&mut request, &mut observation);
        let called = observation.run(|| self.inner.call(request)).ok();
        ObservedFuture::new(called, observation, unanswered)
    }
}
