//! One list of scenarios, run over real sockets through every adapter.
//!
//! An adapter takes part by serving the [`fixture`]'s paths in its own idiom and standing in the list below. Where a
//! framework cannot act a scenario out, [`adapter::Adapter::cannot`] says why; where it can but sees less, its
//! [`adapter::Traits`] say what.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod actix_app;
mod adapter;
mod around;
mod axum_router;
mod bound_fields;
mod client;
mod expected;
mod fixture;
mod histograms;
mod http2;
mod http2_servers;
mod http_fixture;
mod hyper_service;
mod mounted_ops;
mod probes;
mod propagation;
mod records;
mod reports;
mod request_bodies;
mod scenarios;
mod stage;
mod tonic_server;
mod upgrades;

macro_rules! conformance {
    ($adapters:tt $scenarios:tt) => { conformance!(@each $adapters $scenarios); };
    (@each { $($module:ident: $adapter:expr,)* } $scenarios:tt) => {
        $(conformance!(@adapter $module, $adapter, $scenarios);)*
    };
    (@adapter $module:ident, $adapter:expr, [$($scenario:ident,)*]) => {
        mod $module {
            use crate::adapter::Adapter as _;

            $(
                #[test]
                fn $scenario() {
                    let cells = $adapter.cannot();
                    match cells.iter().find(|(scenario, _)| *scenario == stringify!($scenario)) {
                        Some((_, why)) => eprintln!("not applicable: {why}"),
                        None => super::scenarios::$scenario(&$adapter),
                    }
                }
            )*

            #[test]
            fn what_does_not_apply_is_in_the_list() {
                for (scenario, _) in $adapter.cannot() {
                    assert!([$(stringify!($scenario)),*].contains(scenario), "{scenario}");
                }
            }
        }
    };
}

// It makes use of the macro.
mod grpc;

conformance!({
    actix: crate::actix_app::ActixApp,
    actix_h2: crate::http2_servers::OverHttp2(crate::actix_app::ActixApp),
    axum: crate::axum_router::AxumRouter,
    axum_h2: crate::http2_servers::OverHttp2(crate::axum_router::AxumRouter),
    hyper: crate::hyper_service::HyperService,
    hyper_h2: crate::http2_servers::OverHttp2(crate::hyper_service::HyperService),
    tonic: crate::tonic_server::TonicServer,
    tonic_h2: crate::http2_servers::OverHttp2(crate::tonic_server::TonicServer),
} [
    an_answer_is_a_success,
    a_status_of_4xx_is_a_client_error,
    a_status_of_5xx_is_a_server_error,
    an_attached_error_names_the_type_of_the_failure,
    an_extractor_that_refuses_is_a_client_error,
    an_error_of_the_handler_is_a_server_error,
    a_responder_that_fails_is_a_server_error,
    a_panic_before_the_head_is_a_500_and_the_service_goes_on,
    a_panic_in_an_extractor_is_a_500,
    a_panic_in_a_responder_is_a_500,
    a_panic_in_the_body_breaks_the_stream_off,
    a_client_gone_before_the_head_is_a_cancellation,
    a_client_gone_in_the_body_is_a_cancellation,
    a_client_gone_in_a_silent_body_is_a_cancellation,
    a_connection_that_breaks_before_the_head_is_a_cancellation,
    a_connection_that_breaks_in_the_body_is_a_cancellation,
    a_connection_that_breaks_in_a_silent_body_is_a_cancellation,
    a_timeout_inside_is_its_status,
    a_timeout_outside_is_a_cancellation,
    a_streamed_body_is_timed_and_counted_to_its_end,
    an_exact_body_that_is_never_polled_to_its_end_is_a_success,
    a_body_with_a_length_header_alone_is_a_success,
    a_body_that_fails_is_a_body_error,
    server_sent_events_are_judged_by_the_head,
    a_response_to_head_has_no_body_due,
    a_route_for_get_answers_head,
    a_204_has_no_body_due,
    a_304_has_no_body_due,
    an_unknown_method_is_other,
    an_unmatched_path_is_one_constant,
    a_nested_route_is_its_whole_template,
    a_route_nested_twice_is_its_whole_template,
    a_guard_chooses_the_route,
    an_ignored_route_leaves_no_trace,
    a_layer_applied_twice_counts_once,
    a_request_body_is_measured_by_its_length,
    a_chunked_request_body_is_counted,
    a_request_body_that_breaks_off_is_not_the_service_s_fault,
    a_malformed_request_body_is_not_the_service_s_fault,
    an_acceptable_request_id_is_honoured,
    a_bad_request_id_is_replaced,
    an_id_that_the_handler_answers_with_is_the_records,
    a_trace_is_continued,
    what_a_caller_tells_is_told_on_and_back,
    what_is_told_on_is_continued_by_the_callee,
    what_a_caller_tells_is_read_as_the_official_suite_asks,
    a_trusted_network_has_traces_recorded_where_addresses_are_known,
    a_spawned_task_keeps_the_trace_where_it_is_carried,
    a_connection_is_open_until_it_ends,
    a_websocket_lasts_until_it_is_closed,
    a_websocket_that_the_client_aborts_is_over,
    a_tunnel_lasts_until_it_is_closed,
    a_marked_timeout_is_timed_out,
    a_label_of_the_handler_is_on_the_metrics,
    code_below_the_layer_records_into_a_private_registry,
]);
