//! The spans of requests and jobs.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use opentelemetry_proto::tonic::trace::v1::{Span, span::SpanKind, status::StatusCode};
use steeple_core::{
    HttpVersion, Observation, RequestRecord, ResponseHead, Sampler, TraceConfig, current,
    pipeline::DropReason,
};
use steeple_otlp::Signal;

use super::{Details, Service, hex, texts};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

fn respond(observation: &mut Observation, status: u16) {
    observation.respond(&ResponseHead {
        status,
        headers: &(),
        body_size: Some(0),
    });
}

fn status(span: &Span) -> Option<(StatusCode, &str)> {
    let status = span.status.as_ref()?;
    Some((status.code(), &status.message))
}

#[test]
fn a_request_is_a_span_by_the_conventions() {
    let service = Service::new();
    let traceparent = format!("00-{TRACE}-{CALLER}-03");
    let details = Details {
        query: Some("full=1&token=secret"),
        peer: Some("[::ffff:10.1.2.3]:4567".parse().unwrap()),
        ..Details::default()
    };
    let headers = [
        ("traceparent", &*traceparent),
        ("host", "shop.example:8080"),
        ("user-agent", "curl/8"),
        ("x-request-id", "a-1"),
    ];
    let mut observation = service.request("GET", HttpVersion::Http2, &headers, &details);
    let own = observation
        .run(|| current::trace().unwrap().span_id())
        .unwrap();
    respond(&mut observation, 200);
    let span = service.only();
    assert_eq!(span.name, "GET /users/{id}");
    assert_eq!(span.kind(), SpanKind::Server);
    assert_eq!(
        [
            &*hex(&span.trace_id),
            &*hex(&span.span_id),
            &*hex(&span.parent_span_id)
        ],
        [TRACE, &*own.to_string(), CALLER]
    );
    // Sampled and random, of a parent that is known to be remote.
    assert_eq!(span.flags, 0x303);
    assert_eq!(status(&span), None);
    assert!(span.events.is_empty() && span.links.is_empty());
    assert_eq!(
        texts(&span.attributes),
        [
            "http.request.method=GET",
            "http.route=/users/{id}",
            "url.scheme=http",
            "url.path=/users/7",
            "url.query=full=1&token=REDACTED",
            "user_agent.original=curl/8",
            "network.protocol.version=2",
            "server.address=shop.example",
            "server.port=8080",
            "client.address=10.1.2.3",
            "network.peer.address=10.1.2.3",
            "network.peer.port=4567",
            "http.response.status_code=200",
            "http.response.header.x-request-id=[a-1]",
        ]
    );
}

#[test]
fn its_times_are_those_of_the_record() {
    let durations = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&durations);
    let service = Service::with(TraceConfig::new(), |observer| {
        observer.sink(move |record: &RequestRecord<'_>| {
            seen.lock().unwrap().push(record.duration());
        })
    });
    let before = SystemTime::now();
    let mut observation = service.start(&());
    std::thread::sleep(Duration::from_millis(5));
    respond(&mut observation, 204);
    let span = service.only();
    let started = UNIX_EPOCH + Duration::from_nanos(span.start_time_unix_nano);
    assert!(started >= before && started <= SystemTime::now());
    let duration = Duration::from_nanos(span.end_time_unix_nano - span.start_time_unix_nano);
    assert_eq!(*durations.lock().unwrap(), [duration]);
}

#[test]
fn only_what_the_service_is_to_blame_for_is_an_error() {
    for (code, expected) in [
        (200, None),
        (302, None),
        (404, None),
        (500, Some((StatusCode::Error, ""))),
        (503, Some((StatusCode::Error, ""))),
    ] {
        let service = Service::new();
        respond(&mut service.start(&()), code);
        let span = service.only();
        assert_eq!(status(&span), expected, "{code}");
        let error_type = texts(&span.attributes)
            .into_iter()
            .find(|attribute| attribute.starts_with("error.type="));
        let expected = expected.map(|_| format!("error.type={code}"));
        assert_eq!(error_type, expected);
    }
}

#[test]
fn a_cancelled_request_is_no_error_and_says_so() {
    let service = Service::new();
    drop(service.start(&()));
    let span = service.only();
    assert_eq!(status(&span), None);
    let attributes = texts(&span.attributes);
    assert!(
        attributes.contains(&"steeple.outcome=cancelled_before_head".to_owned()),
        "{attributes:?}"
    );
}

#[test]
fn a_request_without_a_response_tells_no_header_of_one() {
    let service = Service::new();
    drop(service.start(&[("x-request-id", "a-1")]));
    let attributes = texts(&service.only().attributes);
    let of_response = |attribute: &&String| attribute.starts_with("http.response.");
    assert_eq!(attributes.iter().find(of_response), None);
}

#[test]
fn an_address_without_brackets_is_a_server_without_a_port() {
    let service = Service::new();
    respond(&mut service.start(&[("host", "::1")]), 200);
    let attributes = texts(&service.only().attributes);
    let of_server = attributes
        .iter()
        .filter(|attribute| attribute.starts_with("server."));
    assert_eq!(Vec::from_iter(of_server), ["server.address=::1"]);
}

#[test]
fn what_went_wrong_is_an_exception_event_and_the_status() {
    let service = Service::new();
    let mut observation = service.start(&());
    let _ = observation.run(|| {
        let error: Result<u8, _> = "x".parse::<u8>();
        current::attach(&error.unwrap_err());
    });
    respond(&mut observation, 500);
    let mut panicking = service.start(&());
    let (ran, line) = (panicking.run(|| panic!("out of luck")), line!());
    ran.unwrap_err();
    respond(&mut panicking, 500);
    let spans = service.spans();
    assert_eq!(
        status(&spans[0]),
        Some((StatusCode::Error, "invalid digit found in string"))
    );
    assert_eq!(
        texts(&spans[0].events[0].attributes),
        [
            "exception.type=core::num::error::ParseIntError",
            "exception.message=invalid digit found in string"
        ]
    );
    assert_eq!(status(&spans[1]), Some((StatusCode::Error, "out of luck")));
    let event = &spans[1].events[0];
    assert_eq!(
        (&*event.name, event.time_unix_nano),
        ("exception", spans[1].end_time_unix_nano)
    );
    let attributes = texts(&event.attributes);
    assert_eq!(
        attributes,
        [
            "exception.type=panic".to_owned(),
            "exception.message=out of luck".to_owned(),
            format!("code.file.path={}", file!()),
            format!("code.line.number={line}"),
        ]
    );
}

#[test]
fn unknown_methods_and_routes_are_in_no_name() {
    let service = Service::new();
    let details = Details {
        route: None,
        path: "/secret",
        ..Details::default()
    };
    drop(service.request("BREW", HttpVersion::Http11, &(), &details));
    let span = service.only();
    assert_eq!(span.name, "HTTP");
    let attributes = texts(&span.attributes);
    assert_eq!(
        attributes[..2],
        [
            "http.request.method=_OTHER",
            "http.request.method_original=BREW"
        ]
    );
    assert!(
        !attributes
            .iter()
            .any(|attribute| attribute.starts_with("http.route"))
    );
}

#[test]
fn a_grpc_call_is_called_by_its_method() {
    let service = Service::new();
    let headers = [("content-type", "application/grpc")];
    let details = Details {
        route: Some("/shop.Stock/Get"),
        path: "/shop.Stock/Get",
        ..Details::default()
    };
    let mut observation = service.request("POST", HttpVersion::Http2, &headers, &details);
    observation.called("/shop.Stock/Get");
    observation.respond(&ResponseHead {
        status: 200,
        headers: &[("content-type", "application/grpc"), ("grpc-status", "13")],
        body_size: Some(0),
    });
    let span = service.only();
    assert_eq!(span.name, "shop.Stock/Get");
    assert_eq!(status(&span), Some((StatusCode::Error, "")));
    let attributes = texts(&span.attributes);
    for expected in [
        "rpc.system.name=grpc",
        "rpc.method=shop.Stock/Get",
        "rpc.status_code=INTERNAL",
        "error.type=INTERNAL",
    ] {
        assert!(
            attributes.iter().any(|attribute| attribute == expected),
            "{attributes:?}"
        );
    }
}

#[test]
fn a_public_endpoint_links_to_the_caller() {
    let service = Service::with(TraceConfig::new().public_endpoint(), |observer| observer);
    let traceparent = format!("00-{TRACE}-{CALLER}-01");
    respond(&mut service.start(&[("traceparent", &*traceparent)]), 200);
    let span = service.only();
    assert!(span.parent_span_id.is_empty());
    assert_ne!(hex(&span.trace_id), TRACE);
    let link = &span.links[0];
    assert_eq!([hex(&link.trace_id), hex(&link.span_id)], [TRACE, CALLER]);
}

#[test]
fn what_is_not_recorded_is_counted_as_sampled_out() {
    let service = Service::sampling(Sampler::always_off());
    for _ in 0..10 {
        respond(&mut service.start(&()), 200);
    }
    assert!(service.spans().is_empty());
    let accounting = service.otlp.accounting(Signal::Traces).unwrap();
    assert_eq!(
        (accounting.created, accounting.dropped(DropReason::Sampled)),
        (10, 10)
    );
}

#[test]
fn a_job_is_a_span_of_its_own() {
    let service = Service::new();
    service.observer.observe("queue", "emails").run(|| ());
    let span = service.only();
    assert_eq!(
        (&*span.name, span.kind()),
        ("queue emails", SpanKind::Consumer)
    );
    assert_eq!(
        texts(&span.attributes),
        [
            "steeple.job.kind=queue",
            "steeple.job.name=emails",
            "steeple.outcome=success"
        ]
    );
}
