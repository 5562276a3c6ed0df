//! Subscribers and recorders of an observer's own.

use std::{convert::Infallible, sync::Arc};

use http::Response;
use steeple_metrics::Registry;
use tower::service_fn;

use crate::{
    log::Log,
    stage::{NoBody, Stage, request},
};

#[test]
fn a_subscriber_of_its_own_gets_what_the_observed_code_says() {
    let (private, global) = (Log::default(), Log::default());
    let dispatch = private.dispatch();
    let stage = Stage::with(|observer| observer.local_subscriber(dispatch));
    let service = service_fn(async |_| {
        tracing::info!("inside");
        Ok::<_, Infallible>(Response::new(NoBody::new()))
    });
    tracing::dispatcher::with_default(&global.dispatch(), || {
        tracing::info!("outside");
        stage.send(service, request());
        tracing::info!("outside again");
    });
    assert!(private.text().contains("inside") && !private.text().contains("outside"));
    assert!(!global.text().contains("inside") && global.text().contains("outside again"));
}

#[test]
fn a_subscriber_of_its_own_gets_the_report_of_a_panic() {
    let (private, global) = (Log::default(), Log::default());
    let dispatch = private.dispatch();
    let stage = Stage::with(|observer| observer.local_subscriber(dispatch));
    let service = service_fn(async |_| -> Result<Response<NoBody>, Infallible> {
        panic!("lost");
    });
    let answer =
        tracing::dispatcher::with_default(&global.dispatch(), || stage.send(service, request()));
    let report = private.text();
    for part in [
        "ERROR steeple::panic: the observed code panicked",
        r#"panic="lost""#,
        "isolation.rs:",
        &format!(
            "request_id={}",
            answer.headers["x-request-id"].to_str().unwrap()
        ),
        "trace_id=",
    ] {
        assert!(report.contains(part), "no {part} in {report}");
    }
    assert_eq!(report.lines().count(), 1, "{report}");
    assert_eq!(global.text(), "");
}

#[test]
fn a_recorder_of_its_own_gets_what_the_observed_code_records() {
    let private = Registry::new();
    let recorder = Arc::new(private.clone());
    let stage = Stage::with(|observer| observer.local_recorder(recorder));
    let service = service_fn(async |_| {
        metrics_inside();
        Ok::<_, Infallible>(Response::new(NoBody::new()))
    });
    metrics_inside();
    stage.send(service, request());
    let snapshot = private.snapshot();
    let runs = &snapshot.family("runs_total").unwrap().series[0];
    assert_eq!(runs.value.as_counter(), Some(1));
}

fn metrics_inside() {
    metrics::counter!("runs_total").increment(1);
}
