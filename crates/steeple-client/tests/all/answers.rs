//! Backends that misbehave.

use std::{
    error::Error as _,
    io::{self, Write as _},
    net::TcpListener,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use socket2::SockRef;
use steeple_client::{
    Client, Failure, LARGEST_ANSWER,
    http::{Method, Response},
};
use steeple_core::pipeline::ExportError;

use crate::stub::{Stub, run};

/// An answer, or none within `limit`.
fn answer(stub: &Stub, limit: Duration) -> Option<Result<Response<Bytes>, ExportError>> {
    let client = stub.client();
    let attempt = async { tokio::time::timeout(limit, client.send(Method::POST, None, "x")).await };
    run(attempt).ok()
}

fn judged(stub: &Stub) -> Result<Response<Bytes>, ExportError> {
    answer(stub, Duration::from_secs(20)).unwrap()
}

#[test]
fn a_busy_backend_is_tried_again_when_it_wants() {
    for (answer, wish) in [
        ("503 x\r\nretry-after: 7", Some(7)),
        ("429 x\r\nretry-after: 7", Some(7)),
        ("500 x", None),
    ] {
        let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 4\r\n\r\nwhy\n").leak();
        let stub = Stub::saying(answer);
        let error = judged(&stub).unwrap_err();
        let ExportError::Retryable {
            retry_after,
            source,
        } = error
        else {
            panic!("{answer}: {error:?}");
        };
        assert_eq!(retry_after, wish.map(Duration::from_secs));
        let said = source.to_string();
        assert!(
            said.contains("http://127.0.0.1") && said.contains("why"),
            "{said}"
        );
    }
}

#[test]
fn why_it_failed_can_be_told_without_secrets() {
    for status in [302, 401, 503] {
        let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n").leak();
        let error = judged(&Stub::saying(answer)).unwrap_err();
        assert_eq!(Failure::of(&error), Failure::Status(status));
    }
    let unused = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = unused.local_addr().unwrap();
    drop(unused);
    let nobody = Client::new(format!("http://{address}").parse().unwrap()).unwrap();
    let error = run(nobody.send(Method::POST, None, "x")).unwrap_err();
    let refused = Failure::Connection(Some(io::ErrorKind::ConnectionRefused));
    assert_eq!(Failure::of(&error), refused);
    let late = ExportError::TimedOut {
        limit: Duration::ZERO,
    };
    assert_eq!(Failure::of(&late), Failure::TimedOut);
}

#[test]
fn a_redirect_is_not_followed() {
    let elsewhere = Stub::saying("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let answer = format!(
        "HTTP/1.1 307 x\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
        elsewhere.endpoint()
    );
    let stub = Stub::saying(answer.leak());
    let error = judged(&stub).unwrap_err();
    assert!(matches!(error, ExportError::Permanent { .. }), "{error:?}");
    assert!(!elsewhere.was_asked());
}

#[test]
fn a_reset_is_tried_again() {
    let stub = Stub::answering(|stream| SockRef::from(&*stream).set_linger(Some(Duration::ZERO)));
    let error = judged(&stub).unwrap_err();
    assert!(
        matches!(
            error,
            ExportError::Retryable {
                retry_after: None,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(
        error.source().unwrap().source().is_some(),
        "the cause is kept"
    );
}

#[test]
fn a_stall_lasts_until_the_attempt_is_given_up() {
    let stub = Stub::answering(|_| {
        thread::park();
        Ok(())
    });
    assert!(answer(&stub, Duration::from_millis(200)).is_none());
}

#[test]
fn of_a_huge_answer_the_beginning_is_read() {
    const HUGE: usize = 1 << 30;
    const MOST: usize = 32 << 20;
    let (sender, went) = mpsc::channel();
    let stub = Stub::answering(move |stream| {
        write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: {HUGE}\r\n\r\n")?;
        let chunk = vec![b'x'; 1 << 16];
        let mut written = 0;
        while written < HUGE && stream.write_all(&chunk).is_ok() {
            written += chunk.len();
        }
        sender.send(written).map_err(io::Error::other)
    });
    let answer = judged(&stub).unwrap();
    assert_eq!(answer.body().len(), LARGEST_ANSWER);
    let went = went.recv().unwrap();
    assert!(
        went < MOST,
        "{went} bytes: more than sockets and buffers hold"
    );
}

#[test]
fn a_head_that_does_not_end_is_no_answer() {
    let stub = Stub::answering(|stream| {
        write!(stream, "HTTP/1.1 200 OK\r\n")?;
        loop {
            write!(stream, "x: {}\r\n", "x".repeat(1 << 16))?;
        }
    });
    let error = judged(&stub).unwrap_err();
    assert!(matches!(error, ExportError::Retryable { .. }), "{error:?}");
}

#[test]
fn a_body_that_drips_is_not_waited_for() {
    for status in ["200 OK", "400 no"] {
        let stub = Stub::answering(move |stream| {
            write!(
                stream,
                "HTTP/1.1 {status}\r\ncontent-length: 999\r\n\r\nwhy"
            )?;
            loop {
                thread::sleep(Duration::from_millis(50));
                stream.write_all(b".")?;
            }
        });
        let started = Instant::now();
        let said = match judged(&stub) {
            Ok(answer) => format!("{answer:?}"),
            Err(error) => error.source().unwrap().to_string(),
        };
        assert!(said.contains("why."), "{said}");
        assert!(
            started.elapsed() < Duration::from_secs(8),
            "less than an attempt may take"
        );
    }
}

#[test]
fn what_was_taken_is_no_failure_though_its_answer_breaks_off() {
    let stub = Stub::saying("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\nhalf");
    assert_eq!(judged(&stub).unwrap().body(), "half");
}
