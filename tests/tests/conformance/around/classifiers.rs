//! Classifiers of tower-http as outcome policy.

use steeple::Outcome;
use tower::Layer;
use tower_http::{
    catch_panic::CatchPanicLayer,
    classify::{
        ClassifiedResponse, ClassifyResponse, NeverClassifyEos, SharedClassifier,
        StatusInRangeAsFailures, StatusInRangeFailureClass,
    },
};

use crate::{
    around::framework::{Framework, stage},
    client::Client,
    expected::{failed, panicked, seen},
    records::Seen,
    stage::Stage,
};

/// A stage whose layer has a classifier.
macro_rules! classified {
    ($framework:expr, $classifier:expr) => {
        stage!(
            $framework,
            |router, observe| router.layer(observe.classify($classifier)),
            |service, observe| observe.classify($classifier).layer(service)
        )
    };
}

fn from_400() -> SharedClassifier<StatusInRangeAsFailures> {
    StatusInRangeAsFailures::new(400..=599).into_make_classifier()
}

pub(super) fn a_classifier_can_make_a_client_error_a_failure(framework: Framework) {
    let stage = classified!(framework, from_400());
    assert_eq!(stage.get("/status/404").status, 404);
    stage.settles(Seen {
        error: Some("Status code: 404 Not Found".to_owned()),
        ..failed(seen("/status/{code}", 404, 0, Outcome::ServerError), "404")
    });
}

/// Nothing is a failure.
#[derive(Clone)]
struct Lenient;

impl ClassifyResponse for Lenient {
    type FailureClass = StatusInRangeFailureClass;
    type ClassifyEos = NeverClassifyEos<StatusInRangeFailureClass>;

    fn classify_response<B>(
        self,
        _: &http::Response<B>,
    ) -> ClassifiedResponse<Self::FailureClass, Self::ClassifyEos> {
        ClassifiedResponse::Ready(Ok(()))
    }

    fn classify_error<E: std::fmt::Display + 'static>(self, error: &E) -> Self::FailureClass {
        StatusInRangeFailureClass::Error(error.to_string())
    }
}

pub(super) fn a_classifier_can_make_a_server_error_none(framework: Framework) {
    let stage = classified!(framework, SharedClassifier::new(Lenient));
    assert_eq!(stage.get("/status/503").status, 503);
    stage.settles(seen("/status/{code}", 503, 0, Outcome::Success));
}

fn leaves(stage: &Stage, path: &str) -> Client {
    let mut client = stage.client();
    client.send("GET", path, &[], "");
    client
}

pub(super) fn a_classifier_leaves_panics_and_cancellations(framework: Framework) {
    let stage = classified!(framework, SharedClassifier::new(Lenient));
    assert_eq!(stage.get("/panic").status, 500);
    let panic = stage.records.next();
    assert_eq!(panic.seen, panicked("/panic", "lost"));
    let client = leaves(&stage, "/never");
    stage.wait_until_active(1);
    client.leave();
    let cancelled = stage.records.next();
    assert_eq!(cancelled.seen.outcome, Outcome::CancelledBeforeHead);
    let mut client = leaves(&stage, "/endless");
    client.read_until("xxxx");
    client.leave();
    let cut = stage.records.next();
    assert_eq!(cut.seen.outcome, Outcome::CancelledInBody);
    stage.nothing_else_but(&[&panic, &cancelled, &cut]);
}

pub(super) fn a_classifier_judges_what_other_middleware_answers(framework: Framework) {
    let stage = stage!(
        framework,
        |router, observe| router
            .layer(CatchPanicLayer::new())
            .layer(observe.classify(from_400())),
        |service, observe| observe
            .classify(from_400())
            .layer(CatchPanicLayer::new().layer(service))
    );
    assert_eq!(stage.get("/panic").status, 500);
    stage.settles(Seen {
        response_size: 16,
        error: Some("Status code: 500 Internal Server Error".to_owned()),
        ..panicked("/panic", "lost")
    });
}
