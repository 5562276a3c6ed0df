//! Labels of the application's own.

use std::{borrow::Cow, convert::Infallible};

use http::{Response, StatusCode};
use steeple_core::{Label, Outcome};
use tower::service_fn;

use crate::stage::{NoBody, Stage, request};

#[test]
fn one_read_from_the_head_is_on_the_metrics() {
    let stage = Stage::with(|observer| {
        observer.label(Label::from_head("tenant", |head| {
            head.header("x-tenant").or(Some(Cow::Borrowed("nobody")))
        }))
    });
    let service = service_fn(async |_| Ok::<_, Infallible>(Response::new(NoBody::new())));
    stage.send(service, request());
    let mut named = request();
    named
        .headers_mut()
        .insert("x-tenant", "acme".parse().unwrap());
    stage.send(service, named);
    let text = stage.registry.render();
    assert!(
        text.contains(r#"tenant="nobody""#) && text.contains(r#"tenant="acme""#),
        "{text}"
    );
}

#[test]
fn reading_one_that_panics_leaves_the_request_alone() {
    let stage = Stage::with(|observer| {
        observer.label(Label::from_head("tenant", |_| panic!("lost in the label")))
    });
    let service = service_fn(async |_| Ok::<_, Infallible>(Response::new(NoBody::new())));
    let answer = stage.send(service, request());
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(stage.settled().outcome, Outcome::Success);
}
