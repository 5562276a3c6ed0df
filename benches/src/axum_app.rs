//! The application on axum, driven as hyper does it.

use std::{future::poll_fn, pin::pin};

use axum::{
    Router,
    body::Body,
    routing::{MethodRouter, get},
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Uri};
use http_body::Body as _;
use tower_service::Service;

use crate::request::{self, Server};

/// The routes. The caller adds its layer.
pub(crate) fn routes() -> Router {
    routes_to(|| get(request::answer))
}

/// The routes, to other handlers.
pub(crate) fn routes_to(handler: impl Fn() -> MethodRouter) -> Router {
    let route = |router: Router, path| router.route(path, handler());
    request::ROUTES.into_iter().fold(Router::new(), route)
}

/// A server of `router`, which `with_state(())` must have finished: one that is not clones its endpoint and applies the
/// layers again for each request.
pub(crate) fn server(mut router: Router) -> Server {
    let headers = request::HEADERS.into_iter().map(|(name, value)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    });
    let (uri, headers) = (Uri::from_static(request::PATH), headers.collect());
    Box::new(move || request::ready(exchange(&mut router, copy(&uri, &headers))))
}

fn copy(uri: &Uri, headers: &HeaderMap) -> Request<Body> {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers.clone();
    request
}

/// The body is polled frame by frame until it says that it has ended, which for a body of known length is before it yields
/// `None`; then it is dropped.
async fn exchange(router: &mut Router, request: Request<Body>) -> usize {
    let Ok(response) = router.call(request).await;
    let mut body = pin!(response.into_body());
    let mut bytes = 0;
    while !body.is_end_stream() {
        match poll_fn(|context| body.as_mut().poll_frame(context)).await {
            Some(Ok(frame)) => bytes += frame.data_ref().map_or(0, |data| data.len()),
            Some(Err(error)) => panic!("the benched body fails: {error}"),
            None => break,
        }
    }
    bytes
}
