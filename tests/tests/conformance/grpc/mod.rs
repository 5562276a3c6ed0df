//! The list for gRPC, over HTTP/2.
//!
//! The [`service`] is the same wherever it is served; a client of [`h2`] says and hears exactly what is on the wire.

mod actix_app;
mod client;
mod expected;
mod scenarios;
mod servers;
mod service;
mod stage;

conformance!({
    actix: crate::grpc::actix_app::StatusesOnActix,
    axum: crate::grpc::servers::RoutesInAxum,
    hyper: crate::grpc::servers::RoutesOnHyper,
    tonic: crate::grpc::servers::TonicServer,
} [
    an_answer_is_ok,
    ok_in_the_headers_is_a_success,
    a_status_of_the_caller_is_a_client_error,
    unknown_in_the_headers_is_a_server_error,
    unknown_in_the_trailers_is_a_server_error,
    unavailable_in_the_headers_is_a_server_error,
    unavailable_in_the_trailers_is_a_server_error,
    an_answer_without_a_status_is_unknown,
    an_http_error_is_no_call,
    a_method_that_does_not_exist_has_no_name,
    a_service_that_does_not_exist_has_no_name,
    a_panic_before_the_head_is_internal_and_the_service_goes_on,
    a_panic_in_the_stream_is_internal_in_the_trailers,
    a_stream_of_the_server_is_counted_to_its_end,
    a_stream_of_the_client_is_read_to_its_end,
    streams_of_both_go_on_at_once,
    a_half_closed_stream_goes_on,
    a_reset_before_the_head_is_a_cancellation,
    a_reset_in_the_stream_is_a_cancellation,
    a_reset_of_a_half_open_stream_is_a_cancellation,
    a_connection_that_breaks_is_a_cancellation,
    a_call_past_its_deadline_is_timed_out,
    a_layer_applied_twice_counts_once,
    a_timeout_outside_is_a_cancellation,
]);
