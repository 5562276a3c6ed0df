//! Panics wherever a service can panic.

use std::{
    convert::Infallible,
    future::{self, Future, Ready},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_executor::block_on;
use futures_util::FutureExt;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use steeple_core::Outcome;
use tower::{Layer, Service, ServiceExt, service_fn};

use crate::{
    log::Log,
    stage::{Bomb, NoBody, Seen, Stage, body, data, request},
};

fn panicked(status: impl Into<Option<u16>>, message: &str, response_size: u64) -> Seen {
    Seen {
        status: status.into(),
        outcome: Outcome::Panicked,
        error_type: Some("panic".to_owned()),
        panic: Some(message.to_owned()),
        response_size,
    }
}

/// A body with something that panics when the body is dropped.
struct Mined<B>(Pin<Box<B>>, Bomb);

impl<B: Body> Body for Mined<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.0.as_mut().poll_frame(context)
    }
}

fn mined() -> Response<impl Body<Data = Bytes, Error = Infallible>> {
    Response::new(Mined(Box::pin(body([|| data("hello")])), Bomb))
}

#[test]
fn in_the_handler_it_is_a_500() {
    let stage = Stage::new();
    let service = service_fn(async |_| -> Result<Response<NoBody>, Infallible> {
        panic!("lost in the handler");
    });
    let answer = stage.send(service, request());
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(answer.body.unwrap().1, "");
    assert!(answer.headers.contains_key("x-request-id"));
    assert_eq!(stage.settled(), panicked(500, "lost in the handler", 0));
}

#[test]
fn in_the_call_itself_it_is_a_500() {
    #[derive(Clone)]
    struct PanicsInCall;

    impl Service<Request<NoBody>> for PanicsInCall {
        type Response = Response<NoBody>;
        type Error = Infallible;
        type Future = Ready<Result<Response<NoBody>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<NoBody>) -> Self::Future {
            panic!("lost in the call")
        }
    }

    let stage = Stage::new();
    let answer = stage.send(PanicsInCall, request());
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(stage.settled(), panicked(500, "lost in the call", 0));
}

#[test]
fn in_the_drop_of_an_unfinished_future_it_is_kept_from_the_server() {
    let stage = Stage::new();
    let mut service = stage.layer().layer(service_fn(|_| {
        let bomb = Bomb;
        async move {
            let _bomb = bomb;
            future::pending::<Result<Response<NoBody>, Infallible>>().await
        }
    }));
    let mut future = Box::pin(service.call(request()));
    assert!(future.as_mut().now_or_never().is_none());
    drop(future);
    assert_eq!(stage.settled(), panicked(None, "lost in drop", 0));
}

#[test]
fn in_the_drop_of_a_finished_future_it_is_recorded_and_the_answer_stays() {
    struct Mined(Bomb);

    impl Future for Mined {
        type Output = Result<Response<NoBody>, Infallible>;

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            let _ = &self.0;
            Poll::Ready(Ok(Response::default()))
        }
    }

    let stage = Stage::new();
    let answer = stage.send(service_fn(|_| Mined(Bomb)), request());
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(stage.settled(), panicked(200, "lost in drop", 0));
}

#[test]
fn the_first_is_told_of_not_what_it_leads_to() {
    let stage = Stage::new();
    let panics = || {
        let bomb = Bomb;
        future::poll_fn(move |_| -> Poll<Result<Response<NoBody>, Infallible>> {
            let _held = &bomb;
            panic!("lost in the handler")
        })
    };
    let answer = stage.send(service_fn(|_| panics()), request());
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(stage.settled(), panicked(500, "lost in the handler", 0));
}

#[test]
fn in_the_body_it_breaks_the_stream_off() {
    let stage = Stage::new();
    let service = service_fn(async |_| {
        let frames = [
            || data("hello"),
            || -> Frame<Bytes> { panic!("lost in the body") },
        ];
        Ok::<_, Infallible>(Response::new(body(frames)))
    });
    let answer = stage.send(service, request());
    assert_eq!(answer.body.unwrap_err(), "the body stream panicked");
    assert_eq!(stage.settled(), panicked(200, "lost in the body", 5));
}

#[test]
fn in_the_drop_of_an_unfinished_body_it_is_kept_from_the_server() {
    let stage = Stage::new();
    let service = stage
        .layer()
        .layer(service_fn(async |_| Ok::<_, Infallible>(mined())));
    let mut body = Box::pin(block_on(service.oneshot(request())).unwrap().into_body());
    block_on(body.frame()).unwrap().unwrap();
    drop(body);
    assert_eq!(stage.settled(), panicked(200, "lost in drop", 5));
}

#[test]
fn in_the_drop_of_a_finished_body_it_is_kept_from_the_server() {
    let stage = Stage::new();
    let service = service_fn(async |_| Ok::<_, Infallible>(mined()));
    let answer = stage.send(service, request());
    assert_eq!(answer.body.unwrap().1, "hello");
    assert_eq!(stage.settled(), panicked(200, "lost in drop", 5));
}

#[test]
fn in_a_body_that_is_not_due_it_is_kept_from_the_server_and_logged() {
    let (stage, log) = (Stage::new(), Log::default());
    let service = stage.layer().layer(service_fn(async |_| {
        let body = body([|| panic!("lost in the body")]);
        let mut response = Response::new(Mined(Box::pin(body), Bomb));
        *response.status_mut() = StatusCode::NO_CONTENT;
        Ok::<_, Infallible>(response)
    }));
    let answer = |is_read: bool| {
        let mut body = Box::pin(
            block_on(service.clone().oneshot(request()))
                .unwrap()
                .into_body(),
        );
        is_read.then(|| block_on(body.frame()).unwrap().unwrap_err().to_string())
    };
    tracing::dispatcher::with_default(&log.dispatch(), || {
        assert_eq!(answer(false), None);
        assert_eq!(answer(true).as_deref(), Some("the body stream panicked"));
    });
    let outcomes = stage
        .records
        .all()
        .iter()
        .map(|record| record.outcome)
        .collect::<Vec<_>>();
    assert_eq!(outcomes, [Outcome::Success; 2], "it was answered before");
    let log = log.text();
    assert!(
        log.contains(r#"where it is not observed any more panic="lost in the body""#),
        "{log}"
    );
    assert_eq!(log.matches(r#"panic="lost in drop""#).count(), 2, "{log}");
}

#[test]
fn under_a_layer_that_was_applied_twice_it_is_recorded_once() {
    let stage = Stage::new();
    let inner = stage
        .layer()
        .layer(service_fn(async |_| Ok::<_, Infallible>(mined())));
    let answer = stage.send(inner, request());
    assert_eq!(answer.body.unwrap_err(), "the body stream panicked");
    assert_eq!(stage.settled(), panicked(200, "lost in drop", 5));
}

#[test]
fn a_service_that_panicked_serves_the_next_request() {
    let stage = Stage::new();
    let mut first = true;
    let mut service = stage.layer().layer(service_fn(move |_| {
        let panics = std::mem::replace(&mut first, false);
        async move {
            assert!(!panics, "only the first time");
            Ok::<_, Infallible>(Response::new(NoBody::new()))
        }
    }));
    let statuses = [(); 2].map(|()| block_on(service.call(request())).unwrap().status());
    assert_eq!(
        statuses,
        [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::OK]
    );
}
