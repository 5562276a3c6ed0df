//! What requests say in scopes of Sentry's.

use std::{collections::BTreeMap, thread};

use serde_json::Value;
use steeple_sentry::sentry_core::{self, Breadcrumb, Hub, Level};

use crate::{
    stage::{DEADLINE, Stage},
    stub::Stub,
};

fn isolating(stub: &Stub) -> Stage {
    Stage::with(stub, |sentry| {
        sentry.isolate_scopes(true).events_per_second(1_000)
    })
}

fn tell(number: usize) {
    sentry_core::configure_scope(|scope| scope.set_tag(&format!("tag{number}"), number));
    sentry_core::add_breadcrumb(Breadcrumb {
        message: Some(format!("crumb{number}")),
        ..Breadcrumb::default()
    });
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn what_requests_say_is_kept_apart_on_whichever_thread_they_are() {
    const REQUESTS: usize = 40;
    let stub = Stub::answering([]);
    let stage = isolating(&stub);
    // All are open at once, and each goes from thread to thread.
    let mut open: Vec<_> = (0..REQUESTS).map(|_| stage.start()).collect();
    for turn in 0..2 {
        open = thread::scope(|scope| {
            let step = |(number, mut observation): (usize, steeple_core::Observation)| {
                let said = observation.run(|| match turn {
                    0 => tell(number),
                    _ => {
                        sentry_core::capture_message(&format!("of {number}"), Level::Info);
                    }
                });
                said.unwrap();
                observation
            };
            let (even, odd): (Vec<_>, Vec<_>) = open
                .into_iter()
                .enumerate()
                .partition(|(number, _)| (number + turn) % 2 == 0);
            let threads = [even, odd].map(|part| {
                scope.spawn(move || {
                    let stepped = part.into_iter().map(|one| (one.0, step(one)));
                    stepped.collect::<Vec<_>>()
                })
            });
            let stepped = threads.map(|thread| thread.join().unwrap());
            let stepped: BTreeMap<_, _> = stepped.into_iter().flatten().collect();
            stepped.into_values().collect()
        });
    }
    drop(open);
    let report = stage.sentry.shutdown_blocking(DEADLINE);
    assert!(report.is_complete(), "{report:?}");
    let events = stub.events();
    assert_eq!(events.len(), REQUESTS);
    for event in events {
        let number = text(&event["logentry"]["message"]).replace("of ", "");
        let tags = event["tags"].as_object().unwrap().iter();
        let own: Vec<_> = tags.filter(|(name, _)| name.starts_with("tag")).collect();
        assert_eq!(own, [(&format!("tag{number}"), &Value::from(&*number))]);
        let crumbs = event["breadcrumbs"]["values"].as_array().unwrap();
        let crumbs: Vec<_> = crumbs.iter().map(|crumb| text(&crumb["message"])).collect();
        assert_eq!(crumbs, [format!("crumb{number}")]);
    }
}

#[test]
fn what_a_request_says_is_told_of_its_failure() {
    let stub = Stub::answering([]);
    let stage = isolating(&stub);
    stage.request(500, || {
        tell(1);
        panic!("lost");
    });
    stage.fail(1);
    let _ = stage.sentry.shutdown_blocking(DEADLINE);
    let events = stub.events();
    assert_eq!(events.len(), 2);
    for event in events {
        let is_first = event["level"] == "fatal";
        assert_eq!(event["tags"]["tag1"].is_string(), is_first, "{event:#}");
        assert_eq!(event["breadcrumbs"].is_object(), is_first, "{event:#}");
        assert_eq!(event["tags"]["route"], "/orders/{id}");
    }
}

#[test]
fn the_hub_of_the_thread_is_there_again_after_a_request() {
    let stub = Stub::answering([]);
    let stage = isolating(&stub);
    let before = Hub::current();
    let mut within = None;
    stage.request(200, || within = Some(Hub::current()));
    assert!(!std::sync::Arc::ptr_eq(&before, &within.unwrap()));
    assert!(std::sync::Arc::ptr_eq(&before, &Hub::current()));
}
