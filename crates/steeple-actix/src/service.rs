use std::{
    cell::OnceCell,
    future::{Ready, ready},
    rc::Rc,
    thread,
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ResourceMap, Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
};
use steeple_core::{Observed, Observer};

use crate::{
    body::{self, ObservedBody},
    future::ObserveFuture,
    head::{self, RequestFields},
};

/// Observes every request of the application, scope or resource that it wraps.
///
/// Clones share one observer: make it once and clone it for each worker. If the workers build one each, it warns. Applied
/// twice to one request it observes once and warns.
#[derive(Clone, Debug)]
pub struct Observe {
    observer: Observer,
}

impl Observe {
    /// Makes a middleware to `wrap` an application with.
    #[must_use]
    pub fn new(observer: &Observer) -> Self {
        Self {
            observer: observer.clone(),
        }
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
        // So actix-rt and actix-server call the threads of their workers.
        if thread::current().name().is_some_and(|name| {
            name.starts_with("actix-rt|") || name.starts_with("actix-server worker")
        }) {
            self.observer.serve_worker();
        }
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
        let routes = Rc::clone(self.routes.get_or_init(copy));
        let path = request.uri().path_and_query().cloned();
        body::look_ahead(&mut request);
        let headers = RequestFields::new(&request);
        let mut observation = self.observer.start(&head::request(&request, &headers));
        let request_id = head::request_id(&observation, &headers);
        body::count(&mut request, &mut observation);
        let future = observation.run(|| self.inner.call(request)).ok();
        ObserveFuture {
            observed: Observed::new(future, observation),
            request_id,
            routes,
            path,
        }
    }
}
