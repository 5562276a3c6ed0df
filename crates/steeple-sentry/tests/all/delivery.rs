use std::{
    sync::{Arc, OnceLock},
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::Value;
use steeple_sentry::{
    DropReason,
    sentry_core::{Client, protocol::Event},
};

use crate::{
    stage::{DEADLINE, Stage},
    stub::{Answer, Stub},
};

#[test]
fn a_failure_arrives_as_an_event() {
    let stub = Stub::answering([]);
    let stage = Stage::with(&stub, |sentry| {
        sentry
            .release("shop@1.2.3")
            .environment("staging")
            .server_name("web-1")
    });
    stage.fail(1);
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    let envelopes = stub.envelopes();
    let [envelope] = &*envelopes else {
        panic!("{envelopes:#?}");
    };
    assert_eq!(envelope.line, "POST /api/7/envelope/ HTTP/1.1");
    let auth = &envelope.headers["x-sentry-auth"];
    assert!(
        auth.starts_with("Sentry sentry_key=k3y, sentry_version=7"),
        "{auth}"
    );
    assert!(auth.contains("sentry_client=steeple-sentry/"), "{auth}");
    assert_eq!(
        envelope.headers["content-type"],
        "application/x-sentry-envelope"
    );
    let [(kind, event)] = &*envelope.items else {
        panic!("{envelope:#?}");
    };
    assert_eq!(kind, "event");
    let id = envelope.header["event_id"].as_str().unwrap();
    assert_eq!(event["event_id"], id.replace('-', ""));
    assert!(envelope.header["sent_at"].is_string());
    for (name, value) in [
        ("platform", "native"),
        ("release", "shop@1.2.3"),
        ("environment", "staging"),
        ("server_name", "web-1"),
        ("transaction", "GET /orders/{id}"),
    ] {
        assert_eq!(event[name], value);
    }
    assert_eq!(event["exception"]["values"][0]["value"], "no stock");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let told = event["timestamp"].as_f64().unwrap();
    assert!((now.as_secs_f64() - told).abs() < 60.0, "{told}");
}

#[test]
fn what_is_tried_again_is_the_same_event() {
    let stub = Stub::answering([Answer::Status(503, ""), Answer::Status(500, "")]);
    let stage = Stage::new(&stub);
    stage.fail(1);
    stub.wait_for(3);
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    let ids: Vec<_> = stub
        .events()
        .into_iter()
        .map(|event| event["event_id"].clone())
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert!(stub.losses().is_empty());
}

#[test]
fn what_is_refused_is_told_with_what_arrives() {
    let stub = Stub::answering([Answer::Status(400, "")]);
    let stage = Stage::new(&stub);
    stage.fail(1);
    stub.wait_for(1);
    let report = stage.sentry.flush_blocking(DEADLINE);
    assert_eq!(report.pending, 0);
    stage.fail(1);
    stub.wait_for(2);
    let accounting = stage.sentry.accounting();
    let _ = stage.sentry.shutdown_blocking(DEADLINE);
    assert_eq!(accounting.dropped(DropReason::ExporterFailed), 1);
    let lost = ("send_error".to_owned(), "error".to_owned());
    assert_eq!(stub.losses(), [(lost, 1)].into());
}

#[test]
fn the_application_changes_events_and_leaves_them_out() {
    let stub = Stub::answering([]);
    let stage = Stage::with(&stub, |sentry| {
        sentry.before_send(|mut event: Event<'static>| {
            if event.level == steeple_sentry::sentry_core::Level::Fatal {
                return None;
            }
            event.tags.insert("seen".to_owned(), "yes".to_owned());
            Some(event)
        })
    });
    stage.request(500, || panic!("left out"));
    stage.fail(1);
    let _ = stage.sentry.flush_blocking(DEADLINE);
    let accounting = stage.sentry.accounting();
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(accounting.dropped(DropReason::Filtered), 1);
    let events = stub.events();
    assert_eq!(events.len(), 1, "{events:#?}");
    assert_eq!(events[0]["tags"]["seen"], "yes");
    let lost = ("before_send".to_owned(), "error".to_owned());
    assert_eq!(stub.losses(), [(lost, 1)].into());
}

#[test]
fn what_before_send_captures_is_sent_besides() {
    let stub = Stub::answering([]);
    let client = Arc::new(OnceLock::<Arc<Client>>::new());
    let own = Arc::clone(&client);
    let stage = Stage::with(&stub, |sentry| {
        sentry.before_send(move |event: Event<'static>| {
            if !event.exception.values.is_empty() {
                let note = Event {
                    message: Some("one failed".to_owned()),
                    ..Event::default()
                };
                own.get().unwrap().capture_event(note, None);
            }
            Some(event)
        })
    });
    client.set(stage.sentry.client()).unwrap();
    stage.fail(1);
    stub.wait_for(2);
    let accounting = stage.sentry.accounting();
    assert_eq!(accounting.created, 2);
    let _ = stage.sentry.shutdown_blocking(DEADLINE);
    let events = stub.events();
    let told = |event: &Value| {
        let text = [
            &event["exception"]["values"][0]["value"],
            &event["logentry"]["message"],
        ];
        text.map(|text| text.as_str().unwrap_or_default().to_owned())
            .concat()
    };
    let mut told: Vec<_> = events.iter().map(told).collect();
    told.sort();
    assert_eq!(told, ["no stock", "one failed"]);
}

#[test]
fn of_a_share_of_none_nothing_is_sent() {
    let stub = Stub::answering([]);
    let stage = Stage::with(&stub, |sentry| {
        sentry.sample_rate(0.0).drop_deadline(DEADLINE)
    });
    stage.fail(3);
    let _ = stage.sentry.flush_blocking(DEADLINE);
    assert_eq!(stage.sentry.accounting().dropped(DropReason::Filtered), 3);
    drop(stage);
    assert!(stub.events().is_empty());
    let lost = ("sample_rate".to_owned(), "error".to_owned());
    assert_eq!(stub.losses(), [(lost, 3)].into());
}
