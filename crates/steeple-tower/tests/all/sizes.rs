//! The sizes of bodies.

use std::{convert::Infallible, io};

use bytes::Bytes;
use futures_executor::block_on;
use futures_util::stream;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Empty, StreamBody, combinators::UnsyncBoxBody};
use steeple_core::{HttpVersion, Outcome, RequestHead, ResponseHead};
use tower::{Layer, ServiceExt, service_fn};

use crate::stage::Stage;

type AnyBody = UnsyncBoxBody<Bytes, io::Error>;

/// Sends a body of `pieces`, of which a service reads all that it can and answers with a 500 if it breaks off.
fn send_counted(stage: &Stage, pieces: impl IntoIterator<Item = io::Result<&'static str>>) {
    let read = service_fn(async |request: Request<AnyBody>| {
        let read = request.into_body().collect().await;
        let answer = Response::builder().status(if read.is_ok() { 200 } else { 500 });
        Ok::<_, Infallible>(answer.body(Empty::<Bytes>::new()).unwrap())
    });
    let service = stage.layer().count_bodies(AnyBody::new).layer(read);
    let pieces: Vec<_> = pieces.into_iter().collect();
    let frames = stream::iter(
        pieces
            .into_iter()
            .map(|piece| piece.map(|data| Frame::data(data.into()))),
    );
    let request = Request::post("/upload").body(AnyBody::new(StreamBody::new(frames)));
    block_on(service.oneshot(request.unwrap())).unwrap();
}

/// The number and the sum of the sizes of bodies of requests.
fn request_sizes(stage: &Stage) -> Option<(u64, f64)> {
    let snapshot = stage.registry.snapshot();
    let family = snapshot.family("http_server_request_body_size_bytes")?;
    let sizes = family.series[0].value.as_histogram()?;
    Some((sizes.count(), sizes.sum()))
}

#[test]
fn a_request_body_of_unknown_length_is_counted_where_that_is_asked_for() {
    let stage = Stage::new();
    send_counted(&stage, [Ok("abc"), Ok("defg")]);
    assert_eq!(stage.settled().outcome, Outcome::Success);
    assert_eq!(request_sizes(&stage), Some((1, 7.0)));
}

#[test]
fn a_counted_request_body_that_breaks_off_is_not_the_services_fault() {
    let stage = Stage::new();
    let lost = io::Error::from(io::ErrorKind::ConnectionReset);
    send_counted(&stage, [Ok("abcd"), Err(lost)]);
    let seen = stage.settled();
    assert_eq!(
        (seen.status, seen.outcome),
        (Some(500), Outcome::ClientError)
    );
    assert_eq!(request_sizes(&stage), Some((1, 4.0)));
    assert_eq!(stage.total("http_server_request_body_errors_total"), 1.0);
}

#[test]
fn whatever_size_a_client_claims_the_sum_of_sizes_never_goes_back() {
    let stage = Stage::new();
    for claimed in ["9223372036854775808", "18446744073709551615"] {
        let head = RequestHead {
            method: "POST",
            scheme: None,
            version: HttpVersion::Http11,
            route: None,
            headers: &[("content-length", claimed)],
            body_size: None,
            details: &Default::default,
        };
        let mut observation = stage.observer.start(&head);
        observation.respond(&ResponseHead {
            status: 413,
            headers: &(),
            body_size: Some(0),
        });
    }
    assert_eq!(request_sizes(&stage), Some((2, 2.0 * i64::MAX as f64)));
}
