//! What of the service actix-web can tell: statuses in the head.

use std::{
    convert::Infallible,
    future::{self, Future},
};

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::StatusCode,
    web::{self, ServiceConfig},
};
use bytes::Bytes;
use futures_util::stream;
use http::Version;
use steeple::Steeple;
use tokio::net::TcpListener;
use tonic::{Code, server::NamedService};

use crate::{
    actix_app,
    adapter::{Adapter, Cells, Setup, Traits},
    grpc::{
        servers::route_by_service,
        service::{Fixture, HELLO, UNARY, unary},
    },
    http2_servers::ABANDONED,
};

const TRAILERS: &str =
    "actix-web's bodies have no trailers, which is where the status stands that ends messages";
const PANICS: &str =
    "actix-web answers a panic as it does any other error, with a 500 that is no gRPC";
const HALF_OPEN: &str =
    "actix-web learns of it from what reads the request, which has broken off then, or not at all";

/// An actix-web application that speaks gRPC by hand, as far as that goes.
pub(crate) struct StatusesOnActix;

impl Adapter for StatusesOnActix {
    fn traits(&self) -> Traits {
        Traits {
            counts_request_bodies: true,
            knows_addresses: true,
        }
    }

    fn cannot(&self) -> Cells {
        &[
            ("an_answer_is_ok", TRAILERS),
            ("unknown_in_the_trailers_is_a_server_error", TRAILERS),
            ("unavailable_in_the_trailers_is_a_server_error", TRAILERS),
            (
                "a_panic_before_the_head_is_internal_and_the_service_goes_on",
                PANICS,
            ),
            (
                "a_panic_in_the_stream_is_internal_in_the_trailers",
                TRAILERS,
            ),
            ("a_stream_of_the_server_is_counted_to_its_end", TRAILERS),
            ("a_stream_of_the_client_is_read_to_its_end", TRAILERS),
            ("streams_of_both_go_on_at_once", TRAILERS),
            ("a_half_closed_stream_goes_on", TRAILERS),
            ("a_reset_before_the_head_is_a_cancellation", ABANDONED),
            ("a_reset_of_a_half_open_stream_is_a_cancellation", HALF_OPEN),
            ("a_layer_applied_twice_counts_once", TRAILERS),
        ]
    }

    fn route_of_call(&self, method: &str, _: bool) -> String {
        route_by_service(method, "{method}")
    }

    fn serve(
        &self,
        listener: TcpListener,
        steeple: &Steeple,
        setup: Setup,
    ) -> impl Future<Output = ()> + Send + 'static {
        actix_app::serve(listener, steeple, setup, Version::HTTP_2, configure)
    }
}

fn configure(app: &mut ServiceConfig) {
    app.route(
        &format!("/{}/{{method}}", Fixture::NAME),
        web::post().to(call),
    )
    .default_service(web::to(async || ended(Code::Unimplemented)));
}

async fn call(method: web::Path<String>, body: web::Payload) -> HttpResponse {
    match method.as_str() {
        "NoStatus" => grpc().body(HELLO),
        "HttpError" => HttpResponse::new(StatusCode::SERVICE_UNAVAILABLE),
        "Never" => future::pending().await,
        "Endless" => grpc().streaming(stream::repeat_with(many)),
        method if UNARY.contains(&method) => {
            body.to_bytes().await.unwrap();
            let status = unary(method.to_owned()).await;
            ended(status.expect_err("an end without messages").code())
        }
        _ => ended(Code::Unimplemented),
    }
}

/// So many messages that h2's client does not take them for a flood of small frames.
fn many() -> Result<Bytes, Infallible> {
    Ok(b"\0\0\0\0\x04more".repeat(100).into())
}

fn grpc() -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.content_type("application/grpc");
    response
}

/// An answer that is nothing but its status.
fn ended(code: Code) -> HttpResponse {
    grpc()
        .insert_header(("grpc-status", (code as i32).to_string()))
        .finish()
}
