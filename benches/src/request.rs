//! One realistic request and the routes that it finds, whatever the framework.

use std::{
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// What serves the request on one thread, again and again, and returns the bytes of the response's body.
pub(crate) type Server = Box<dyn FnMut() -> usize>;

/// The header fields of the request.
pub(crate) const HEADERS: [(&str, &str); 8] = [
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

/// The path of the request: that of the 15th route, with one parameter.
pub(crate) const PATH: &str = "/orders/4711/items";

/// The routes of the application, all for GET.
pub(crate) const ROUTES: [&str; 20] = [
    "/",
    "/about",
    "/cart",
    "/cart/items",
    "/cart/items/{item}",
    "/catalogue",
    "/catalogue/{category}",
    "/checkout",
    "/customers",
    "/customers/{customer}",
    "/customers/{customer}/addresses",
    "/customers/{customer}/orders",
    "/orders",
    "/orders/{order}",
    "/orders/{order}/items",
    "/orders/{order}/items/{item}",
    "/payments",
    "/payments/{payment}",
    "/search",
    "/status",
];

/// What every route answers with.
pub(crate) async fn answer() -> &'static str {
    "a short static text"
}

/// The same in a span with three attributes.
pub(crate) async fn answer_in_span() -> &'static str {
    let span = tracing::info_span!("look up", order = 4711, customer = "c-17", cached = false);
    let _entered = span.enter();
    "a short static text"
}

/// The output of a future that waits for nothing.
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).as_mut().poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the benched application waits for something"),
    }
}
