//! Which of the servers that requests go to are told apart.

use std::sync::{Arc, Mutex};

use steeple_core::{
    CallRecord, HttpVersion, Observer, OutgoingHead, RequestRecord, Scheme, Sink, TraceConfig,
};

/// A server as records tell it.
type Server = (String, Option<u16>);

/// Keeps the server of each call.
#[derive(Clone, Default)]
struct Calls(Arc<Mutex<Vec<Server>>>);

impl Sink for Calls {
    fn request(&self, _: &RequestRecord<'_>) {}

    fn call(&self, record: &CallRecord<'_>) {
        let (host, port) = record.server();
        self.0.lock().unwrap().push((host.to_owned(), port));
    }
}

/// What calls servers.
struct Caller {
    observer: Observer,
    calls: Calls,
}

impl Caller {
    fn new(config: TraceConfig) -> Self {
        let calls = Calls::default();
        let observer = Observer::builder().traces(config).sink(calls.clone());
        Self {
            observer: observer.build().unwrap(),
            calls,
        }
    }

    /// The server of a call, as its record tells it.
    fn call(&self, host: &str, port: Option<u16>, answers: bool) -> Server {
        let mut call = self.observer.call(&OutgoingHead {
            method: "GET",
            scheme: Scheme::Https,
            host,
            port,
            path: "/",
            query: None,
            headers: &(),
            resend_count: 0,
        });
        if answers {
            call.respond(200, HttpVersion::Http11, &());
            call.finish();
        } else {
            call.fail("connect_error");
        }
        self.calls.0.lock().unwrap().pop().unwrap()
    }
}

fn server(host: &str, port: u16) -> Server {
    (host.to_owned(), Some(port))
}

fn other() -> Server {
    ("_OTHER".to_owned(), None)
}

#[test]
fn a_server_is_told_apart_from_its_first_answer_on() {
    let caller = Caller::new(TraceConfig::new());
    assert_eq!(caller.call("Pay.example", None, false), other());
    assert_eq!(
        caller.call("Pay.example", None, true),
        server("pay.example", 443)
    );
    assert_eq!(
        caller.call("pay.EXAMPLE", None, false),
        server("pay.example", 443)
    );
    assert_eq!(caller.call("pay.example", Some(8443), false), other());
    assert_eq!(caller.call("[::1]", Some(8443), true), server("::1", 8443));
}

#[test]
fn names_that_nobody_answers_to_take_no_place_from_those_that_answer() {
    let caller = Caller::new(TraceConfig::new());
    for number in 0..1_000 {
        assert_eq!(
            caller.call(&format!("made-up-{number}"), None, false),
            other()
        );
    }
    assert_eq!(
        caller.call("pay.example", None, true),
        server("pay.example", 443)
    );
}

#[test]
fn a_host_that_is_told_of_traces_by_name_has_a_place_even_if_it_never_answers() {
    let config = TraceConfig::new().propagate_to(["pay.example", ".svc.example"]);
    let caller = Caller::new(config);
    for number in 0..100 {
        let host = format!("host-{number}");
        assert_eq!(caller.call(&host, None, true), server(&host, 443));
    }
    assert_eq!(caller.call("host-100", None, true), other());
    assert_eq!(caller.call("stock.svc.example", None, true), other());
    assert_eq!(
        caller.call("PAY.example", None, false),
        server("pay.example", 443)
    );
}

#[test]
fn a_host_without_a_name_or_with_one_that_is_too_long_is_any_other() {
    let caller = Caller::new(TraceConfig::new());
    let longest = "h".repeat(255);
    assert_eq!(caller.call("", None, true), other());
    assert_eq!(caller.call(&"h".repeat(260), None, true), other());
    assert_eq!(
        caller.call(&longest, Some(65_535), true),
        server(&longest, 65_535)
    );
}
