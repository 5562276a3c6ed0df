//! The fixture below tonic's server, which takes either version of HTTP; what is gRPC has a list of its own.

use std::future::Future;

use axum::Router;
use futures_util::FutureExt;
use steeple::Steeple;
use tokio::net::TcpListener;
use tonic::{
    body::Body,
    service::Routes,
    transport::server::{Server, TcpIncoming},
};
use tower::service_fn;

use crate::{
    adapter::{Adapter, Cells, Setup, Traits},
    http_fixture::timeout,
    hyper_service::{NO_ROUTER, route},
};

pub(crate) struct TonicServer;

pub(crate) const CONNECTIONS: &str = "tonic wants connections of its own trait `Connected`, which ours cannot have without knowing tonic";
pub(crate) const UPGRADES: &str = "tonic's server upgrades no connections";

const CANNOT: Cells = &[
    (
        "a_guard_chooses_the_route",
        "tower has no routes, and so no guards",
    ),
    ("a_connection_is_open_until_it_ends", CONNECTIONS),
    ("a_websocket_lasts_until_it_is_closed", UPGRADES),
    ("a_websocket_that_the_client_aborts_is_over", UPGRADES),
    ("a_tunnel_lasts_until_it_is_closed", UPGRADES),
];

impl Adapter for TonicServer {
    fn traits(&self) -> Traits {
        Traits {
            counts_request_bodies: true,
            knows_addresses: false,
        }
    }

    fn cannot(&self) -> Cells {
        CANNOT
    }

    fn route_of_extractor(&self, _: &'static str) -> &'static str {
        NO_ROUTER
    }

    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        let incoming = TcpIncoming::from(listener);
        let routes = Routes::from(Router::new().fallback_service(service_fn(route)));
        let server = Server::builder().accept_http1(true);
        let observe = steeple.tower().count_bodies(Body::new);
        let serving = match setup {
            Setup::Once => {
                let mut server = server.layer(observe);
                server
                    .add_routes(routes)
                    .serve_with_incoming(incoming)
                    .boxed()
            }
            Setup::Twice => {
                let mut server = server.layer(observe.clone()).layer(observe);
                server
                    .add_routes(routes)
                    .serve_with_incoming(incoming)
                    .boxed()
            }
            Setup::TimeoutOutside => {
                let mut server = server.layer(timeout()).layer(observe);
                server
                    .add_routes(routes)
                    .serve_with_incoming(incoming)
                    .boxed()
            }
        };
        serving.map(Result::unwrap)
    }
}
