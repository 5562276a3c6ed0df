//! One realistic request, and the way a server drives it through a router.

use std::{
    convert::Infallible,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

use axum::{Router, body::Body};
use http::{HeaderMap, Request, Uri};
use http_body::Body as _;
use tower_service::Service;

const HEADERS: [(&str, &str); 8] = [
    ("host", "shop.example:8080"),
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ),
    ("accept", "application/json, text/plain;q=0.9, */*;q=0.8"),
    ("accept-encoding", "gzip, deflate, br"),
    ("accept-language", "en-GB,en;q=0.7"),
    ("authorization", "Bearer 2f9c1c8a6d5e4b7fa0d3c2b1a0f9e8d7"),
    (
        "traceparent",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ),
    ("x-request-id", "7b0c0b5e-3d1f-4a8e-9a55-0c5f6f1f7e21"),
];

/// The request that every subject serves: 8 headers, a matched route with one parameter, no body.
#[derive(Debug, Clone)]
pub struct Template {
    uri: Uri,
    headers: HeaderMap,
}

impl Template {
    /// A fresh copy of the request.
    #[must_use]
    pub fn request(&self) -> Request<Body> {
        let mut request = Request::new(Body::empty());
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

impl Default for Template {
    fn default() -> Self {
        let headers = HEADERS.into_iter().map(|(name, value)| {
            (
                http::HeaderName::from_static(name),
                http::HeaderValue::from_static(value),
            )
        });
        Self {
            uri: Uri::from_static("/orders/4711/items"),
            headers: headers.collect(),
        }
    }
}

/// Serves one request as hyper does and returns the bytes of the response body.
///
/// The future is polled once and dropped; the body is polled frame by frame until it says that it
/// has ended, which for a body of known length is before it yields `None`; then it is dropped.
///
/// # Panics
///
/// When the router is not ready at once or the body fails: the benched handler does neither.
pub fn exchange(router: &mut Router, request: Request<Body>) -> usize {
    let mut context = Context::from_waker(Waker::noop());
    let response = {
        let mut future = pin!(call(router, request));
        match future.as_mut().poll(&mut context) {
            Poll::Ready(Ok(response)) => response,
            Poll::Pending => panic!("the benched handler waits for something"),
        }
    };
    let mut body = pin!(response.into_body());
    let mut bytes = 0;
    while !body.is_end_stream() {
        match body.as_mut().poll_frame(&mut context) {
            Poll::Ready(Some(Ok(frame))) => bytes += frame.data_ref().map_or(0, |data| data.len()),
            Poll::Ready(None) => break,
            Poll::Ready(Some(Err(error))) => panic!("the benched body fails: {error}"),
            Poll::Pending => panic!("the benched body waits for something"),
        }
    }
    bytes
}

fn call(
    router: &mut Router,
    request: Request<Body>,
) -> impl Future<Output = Result<axum::response::Response, Infallible>> {
    Service::call(router, request)
}
