//! The end of an instance, on every shape of runtime.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    panic,
    time::{Duration, Instant},
};

use steeple::Steeple;
use tokio::runtime;

use crate::service;

const DEADLINE: Duration = Duration::from_millis(300);
/// What a machine that is busy with other things may add.
const SLACK: Duration = Duration::from_secs(5);

/// An instance under use, with a client that keeps its ops listener busy.
fn busy() -> (Steeple, SocketAddr, TcpStream) {
    let steeple = Steeple::builder("shop")
        .private()
        .ops(|ops| ops.address((Ipv4Addr::LOCALHOST, 0).into()))
        .build()
        .unwrap();
    service::serve(steeple.observer(), || {});
    let address = steeple.ops_addr().unwrap();
    let mut client = TcpStream::connect(address).unwrap();
    client
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .unwrap();
    let mut first = [0; 12];
    client.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    // A request that never becomes whole.
    client.write_all(b"GET /metrics").unwrap();
    (steeple, address, client)
}

fn is_over(address: SocketAddr) {
    let deadline = Instant::now() + SLACK;
    while TcpStream::connect(address).is_ok() {
        assert!(Instant::now() < deadline, "the ops listener listens still");
        std::thread::yield_now();
    }
}

fn ends_in_time(block_on: impl FnOnce(Steeple)) {
    let (steeple, address, _client) = busy();
    let started = Instant::now();
    block_on(steeple);
    assert!(started.elapsed() < DEADLINE + SLACK);
    is_over(address);
}

#[test]
fn it_ends_in_time_on_a_runtime_of_several_threads() {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    ends_in_time(|steeple| {
        let _ = runtime.block_on(async { tokio::spawn(steeple.shutdown(DEADLINE)).await.unwrap() });
    });
}

#[test]
fn it_ends_in_time_on_a_runtime_of_one_thread() {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    ends_in_time(|steeple| {
        let _ = runtime.block_on(steeple.shutdown(DEADLINE));
    });
}

#[test]
fn it_ends_in_time_without_a_runtime() {
    ends_in_time(|steeple| {
        let _ = futures_executor::block_on(steeple.shutdown(DEADLINE));
    });
}

#[test]
fn it_ends_in_time_once_its_runtime_is_gone() {
    ends_in_time(|steeple| {
        let runtime = runtime::Builder::new_current_thread().build().unwrap();
        let steeple = runtime.block_on(async { steeple });
        drop(runtime);
        let _ = futures_executor::block_on(steeple.shutdown(DEADLINE));
    });
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
    assert_eq!(
        futures_executor::block_on(steeple.shutdown(Duration::from_secs(600))),
        Ok(())
    );
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
    assert_eq!(
        futures_executor::block_on(steeple.shutdown(Duration::ZERO)),
        Ok(())
    );
}

#[test]
fn dropping_it_stops_the_listener() {
    ends_in_time(drop);
}

#[test]
fn dropping_it_inside_of_a_runtime_does_not_block_it() {
    let runtime = runtime::Builder::new_current_thread().build().unwrap();
    ends_in_time(|steeple| runtime.block_on(async { drop(steeple) }));
}

#[test]
fn dropping_it_while_a_panic_unwinds_stops_the_listener() {
    ends_in_time(|steeple| {
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
