//! The trace backend of the harness.

use std::time::Duration;

use steeple_tests::{backends::Phoenix, waiting::within};

use crate::{
    chain::{CALLER, Chain},
    rotel::{TRACE, request},
};

const STORED: Duration = Duration::from_secs(30);

#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn it_tells_the_spans_of_a_trace_until_it_is_dropped() {
    let phoenix = Phoenix::start().unwrap();

    ureq::post(format!("http://{}/v1/traces", phoenix.otlp.http))
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
    let addresses = phoenix.otlp;
    assert_eq!(addresses.open(), 2);
    drop(phoenix);
    assert_eq!(addresses.open(), 0);
}

/// Phoenix tells neither services nor kinds.
#[test]
#[ignore = "needs real servers: cargo xtask test"]
fn a_trace_through_three_services_is_read_back() {
    let phoenix = Phoenix::start().unwrap();
    let chain = Chain::exporting_to(&format!("http://{}", phoenix.otlp.http), "http/protobuf");
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    chain.ask(trace);
    let spans = within(STORED, || {
        let spans = phoenix.spans(trace).unwrap();
        (spans.len() == 7).then_some(spans)
    });
    let spans = spans.expect("all spans are stored");

    let mut parent = CALLER;
    let mut way = Vec::new();
    while let Some(span) = spans.iter().find(|span| span["parent_id"] == parent) {
        parent = span["context"]["span_id"].as_str().unwrap();
        way.push(span);
    }
    let names: Vec<_> = way.iter().map(|span| &span["name"]).collect();
    assert_eq!(
        names,
        [
            "GET /offers/{item}",
            "price",
            "GET",
            "GET /prices/{item}",
            "chain.Rates/Of",
            "chain.Rates/Of",
            "look_up",
        ]
    );
    let served = way.iter().map(|span| &span["attributes"]);
    let served = served.filter(|attributes| attributes["http.route"].is_string());
    let ports: Vec<_> = served
        .map(|attributes| &attributes["server.port"])
        .collect();
    assert_eq!(ports, chain.services.map(|service| service.port()));
}
