//! gRPC calls that go out: which method they are for, and how they end.

use std::sync::{Arc, Mutex};

use steeple_core::{
    CallRecord, GrpcStatus, Headers, HttpVersion, Observer, OutgoingCall, OutgoingHead,
    RequestRecord, Scheme, Sink,
};

/// Method and status, and the type of error.
type Seen = (Option<(String, GrpcStatus)>, Option<String>);

const GRPC: [(&str, &str); 1] = [("content-type", "application/grpc")];
const PATH: &str = "/shop.Orders/Place";

#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<Seen>>>);

impl Sink for Calls {
    fn request(&self, _: &RequestRecord<'_>) {}

    fn call(&self, record: &CallRecord<'_>) {
        let rpc = record.rpc().map(|rpc| (rpc.method.to_owned(), rpc.status));
        let error_type = record.error_type.map(|error| error.to_string());
        assert_eq!(
            record.is_cancelled(),
            error_type.as_deref() == Some("cancelled")
        );
        self.0.lock().unwrap().push((rpc, error_type));
    }
}

struct Stage {
    observer: Observer,
    calls: Calls,
}

impl Stage {
    /// Where the method exists.
    fn new() -> Self {
        let stage = Self::empty();
        stage.ends(&GRPC, |call| {
            call.respond(200, HttpVersion::Http2, &[("grpc-status", "0")]);
        });
        stage
    }

    fn empty() -> Self {
        let calls = Calls::default();
        let builder = Observer::builder().sink(calls.clone());
        let observer = builder.build().unwrap();
        Self { observer, calls }
    }

    fn call(&self, path: &str, headers: &dyn Headers) -> OutgoingCall {
        self.observer.call(&OutgoingHead {
            method: "POST",
            scheme: Scheme::Http,
            host: "shop",
            port: None,
            path,
            query: None,
            headers,
            resend_count: 0,
        })
    }

    /// What a call with these fields is that ends by `end` and is dropped.
    fn ends(&self, headers: &dyn Headers, end: impl FnOnce(&mut OutgoingCall)) -> Seen {
        self.ends_at(PATH, headers, end)
    }

    fn ends_at(
        &self,
        path: &str,
        headers: &dyn Headers,
        end: impl FnOnce(&mut OutgoingCall),
    ) -> Seen {
        let mut call = self.call(path, headers);
        end(&mut call);
        drop(call);
        self.calls.0.lock().unwrap().pop().unwrap()
    }

    /// The method of a call that is answered so.
    fn method(&self, path: &str, status: &str) -> String {
        let (rpc, _) = self.ends_at(path, &GRPC, |call| {
            call.respond(200, HttpVersion::Http2, &[("grpc-status", status)]);
        });
        rpc.unwrap().0
    }
}

fn answer(call: &mut OutgoingCall) {
    call.respond(200, HttpVersion::Http2, &GRPC);
}

fn placed(status: GrpcStatus, error_type: Option<&str>) -> Seen {
    let method = "shop.Orders/Place".to_owned();
    (Some((method, status)), error_type.map(str::to_owned))
}

#[test]
fn the_status_is_in_the_headers_or_the_trailers_and_all_but_ok_are_errors() {
    let stage = Stage::new();
    let trailers = |status: &'static str| {
        stage.ends(&GRPC, move |call| {
            answer(call);
            call.trailers(&[("grpc-status", status)]);
            call.finish();
        })
    };
    assert_eq!(trailers("0"), placed(GrpcStatus::Ok, None));
    let unavailable = placed(GrpcStatus::Unavailable, Some("UNAVAILABLE"));
    assert_eq!(trailers("14"), unavailable);
    // To its client it is an error, though not to its server.
    let missing = placed(GrpcStatus::NotFound, Some("NOT_FOUND"));
    assert_eq!(trailers("5"), missing);
    let cancelled = placed(GrpcStatus::Cancelled, Some("CANCELLED"));
    assert_eq!(trailers("1"), cancelled);
    // Whoever reads the status in the head drops the body.
    let seen = stage.ends(&GRPC, |call| {
        call.respond(200, HttpVersion::Http2, &[("grpc-status", "14")]);
    });
    assert_eq!(seen, unavailable);
}

#[test]
fn a_call_without_a_status_ends_as_its_client_sees_it() {
    let stage = Stage::new();
    let seen = stage.ends(&GRPC, |call| {
        answer(call);
        call.finish();
    });
    assert_eq!(seen, placed(GrpcStatus::Unknown, Some("UNKNOWN")));
    let seen = stage.ends(&GRPC, |call| {
        answer(call);
        call.break_off();
    });
    assert_eq!(seen, placed(GrpcStatus::Internal, Some("body_error")));
    let seen = stage.ends(&GRPC, |call| call.fail("connect"));
    assert_eq!(seen, placed(GrpcStatus::Unavailable, Some("connect")));
    // Some proxy's.
    let seen = stage.ends(&GRPC, |call| {
        call.respond(503, HttpVersion::Http2, &[("content-type", "text/html")]);
    });
    assert_eq!(seen, placed(GrpcStatus::Unavailable, Some("UNAVAILABLE")));
}

#[test]
fn a_call_that_nobody_waits_for_is_cancelled_or_past_its_deadline() {
    let stage = Stage::new();
    let cancelled = placed(GrpcStatus::Cancelled, Some("cancelled"));
    assert_eq!(stage.ends(&GRPC, |_| {}), cancelled);
    assert_eq!(stage.ends(&GRPC, answer), cancelled);
    let [within, past] = ["1H", "1n"].map(|timeout| {
        [
            ("content-type", "application/grpc"),
            ("grpc-timeout", timeout),
        ]
    });
    assert_eq!(stage.ends(&within, answer), cancelled);
    let late = placed(GrpcStatus::DeadlineExceeded, Some("timeout"));
    assert_eq!(stage.ends(&past, |_| {}), late);
    assert_eq!(stage.ends(&past, answer), late);
    assert_eq!(stage.ends(&past, |call| call.fail("Elapsed")), late);
    // An answer is one, however late.
    let seen = stage.ends(&past, |call| {
        call.respond(200, HttpVersion::Http2, &[("grpc-status", "0")]);
    });
    assert_eq!(seen, placed(GrpcStatus::Ok, None));
}

#[test]
fn what_does_not_say_that_it_is_grpc_has_no_status_of_it() {
    let stage = Stage::new();
    let failed = |call: &mut OutgoingCall| {
        call.respond(200, HttpVersion::Http2, &[("grpc-status", "14")]);
    };
    assert_eq!(stage.ends(&(), failed), (None, None));
    let web = [("content-type", "application/grpc-web")];
    assert_eq!(stage.ends(&web, failed), (None, None));
}

#[test]
fn a_method_has_its_name_once_its_calls_show_that_there_is_one() {
    let stage = Stage::empty();
    assert_eq!(stage.method(PATH, "12"), "_OTHER");
    assert_eq!(stage.method("/shop.Orders/no method", "0"), "_OTHER");
    let long = format!("/shop.Orders/{}", "a".repeat(1_000));
    assert_eq!(stage.method(&long, "0"), "_OTHER");
    // A service that is down from the start is named.
    let (rpc, _) = stage.ends(&GRPC, |call| call.fail("connect"));
    let down = ("shop.Orders/Place".to_owned(), GrpcStatus::Unavailable);
    assert_eq!(rpc, Some(down));
    assert_eq!(stage.method(PATH, "12"), "shop.Orders/Place");
    // A proxy calls what its clients make up.
    for number in 0..200 {
        stage.method(&format!("/invented.Service/Method{number}"), "14");
    }
    assert_eq!(stage.method("/shop.Stock/Count", "14"), "_OTHER");
    assert_eq!(stage.method("/shop.Stock/Count", "0"), "shop.Stock/Count");
}
