//! Services that fail.

use std::{error::Error, io};

use futures_executor::block_on;
use http::Response;
use http_body_util::BodyExt;
use steeple_core::Outcome;
use tower::{Layer, ServiceExt, service_fn};

use crate::stage::{NoBody, Seen, Stage, request};

#[test]
fn an_error_instead_of_a_response_is_a_server_error_of_its_type() {
    let stage = Stage::new();
    let service = stage.layer().layer(service_fn(
        async |_| -> Result<Response<NoBody>, io::Error> { Err(io::Error::other("no answer")) },
    ));
    let error = block_on(service.oneshot(request())).unwrap_err();
    assert_eq!(error.to_string(), "no answer", "passed on");
    assert_eq!(
        stage.settled(),
        Seen {
            status: None,
            outcome: Outcome::ServerError,
            error_type: Some("std::io::error::Error".to_owned()),
            panic: None,
            response_size: 0,
        }
    );
}

#[test]
fn an_error_of_a_hidden_type_is_one_of_the_others() {
    let stage = Stage::new();
    let service = stage.layer().layer(service_fn(
        async |_| -> Result<Response<NoBody>, Box<dyn Error + Send + Sync>> {
            Err("no answer".into())
        },
    ));
    block_on(service.oneshot(request())).unwrap_err();
    assert_eq!(stage.settled().error_type.as_deref(), Some("_OTHER"));
}

#[test]
fn an_error_of_the_body_is_passed_on_with_its_source() {
    let stage = Stage::new();
    let service = stage.layer().layer(service_fn(async |_| {
        let frames = [Err::<http_body::Frame<bytes::Bytes>, _>(io::Error::other(
            "cut",
        ))];
        let body = http_body_util::StreamBody::new(futures_util::stream::iter(frames));
        Ok::<_, io::Error>(Response::new(body))
    }));
    let body = block_on(service.oneshot(request())).unwrap().into_body();
    let error = block_on(body.collect()).unwrap_err();
    assert_eq!(error.to_string(), "cut");
    assert_eq!(
        stage.settled(),
        Seen {
            status: Some(200),
            outcome: Outcome::BodyError,
            error_type: Some("body_error".to_owned()),
            panic: None,
            response_size: 0,
        }
    );
}
