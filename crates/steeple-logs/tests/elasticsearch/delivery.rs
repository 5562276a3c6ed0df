//! What is sent, and what is said of lines.

use steeple_core::pipeline::DropReason;

use crate::{
    stage::{elasticsearch, lines, numbered, pipeline, send, settled},
    stub::{Fault, Stub},
};

#[test]
fn lines_are_created_in_the_data_stream_as_they_were_written() {
    let stub = Stub::with([]);
    let figures = send(elasticsearch(&stub), &numbered(300));
    assert_eq!((figures.exported, figures.dropped_total()), (300, 0));
    assert_eq!(stub.documents(), numbered(300));

    let [request] = &stub.requests()[..] else {
        panic!("it is one request");
    };
    let line = "POST /logs-shop-default/_bulk?filter_path=";
    assert!(request.line.starts_with(line), "{}", request.line);
    assert_eq!(request.headers["content-type"], "application/x-ndjson");
    assert_eq!(request.headers["content-encoding"], "gzip");
}

#[test]
fn only_lines_that_were_put_off_are_sent_again() {
    let faults = [
        Fault::Lines(&[(1, 429), (3, 503)]),
        Fault::Lines(&[(1, 403)]),
    ];
    let stub = Stub::with(faults);
    let figures = send(elasticsearch(&stub), &numbered(5));
    assert_eq!((figures.exported, figures.dropped_total()), (5, 0));
    assert_eq!(stub.documents(), numbered(5));

    let requests = stub.requests();
    let sent = |request: usize| -> Vec<String> {
        let lines = requests[request].lines().into_iter();
        lines.map(|(_, line)| line).collect()
    };
    assert_eq!(sent(1), [r#"{"n":1}"#, r#"{"n":3}"#]);
    assert_eq!(sent(2), [r#"{"n":3}"#]);
    assert_eq!(requests.len(), 3);
}

#[test]
fn lines_that_do_not_fit_are_set_aside_and_counted_and_not_sent_again() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("rejects.ndjson");
    // One of them comes along with what is tried again.
    let stub = Stub::with([Fault::Lines(&[(0, 503)])]);
    let texts = [
        r#"{"n":0}"#,
        r#"{"n":"poison 1"}"#,
        r#"{"n":2}"#,
        r#"{"n":"poison 2"}"#,
    ];
    let figures = send(elasticsearch(&stub).rejects(&file), &texts);

    assert_eq!((figures.created, figures.exported), (4, 2));
    assert_eq!(figures.dropped(DropReason::Rejected), 2);
    let requests = stub.requests();
    assert_eq!(
        (requests[0].lines().len(), requests[1].lines().len()),
        (4, 1)
    );
    assert_eq!(requests.len(), 2);
    let kept = std::fs::read_to_string(file).unwrap();
    let kept: Vec<serde_json::Value> = kept
        .lines()
        .map(|entry| serde_json::from_str(entry).unwrap())
        .collect();
    for (entry, (id, line)) in kept
        .iter()
        .zip([&requests[0].lines()[1], &requests[0].lines()[3]])
    {
        assert_eq!(
            (&entry["id"], &entry["line"]),
            (&(**id).into(), &(**line).into())
        );
        assert_eq!(
            (&entry["status"], &entry["type"]),
            (&400.into(), &"some_exception".into())
        );
    }
    assert_eq!(kept.len(), 2);
}

#[test]
fn a_request_that_is_too_large_is_sent_in_halves() {
    let stub = Stub::with([]);
    stub.answers_413_beyond(3);
    let figures = send(elasticsearch(&stub), &numbered(50));
    assert_eq!((figures.exported, figures.dropped_total()), (50, 0));
    assert_eq!(stub.documents(), numbered(50));
    let refused = |request: &crate::stub::Request| request.lines().len() > 3;
    assert_eq!(
        stub.requests()
            .iter()
            .filter(|request| refused(request))
            .count(),
        4
    );
}

#[test]
fn a_line_that_no_request_can_have_is_lost_alone() {
    let stub = Stub::with([]);
    let mut texts = numbered(50);
    texts[17] = "{\"n\":\"broken\"}".to_owned();
    let figures = send(elasticsearch(&stub), &texts);
    assert_eq!(
        (figures.exported, figures.dropped(DropReason::Rejected)),
        (49, 1)
    );
    texts.remove(17);
    assert_eq!(stub.documents(), texts);

    let stub = Stub::with([]);
    stub.answers_413_beyond(0);
    let figures = send(elasticsearch(&stub), &numbered(10));
    assert_eq!(
        (figures.exported, figures.dropped(DropReason::Rejected)),
        (0, 10)
    );
}

#[test]
fn requests_are_bounded_by_bytes() {
    let stub = Stub::with([]);
    let line = format!("{{\"a\":\"{}\"}}", "x".repeat(1_000));
    let texts = vec![line; 100];
    let figures = send(
        elasticsearch(&stub)
            .uncompressed()
            .max_request_bytes(10_000),
        &texts,
    );
    assert_eq!(figures.exported, 100);
    let requests = stub.requests();
    assert!(requests.iter().all(|request| request.body.len() <= 10_000));
    assert!(
        requests
            .iter()
            .all(|request| !request.headers.contains_key("content-encoding"))
    );
    assert!((11..=13).contains(&requests.len()), "{}", requests.len());
}

#[test]
fn batches_of_several_items_are_one_request_with_an_id_for_each_line() {
    let stub = Stub::with([]);
    let elasticsearch = elasticsearch(&stub).build().unwrap();
    let pipeline = pipeline(move || elasticsearch.exporter());
    for _ in 0..10 {
        pipeline.producer().push(lines(&["{}", "{}", "{}"]));
    }
    assert_eq!(settled(&pipeline).exported, 30);
    assert_eq!(stub.documents().len(), 30, "though they are alike");
}
