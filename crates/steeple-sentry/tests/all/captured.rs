//! What the application captures itself.

use std::sync::Arc;

use serde_json::Value;
use steeple_core::current;
use steeple_sentry::sentry_core::{self, Hub, Level, Scope};

use crate::{
    stage::{DEADLINE, Stage},
    stub::Stub,
};

/// A hub as that of a thread is.
fn hub(stage: &Stage) -> Arc<Hub> {
    let client = stage.sentry.client();
    Arc::new(Hub::new(Some(client), Arc::new(Scope::default())))
}

#[test]
fn what_is_captured_in_a_request_has_its_identity() {
    let stub = Stub::answering([]);
    let stage = Stage::new(&stub);
    let mut told = None;
    Hub::run(hub(&stage), || {
        stage.request(200, || {
            current::tag("tenant", "blue");
            current::breadcrumb(tracing::Level::INFO, "shop", "opened");
            sentry_core::capture_message("the stock is low", Level::Warning);
            told = current::trace().zip(current::request_id());
        });
    });
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    let events = stub.events();
    let [event] = &*events else {
        panic!("{events:#?}");
    };
    let (trace, id) = told.unwrap();
    assert_eq!(event["logentry"]["message"], "the stock is low");
    assert_eq!(event["level"], "warning");
    assert_eq!(event["transaction"], "GET /orders/{id}");
    assert_eq!(event["tags"]["tenant"], "blue");
    assert_eq!(event["tags"]["request_id"], id.as_str());
    let context = &event["contexts"]["trace"];
    assert_eq!(context["trace_id"], trace.trace_id().to_string());
    assert_eq!(context["span_id"], trace.span_id().to_string());
    assert_eq!(event["breadcrumbs"]["values"][0]["message"], "opened");
}

#[test]
fn what_is_captured_before_the_route_is_known_has_it_all_the_same() {
    let stub = Stub::answering([]);
    let stage = Stage::new(&stub);
    Hub::run(hub(&stage), || {
        for matched in [true, false] {
            let mut observation = stage.start_at(None);
            let capture = || {
                current::breadcrumb(tracing::Level::INFO, "shop", "opened");
                sentry_core::capture_message("the stock is low", Level::Warning);
            };
            observation.run(capture).unwrap();
            if matched {
                observation.matched_route("/orders/{id}");
            }
        }
    });
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    let events = stub.events();
    let routes: Vec<_> = events
        .iter()
        .map(|event| (&event["transaction"], &event["tags"]["route"]))
        .collect();
    let (name, none) = (Value::from("GET /orders/{id}"), Value::Null);
    let route = Value::from("/orders/{id}");
    assert_eq!(routes, [(&name, &route), (&none, &none)]);
    for event in &events {
        let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
        assert_eq!(crumbs.len(), 1, "{event:#}");
    }
}

#[test]
fn what_is_captured_outside_of_requests_is_sent_as_it_is() {
    let stub = Stub::answering([]);
    let stage = Stage::new(&stub);
    Hub::run(hub(&stage), || {
        sentry_core::capture_message("started", Level::Info);
    });
    let _ = stage.sentry.shutdown_blocking(DEADLINE);
    let events = stub.events();
    assert_eq!(events[0]["logentry"]["message"], "started");
    assert!(events[0]["transaction"].is_null());
}

#[test]
fn what_is_captured_counts_for_the_limit() {
    let stub = Stub::answering([]);
    let stage = Stage::new(&stub);
    Hub::run(hub(&stage), || {
        for _ in 0..50 {
            sentry_core::capture_message("again", Level::Info);
        }
        let client = stage.sentry.client();
        assert!(client.flush(Some(DEADLINE)));
    });
    let sent = stub.events().len();
    assert!((10..50).contains(&sent), "{sent}");
}
