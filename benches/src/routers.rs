//! The router that every subject wraps.

use axum::{Router, routing::get};

/// 20 routes, some with parameters, each answering a short static text.
///
/// The caller adds its layer and finishes with `with_state(())`: a router that is not finished
/// clones its endpoint and applies the layers again for each request.
pub(crate) fn twenty_routes() -> Router {
    const PATHS: [&str; 20] = [
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
    PATHS.into_iter().fold(Router::new(), |router, path| {
        router.route(path, get(|| async { "a short static text" }))
    })
}
