use std::{
    cell::OnceCell,
    future::{Ready, ready},
    rc::Rc,
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ResourceMap, Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use steeple_core::Observer;

use crate::{
    body::ObservedBody,
    destination::Destination,
    future::ObserveFuture,
    head::{self, Fields},
    payload,
};

/// Observes every request of the application, scope or resource that it wraps.
///
/// Clones share one observer: make it once and clone it for each worker. Applied twice to one request it observes once
/// and warns.
#[derive(Clone, Debug)]
pub struct Observe {
    observer: Observer,
}

impl Observe {
    /// Makes a middleware to `wrap` an application with.
    #[must_use]
    pub fn new(observer: &Observer) -> Self {
        let observer = observer.clone();
        Self { observer }
    }
}

impl<S, B> Transform<S, ServiceRequest> for Observe
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ObservedBody<B>>;
    type Error = Error;
    type Transform = ObserveService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(ObserveService {
            inner,
            observer: self.observer.clone(),
            routes: OnceCell::new(),
        }))
    }
}

/// A service that is observed, made by [`Observe`].
#[derive(Debug)]
pub struct ObserveService<S> {
    inner: S,
    observer: Observer,
    /// The routes of the application, copied at its first request.
    routes: OnceCell<Rc<ResourceMap>>,
}

impl<S, B> Service<ServiceRequest> for ObserveService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody,
{
    type Response = ServiceResponse<ObservedBody<B>>;
    type Error = Error;
    type Future = ObserveFuture<S::Future>;

    forward_ready!(inner);

    fn call(&self, mut request: ServiceRequest) -> Self::Future {
        let copy = || Rc::new(request.resource_map().clone());
        let destination = Destination::new(self.routes.get_or_init(copy), &request);
        let headers = Fields(request.headers());
        let mut observation = self.observer.start(&head::request(&request, &headers));
        payload::count(&mut request, &mut observation);
        // Requests are large: lent, they are not copied on their way through the catching of panics.
        let mut request = Some(request);
        let call = || request.take().map(|request| self.inner.call(request));
        ObserveFuture::new(observation, destination, call)
    }
}
