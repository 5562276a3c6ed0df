//! Which traces the histograms lead to.

use std::sync::{Arc, Mutex};

use steeple::{
    Steeple,
    core::{Headers, HttpVersion, RequestHead, ResponseHead, TraceContext},
    current,
    metrics::{HistogramSnapshot, RecordedExemplar},
};

struct Traceparent(&'static str);

impl Headers for Traceparent {
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        f("traceparent", self.0.as_bytes());
    }
}

/// The trace of a request with this `traceparent`, and the exemplars of the histograms of durations, the application's own
/// first.
fn observed(traceparent: &'static str) -> (TraceContext, Vec<RecordedExemplar>) {
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .build()
        .unwrap();
    let mut observation = steeple.observer().start(&RequestHead {
        method: "GET",
        scheme: None,
        version: HttpVersion::Http11,
        route: Some("/orders/{id}".into()),
        headers: &Traceparent(traceparent),
        body_size: Some(0),
        details: &Default::default,
    });
    let trace = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&trace);
    let answered = observation.run(move || {
        metrics::histogram!("basket_seconds").record(0.3);
        *seen.lock().unwrap() = current::trace();
    });
    assert!(answered.is_ok());
    observation.respond(&ResponseHead {
        status: 200,
        headers: &(),
        body_size: None,
    });
    observation.finish();

    let snapshot = steeple.registry().snapshot();
    let exemplars = ["basket_seconds", "http_server_request_duration_seconds"]
        .into_iter()
        .flat_map(|name| &snapshot.family(name).unwrap().series)
        .filter_map(|series| series.value.as_histogram())
        .flat_map(HistogramSnapshot::exemplars)
        .collect();
    let trace = trace.lock().unwrap().unwrap();
    (trace, exemplars)
}

#[test]
fn a_sampled_request_is_the_exemplar_of_its_own_metrics_and_of_the_applications() {
    let (trace, exemplars) = observed("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    assert_eq!(exemplars.len(), 2);
    assert_eq!(exemplars[0].value, 0.3);
    for exemplar in exemplars {
        assert_eq!(exemplar.exemplar.trace_id, trace.trace_id().to_bytes());
        assert_eq!(exemplar.exemplar.span_id, trace.span_id().to_bytes());
    }
}

#[test]
fn a_request_that_is_not_sampled_is_no_exemplar() {
    for traceparent in [
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00",
        "none",
    ] {
        assert_eq!(observed(traceparent).1, []);
    }
}
