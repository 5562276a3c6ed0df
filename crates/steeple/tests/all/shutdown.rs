//! The end of an instance, on every shape of runtime.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    panic,
    pin::Pin,
    time::{Duration, Instant},
};

use steeple::{FlushReport, ShutdownError, Steeple, ops};
use tokio::runtime;

use crate::service;

type Shutdown = Pin<Box<dyn Future<Output = Result<FlushReport, ShutdownError>> + Send>>;

const DEADLINE: Duration = Duration::from_millis(300);
/// What a machine that is busy with other things may add.
const SLACK: Duration = Duration::from_secs(5);

/// An instance under use, with a client that does not read the scrape it asked for.
fn busy() -> (Steeple, SocketAddr, TcpStream) {
    let steeple = Steeple::builder("shop")
        .private()
        .ops(|ops| ops.address((Ipv4Addr::LOCALHOST, 0).into()))
        .build()
        .unwrap();
    let padding = "x".repeat(2_800);
    service::serve(steeple.observer(), || {
        for number in 0..1_500 {
            // More than the sockets take in.
            metrics::counter!("padding_total", "series" => format!("{number}{padding}"))
                .increment(1);
        }
    });
    let address = steeple.ops_addr().unwrap();
    let mut client = TcpStream::connect(address).unwrap();
    client
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    let mut first = [0; 12];
    client.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    (steeple, address, client)
}

fn is_over(address: SocketAddr) {
    let deadline = Instant::now() + SLACK;
    while TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < deadline, "the ops listener listens still");
        std::thread::yield_now();
    }
}

/// Shuts down by way of `block_on`: it waits for the client as long as it may, and reports it.
fn ends_in_time(block_on: impl FnOnce(Shutdown) -> Result<FlushReport, ShutdownError>) {
    let (steeple, address, _client) = busy();
    let started = Instant::now();
    let error = block_on(Box::pin(steeple.shutdown(DEADLINE))).unwrap_err();
    let elapsed = started.elapsed();
    assert!(cut_one(&error), "{error}");
    assert!(
        (DEADLINE..DEADLINE + SLACK).contains(&elapsed),
        "{elapsed:?}"
    );
    is_over(address);
}

fn cut_one(error: &ShutdownError) -> bool {
    matches!(
        error.ops,
        Some(ops::ShutdownError::Busy { cut: 1, deadline }) if deadline <= DEADLINE
    )
}

/// Lets go of an instance by way of `let_go`: it waits for nobody.
fn ends_at_once(let_go: impl FnOnce(Steeple)) {
    let (steeple, address, _client) = busy();
    let_go(steeple);
    is_over(address);
}

#[test]
fn it_ends_in_time_on_a_runtime_of_several_threads() {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    ends_in_time(|shutdown| runtime.block_on(async { tokio::spawn(shutdown).await.unwrap() }));
}

#[test]
fn it_ends_in_time_on_a_runtime_of_one_thread() {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    ends_in_time(|shutdown| runtime.block_on(shutdown));
}

#[test]
fn it_ends_in_time_without_a_runtime() {
    ends_in_time(futures_executor::block_on);
}

#[test]
fn it_ends_in_time_once_its_runtime_is_gone() {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    let (steeple, address, _client) = runtime.block_on(async { busy() });
    drop(runtime);
    let ended = futures_executor::block_on(steeple.shutdown(DEADLINE));
    assert!(ended.is_err_and(|error| cut_one(&error)));
    is_over(address);
}

#[test]
fn an_idle_one_ends_at_once_and_has_lost_nothing() {
    let steeple = Steeple::builder("shop")
        .private()
        .ops(|ops| ops.address((Ipv4Addr::LOCALHOST, 0).into()))
        .build()
        .unwrap();
    let address = steeple.ops_addr().unwrap();
    let started = Instant::now();
    let report = futures_executor::block_on(steeple.shutdown(Duration::from_secs(600))).unwrap();
    assert_eq!(report, FlushReport::default());
    assert!(started.elapsed() < SLACK);
    is_over(address);
}

#[test]
fn without_a_listener_there_is_nothing_to_wait_for() {
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .build()
        .unwrap();
    let report = futures_executor::block_on(steeple.shutdown(Duration::ZERO)).unwrap();
    assert!(report.is_complete());
}

#[test]
fn dropping_it_stops_the_listener() {
    ends_at_once(drop);
}

#[test]
fn dropping_it_inside_of_a_runtime_does_not_block_it() {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    ends_at_once(|steeple| runtime.block_on(async { drop(steeple) }));
}

#[test]
fn dropping_it_while_a_panic_unwinds_stops_the_listener() {
    ends_at_once(|steeple| {
        let unwound = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            let _steeple = steeple;
            panic!("on purpose");
        }));
        assert!(unwound.is_err());
    });
}

#[test]
fn handles_outlive_it() {
    let steeple = Steeple::builder("shop")
        .private()
        .without_ops()
        .build()
        .unwrap();
    let (observer, registry) = (steeple.observer().clone(), steeple.registry().clone());
    drop(steeple);
    service::serve(&observer, || {});
    assert!(registry.render().contains("http_server_requests_total"));
}
