//! Elasticsearch as a destination of logs.

use std::time::Duration;

use serde_json::Value;
use steeple_logs::{Format, Logs, LogsError, spool::Spool};
use tracing_subscriber::{layer::SubscriberExt as _, registry};

use crate::{
    stage::{PATIENCE, elasticsearch, eventually},
    stub::Stub,
};

#[test]
fn events_arrive_as_documents_of_ecs_though_it_was_away() {
    let directory = tempfile::tempdir().unwrap();
    let stub = Stub::with([]);
    stub.is_away(true);
    let spool = Spool::in_directory(directory.path());
    let logs = Logs::builder("shop")
        .to(elasticsearch(&stub).spool(spool), Format::Ecs)
        .start()
        .unwrap();
    let subscriber = registry().with(logs.layer());
    tracing::subscriber::with_default(subscriber, || {
        for order in 0..100 {
            tracing::info!(order, "paid");
        }
    });
    let report = futures_executor::block_on(logs.flush(PATIENCE));
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(stub.documents().len(), 0);

    stub.is_away(false);
    eventually("all are there", || stub.documents().len() == 100);
    for (order, document) in stub.documents().iter().enumerate() {
        let document: Value = serde_json::from_str(document).unwrap();
        assert_eq!(document["message"], "paid");
        assert_eq!(document["service"]["name"], "shop");
        assert_eq!(document["log"]["level"], "info");
        assert_eq!(document["labels"]["order"], order.to_string());
    }
    let report = futures_executor::block_on(logs.shutdown(Duration::from_secs(10)));
    assert!(report.is_complete(), "{report:?}");
}

#[test]
fn what_is_known_to_be_wrong_is_an_error_of_the_start() {
    let stub = Stub::with([]);
    for destination in [
        elasticsearch(&stub).dataset("A"),
        elasticsearch(&stub).spool(Spool::in_directory("/proc/nowhere")),
    ] {
        let started = Logs::builder("shop").to(destination, Format::Ecs).start();
        assert!(matches!(started, Err(LogsError::Destination { .. })));
    }
}
