//! gRPC: the status that decides is in the headers or the trailers.

use std::convert::Infallible;

use bytes::Bytes;
use futures_executor::block_on;
use http::{HeaderMap, HeaderValue, Response};
use http_body::{Body, Frame};
use http_body_util::{BodyExt, Empty};
use steeple_core::Outcome;
use tower::{Layer, ServiceExt, service_fn};

use crate::stage::{Seen, Stage, body, data, grpc_request, request};

fn status(code: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(
        "grpc-status".parse().unwrap(),
        HeaderValue::from_static(code),
    )])
}

fn seen(outcome: Outcome, error_type: Option<&str>, response_size: u64) -> Seen {
    Seen {
        status: Some(200),
        outcome,
        error_type: error_type.map(str::to_owned),
        panic: None,
        response_size,
    }
}

/// Every status, its outcome, and the type of its error.
const STATUSES: [(&str, Outcome, Option<&str>); 17] = [
    ("0", Outcome::Success, None),
    ("1", Outcome::ClientError, None),
    ("2", Outcome::ServerError, Some("UNKNOWN")),
    ("3", Outcome::ClientError, None),
    ("4", Outcome::ServerError, Some("DEADLINE_EXCEEDED")),
    ("5", Outcome::ClientError, None),
    ("6", Outcome::ClientError, None),
    ("7", Outcome::ClientError, None),
    ("8", Outcome::ClientError, None),
    ("9", Outcome::ClientError, None),
    ("10", Outcome::ClientError, None),
    ("11", Outcome::ClientError, None),
    ("12", Outcome::ServerError, Some("UNIMPLEMENTED")),
    ("13", Outcome::ServerError, Some("INTERNAL")),
    ("14", Outcome::ServerError, Some("UNAVAILABLE")),
    ("15", Outcome::ServerError, Some("DATA_LOSS")),
    ("16", Outcome::ClientError, None),
];

#[test]
fn a_status_in_the_headers_decides() {
    for (code, outcome, error_type) in STATUSES {
        let stage = Stage::new();
        let service = service_fn(move |_| async move {
            let mut response = Response::new(Empty::<Bytes>::new());
            *response.headers_mut() = status(code);
            Ok::<_, Infallible>(response)
        });
        stage.send(service, grpc_request());
        assert_eq!(stage.settled(), seen(outcome, error_type, 0), "{code}");
    }
}

macro_rules! trailers_of {
    ($($code:literal)*) => {
        [$((
            $code,
            (|| Frame::trailers(status($code))) as fn() -> Frame<Bytes>,
        ),)*]
    };
}

#[test]
fn a_status_in_the_trailers_decides() {
    let trailers =
        trailers_of!["0" "1" "2" "3" "4" "5" "6" "7" "8" "9" "10" "11" "12" "13" "14" "15" "16"];
    for ((code, outcome, error_type), (of, trailers)) in STATUSES.into_iter().zip(trailers) {
        assert_eq!(code, of);
        let stage = Stage::new();
        let service = service_fn(move |_| async move {
            Ok::<_, Infallible>(Response::new(body([|| data("hello"), trailers])))
        });
        let answer = stage.send(service, grpc_request());
        let (sent, _) = answer.body.unwrap();
        assert_eq!(sent.unwrap()["grpc-status"], code, "passed on");
        assert_eq!(stage.settled(), seen(outcome, error_type, 5), "{code}");
    }
}

#[test]
fn trailers_are_the_end_though_nobody_asks_for_more() {
    let stage = Stage::new();
    let service = stage.layer().layer(service_fn(async |_| {
        let trailers = || Frame::trailers(status("0"));
        Ok::<_, Infallible>(Response::new(body([|| data("hello"), trailers])))
    }));
    let response = block_on(service.oneshot(grpc_request())).unwrap();
    let mut body = Box::pin(response.into_body());
    assert!(block_on(body.frame()).unwrap().unwrap().is_data());
    assert!(block_on(body.frame()).unwrap().unwrap().is_trailers());
    // So do hyper's HTTP/1 and HTTP/2.
    drop(body);
    assert_eq!(stage.settled(), seen(Outcome::Success, None, 5));
}

#[test]
fn without_a_status_the_one_of_http_decides() {
    let stage = Stage::new();
    let service = service_fn(async |_| {
        let mut response = Response::new(Empty::<Bytes>::new());
        *response.status_mut() = http::StatusCode::SERVICE_UNAVAILABLE;
        Ok::<_, Infallible>(response)
    });
    stage.send(service, grpc_request());
    let record = stage.settled();
    assert_eq!(
        (record.outcome, record.error_type.as_deref()),
        (Outcome::ServerError, Some("503"))
    );
}

#[test]
fn a_call_that_is_not_grpc_takes_no_status_from_it() {
    let stage = Stage::new();
    let service = service_fn(async |_| {
        let mut response = Response::new(Empty::<Bytes>::new());
        *response.headers_mut() = status("14");
        Ok::<_, Infallible>(response)
    });
    stage.send(service, request());
    assert_eq!(stage.settled(), seen(Outcome::Success, None, 0));
}

#[test]
fn a_panic_before_the_head_is_internal() {
    let stage = Stage::new();
    let service = service_fn(async |_| -> Result<Response<Empty<Bytes>>, Infallible> {
        panic!("lost");
    });
    let answer = stage.send(service, grpc_request());
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["grpc-status"], "13");
    assert_eq!(answer.headers["content-type"], "application/grpc");
    assert_eq!(
        stage.settled(),
        Seen {
            panic: Some("lost".to_owned()),
            ..seen(Outcome::Panicked, Some("panic"), 0)
        }
    );
}

#[test]
fn a_client_that_only_claims_to_speak_grpc_gets_the_500() {
    let stage = Stage::new();
    let service = service_fn(async |_| -> Result<Response<Empty<Bytes>>, Infallible> {
        panic!("lost");
    });
    let mut request = grpc_request();
    *request.version_mut() = http::Version::HTTP_11;
    assert_eq!(stage.send(service, request).status, 500);
}

/// Answers with a body of `content_type` that panics.
fn panicking(content_type: &'static str) -> Response<impl Body<Data = Bytes, Error = Infallible>> {
    let frames = [|| data("hello"), || -> Frame<Bytes> { panic!("lost") }];
    let mut response = Response::new(body(frames));
    let content_type = HeaderValue::from_static(content_type);
    response.headers_mut().insert("content-type", content_type);
    response
}

fn panicked() -> Seen {
    Seen {
        panic: Some("lost".to_owned()),
        ..seen(Outcome::Panicked, Some("panic"), 5)
    }
}

#[test]
fn a_panic_in_the_body_ends_with_trailers_that_say_internal() {
    let stage = Stage::new();
    let service = service_fn(async |_| Ok::<_, Infallible>(panicking("application/grpc")));
    let answer = stage.send(service, grpc_request());
    let (trailers, bytes) = answer.body.unwrap();
    assert_eq!(bytes, "hello");
    assert_eq!(trailers.unwrap()["grpc-status"], "13");
    assert_eq!(stage.settled(), panicked());
}

#[test]
fn a_panic_in_a_body_that_is_not_grpc_breaks_it_off_whatever_was_asked_for() {
    let stage = Stage::new();
    let service = service_fn(async |_| Ok::<_, Infallible>(panicking("text/plain")));
    let answer = stage.send(service, grpc_request());
    assert_eq!(answer.body.unwrap_err(), "the body stream panicked");
    assert_eq!(stage.settled(), panicked());
}

#[test]
fn a_method_is_known_by_the_path_of_its_call() {
    let stage = Stage::new();
    let service = service_fn(async |_| {
        let mut response = Response::new(Empty::<Bytes>::new());
        *response.headers_mut() = status("0");
        Ok::<_, Infallible>(response)
    });
    stage.send(service, grpc_request());
    let calls = stage.registry.snapshot();
    let [call] = &calls
        .family("rpc_server_call_duration_seconds")
        .unwrap()
        .series[..]
    else {
        panic!("one series: {calls:?}")
    };
    let labels: Vec<_> = call
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(
        labels,
        [
            "rpc_method=shop.Orders/Place",
            "rpc_status_code=OK",
            "rpc_system_name=grpc"
        ]
    );
}
