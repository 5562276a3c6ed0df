//! Spans of requests that go out.

use std::{
    thread,
    time::{Duration, UNIX_EPOCH},
};

use opentelemetry_proto::tonic::trace::v1::{span::SpanKind, status::StatusCode};
use steeple_core::{
    HttpVersion, OutgoingHead, ResponseHead, Sampler, Scheme, pipeline::DropReason,
};
use steeple_otlp::Signal;

use super::{Service, texts};

const CALL: OutgoingHead<'_> = OutgoingHead {
    method: "POST",
    scheme: Scheme::Https,
    host: "Shop.example",
    port: None,
    path: "/orders",
    query: Some("token=secret&page=2"),
    headers: &(),
    resend_count: 0,
};

#[test]
fn a_call_is_a_client_s_span_below_the_request_that_makes_it() {
    let service = Service::new();
    let mut observation = service.start(&());
    let _ = observation.run(|| {
        let mut call = service.observer.call(&CALL);
        call.respond(201, HttpVersion::Http2, &());
        call.finish();
    });
    observation.respond(&ResponseHead {
        status: 200,
        headers: &(),
        body_size: Some(0),
    });
    observation.finish();
    let spans = service.spans();
    let [request, call] = &spans[..] else {
        panic!("{spans:#?}")
    };
    assert_eq!(call.trace_id, request.trace_id);
    assert_eq!(call.parent_span_id, request.span_id);
    assert_eq!((&*call.name, call.kind()), ("POST", SpanKind::Client));
    assert_eq!(call.status, None);
    assert!(call.end_time_unix_nano <= request.end_time_unix_nano);
    let mut attributes = texts(&call.attributes);
    attributes.sort_unstable();
    assert_eq!(
        attributes,
        [
            "http.request.method=POST",
            "http.response.status_code=201",
            "network.protocol.version=2",
            "server.address=Shop.example",
            "server.port=443",
            "url.full=https://Shop.example/orders?token=REDACTED&page=2",
            "url.scheme=https",
        ]
    );
}

#[test]
fn a_grpc_call_is_called_by_its_method_and_fails_by_its_status() {
    let service = Service::new();
    let head = OutgoingHead {
        path: "/shop.Orders/Place",
        query: None,
        headers: &[("content-type", "application/grpc")],
        ..CALL
    };
    for status in ["0", "14"] {
        let mut call = service.observer.call(&head);
        call.respond(200, HttpVersion::Http2, &());
        call.trailers(&[("grpc-status", status)]);
        call.finish();
    }
    drop(service.observer.call(&head));
    let spans = service.spans();
    let seen = spans.iter().map(|span| {
        assert_eq!(
            (&*span.name, span.kind()),
            ("shop.Orders/Place", SpanKind::Client)
        );
        let mut own = texts(&span.attributes);
        own.retain(|own| own.starts_with("rpc.") || own.starts_with("error.type"));
        own.sort_unstable();
        (own, span.status.as_ref().map(|status| status.code()))
    });
    let attributes = |status: &str, error: Option<&str>| {
        let error = error.map(|error| format!("error.type={error}"));
        let rpc = [
            "rpc.method=shop.Orders/Place".to_owned(),
            format!("rpc.status_code={status}"),
            "rpc.system.name=grpc".to_owned(),
        ];
        Vec::from_iter(error.into_iter().chain(rpc))
    };
    assert_eq!(
        Vec::from_iter(seen),
        [
            (attributes("OK", None), None),
            (
                attributes("UNAVAILABLE", Some("UNAVAILABLE")),
                Some(StatusCode::Error)
            ),
            (attributes("CANCELLED", Some("cancelled")), None),
        ]
    );
}

#[test]
fn what_a_call_fails_with_is_its_error() {
    let service = Service::new();
    let head = OutgoingHead {
        scheme: Scheme::Http,
        host: "[::1]",
        port: Some(8080),
        query: None,
        method: "BREW",
        resend_count: 2,
        ..CALL
    };
    let mut missing = service.observer.call(&head);
    missing.respond(404, HttpVersion::Http11, &());
    missing.finish();
    let mut refused = service.observer.call(&head);
    refused.fail("connect");
    let spans = service.spans();
    let error = |span: &opentelemetry_proto::tonic::trace::v1::Span| {
        assert_eq!(span.status.clone().unwrap().code(), StatusCode::Error);
        assert_eq!((&*span.name, span.parent_span_id.len()), ("HTTP", 0));
        let attributes = texts(&span.attributes);
        for expected in [
            "http.request.method_original=BREW",
            "http.request.resend_count=2",
            "server.address=::1",
            "url.full=http://[::1]:8080/orders",
        ] {
            assert!(
                attributes.iter().any(|own| own == expected),
                "{attributes:?}"
            );
        }
        let mut errors = attributes.into_iter();
        errors.find(|own| own.starts_with("error.type=")).unwrap()
    };
    let errors = Vec::from_iter(spans.iter().map(error));
    assert_eq!(errors, ["error.type=404", "error.type=connect"]);
}

#[test]
fn a_cancelled_call_is_no_error_and_says_so() {
    let service = Service::new();
    drop(service.observer.call(&CALL));
    let span = service.only();
    assert_eq!(span.status, None);
    let attributes = texts(&span.attributes);
    assert!(
        attributes.contains(&"error.type=cancelled".to_owned()),
        "{attributes:?}"
    );
}

#[test]
fn the_times_of_a_long_call_are_those_of_its_beginning_and_its_end() {
    let now = || UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let service = Service::new();
    let before = now();
    let mut call = service.observer.call(&CALL);
    let begun = now();
    // Longer than threads go by what the system's clock said last.
    thread::sleep(Duration::from_millis(1_200));
    let ending = now();
    thread::spawn(move || call.finish()).join().unwrap();
    let after = now();
    let span = service.only();
    // The processor's counter is measured to a hundredth.
    let slack = (after - before) / 50;
    let within = |time: u64, from: u64, to: u64| (from - slack..=to + slack).contains(&time);
    assert!(within(span.start_time_unix_nano, before, begun));
    assert!(within(span.end_time_unix_nano, ending, after));
}

#[test]
fn the_call_of_a_trace_that_is_not_recorded_is_counted_as_sampled_away() {
    let service = Service::sampling(Sampler::always_off());
    service.observer.call(&CALL).finish();
    assert_eq!(service.spans(), []);
    let accounting = service.otlp.accounting(Signal::Traces).unwrap();
    assert_eq!(accounting.dropped(DropReason::Sampled), 1);
}
