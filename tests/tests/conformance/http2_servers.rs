//! The fixture over HTTP/2: with the same records, but for what HTTP/2 has no form of.

use std::future::Future;

use http::Version;
use steeple::{Outcome, Steeple};
use tokio::net::TcpListener;

use crate::{
    actix_app::{self, ActixApp},
    adapter::{Adapter, Cells, Setup, Traits},
    axum_router::AxumRouter,
    expected::seen,
    hyper_service::HyperService,
    stage::Stage,
    tonic_server::{CONNECTIONS, TonicServer, UPGRADES},
};

const WEBSOCKETS: &str = "HTTP/2 has no status 101: a WebSocket is an extended CONNECT, which actix-web's server does not offer";
const TUNNELS: &str =
    "a tunnel is a stream among others, whose end shows to who holds an `Upgrade` alone";
pub(crate) const ABANDONED: &str =
    "actix-web goes on to the head of the answer to a stream of HTTP/2, be its client there or not";
const UNSENT: &str = "actix-web learns that nobody reads the body of a stream of HTTP/2 when it sends the next piece of it";
const CHUNKS: &str = "HTTP/2 frames bodies itself: there are no chunks to be malformed";

/// An adapter of the list, asked in HTTP/2.
pub(crate) struct OverHttp2<A>(pub(crate) A);

/// An adapter whose server takes HTTP/2 with prior knowledge.
pub(crate) trait SpeaksHttp2: Adapter {
    /// The scenarios that it cannot act out over HTTP/2.
    const CANNOT: Cells;

    /// Serves HTTP/2, where the adapter's own server does not.
    fn serve_http2(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        self.serve(listener, steeple, setup)
    }
}

impl<A: SpeaksHttp2> Adapter for OverHttp2<A> {
    fn traits(&self) -> Traits {
        self.0.traits()
    }

    fn cannot(&self) -> Cells {
        A::CANNOT
    }

    fn version(&self) -> Version {
        Version::HTTP_2
    }

    fn route_of_extractor(&self, template: &'static str) -> &'static str {
        self.0.route_of_extractor(template)
    }

    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        self.0.serve_http2(listener, steeple, setup)
    }
}

impl SpeaksHttp2 for ActixApp {
    const CANNOT: Cells = &[
        (
            "a_route_for_get_answers_head",
            "the method is a guard of actix-web's routes",
        ),
        ("a_client_gone_before_the_head_is_a_cancellation", ABANDONED),
        (
            "a_connection_that_breaks_before_the_head_is_a_cancellation",
            ABANDONED,
        ),
        ("a_client_gone_in_a_silent_body_is_a_cancellation", UNSENT),
        (
            "a_connection_that_breaks_in_a_silent_body_is_a_cancellation",
            UNSENT,
        ),
        ("a_websocket_lasts_until_it_is_closed", WEBSOCKETS),
        ("a_websocket_that_the_client_aborts_is_over", WEBSOCKETS),
        ("a_tunnel_lasts_until_it_is_closed", TUNNELS),
        (
            "a_malformed_request_body_is_not_the_service_s_fault",
            CHUNKS,
        ),
    ];

    fn serve_http2(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        actix_app::serve(
            listener,
            steeple,
            setup,
            Version::HTTP_2,
            actix_app::configure,
        )
    }
}

impl SpeaksHttp2 for AxumRouter {
    const CANNOT: Cells = &[
        (
            "a_guard_chooses_the_route",
            "axum has no guards: a path has one route",
        ),
        ("a_tunnel_lasts_until_it_is_closed", TUNNELS),
        (
            "a_malformed_request_body_is_not_the_service_s_fault",
            CHUNKS,
        ),
    ];
}

impl SpeaksHttp2 for HyperService {
    const CANNOT: Cells = &[
        (
            "a_guard_chooses_the_route",
            "tower has no routes, and so no guards",
        ),
        ("a_tunnel_lasts_until_it_is_closed", TUNNELS),
        (
            "a_malformed_request_body_is_not_the_service_s_fault",
            CHUNKS,
        ),
    ];
}

impl SpeaksHttp2 for TonicServer {
    const CANNOT: Cells = &[
        (
            "a_guard_chooses_the_route",
            "tower has no routes, and so no guards",
        ),
        ("a_connection_is_open_until_it_ends", CONNECTIONS),
        ("a_websocket_lasts_until_it_is_closed", UPGRADES),
        ("a_websocket_that_the_client_aborts_is_over", UPGRADES),
        ("a_tunnel_lasts_until_it_is_closed", UPGRADES),
        (
            "a_malformed_request_body_is_not_the_service_s_fault",
            CHUNKS,
        ),
    ];
}

#[test]
fn actix_web_answers_a_stream_that_was_reset_and_the_answer_counts() {
    let stage = Stage::new(&OverHttp2(ActixApp));
    let mut client = stage.client();
    client.send("GET", "/timeout-inside", &[], "");
    stage.wait_until_active(1);
    let _connection = client.leave();
    stage.settles(seen("/timeout-inside", 408, 0, Outcome::ClientError));
}
