//! Events of requests and jobs.

use futures_executor::block_on;
use serde_json::json;
use steeple_core::{HttpVersion, Observer, RequestHead, current};
use steeple_logs::{bind, unbind};
use tracing::{error, info};

use crate::captured::{event, events};

pub(crate) fn in_request(observer: &Observer, headers: &[(&str, &str)], run: impl FnOnce()) {
    let fields: Vec<_> = headers
        .iter()
        .map(|(name, value)| (*name, value.as_bytes()))
        .collect();
    let mut observation = observer.start(&RequestHead {
        method: "GET",
        scheme: None,
        version: HttpVersion::Http11,
        route: Some("/".into()),
        headers: &Fields(fields),
        body_size: Some(0),
        details: &Default::default,
    });
    observation.run(run).unwrap();
}

/// Of a head.
pub(crate) struct Fields<'a>(pub(crate) Vec<(&'a str, &'a [u8])>);

impl steeple_core::Headers for Fields<'_> {
    fn visit(&self, f: &mut dyn FnMut(&str, &[u8])) {
        for (name, value) in &self.0 {
            f(name, value);
        }
    }
}

fn observer() -> Observer {
    Observer::builder().build().unwrap()
}

#[test]
fn events_of_a_request_have_its_identity() {
    let observer = observer();
    let mut trace = None;
    let events = events(|| {
        let headers = [
            ("x-request-id", "req-1"),
            (
                "traceparent",
                "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            ),
        ];
        in_request(&observer, &headers, || {
            trace = current::trace();
            info!("inside");
        });
        info!("outside");
    });
    let [inside, outside] = &events[..] else {
        panic!("{events:?}");
    };
    let span = trace.unwrap().span_id().to_string();
    assert_eq!(inside["http"], json!({"request": {"id": "req-1"}}));
    assert_eq!(
        inside["trace"],
        json!({"id": "0af7651916cd43dd8448eb211c80319c"})
    );
    assert_eq!(inside["span"], json!({"id": span}));
    assert_eq!(inside["transaction"], json!({"id": span}));
    for object in ["http", "trace", "span", "transaction"] {
        assert!(outside.get(object).is_none(), "{object}");
    }
}

#[test]
fn events_of_a_job_tell_it() {
    let observer = observer();
    let event = event(|| {
        observer.observe("queue", "emails").run(|| info!("sent"));
    });
    assert_eq!(event["labels"]["job_kind"], "queue");
    assert_eq!(event["labels"]["job_name"], "emails");
    assert_eq!(event["labels"]["job_id"].as_str().unwrap().len(), 32);
    assert!(event.get("http").is_none() && event["trace"]["id"].is_string());
}

#[test]
fn an_error_that_was_attached_is_told_by_events_of_level_error_alone() {
    let observer = observer();
    let events = events(|| {
        in_request(&observer, &[], || {
            current::attach(&std::io::Error::other("the bank is closed"));
            info!("going on");
            error!("cannot pay");
        });
    });
    assert!(events[0].get("error").is_none());
    assert_eq!(events[1]["error"]["message"], "the bank is closed");
}

#[test]
fn what_is_bound_follows_the_request_and_into_carried_tasks() {
    let observer = observer();
    let events = events(|| {
        let mut carried = None;
        in_request(&observer, &[], || {
            info!("before");
            bind("user.id", "ada");
            bind("tries", 1_u8);
            bind("tries", 2_u8);
            bind("password", "hunter2");
            carried = Some(current::carry(async {
                info!("carried");
                bind("tries", 9_u8);
                info!("bound there");
            }));
            info!(tries = 3, "own");
            unbind("tries");
            info!("unbound");
        });
        in_request(&observer, &[], || info!("another request"));
        block_on(carried.unwrap());
        bind("nowhere", true);
        info!("outside");
    });
    let labels: Vec<_> = events.iter().map(|event| event["labels"].clone()).collect();
    let null = serde_json::Value::Null;
    assert_eq!(
        labels,
        [
            null.clone(),
            json!({"tries": "3", "password": "[redacted]"}),
            json!({"password": "[redacted]"}),
            null.clone(),
            json!({"tries": "2", "password": "[redacted]"}),
            json!({"tries": "9", "password": "[redacted]"}),
            null,
        ]
    );
    assert_eq!(events[1]["user"], json!({"id": "ada"}));
}

#[test]
fn what_is_bound_is_told_without_its_secrets() {
    let observer = observer();
    let event = event(|| {
        in_request(&observer, &[], || {
            bind("card", 4_111_111_111_111_111_u64);
            bind("has_token", true);
            bind("note", "password=hunter2");
            info!("bound");
        });
    });
    assert_eq!(
        event["labels"],
        json!({"card": "[redacted]", "has_token": "true", "note": "password=[redacted]"})
    );
}

#[test]
fn what_is_bound_is_bounded() {
    let observer = observer();
    let event = event(|| {
        in_request(&observer, &[], || {
            for number in 0..1_000 {
                bind(&format!("name{number}"), "a value of some length");
            }
            info!("bound");
        });
    });
    let bound = event["labels"].as_object().unwrap();
    assert!((50..200).contains(&bound.len()), "{}", bound.len());
    assert_eq!(event["tags"], json!(["truncated"]));
}
