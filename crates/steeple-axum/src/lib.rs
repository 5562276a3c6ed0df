//! Observes every request of an axum router with steeple.
//!
//! ```
//! use axum::{Router, extract::Path, routing::get};
//! use steeple_core::{Observer, current};
//!
//! async fn greet(Path(name): Path<String>) -> String {
//!     current::label("tenant", "acme");
//!     format!("hello {name}")
//! }
//!
//! let observer = Observer::builder().build()?;
//! let app: Router = Router::new().route("/greet/{name}", get(greet)).layer(steeple_axum::layer(&observer));
//! # Ok::<(), steeple_core::ObserverError>(())
//! ```
//!
//! # Routes
//!
//! Add the layer with [`Router::layer`](axum::Router::layer), behind the routes it shall observe, so that routing comes
//! first: the route is then the template that axum matched, `/greet/{name}`, with the prefix of every
//! [`nest`](axum::Router::nest) above it. A request that matched nothing, or that went to a
//! [`nest_service`](axum::Router::nest_service) or a fallback, has no template and counts under the one route
//! `_UNMATCHED`. A router inside a `nest_service` can have the layer too: it then tells its template, prefix included, and
//! the request counts once.
//!
//! | the layer is added with | it observes | routes |
//! |---|---|---|
//! | [`Router::layer`](axum::Router::layer) | what was routed or merged before it, fallbacks too | templates |
//! | [`Router::route_layer`](axum::Router::route_layer) | the same without fallbacks | templates |
//! | `tower::ServiceBuilder`, around the whole router | everything, and before it is routed | `_UNMATCHED`, unless a layer inside knows better |
//!
//! # Errors
//!
//! [`HandlerError`] is what handlers may end with by `?`: the error is reported with all that caused it, and the client is told the
//! status and the id of the request, as problem details.
//!
//! # Connections and upgrades
//!
//! [`serve`](serve()) takes the place of `axum::serve` and observes the connections as well, and what requests upgrade them
//! to: how many WebSockets are open on a route, and for how long.
//!
//! Over HTTP/2 a WebSocket is a stream of its connection, whose end only the handler sees. It holds the
//! [`Upgrade`](steeple_core::Upgrade) for as long:
//!
//! ```
//! use axum::{
//!     extract::ws::{WebSocket, WebSocketUpgrade},
//!     response::Response,
//! };
//! use steeple_core::current;
//!
//! async fn chat(upgrade: WebSocketUpgrade) -> Response {
//!     let open = current::upgrade();
//!     upgrade.on_upgrade(async |socket| {
//!         talk(socket).await;
//!         drop(open);
//!     })
//! }
//! # async fn talk(_: WebSocket) {}
//! ```
//!
//! # Features
//!
//! | feature | what |
//! |---|---|
//! | `tower-http` | `layer(..).classify(..)` takes a classifier of tower-http as outcome policy |

mod handler_error;
mod ops;
mod serve;

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::{ConnectInfo, MatchedPath, Request},
};
use steeple_core::{Observation, Observer, Template};
pub use steeple_tower::ObserveLayer;
use steeple_tower::{CountedBody, Framework};

pub use self::{
    handler_error::HandlerError,
    ops::{ops, probes},
    serve::{ListenAndObserve, MakeFuture, MakeOnConnection, ObservedListener, serve},
};

/// Makes the layer to add to a router.
#[must_use]
pub fn layer(observer: &Observer) -> ObserveLayer<Axum> {
    ObserveLayer::for_framework(observer, Axum)
}

/// What axum knows of a request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Axum;

impl Framework<Body> for Axum {
    const ROUTES: bool = true;

    #[inline]
    fn route<'r>(&self, request: &'r Request) -> Option<Template<'r>> {
        let matched = request.extensions().get::<MatchedPath>()?;
        Some(Template::shared(matched.as_str(), matched))
    }

    /// As `into_make_service_with_connect_info::<SocketAddr>` puts it there.
    fn peer(&self, request: &Request) -> Option<SocketAddr> {
        let ConnectInfo(peer) = request.extensions().get()?;
        Some(*peer)
    }

    #[inline]
    fn count(&self, request: &mut Request, observation: &mut Observation) {
        CountedBody::put_around(request, observation, Body::new);
    }
}
