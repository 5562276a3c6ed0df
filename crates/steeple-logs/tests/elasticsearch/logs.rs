//! Elasticsearch, and what else keeps lines on disk, as destinations of logs.

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    time::Duration,
};

use serde_json::Value;
use steeple_logs::{AccessFormat, Format, Logs, LogsError, Tcp, spool::Spool};
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
fn lines_for_tcp_wait_on_disk_for_who_takes_them() {
    let directory = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let tcp = Tcp::new(address.to_string()).spool(Spool::in_directory(directory.path()));
    let logs = Logs::builder("shop").to(tcp, Format::Ecs).start().unwrap();
    let subscriber = registry().with(logs.layer());
    tracing::subscriber::with_default(subscriber, || {
        for order in 0..100 {
            tracing::info!(order, "paid");
        }
    });
    let report = futures_executor::block_on(logs.flush(PATIENCE));
    assert!(report.is_complete(), "{report:?}");

    let listener = TcpListener::bind(address).unwrap();
    let (stream, _) = listener.accept().unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let lines = BufReader::new(stream).lines().take(100);
    for (order, line) in lines.enumerate() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        assert_eq!(line["labels"]["order"], order.to_string());
    }
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

#[test]
fn what_is_no_document_of_a_data_stream_is_an_error_of_the_start() {
    let stub = Stub::with([]);
    for format in [Format::Json, Format::Logfmt, Format::Pretty] {
        let started = Logs::builder("shop")
            .to(elasticsearch(&stub), format)
            .start();
        let refused = |error| matches!(error, LogsError::Format { format: told } if told == format);
        assert!(started.is_err_and(refused), "{format}");
    }
    let combined = Logs::builder("shop")
        .to(elasticsearch(&stub), Format::Ecs)
        .access_log(|access| access.to(elasticsearch(&stub), AccessFormat::Combined))
        .start();
    assert!(matches!(combined, Err(LogsError::Format { .. })));
}
