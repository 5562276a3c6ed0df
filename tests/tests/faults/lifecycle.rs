//! Services that are told to end while they serve.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer, web};
use axum::{Router, routing::get};
use rustix::process::{Signal, getpid, kill_process};
use steeple::{Lifecycle, LifecycleReport, Steeple};
use steeple_tests::process::isolated;
use tokio::{runtime, time::sleep};

/// Longer than any test may take.
const NEVER: Duration = Duration::from_secs(600);
/// How long the request takes that is served meanwhile.
const SLOW: Duration = Duration::from_millis(700);
const DRAIN: Duration = Duration::from_millis(200);

/// A client that keeps its connection.
struct Client(TcpStream);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let start = Instant::now();
        loop {
            match TcpStream::connect(address) {
                Ok(connection) => return Self(connection),
                Err(error) => assert!(start.elapsed() < NEVER / 10, "{error}"),
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn get(&mut self, path: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n");
        self.0.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 4_096];
        let read = self.0.read(&mut answer).unwrap();
        String::from_utf8_lossy(&answer[..read]).into_owned()
    }

    /// Whether the server closes the connection, which it may do in the middle of a request.
    fn sees_the_end(mut self) -> bool {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).is_ok_and(|_| rest.is_empty()) || rest.is_empty()
    }
}

fn steeple() -> Steeple {
    Steeple::builder("shop").without_ops().build().unwrap()
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves with axum, on a runtime, until the end; what had been counted by then, too.
fn axum_until_the_end(
    runtime: &runtime::Runtime,
    listener: TcpListener,
    configure: impl FnOnce(Lifecycle) -> Lifecycle,
) -> (LifecycleReport, Option<u64>) {
    runtime.block_on(async {
        let steeple = steeple();
        let registry = steeple.registry().clone();
        let app = Router::new()
            .route("/", get(async || "hello"))
            .route(
                "/slow",
                get(async || {
                    sleep(SLOW).await;
                    "slowly"
                }),
            )
            .route(
                "/never",
                get(async || {
                    sleep(NEVER).await;
                    "never"
                }),
            )
            .layer(steeple.axum());
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        let lifecycle = configure(steeple.lifecycle().drain(DRAIN));
        let server = axum::serve(listener, app).with_graceful_shutdown(lifecycle.stopping());
        let report = lifecycle.run(server).await.unwrap();
        (report, served(&registry.snapshot()))
    })
}

/// How many requests of `/slow` were served.
fn served(seen: &steeple::metrics::Snapshot) -> Option<u64> {
    let counted = seen.family("http_server_requests_total")?;
    let slow = counted
        .series
        .iter()
        .find(|series| series.labels.value("http_route").as_deref() == Some("/slow"))?;
    slow.value.as_counter()
}

fn multi_thread() -> runtime::Runtime {
    runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

fn current_thread() -> runtime::Runtime {
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn send(signal: Signal) {
    kill_process(getpid(), signal).unwrap();
}

/// Begins a slow request, and sends the signal once the server has it.
fn end_while_serving(
    address: SocketAddr,
    signal: Signal,
    path: &'static str,
) -> JoinHandle<String> {
    // It is idle, and must not hold the end up.
    let mut idle = Client::connect(address);
    assert!(idle.get("/").starts_with("HTTP/1.1 200"));
    let mut slow = Client::connect(address);
    let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n");
    slow.0.write_all(request.as_bytes()).unwrap();
    // By then the request is taken up: the server serves another one that came later.
    assert!(
        Client::connect(address)
            .get("/")
            .starts_with("HTTP/1.1 200")
    );
    send(signal);
    thread::spawn(move || {
        let mut answer = String::new();
        let mut read = [0; 4_096];
        while !answer.ends_with("slowly") {
            match slow.0.read(&mut read) {
                Ok(0) | Err(_) => break,
                Ok(count) => answer.push_str(&String::from_utf8_lossy(&read[..count])),
            }
        }
        drop(idle);
        answer
    })
}

fn what_is_served_ends_in_order(runtime: &runtime::Runtime) {
    let (listener, address) = listener();
    let client = thread::spawn(move || end_while_serving(address, Signal::TERM, "/slow"));
    let start = Instant::now();
    let (report, served) =
        axum_until_the_end(runtime, listener, |lifecycle| lifecycle.grace(NEVER));
    assert!(report.served_all && report.flushed.is_ok(), "{report:?}");
    assert_eq!(served, Some(1));
    assert!(start.elapsed() < NEVER / 10);
    let answer = client.join().unwrap().join().unwrap();
    assert!(
        answer.starts_with("HTTP/1.1 200") && answer.ends_with("slowly"),
        "{answer}"
    );
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn requests_end_after_a_signal_on_many_threads() {
    isolated(
        "lifecycle::requests_end_after_a_signal_on_many_threads",
        || {
            what_is_served_ends_in_order(&multi_thread());
        },
    );
}

#[test]
fn requests_end_after_a_signal_on_one_thread() {
    isolated(
        "lifecycle::requests_end_after_a_signal_on_one_thread",
        || {
            what_is_served_ends_in_order(&current_thread());
        },
    );
}

#[test]
fn requests_end_after_a_signal_on_actix() {
    isolated("lifecycle::requests_end_after_a_signal_on_actix", || {
        let (listener, address) = listener();
        let client = thread::spawn(move || end_while_serving(address, Signal::TERM, "/slow"));
        let (report, served) = actix_web::rt::System::new().block_on(async {
            let steeple = steeple();
            let registry = steeple.registry().clone();
            let observe = steeple.actix();
            let server = HttpServer::new(move || {
                App::new()
                    .wrap(observe.clone())
                    .route("/", web::get().to(async || "hello"))
                    .route(
                        "/slow",
                        web::get().to(async || {
                            actix_web::rt::time::sleep(SLOW).await;
                            "slowly"
                        }),
                    )
            });
            let server = server
                .workers(2)
                .disable_signals()
                .listen(listener)
                .unwrap()
                .run();
            let lifecycle = steeple.lifecycle().drain(DRAIN).grace(NEVER);
            let server = steeple::actix::serve_until(server, lifecycle.stopping());
            let report = lifecycle.run(server).await.unwrap();
            (report, served(&registry.snapshot()))
        });
        assert!(report.served_all && report.flushed.is_ok(), "{report:?}");
        assert_eq!(served, Some(1));
        let answer = client.join().unwrap().join().unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 200") && answer.ends_with("slowly"),
            "{answer}"
        );
    });
}

#[test]
fn while_it_drains_a_service_takes_requests() {
    isolated(
        "lifecycle::while_it_drains_a_service_takes_requests",
        || {
            let (listener, address) = listener();
            let client = thread::spawn(move || {
                assert!(
                    Client::connect(address)
                        .get("/")
                        .starts_with("HTTP/1.1 200")
                );
                send(Signal::TERM);
                thread::sleep(DRAIN / 2);
                let answer = Client::connect(address).get("/");
                // The drain time is long, so that a second signal has something to cut short.
                send(Signal::TERM);
                answer
            });
            let (report, _) = axum_until_the_end(&multi_thread(), listener, |lifecycle| {
                lifecycle.drain(NEVER).grace(NEVER)
            });
            assert!(report.served_all);
            assert!(client.join().unwrap().starts_with("HTTP/1.1 200"));
        },
    );
}

#[test]
fn a_second_signal_cuts_the_wait_for_requests_short() {
    isolated(
        "lifecycle::a_second_signal_cuts_the_wait_for_requests_short",
        || {
            let (listener, address) = listener();
            let client = thread::spawn(move || {
                // Somebody at a terminal: the service does not drain.
                let answer = end_while_serving(address, Signal::INT, "/never");
                while TcpStream::connect(address).is_ok() {
                    thread::sleep(Duration::from_millis(5));
                }
                send(Signal::INT);
                answer
            });
            let start = Instant::now();
            let runtime = multi_thread();
            let (report, _) = axum_until_the_end(&runtime, listener, |lifecycle| {
                lifecycle.drain(NEVER).grace(NEVER)
            });
            assert!(!report.served_all && report.flushed.is_ok(), "{report:?}");
            assert!(start.elapsed() < NEVER / 10);
            // What was not served ends with the runtime.
            runtime.shutdown_background();
            assert_eq!(client.join().unwrap().join().unwrap(), "");
        },
    );
}

#[test]
fn the_grace_time_ends_what_does_not_end_by_itself() {
    isolated(
        "lifecycle::the_grace_time_ends_what_does_not_end_by_itself",
        || {
            let (listener, address) = listener();
            let client = thread::spawn(move || end_while_serving(address, Signal::TERM, "/never"));
            let runtime = multi_thread();
            let (report, _) =
                axum_until_the_end(&runtime, listener, |lifecycle| lifecycle.grace(DRAIN));
            assert!(!report.served_all && report.flushed.is_ok(), "{report:?}");
            runtime.shutdown_background();
            assert_eq!(client.join().unwrap().join().unwrap(), "");
        },
    );
}

#[test]
fn the_application_may_ask_for_the_end_itself() {
    isolated(
        "lifecycle::the_application_may_ask_for_the_end_itself",
        || {
            let (listener, address) = listener();
            let (ask, asked) = tokio::sync::oneshot::channel::<()>();
            let client = thread::spawn(move || {
                let mut client = Client::connect(address);
                assert!(client.get("/").starts_with("HTTP/1.1 200"));
                drop(ask);
                client.sees_the_end()
            });
            let (report, _) = axum_until_the_end(&current_thread(), listener, |lifecycle| {
                lifecycle.without_signals().until(async {
                    let _ = asked.await;
                })
            });
            assert!(report.served_all);
            assert!(client.join().unwrap());
        },
    );
}

#[test]
fn a_server_that_fails_ends_the_service_after_a_flush() {
    isolated(
        "lifecycle::a_server_that_fails_ends_the_service_after_a_flush",
        || {
            let steeple = Steeple::builder("shop")
                .ops(|ops| ops.address(([127, 0, 0, 1], 0).into()))
                .build()
                .unwrap();
            let ops = steeple.ops_addr().unwrap();
            let ended = current_thread().block_on(async {
                let server = async { Err::<(), _>("the port is gone") };
                steeple.lifecycle().run(server).await
            });
            assert_eq!(ended.unwrap_err(), "the port is gone");
            assert!(TcpStream::connect(ops).is_err());
        },
    );
}

#[test]
fn a_signal_after_the_application_asked_is_the_first_one() {
    isolated(
        "lifecycle::a_signal_after_the_application_asked_is_the_first_one",
        || {
            let (listener, address) = listener();
            let (ask, asked) = tokio::sync::oneshot::channel::<()>();
            let client = thread::spawn(move || {
                assert!(
                    Client::connect(address)
                        .get("/")
                        .starts_with("HTTP/1.1 200")
                );
                drop(ask);
                send(Signal::TERM);
                thread::sleep(DRAIN);
                // It drains still.
                let answer = Client::connect(address).get("/");
                send(Signal::TERM);
                answer
            });
            let (report, _) = axum_until_the_end(&multi_thread(), listener, |lifecycle| {
                lifecycle.drain(NEVER).grace(NEVER).until(async {
                    let _ = asked.await;
                })
            });
            assert!(report.served_all);
            assert!(client.join().unwrap().starts_with("HTTP/1.1 200"));
        },
    );
}

#[test]
fn who_waits_for_the_stop_ends_with_a_server_that_fails() {
    isolated(
        "lifecycle::who_waits_for_the_stop_ends_with_a_server_that_fails",
        || {
            current_thread().block_on(async {
                let lifecycle = steeple().lifecycle();
                let job = tokio::spawn(lifecycle.stopping());
                let ended = lifecycle
                    .run(async { Err::<(), _>("the port is gone") })
                    .await;
                assert!(ended.is_err());
                tokio::time::timeout(NEVER / 10, job)
                    .await
                    .unwrap()
                    .unwrap();
            });
        },
    );
}
