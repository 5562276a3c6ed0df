use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use sentry_core::protocol::{Context, IpAddress};
use steeple_core::{
    HttpVersion, Observation, Observer, RequestDetails, RequestHead, ResponseHead, current,
    errors::{Backtrace, ErrorKind, ErrorReport},
    log_error,
};

use super::*;

struct Fields;

impl steeple_core::Headers for Fields {
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        f("user-agent", b"curl/8");
        f("accept", b"text/html");
        f("authorization", b"Bearer s3cret");
        f("cookie", b"sid=s3cret");
    }
}

#[derive(Debug, thiserror::Error)]
#[error("no order {id}")]
struct NoOrder {
    id: u32,
    source: Away,
}

#[derive(Debug, thiserror::Error)]
#[error("the database is away")]
struct Away(#[source] io::Error);

fn no_order() -> NoOrder {
    let source = Away(io::Error::other("connection refused"));
    NoOrder { id: 7, source }
}

/// The only report of a request that `handle` handles and that is answered with `status`.
fn reported(status: u16, handle: impl FnOnce(&mut Observation)) -> Arc<ErrorReport> {
    // What fails while another test has it done has no backtrace.
    Backtrace::prepare();
    let reports = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&reports);
    let observer = Observer::builder()
        .kept_headers(["accept", "authorization", "cookie"])
        .fingerprint_rule(
            FingerprintRule::new(["database"])
                .error_type("Away")
                .route("/orders/*"),
        )
        .fingerprint_rule(
            FingerprintRule::new(["tests", FingerprintRule::DEFAULT]).kind(ErrorKind::TimedOut),
        )
        .error_sink(move |report: &Arc<ErrorReport>| sink.lock().unwrap().push(Arc::clone(report)))
        .build()
        .unwrap();
    let mut observation = observer.start(&RequestHead {
        method: "POST",
        scheme: None,
        version: HttpVersion::Http11,
        route: Some("/orders/{id}".into()),
        headers: &Fields,
        body_size: Some(0),
        details: &|| RequestDetails {
            path: "/orders/7",
            query: Some("coupon=s3cret"),
            authority: Some("shop.example"),
            peer: Some(SocketAddr::from(([192, 0, 2, 7], 4_000))),
        },
    });
    handle(&mut observation);
    observation.respond(&ResponseHead {
        status,
        headers: &(),
        body_size: Some(0),
    });
    drop(observation);
    let mut reports = reports.lock().unwrap();
    assert_eq!(reports.len(), 1, "{reports:#?}");
    reports.remove(0)
}

fn tags(event: &Event<'_>) -> Vec<(String, String)> {
    event.tags.clone().into_iter().collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    expected.iter().map(owned).collect()
}

#[test]
fn a_panic_is_fatal_and_was_not_handled() {
    let report = reported(500, |observation| {
        observation.run(|| panic!("lost {}", 7)).unwrap_err();
    });
    let event = of_report(&report);
    assert_eq!((event.level, &*event.platform), (Level::Fatal, "native"));
    assert_eq!(event.timestamp, report.at);
    let [exception] = &*event.exception.values else {
        panic!("{:#?}", event.exception);
    };
    assert_eq!(
        (&*exception.ty, exception.value.as_deref()),
        ("panic", Some("lost 7"))
    );
    let mechanism = exception.mechanism.as_ref().unwrap();
    assert_eq!((&*mechanism.ty, mechanism.handled), ("panic", Some(false)));
    let location = mechanism.data["location"].as_str().unwrap();
    assert!(location.contains("event/tests.rs:"), "{location}");
    let frames = &exception.stacktrace.as_ref().unwrap().frames;
    let innermost = frames.last().unwrap();
    let function = innermost.function.as_deref().unwrap();
    assert!(
        function.contains("a_panic_is_fatal_and_was_not_handled"),
        "{function}"
    );
    let file = innermost.filename.as_deref().unwrap();
    assert!(file.ends_with("event/tests.rs"), "{file}");
    assert!(innermost.lineno.is_some());
    // The tests are those of a crate of steeple's, whose code is none of an application.
    assert!(frames.iter().all(|frame| frame.in_app.is_some()));
    assert!(event.fingerprint.iter().eq(["{{ default }}"]));
}

#[test]
fn a_chain_has_its_root_first() {
    let report = reported(500, |observation| {
        observation.run(|| current::attach(&no_order())).unwrap();
    });
    let event = of_report(&report);
    assert_eq!(event.level, Level::Error);
    let exceptions = event.exception.values.iter();
    let told: Vec<_> = exceptions
        .map(|exception| (&*exception.ty, exception.value.as_deref().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ("Custom", "connection refused"),
            ("Away", "the database is away"),
            ("NoOrder", "no order 7")
        ]
    );
    let last = event.exception.values.last().unwrap();
    let module = last.module.as_deref().unwrap();
    assert!(module.ends_with("event::tests"), "{module}");
    let mechanism = last.mechanism.as_ref().unwrap();
    assert_eq!((&*mechanism.ty, mechanism.handled), ("error", Some(true)));
    assert!(last.stacktrace.is_some());
    assert!(event.exception.values[0].mechanism.is_none());
}

#[test]
fn an_event_has_the_identity_of_its_request() {
    let mut trace = None;
    let report = reported(503, |observation| {
        observation
            .run(|| {
                trace = current::trace();
                current::tag("tenant blue", "a\nb");
            })
            .unwrap();
    });
    let event = of_report(&report);
    assert_eq!(event.transaction.as_deref(), Some("POST /orders/{id}"));
    let id = report.request_id.unwrap();
    assert_eq!(
        tags(&event),
        pairs(&[
            ("kind", "status"),
            ("method", "POST"),
            ("outcome", "server_error"),
            ("request_id", id.as_str()),
            ("route", "/orders/{id}"),
            ("status", "503"),
            ("tenant_blue", "a b"),
        ])
    );
    let Context::Trace(told) = &event.contexts["trace"] else {
        panic!("{:#?}", event.contexts);
    };
    let trace = trace.unwrap();
    assert_eq!(told.trace_id, trace.trace_id().to_bytes().into());
    assert_eq!(told.span_id, trace.span_id().to_bytes().into());
    assert_eq!(told.op.as_deref(), Some("http.server"));
    let Context::Response(response) = &event.contexts["response"] else {
        panic!("{:#?}", event.contexts);
    };
    assert_eq!(response.status_code, Some(503));
    // There is no code to tell events apart by.
    let parts: Vec<_> = event.fingerprint.iter().map(|part| &**part).collect();
    assert_eq!(parts, ["status", "503", "POST /orders/{id}"]);
    let mechanism = event.exception.values[0].mechanism.as_ref().unwrap();
    assert_eq!(mechanism.synthetic, Some(true));
}

#[test]
fn all_is_told_until_it_is_sent() {
    let report = reported(500, |observation| {
        observation.run(|| current::user("ada")).unwrap();
    });
    let event = of_report(&report);
    let user = event.user.unwrap();
    assert_eq!(user.id.as_deref(), Some("ada"));
    assert_eq!(
        user.ip_address,
        Some(IpAddress::Exact([192, 0, 2, 7].into()))
    );
    let request = event.request.unwrap();
    assert_eq!(
        request.url.unwrap().as_str(),
        "http://shop.example/orders/7"
    );
    assert_eq!(request.query_string.as_deref(), Some("coupon=s3cret"));
    let fields: Vec<_> = request.headers.into_iter().collect();
    let told = [
        ("accept", "text/html"),
        ("authorization", "Bearer s3cret"),
        ("cookie", "sid=s3cret"),
        ("host", "shop.example"),
        ("user-agent", "curl/8"),
    ];
    assert_eq!(fields, pairs(&told));
}

#[test]
fn an_event_is_not_named_by_the_path_of_its_request() {
    let report = reported(500, |_| {});
    for (given, told) in [
        ("GET /orders/7", "POST /orders/{id}"),
        ("checkout", "checkout"),
    ] {
        let mut event = Event {
            transaction: Some(given.to_owned()),
            ..Event::default()
        };
        Place::of_report(&report).describe(&mut event);
        assert_eq!(event.transaction.as_deref(), Some(told));
    }
}

#[test]
fn breadcrumbs_are_told_in_their_order() {
    let report = reported(500, |observation| {
        let leave = || {
            current::breadcrumb(tracing::Level::INFO, "shop::cart", "opened");
            current::breadcrumb(tracing::Level::WARN, "shop::db", "slow");
        };
        observation.run(leave).unwrap();
    });
    let event = of_report(&report);
    let crumbs = event.breadcrumbs.values.iter();
    let told: Vec<_> = crumbs
        .map(|crumb| {
            (
                crumb.level,
                crumb.category.as_deref(),
                crumb.message.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Level::Info, Some("shop::cart"), Some("opened")),
            (Level::Warning, Some("shop::db"), Some("slow")),
        ]
    );
}

#[test]
fn the_application_says_what_events_are_the_same_by() {
    let report = reported(200, |observation| {
        let fail = || {
            current::fingerprint(["stock", "empty"]);
            log_error(&no_order(), &[("order", "7")]);
        };
        observation.run(fail).unwrap();
    });
    let event = of_report(&report);
    let parts: Vec<_> = event.fingerprint.iter().map(|part| &**part).collect();
    assert_eq!(parts, ["stock", "empty"]);
    assert_eq!(event.tags["order"], "7");
    assert_eq!(event.tags["kind"], "logged");
    assert!(!event.tags.contains_key("status"));
}

#[test]
fn rules_say_what_events_are_the_same_by() {
    let parts = |report: &ErrorReport| -> Vec<String> {
        let event = of_report(report);
        event.fingerprint.iter().map(ToString::to_string).collect()
    };
    let away = reported(500, |observation| {
        observation.run(|| current::attach(&no_order())).unwrap();
    });
    assert_eq!(parts(&away), ["database"]);
    let late = reported(504, |observation| {
        observation.run(current::timed_out).unwrap();
    });
    // There is no code that Sentry could tell it apart by.
    let default = ["timed_out", "timeout", "POST /orders/{id}"];
    assert_eq!(parts(&late), [&["tests"], &default[..]].concat());
}
