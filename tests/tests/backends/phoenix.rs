//! The trace backend of the harness.

use std::{net::TcpStream, time::Duration};

use steeple_tests::{backends::Phoenix, waiting::within};

use crate::rotel::{TRACE, request};

const STORED: Duration = Duration::from_secs(30);

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn it_tells_the_spans_of_a_trace_until_it_is_dropped() {
    let phoenix = Phoenix::start().unwrap();

    ureq::post(format!("http://{}/v1/traces", phoenix.http()))
        .content_type("application/x-protobuf")
        .send(&request())
        .unwrap();
    let trace: String = TRACE.bytes().map(|byte| format!("{byte:02x}")).collect();
    let spans = within(STORED, || {
        let spans = phoenix.spans(&trace).unwrap();
        (!spans.is_empty()).then_some(spans)
    });

    let spans = spans.expect("the span is stored");
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0]["name"], "GET /greet/{name}");
    assert_eq!(spans[0]["context"]["trace_id"], trace);
    assert_eq!(phoenix.spans(&"ab".repeat(16)).unwrap().len(), 0);
    let transports = [phoenix.grpc(), phoenix.http()];
    let listens = |address| TcpStream::connect(address).is_ok();
    assert_eq!(transports.map(listens), [true; 2]);
    drop(phoenix);
    assert_eq!(transports.map(listens), [false; 2]);
}
