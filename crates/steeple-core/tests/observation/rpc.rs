//! gRPC calls: which method they are for, and how they end.

use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use steeple_core::{
    GrpcStatus, Headers, HttpVersion, Observation, Observer, Outcome, RequestHead, RequestRecord,
    ResponseHead, RoutePolicy, current,
};

/// Route, method, status, outcome and type of error.
type Call = (
    String,
    Option<(String, GrpcStatus)>,
    Outcome,
    Option<String>,
);

struct Stage {
    observer: Observer,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Stage {
    fn new() -> Self {
        Self::with("/healthz", RoutePolicy::new())
    }

    fn with(route: &str, policy: RoutePolicy) -> Self {
        let calls = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&calls);
        let observer = Observer::builder()
            .route(route, policy)
            .sink(move |record: &RequestRecord<'_>| {
                sink.lock().unwrap().push((
                    record.route().to_owned(),
                    record.rpc().map(|rpc| (rpc.method.to_owned(), rpc.status)),
                    record.outcome,
                    record.error_type.map(|error_type| error_type.to_string()),
                ));
            })
            .build()
            .unwrap();
        Self { observer, calls }
    }

    fn start(&self, route: Option<&str>, headers: &dyn Headers, path: &str) -> Observation {
        let mut observation = self.observer.start(&RequestHead {
            method: "POST",
            scheme: None,
            version: HttpVersion::Http2,
            route: route.map(Into::into),
            headers,
            body_size: None,
            details: &Default::default,
        });
        observation.called(path);
        observation
    }

    fn call(&self, path: &str) -> Observation {
        self.start(None, &[("content-type", "application/grpc")], path)
    }

    /// A call that is answered with `status` in the headers.
    fn answered(&self, path: &str, status: &str) -> Call {
        let mut observation = self.call(path);
        answer(&mut observation, &[("grpc-status", status)]);
        observation.finish();
        self.last()
    }

    fn last(&self) -> Call {
        self.calls.lock().unwrap().pop().unwrap()
    }
}

fn answer(observation: &mut Observation, headers: &dyn Headers) {
    observation.respond(&ResponseHead {
        status: 200,
        headers,
        body_size: None,
    });
}

const GRPC: [(&str, &str); 1] = [("content-type", "application/grpc")];

/// A call of a method that exists.
fn known(status: GrpcStatus, outcome: Outcome, error_type: Option<&str>) -> Call {
    (
        "/shop.Orders/Place".to_owned(),
        Some(("shop.Orders/Place".to_owned(), status)),
        outcome,
        error_type.map(str::to_owned),
    )
}

/// A call of which nothing shows that its method exists.
fn unknown(status: GrpcStatus, outcome: Outcome, error_type: Option<&str>) -> Call {
    (
        "_UNMATCHED".to_owned(),
        Some(("_OTHER".to_owned(), status)),
        outcome,
        error_type.map(str::to_owned),
    )
}

#[test]
fn a_method_is_its_own_route() {
    let stage = Stage::new();
    assert_eq!(
        stage.answered("/shop.Orders/Place", "0"),
        known(GrpcStatus::Ok, Outcome::Success, None)
    );
}

#[test]
fn a_router_and_the_handler_know_the_route_better() {
    let stage = Stage::new();
    let path = "/shop.Orders/Place";
    let mut observation = stage.start(Some("/shop.Orders/{*rest}"), &GRPC, path);
    answer(&mut observation, &[("grpc-status", "0")]);
    observation.finish();
    let (route, rpc, ..) = stage.last();
    assert_eq!(route, "/shop.Orders/{*rest}");
    assert_eq!(rpc, Some(("shop.Orders/Place".to_owned(), GrpcStatus::Ok)));

    let mut observation = stage.call(path);
    observation.run(|| current::route("/orders")).unwrap();
    answer(&mut observation, &[("grpc-status", "0")]);
    observation.finish();
    assert_eq!(stage.last().0, "/orders");
}

#[test]
fn a_method_is_known_from_its_first_answer_on() {
    let stage = Stage::new();
    let path = "/shop.Orders/Place";
    assert_eq!(
        stage.answered(path, "12"),
        unknown(
            GrpcStatus::Unimplemented,
            Outcome::ServerError,
            Some("UNIMPLEMENTED")
        )
    );
    drop(stage.call(path));
    assert_eq!(
        stage.last(),
        unknown(GrpcStatus::Cancelled, Outcome::CancelledBeforeHead, None)
    );
    assert_eq!(
        stage.answered(path, "14"),
        known(
            GrpcStatus::Unavailable,
            Outcome::ServerError,
            Some("UNAVAILABLE")
        )
    );
    assert_eq!(
        stage.answered(path, "12"),
        known(
            GrpcStatus::Unimplemented,
            Outcome::ServerError,
            Some("UNIMPLEMENTED")
        )
    );
    drop(stage.call(path));
    assert_eq!(
        stage.last(),
        known(GrpcStatus::Cancelled, Outcome::CancelledBeforeHead, None)
    );
}

#[test]
fn a_stream_that_clients_always_leave_is_known_by_its_messages() {
    let stage = Stage::new();
    let mut observation = stage.call("/shop.Orders/Place");
    answer(&mut observation, &GRPC);
    observation.chunk(7);
    drop(observation);
    assert_eq!(
        stage.last(),
        known(GrpcStatus::Cancelled, Outcome::CancelledInBody, None)
    );
}

#[test]
fn calls_that_are_refused_whatever_their_method_leave_room_for_those_that_are_not() {
    let stage = Stage::new();
    let unauthenticated = "16";
    let named = (0..1_000)
        .filter(|number| {
            let (route, ..) = stage.answered(&format!("/made.Up/M{number}"), unauthenticated);
            route != "_UNMATCHED"
        })
        .count();
    assert!((1..=100).contains(&named), "{named}");
    assert_eq!(
        stage.answered("/shop.Orders/Place", unauthenticated),
        unknown(GrpcStatus::Unauthenticated, Outcome::ClientError, None)
    );
    assert_eq!(
        stage.answered("/shop.Orders/Place", "0"),
        known(GrpcStatus::Ok, Outcome::Success, None)
    );
}

#[test]
fn routes_of_other_requests_leave_methods_that_only_fail_their_names() {
    let stage = Stage::new();
    for number in 0..200 {
        let mut observation = stage.start(Some(&format!("/route/{number}")), &(), "");
        answer(&mut observation, &());
        observation.finish();
    }
    assert_eq!(
        stage.answered("/shop.Orders/Place", "14"),
        known(
            GrpcStatus::Unavailable,
            Outcome::ServerError,
            Some("UNAVAILABLE")
        )
    );
}

#[test]
fn methods_take_half_of_the_routes_at_the_most() {
    let stage = Stage::new();
    for number in 0..1_000 {
        stage.answered(&format!("/made.Up/M{number}"), "0");
    }
    assert_eq!(
        stage.answered("/shop.Orders/Place", "0"),
        unknown(GrpcStatus::Ok, Outcome::Success, None)
    );
    let mut observation = stage.start(Some("/late"), &(), "");
    answer(&mut observation, &());
    observation.finish();
    assert_eq!(stage.last().0, "/late");
}

#[test]
fn a_method_with_a_policy_is_known_from_the_start() {
    let stage = Stage::with("/shop.Orders/Place", RoutePolicy::new());
    assert_eq!(
        stage.answered("/shop.Orders/Place", "12"),
        known(
            GrpcStatus::Unimplemented,
            Outcome::ServerError,
            Some("UNIMPLEMENTED")
        )
    );
    let stage = Stage::with("/grpc.health.v1.Health/Check", RoutePolicy::new().ignore());
    let mut observation = stage.call("/grpc.health.v1.Health/Check");
    answer(&mut observation, &[("grpc-status", "0")]);
    observation.finish();
    assert!(stage.calls.lock().unwrap().is_empty());
}

#[test]
fn a_path_too_long_for_a_template_is_no_method() {
    let stage = Stage::new();
    assert_eq!(
        stage.answered(&format!("/{}/Place", "x".repeat(512)), "0"),
        unknown(GrpcStatus::Ok, Outcome::Success, None)
    );
}

#[test]
fn a_path_is_not_taken_for_that_of_the_next_call() {
    let stage = Stage::new();
    stage.answered("/shop.Orders/Place", "0");
    assert_eq!(
        stage.answered("", "0"),
        unknown(GrpcStatus::Ok, Outcome::Success, None)
    );
}

#[test]
fn an_answer_without_a_status_is_unknown() {
    let stage = Stage::new();
    let mut observation = stage.call("/shop.Orders/Place");
    answer(&mut observation, &GRPC);
    observation.finish();
    assert_eq!(
        stage.last(),
        unknown(GrpcStatus::Unknown, Outcome::ServerError, Some("UNKNOWN"))
    );
}

#[test]
fn an_answer_that_is_not_grpc_is_judged_as_http_alone() {
    let stage = Stage::new();
    let mut observation = stage.call("/shop.Orders/Place");
    answer(&mut observation, &[("content-type", "text/plain")]);
    observation.chunk(5);
    observation.finish();
    let expected = ("_UNMATCHED".to_owned(), None, Outcome::Success, None);
    assert_eq!(stage.last(), expected);
}

#[test]
fn a_length_in_the_head_is_not_the_end_of_a_call() {
    for (length, size) in [("0", 0), ("5", 5)] {
        let stage = Stage::new();
        let answered = || {
            let mut observation = stage.call("/shop.Orders/Place");
            let [grpc] = GRPC;
            answer(&mut observation, &[grpc, ("content-length", length)]);
            observation.chunk(size);
            observation
        };
        let mut observation = answered();
        observation.trailers(&[("grpc-status", "0")]);
        observation.finish();
        let call = known(GrpcStatus::Ok, Outcome::Success, None);
        assert_eq!(stage.last(), call, "{length}");
        drop(answered());
        let call = known(GrpcStatus::Cancelled, Outcome::CancelledInBody, None);
        assert_eq!(stage.last(), call, "{length}");
    }
}

#[test]
fn a_call_that_was_translated_from_another_version_is_one() {
    let stage = Stage::new();
    let mut observation = stage.observer.start(&RequestHead {
        method: "POST",
        scheme: None,
        version: HttpVersion::Http11,
        route: None,
        headers: &GRPC,
        body_size: None,
        details: &Default::default,
    });
    observation.called("/shop.Orders/Place");
    answer(&mut observation, &GRPC);
    observation.chunk(7);
    observation.trailers(&[("grpc-status", "13")]);
    observation.finish();
    let failed = known(GrpcStatus::Internal, Outcome::ServerError, Some("INTERNAL"));
    assert_eq!(stage.last(), failed);
}

#[test]
fn what_breaks_off_is_internal() {
    let stage = Stage::new();
    let mut observation = stage.call("/shop.Orders/Place");
    answer(&mut observation, &GRPC);
    observation.fail("body_error");
    assert_eq!(
        stage.last(),
        unknown(GrpcStatus::Internal, Outcome::BodyError, Some("body_error"))
    );
}

#[test]
fn a_panic_is_internal() {
    let stage = Stage::new();
    let mut observation = stage.call("/shop.Orders/Place");
    observation.run(|| panic!("lost")).unwrap_err();
    answer(&mut observation, &[("grpc-status", "13")]);
    observation.finish();
    assert_eq!(
        stage.last(),
        known(GrpcStatus::Internal, Outcome::Panicked, Some("panic"))
    );
}

#[test]
fn a_call_given_up_past_its_deadline_is_timed_out() {
    let stage = Stage::new();
    let headers = [("content-type", "application/grpc"), ("grpc-timeout", "1m")];
    let timed_out = unknown(
        GrpcStatus::DeadlineExceeded,
        Outcome::TimedOut,
        Some("timeout"),
    );

    let observation = stage.start(None, &headers, "/shop.Orders/Place");
    thread::sleep(Duration::from_millis(2));
    drop(observation);
    assert_eq!(stage.last(), timed_out);

    let mut observation = stage.start(None, &headers, "/shop.Orders/Place");
    answer(&mut observation, &GRPC);
    thread::sleep(Duration::from_millis(2));
    drop(observation);
    assert_eq!(stage.last(), timed_out);

    let mut observation = stage.start(None, &headers, "/shop.Orders/Place");
    thread::sleep(Duration::from_millis(2));
    answer(&mut observation, &[("grpc-status", "0")]);
    observation.finish();
    assert_eq!(
        stage.last(),
        known(GrpcStatus::Ok, Outcome::Success, None),
        "late, but answered"
    );
}

#[test]
fn an_answer_that_is_not_grpc_has_no_deadline() {
    let stage = Stage::new();
    let headers = [("content-type", "application/grpc"), ("grpc-timeout", "1n")];
    let mut observation = stage.start(None, &headers, "/large.bin");
    answer(&mut observation, &[("content-type", "text/plain")]);
    thread::sleep(Duration::from_millis(1));
    drop(observation);
    let expected = (
        "_UNMATCHED".to_owned(),
        None,
        Outcome::CancelledInBody,
        None,
    );
    assert_eq!(stage.last(), expected);
}

#[test]
fn a_call_given_up_before_its_deadline_is_cancelled() {
    let stage = Stage::new();
    let headers = [("content-type", "application/grpc"), ("grpc-timeout", "1H")];
    drop(stage.start(None, &headers, "/shop.Orders/Place"));
    assert_eq!(
        stage.last(),
        unknown(GrpcStatus::Cancelled, Outcome::CancelledBeforeHead, None)
    );
}
