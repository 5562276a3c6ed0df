//! The fixture as an axum router.

use std::{convert::Infallible, future::Future, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{
        FromRequestParts, Request,
        ws::{WebSocket, WebSocketUpgrade},
    },
    http::{Method, StatusCode, Version, request::Parts},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use steeple::{Steeple, current};
use tokio::net::TcpListener;

use crate::{
    adapter::{Adapter, Cells, Setup, Traits},
    fixture::{self, INNER, NESTED, ROUTES, Refused},
    http_fixture::{self, timeout},
};

pub(crate) struct AxumRouter;

impl Adapter for AxumRouter {
    fn traits(&self) -> Traits {
        Traits {
            counts_request_bodies: true,
            knows_addresses: true,
        }
    }

    fn cannot(&self) -> Cells {
        &[(
            "a_guard_chooses_the_route",
            "axum has no guards: a path has one route",
        )]
    }

    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        let router = router().layer(steeple.axum());
        let router = match setup {
            Setup::Once => router,
            Setup::Twice => router.layer(steeple.axum()),
            Setup::TimeoutOutside => router.layer(timeout()),
        };
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let server = steeple::axum::serve(steeple.observer(), listener, service);
        async move { server.await.unwrap() }
    }
}

pub(crate) fn router() -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        // `/ok` knows its methods, so that others are refused by the framework.
        router = router.route(
            route,
            if route == "/ok" {
                get(handle)
            } else {
                any(handle)
            },
        );
    }
    let inner = Router::new().route(INNER.1, get(handle));
    let api = Router::new()
        .route(NESTED, get(handle))
        .nest(INNER.0, inner);
    router
        .route("/panic-in-extractor", get(async |_: Panics| "never"))
        .route("/extractor-refuses", get(async |_: Refuses| "never"))
        .route("/handler-refuses", get(async || Err::<(), _>(Refused(503))))
        .route("/responder-refuses", get(async || Refused(500)))
        .route("/responder-panics", get(async || RespondsWithPanic))
        .route("/timeout-inside", get(handle_slowly).layer(timeout()))
        .route("/websocket", any(websocket))
        .nest("/api", api)
        // Where to tunnel to is no path, so there is no route to it.
        .fallback(async |request: Request| match *request.method() {
            Method::CONNECT => http_fixture::tunnel(request).map(Body::new),
            _ => StatusCode::NOT_FOUND.into_response(),
        })
}

async fn handle(request: Request) -> Response {
    http_fixture::handle(request).await.map(Body::new)
}

async fn websocket(version: Version, upgrade: WebSocketUpgrade) -> Response {
    // The end of a connection is seen, that of a stream is not.
    let open = (version == Version::HTTP_2).then(current::upgrade);
    upgrade.on_upgrade(async move |mut socket: WebSocket| {
        let _open = open;
        while let Some(Ok(message)) = socket.recv().await {
            if socket.send(message).await.is_err() {
                break;
            }
        }
    })
}

async fn handle_slowly() -> &'static str {
    tokio::time::sleep(Duration::from_secs(60)).await;
    "too late"
}

struct Panics;

impl<S: Sync> FromRequestParts<S> for Panics {
    type Rejection = Infallible;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Infallible> {
        panic!("lost in the extractor")
    }
}

struct Refuses;

impl<S: Sync> FromRequestParts<S> for Refuses {
    type Rejection = Refused;

    async fn from_request_parts(_: &mut Parts, _: &S) -> Result<Self, Refused> {
        Err(Refused(422))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        http_fixture::response(fixture::refuse(&self)).map(Body::new)
    }
}

struct RespondsWithPanic;

impl IntoResponse for RespondsWithPanic {
    fn into_response(self) -> Response {
        panic!("lost in the responder")
    }
}
