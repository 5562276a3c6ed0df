//! Classifiers of tower-http that want to see the end of a body.

use std::{
    convert::Infallible,
    error::Error,
    fmt::Display,
    future::ready,
    io,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_executor::block_on;
use futures_util::stream;
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use steeple_core::{Outcome, RequestRecord, current};
use tower::{Layer, ServiceExt, service_fn};
use tower_http::classify::{
    ClassifiedResponse, ClassifyEos, ClassifyResponse, GrpcCode, GrpcErrorsAsFailures,
    SharedClassifier, StatusInRangeAsFailures,
};

use crate::stage::{NoBody, Stage, data, grpc_request, request};

type Verdict = (Outcome, Option<String>, Option<String>);

/// A stage, and the outcome, the type and the message of the error of its one record.
fn stage() -> (Stage, impl Fn() -> Verdict) {
    let verdict = Arc::<Mutex<Option<Verdict>>>::default();
    let sink = Arc::clone(&verdict);
    let stage = Stage::with(|observer| {
        observer.sink(move |record: &RequestRecord<'_>| {
            let error_type = record.error_type.map(|error_type| error_type.to_string());
            let message = record.error.map(|error| error.message.clone());
            *sink.lock().unwrap() = Some((record.outcome, error_type, message));
        })
    });
    (stage, move || verdict.lock().unwrap().take().unwrap())
}

fn failure(error_type: &str, message: &str) -> Verdict {
    (
        Outcome::ServerError,
        Some(error_type.to_owned()),
        Some(message.to_owned()),
    )
}

fn status(code: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(
        "grpc-status".parse().unwrap(),
        HeaderValue::from_static(code),
    )])
}

/// A call that ends with `code` in its trailers.
fn called(classifier: GrpcErrorsAsFailures, code: &'static str) -> Verdict {
    let (stage, verdict) = stage();
    let service = service_fn(move |_| async move {
        let frames = [
            Frame::data(Bytes::from("part")),
            Frame::trailers(status(code)),
        ];
        let body = StreamBody::new(stream::iter(frames.map(Ok::<_, Infallible>)));
        let mut response = Response::new(body);
        let grpc = HeaderValue::from_static("application/grpc");
        response.headers_mut().insert("content-type", grpc);
        Ok::<_, Infallible>(response)
    });
    let layer = stage.layer().classify(SharedClassifier::new(classifier));
    let response = block_on(layer.layer(service).oneshot(grpc_request())).unwrap();
    block_on(response.into_body().collect()).unwrap();
    verdict()
}

#[test]
fn the_trailers_of_a_call_are_judged() {
    let strict = GrpcErrorsAsFailures::new;
    assert_eq!(called(strict(), "0"), (Outcome::Success, None, None));
    assert_eq!(
        called(strict(), "5"),
        failure("NOT_FOUND", "Status: NotFound")
    );
    assert_eq!(
        called(strict(), "14"),
        failure("UNAVAILABLE", "Status: Unavailable")
    );
    let lenient = || {
        strict()
            .with_success(GrpcCode::NotFound)
            .with_success(GrpcCode::Unavailable)
    };
    assert_eq!(called(lenient(), "5"), (Outcome::ClientError, None, None));
    assert_eq!(called(lenient(), "14"), (Outcome::Success, None, None));
}

/// Calls every body a failure once it is over.
#[derive(Clone, Debug)]
struct AtTheEnd;

impl ClassifyResponse for AtTheEnd {
    type FailureClass = String;
    type ClassifyEos = Self;

    fn classify_response<B>(self, _: &Response<B>) -> ClassifiedResponse<String, Self> {
        ClassifiedResponse::RequiresEos(self)
    }

    fn classify_error<E: Display + 'static>(self, error: &E) -> String {
        format!("no answer: {error}")
    }
}

impl ClassifyEos for AtTheEnd {
    type FailureClass = String;

    fn classify_eos(self, trailers: Option<&HeaderMap>) -> Result<(), String> {
        Err(format!("over, trailers: {}", trailers.is_some()))
    }

    fn classify_error<E: Display + 'static>(self, error: &E) -> String {
        format!("broken: {error}")
    }
}

/// What comes of an answer with `body`.
fn ended<B>(body: B) -> Verdict
where
    B: Body<Error: Display + Into<Box<dyn Error + Send + Sync>> + 'static>,
{
    let (stage, verdict) = stage();
    let mut response = Some(Response::new(body));
    let service = service_fn(move |_| {
        let response = response.take().unwrap();
        async { Ok::<_, Infallible>(response) }
    });
    let layer = stage.layer().classify(SharedClassifier::new(AtTheEnd));
    let response = block_on(layer.layer(service).oneshot(request())).unwrap();
    // A broken body is the matter of the record.
    let _ = block_on(response.into_body().collect());
    verdict()
}

fn frames<const N: usize>(
    frames: [io::Result<Frame<Bytes>>; N],
) -> impl Body<Data = Bytes, Error = io::Error> {
    StreamBody::new(stream::iter(frames))
}

#[test]
fn every_end_of_a_body_is_judged() {
    let over = failure("_OTHER", "over, trailers: false");
    assert_eq!(ended(Empty::<Bytes>::new()), over);
    assert_eq!(ended(Full::new(Bytes::from("part"))), over);
    assert_eq!(ended(frames([Ok(data("part"))])), over);
    assert_eq!(
        ended(frames([Ok(data("part")), Ok(Frame::trailers(status("0")))])),
        failure("_OTHER", "over, trailers: true")
    );
}

#[test]
fn what_the_handler_says_of_its_answer_outweighs_the_classifier() {
    let said = |say: fn(), status: &'static str| {
        let (stage, verdict) = stage();
        let service = service_fn(move |_| async move {
            say();
            let mut response = Response::new(NoBody::new());
            *response.status_mut() = status.parse().unwrap();
            Ok::<_, Infallible>(response)
        });
        let classifier = StatusInRangeAsFailures::new(500..=599).into_make_classifier();
        let layer = stage.layer().classify(classifier);
        drop(block_on(layer.layer(service).oneshot(request())).unwrap());
        verdict().0
    };
    assert_eq!(said(|| (), "200"), Outcome::Success);
    assert_eq!(said(current::failed, "200"), Outcome::ServerError);
    assert_eq!(said(|| (), "503"), Outcome::ServerError);
    assert_eq!(said(current::succeeded, "503"), Outcome::Success);
}

#[test]
fn what_broke_is_told_by_the_classifier() {
    assert_eq!(
        ended(frames([Ok(data("part")), Err(io::Error::other("cut"))])),
        (
            Outcome::BodyError,
            Some("body_error".to_owned()),
            Some("broken: cut".to_owned())
        )
    );
    let (stage, verdict) = stage();
    let service = service_fn(|_| ready(Err::<Response<NoBody>, _>(io::Error::other("refused"))));
    let layer = stage.layer().classify(SharedClassifier::new(AtTheEnd));
    block_on(layer.layer(service).oneshot(request())).unwrap_err();
    assert_eq!(
        verdict(),
        failure("std::io::error::Error", "no answer: refused")
    );
}
