//! The fixture over HTTP/2: with the same records, but for what HTTP/2 has no form of.

use std::future::Future;

use http::Version;
use steeple::Steeple;
use tokio::net::TcpListener;

use crate::{
    actix_app::{self, ActixApp},
    adapter::{Adapter, Cells, Setup, Traits},
    axum_router::AxumRouter,
    hyper_service::{HyperService, REQUEST_BODIES},
};

const WEBSOCKETS: &str = "HTTP/2 has no status 101: a WebSocket is an extended CONNECT, which these servers do not offer";
const TUNNELS: &str =
    "a tunnel is a stream among others, whose end shows to who holds an `Upgrade` alone";
const ABANDONED: &str =
    "actix-web goes on to the head of the answer to a stream of HTTP/2, be its client there or not";
const CHUNKS: &str = "HTTP/2 frames bodies itself: there are no chunks to be malformed";

/// [`ActixApp`] with prior knowledge of HTTP/2.
pub(crate) struct ActixOverHttp2;

impl Adapter for ActixOverHttp2 {
    fn traits(&self) -> Traits {
        ActixApp.traits()
    }

    fn cannot(&self) -> Cells {
        &[
            (
                "a_route_for_get_answers_head",
                "the method is a guard of actix-web's routes",
            ),
            ("a_client_gone_before_the_head_is_a_cancellation", ABANDONED),
            ("a_websocket_lasts_until_it_is_closed", WEBSOCKETS),
            ("a_websocket_that_the_client_aborts_is_over", WEBSOCKETS),
            ("a_tunnel_lasts_until_it_is_closed", TUNNELS),
            (
                "a_malformed_request_body_is_not_the_service_s_fault",
                CHUNKS,
            ),
        ]
    }

    fn version(&self) -> Version {
        Version::HTTP_2
    }

    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        actix_app::serve(listener, steeple, setup, self.version())
    }
}

/// [`AxumRouter`], whose server takes HTTP/2 too.
pub(crate) struct AxumOverHttp2;

impl Adapter for AxumOverHttp2 {
    fn traits(&self) -> Traits {
        AxumRouter.traits()
    }

    fn cannot(&self) -> Cells {
        &[
            (
                "a_guard_chooses_the_route",
                "axum has no guards: a path has one route",
            ),
            ("a_websocket_lasts_until_it_is_closed", WEBSOCKETS),
            ("a_websocket_that_the_client_aborts_is_over", WEBSOCKETS),
            ("a_tunnel_lasts_until_it_is_closed", TUNNELS),
            (
                "a_malformed_request_body_is_not_the_service_s_fault",
                CHUNKS,
            ),
        ]
    }

    fn version(&self) -> Version {
        Version::HTTP_2
    }

    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        AxumRouter.serve(listener, steeple, setup)
    }
}

/// [`HyperService`], whose server takes HTTP/2 too.
pub(crate) struct HyperOverHttp2;

impl Adapter for HyperOverHttp2 {
    fn traits(&self) -> Traits {
        HyperService.traits()
    }

    fn cannot(&self) -> Cells {
        &[
            (
                "a_guard_chooses_the_route",
                "tower has no routes, and so no guards",
            ),
            ("a_websocket_lasts_until_it_is_closed", WEBSOCKETS),
            ("a_websocket_that_the_client_aborts_is_over", WEBSOCKETS),
            ("a_tunnel_lasts_until_it_is_closed", TUNNELS),
            (
                "a_request_body_that_breaks_off_is_not_the_service_s_fault",
                REQUEST_BODIES,
            ),
            (
                "a_malformed_request_body_is_not_the_service_s_fault",
                REQUEST_BODIES,
            ),
        ]
    }

    fn version(&self) -> Version {
        Version::HTTP_2
    }

    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        HyperService.serve(listener, steeple, setup)
    }
}
