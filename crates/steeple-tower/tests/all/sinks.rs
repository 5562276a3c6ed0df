//! Sinks that panic.

use std::convert::Infallible;

use http::{Response, StatusCode};
use steeple_core::{Outcome, RequestRecord};
use tower::service_fn;

use crate::stage::{Answer, Stage, body, data, request};

fn send(stage: &Stage) -> Answer {
    let service =
        service_fn(async |_| Ok::<_, Infallible>(Response::new(body([|| data("hello")]))));
    stage.send(service, request())
}

#[test]
fn one_that_panics_leaves_the_answer_and_the_metrics_alone() {
    let stage =
        Stage::with(|observer| observer.sink(|_: &RequestRecord<'_>| panic!("lost in the sink")));
    for _ in 0..2 {
        let answer = send(&stage);
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.body.unwrap().1, "hello");
    }
    assert_eq!(stage.total("steeple_sink_panics_total"), 2.0);
    assert_eq!(stage.total("http_server_requests_total"), 2.0);
    assert_eq!(stage.total("http_server_active_requests"), 0.0);
}

#[test]
fn one_that_panics_loses_its_own_record_alone() {
    let stage =
        Stage::with(|observer| observer.sink(|_: &RequestRecord<'_>| panic!("lost in the sink")));
    send(&stage);
    assert_eq!(stage.records.only().outcome, Outcome::Success);
}
