//! An Elasticsearch that cannot be reached, is busy or wants other credentials.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use steeple_core::pipeline::{DropReason, PipelineBuilder};

use crate::{
    stage::{PATIENCE, elasticsearch, impatient, lines, numbered, pipeline, send, settled},
    stub::{Fault, Stub},
};

#[test]
fn what_fails_as_a_whole_is_sent_again_and_is_there_once() {
    let faults = [
        Fault::Reset,
        Fault::Status(429, "", "{}"),
        Fault::Status(502, "", "<html>bad gateway</html>"),
        Fault::Status(400, "", "the plain HTTP request was sent to HTTPS port"),
        Fault::Status(400, "", r#"{"error":"no upstream"}"#),
        Fault::Status(200, "", "<html>sign in</html>"),
        Fault::Status(404, "", "no such page"),
        Fault::Status(401, "", "{}"),
        Fault::Status(301, "location: http://127.0.0.1:1/\r\n", ""),
        Fault::ResetAfter,
    ];
    let stub = Stub::with(faults);
    let figures = send(elasticsearch(&stub), &numbered(20));
    assert_eq!((figures.created, figures.exported), (20, 20));
    assert_eq!(stub.documents(), numbered(20));
    let requests = stub.requests();
    assert_eq!(requests.len(), 11);
    assert!(
        requests
            .iter()
            .all(|request| request.lines() == requests[0].lines())
    );
}

#[test]
fn a_request_that_is_never_answered_is_sent_again() {
    let stub = Stub::with([Fault::Stall]);
    let elasticsearch = elasticsearch(&stub).build().unwrap();
    let retry = impatient().attempt_timeout(Duration::from_millis(300));
    let pipeline = PipelineBuilder::new("stalls")
        .retry(retry)
        .spawn(move || elasticsearch.exporter());
    pipeline.producer().push(lines(&numbered(3)));
    assert_eq!(settled(&pipeline).exported, 3);
    assert_eq!(stub.documents(), numbered(3));
}

#[test]
fn the_pause_that_a_retry_after_asks_for_is_kept() {
    let busy = Fault::Status(503, "retry-after: 1\r\n", "{}");
    let stub = Stub::with([busy]);
    assert_eq!(send(elasticsearch(&stub), &numbered(3)).exported, 3);
    let requests = stub.requests();
    let pause = requests[1].came - requests[0].came;
    assert!(pause >= Duration::from_millis(990), "{pause:?}");
}

#[test]
fn of_what_is_given_up_only_what_was_not_taken_counts_as_lost() {
    let busy = Fault::Lines(&[(1, 429), (2, 400)]);
    let faults = std::iter::once(busy).chain(std::iter::repeat_n(Fault::Reset, 1_000));
    let stub = Stub::with(faults);
    let elasticsearch = elasticsearch(&stub).build().unwrap();
    let retry = impatient().max_elapsed(Duration::from_millis(100));
    let pipeline = PipelineBuilder::new("gives up")
        .max_delay(Duration::ZERO)
        .retry(retry)
        .spawn(move || elasticsearch.exporter());
    pipeline.producer().push(lines(&numbered(5)));
    let figures = settled(&pipeline);
    assert_eq!(stub.documents().len(), 3);
    assert_eq!(
        (
            figures.exported,
            figures.dropped(DropReason::RetriesExhausted)
        ),
        (3, 2)
    );
}

#[test]
fn lines_that_are_pushed_meanwhile_arrive_behind_the_others() {
    let stub = Stub::with(std::iter::repeat_n(Fault::Reset, 10));
    let elasticsearch = elasticsearch(&stub).build().unwrap();
    let pipeline = pipeline(move || elasticsearch.exporter());
    for line in numbered(100) {
        pipeline.producer().push(lines(&[line]));
    }
    assert_eq!(settled(&pipeline).exported, 100);
    assert_eq!(
        stub.documents(),
        numbered(100),
        "ids are in the order of time"
    );
}

#[test]
fn credentials_are_sent_and_told_nobody() {
    let stub = Stub::with([Fault::Status(401, "", "{}")]);
    let told = Arc::new(Mutex::new(Vec::new()));
    let writer = Told(told.clone());
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, || {
        let key = elasticsearch(&stub).api_key("c2VjcmV0");
        let built = key.clone().build().unwrap();
        let debugged = format!("{key:?} {built:?}");
        assert!(!debugged.contains("c2VjcmV0"), "{debugged}");
        let pipeline = pipeline(move || built.exporter());
        pipeline.producer().push(lines(&numbered(1)));
        assert_eq!(settled(&pipeline).exported, 1);
        assert!(pipeline.shutdown_blocking(PATIENCE).is_complete());
    });
    let told = String::from_utf8(told.lock().unwrap().clone()).unwrap();
    assert!(
        told.contains("401") && told.contains("tried again"),
        "{told}"
    );
    assert!(!told.contains("c2VjcmV0"), "{told}");
    for request in stub.requests() {
        assert_eq!(request.headers["authorization"], "ApiKey c2VjcmV0");
    }

    assert_eq!(
        send(elasticsearch(&stub).basic_auth("ada", "x"), &numbered(1)).exported,
        1
    );
    let last = stub.requests().pop().unwrap();
    assert_eq!(last.headers["authorization"], "Basic YWRhOng=");
}

#[derive(Clone)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Told {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
