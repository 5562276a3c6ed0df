//! Calls of servers that misbehave, which are told frame by frame what to send.

use std::{
    error::Error as _,
    future, io,
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use bytes::Bytes;
use h2::server::SendResponse;
use steeple_client::{
    Client, GrpcClient, LARGEST_ANSWER,
    http::{HeaderMap, HeaderValue, Response},
};
use steeple_core::pipeline::{ExportError, PipelineBuilder, RetryPolicy};
use tokio::sync::Notify;

use crate::stub::{Stub, run};

/// A client of a server that does `answer` to each call.
fn served<F>(answer: impl Fn(SendResponse<Bytes>) -> F + Send + 'static) -> GrpcClient
where
    F: Future<Output = Result<(), h2::Error>> + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || run(serve(listener, answer)));
    Client::builder(url.parse().unwrap()).build_grpc().unwrap()
}

async fn serve<F>(
    listener: TcpListener,
    answer: impl Fn(SendResponse<Bytes>) -> F,
) -> io::Result<()>
where
    F: Future<Output = Result<(), h2::Error>> + 'static,
{
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let local = tokio::task::LocalSet::new();
    local
        .run_until(async {
            loop {
                let (stream, _) = listener.accept().await?;
                let Ok(mut connection) = h2::server::handshake(stream).await else {
                    continue;
                };
                while let Some(Ok((_, call))) = connection.accept().await {
                    // A client that gives up is not the server's concern.
                    tokio::task::spawn_local(answer(call));
                }
            }
        })
        .await
}

fn grpc(status: u16) -> Response<()> {
    Response::builder()
        .status(status)
        .header("content-type", "application/grpc")
        .body(())
        .unwrap()
}

fn status(code: &'static str) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(code));
    trailers
}

fn call(client: &GrpcClient) -> Result<Bytes, ExportError> {
    run(client.unary("/test.Echo/Export", "spans"))
}

#[track_caller]
fn is_final(error: &ExportError, said: &str) {
    let ExportError::Permanent { source } = error else {
        panic!("{error:?}");
    };
    let source = source.to_string();
    assert!(source.contains(said), "no {said:?} in: {source}");
}

#[test]
fn a_status_in_the_headers_is_one() {
    let client = served(|mut call| async move {
        let mut head = grpc(200);
        head.headers_mut().extend(status("0"));
        call.send_response(head, true).map(drop)
    });
    assert_eq!(call(&client).unwrap(), "");
}

#[test]
fn an_answer_without_a_status_is_final() {
    let client = served(|mut call| async move {
        let mut body = call.send_response(grpc(200), false)?;
        body.send_data(Bytes::from_static(b"\0\0\0\0\0"), true)
    });
    is_final(&call(&client).unwrap_err(), "without a grpc-status");
}

#[test]
fn what_is_no_message_is_final() {
    let client = served(|mut call| async move {
        let mut body = call.send_response(grpc(200), false)?;
        body.send_data(Bytes::from_static(b"\0\0\0\0\x09spans"), false)?;
        body.send_trailers(status("0"))
    });
    let error = call(&client).unwrap_err();
    is_final(&error, "something else than a message");
    assert!(
        error.source().unwrap().source().is_some(),
        "the cause is kept"
    );
}

#[test]
fn a_web_page_is_final() {
    let client = served(|mut call| async move {
        let head = Response::builder().header("content-type", "text/html");
        let mut body = call.send_response(head.body(()).unwrap(), false)?;
        body.send_data(Bytes::from_static(b"<html>"), true)
    });
    is_final(&call(&client).unwrap_err(), "\"text/html\"");
}

#[test]
fn what_a_proxy_answers_is_judged_by_its_status() {
    let client = served(|mut call| async move {
        let head = Response::builder().status(503).header("retry-after", "7");
        let mut body = call.send_response(head.body(()).unwrap(), false)?;
        body.send_data(Bytes::from_static(b"upstream"), true)
    });
    let error = call(&client).unwrap_err();
    let ExportError::Retryable {
        retry_after,
        source,
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(retry_after, Some(Duration::from_secs(7)));
    assert!(source.to_string().contains("upstream"), "{source}");
}

#[test]
fn an_answer_that_breaks_off_is_tried_again() {
    let client = served(|mut call| async move {
        let mut body = call.send_response(grpc(200), false)?;
        body.send_data(Bytes::from_static(b"\0\0"), false)?;
        // Until it is on its way.
        tokio::task::yield_now().await;
        body.send_reset(h2::Reason::INTERNAL_ERROR);
        Ok(())
    });
    let error = call(&client).unwrap_err();
    assert!(matches!(error, ExportError::Retryable { .. }), "{error:?}");
}

#[test]
fn a_huge_answer_is_given_up_at_the_limit() {
    let client = served(|mut call| async move {
        let mut body = call.send_response(grpc(200), false)?;
        loop {
            body.reserve_capacity(1 << 14);
            let room = future::poll_fn(|context| body.poll_capacity(context)).await;
            let Some(Ok(room)) = room else {
                return Ok(());
            };
            body.send_data(vec![0; room].into(), false)?;
        }
    });
    let error = call(&client).unwrap_err();
    is_final(&error, &format!("more than {LARGEST_ANSWER} bytes"));
}

#[test]
fn a_call_that_is_given_up_does_not_hold_up_the_next() {
    let calls = AtomicUsize::new(0);
    let came = Arc::new(Notify::new());
    let comes = came.clone();
    let client = served(move |mut call| {
        let is_first = calls.fetch_add(1, Ordering::Relaxed) == 0;
        let comes = comes.clone();
        async move {
            if is_first {
                comes.notify_one();
                return future::pending().await;
            }
            let mut head = grpc(200);
            head.headers_mut().extend(status("0"));
            call.send_response(head, true).map(drop)
        }
    });
    let attempt = || client.unary("/test.Echo/Export", "spans");
    run(async {
        tokio::select! {
            answer = attempt() => panic!("nobody answers: {answer:?}"),
            () = came.notified() => {}
        }
        let answer = tokio::time::timeout(Duration::from_secs(20), attempt()).await;
        assert_eq!(answer.unwrap().unwrap(), "");
    });
}

#[test]
fn a_connection_that_leads_nowhere_is_found_within_an_attempt() {
    // It takes what comes and says nothing, not even that of HTTP/2.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let client = Client::builder(url.parse().unwrap()).build_grpc().unwrap();
    let attempt = async {
        let limit = Duration::from_secs(10);
        tokio::time::timeout(limit, client.unary("/test.Echo/Export", "spans")).await
    };
    let error = run(attempt)
        .expect("an end before that of the attempt")
        .unwrap_err();
    assert!(matches!(error, ExportError::Retryable { .. }), "{error:?}");
}

#[test]
fn what_a_pipeline_exports_arrives_once_the_backend_is_back() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for _ in 0..3 {
            drop(listener.accept());
        }
        listener.set_nonblocking(true)?;
        run(serve(listener, |mut call| async move {
            let mut head = grpc(200);
            head.headers_mut().extend(status("0"));
            call.send_response(head, true).map(drop)
        }))
    });
    let client = Client::builder(url.parse().unwrap()).build_grpc().unwrap();
    let pipeline = PipelineBuilder::new("calls")
        .retry(RetryPolicy::default().initial_backoff(Duration::from_millis(10)))
        .max_batch_items(1)
        .spawn(move || {
            let client = client.clone();
            async move |batch: &[String]| {
                let message = batch.concat().into_bytes();
                client.unary("/test.Echo/Export", message).await.map(drop)
            }
        });
    for item in ["one", "two", "three"] {
        pipeline.producer().push(item.to_owned());
    }
    let report = pipeline.shutdown_blocking(Duration::from_secs(30));
    assert_eq!((pipeline.accounting().exported, report.lost), (3, 0));
}

#[test]
fn a_server_of_http_1_is_no_answer() {
    let stub = Stub::saying("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
    let error = call(&stub.builder().build_grpc().unwrap()).unwrap_err();
    assert!(matches!(error, ExportError::Retryable { .. }), "{error:?}");
}
