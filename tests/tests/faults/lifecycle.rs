//! Services that are told to end while they serve.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer, web};
use axum::{Router, routing::get};
use rustix::process::{Signal, getpid, kill_process};
use steeple::{Lifecycle, LifecycleReport, Steeple};
use steeple_tests::{
    process::isolated,
    waiting::{eventually, within},
};
use tokio::{
    runtime::{self, Runtime},
    time::sleep,
};

/// Longer than any test may take.
const NEVER: Duration = Duration::from_secs(600);
/// Less than a server takes that waits for clients to close what is idle: actix-web waits 30 s for them.
const HELD_UP: Duration = Duration::from_secs(20);
/// How long the request takes that is served meanwhile.
const SLOW: Duration = Duration::from_millis(700);
const DRAIN: Duration = Duration::from_millis(200);

/// Whether a request is taken up that is not served at once.
static TAKEN_UP: AtomicBool = AtomicBool::new(false);

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

/// Whether a GET is answered so.
fn is_answered(address: SocketAddr, path: &str, status: u16) -> bool {
    let answer = Client::connect(address).get(path);
    answer.starts_with(&format!("HTTP/1.1 {status}"))
}

/// What serves.
#[derive(Clone, Copy, Debug)]
enum Server {
    AxumOnManyThreads,
    AxumOnOneThread,
    Actix,
}

impl Server {
    /// Serves until the end; what had been counted by then, too.
    fn until_the_end(
        self,
        listener: TcpListener,
        configure: impl FnOnce(Lifecycle) -> Lifecycle,
    ) -> (LifecycleReport, Option<u64>) {
        let steeple = Steeple::builder("shop")
            .without_ops()
            .health(|health| health)
            .build()
            .unwrap();
        let registry = steeple.registry().clone();
        let report = match self {
            Self::AxumOnManyThreads => on(multi_thread(), axum(steeple, listener, configure)),
            Self::AxumOnOneThread => on(current_thread(), axum(steeple, listener, configure)),
            Self::Actix => {
                actix_web::rt::System::new().block_on(actix(steeple, listener, configure))
            }
        };
        (report, served(&registry.snapshot()))
    }
}

/// What was not served by the end of the future ends with its runtime.
fn on<T>(runtime: Runtime, future: impl Future<Output = T>) -> T {
    let output = runtime.block_on(future);
    runtime.shutdown_background();
    output
}

async fn axum(
    steeple: Steeple,
    listener: TcpListener,
    configure: impl FnOnce(Lifecycle) -> Lifecycle,
) -> LifecycleReport {
    let app = Router::new()
        .route("/", get(async || "hello"))
        .route("/slow", get(slowly))
        .route("/never", get(never))
        .merge(steeple::axum::probes(steeple.probes()))
        .layer(steeple.axum());
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let lifecycle = configure(steeple.lifecycle().drain(DRAIN));
    let server = axum::serve(listener, app).with_graceful_shutdown(lifecycle.stopping());
    lifecycle.run(server).await.unwrap()
}

async fn actix(
    steeple: Steeple,
    listener: TcpListener,
    configure: impl FnOnce(Lifecycle) -> Lifecycle,
) -> LifecycleReport {
    let (observe, probes) = (steeple.actix(), Arc::new(steeple.probes()));
    let server = HttpServer::new(move || {
        App::new()
            .wrap(observe.clone())
            .route("/", web::get().to(async || "hello"))
            .route("/slow", web::get().to(slowly))
            .route("/never", web::get().to(never))
            .service(steeple::actix::probes(Arc::clone(&probes)))
    });
    let server = server.workers(2).keep_alive(NEVER).disable_signals();
    let server = server.listen(listener).unwrap().run();
    let lifecycle = configure(steeple.lifecycle().drain(DRAIN));
    let server = steeple::actix::serve_until(server, lifecycle.stopping());
    lifecycle.run(server).await.unwrap()
}

async fn slowly() -> &'static str {
    TAKEN_UP.store(true, SeqCst);
    sleep(SLOW).await;
    "slowly"
}

async fn never() -> &'static str {
    TAKEN_UP.store(true, SeqCst);
    sleep(NEVER).await;
    "never"
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

fn multi_thread() -> Runtime {
    runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

fn current_thread() -> Runtime {
    runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Shows of each server how it behaves, in a process of its own; `test` is the calling test's name.
fn each_server(test: &str, behaves: impl Fn(Server, TcpListener, SocketAddr)) {
    isolated(&format!("lifecycle::{test}"), || {
        for server in [
            Server::AxumOnManyThreads,
            Server::AxumOnOneThread,
            Server::Actix,
        ] {
            eprintln!("{server:?}");
            let (listener, address) = listener();
            behaves(server, listener, address);
        }
    });
}

fn listener() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn send(signal: Signal) {
    kill_process(getpid(), signal).unwrap();
}

/// Begins a slow request, and sends the signal once the server has it. With the answer comes a connection that is idle all the while.
fn end_while_serving(
    address: SocketAddr,
    signal: Signal,
    path: &'static str,
) -> JoinHandle<(String, Client)> {
    // It is idle, and must not hold the end up.
    let mut idle = Client::connect(address);
    assert!(idle.get("/").starts_with("HTTP/1.1 200"));
    let mut slow = Client::connect(address);
    let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n");
    slow.0.write_all(request.as_bytes()).unwrap();
    eventually("the request is taken up", || TAKEN_UP.swap(false, SeqCst));
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
        (answer, idle)
    })
}

#[test]
fn requests_at_hand_end_after_a_signal() {
    each_server(
        "requests_at_hand_end_after_a_signal",
        |server, listener, address| {
            let client = thread::spawn(move || end_while_serving(address, Signal::TERM, "/slow"));
            let start = Instant::now();
            let (report, served) =
                server.until_the_end(listener, |lifecycle| lifecycle.grace(NEVER));
            assert!(report.served_all && report.flushed.is_ok(), "{report:?}");
            assert_eq!(served, Some(1));
            assert!(start.elapsed() < HELD_UP, "{:?}", start.elapsed());
            let (answer, _idle) = client.join().unwrap().join().unwrap();
            assert!(
                answer.starts_with("HTTP/1.1 200") && answer.ends_with("slowly"),
                "{answer}"
            );
            assert!(TcpStream::connect(address).is_err());
        },
    );
}

#[test]
fn while_it_drains_a_service_takes_requests_and_says_that_it_is_not_ready() {
    each_server(
        "while_it_drains_a_service_takes_requests_and_says_that_it_is_not_ready",
        |server, listener, address| {
            let client = thread::spawn(move || {
                let was_ready = is_answered(address, "/readyz", 200);
                send(Signal::TERM);
                let not_ready = within(NEVER / 10, || {
                    is_answered(address, "/readyz", 503).then_some(())
                });
                let meanwhile = [
                    is_answered(address, "/", 200),
                    is_answered(address, "/livez", 200),
                ];
                // The drain time is long, so that a second signal has something to cut short.
                send(Signal::TERM);
                (was_ready, not_ready, meanwhile)
            });
            let (report, _) =
                server.until_the_end(listener, |lifecycle| lifecycle.drain(NEVER).grace(NEVER));
            assert!(report.served_all);
            assert_eq!(client.join().unwrap(), (true, Some(()), [true, true]));
        },
    );
}

#[test]
fn a_second_signal_cuts_the_wait_for_requests_short() {
    each_server(
        "a_second_signal_cuts_the_wait_for_requests_short",
        |server, listener, address| {
            let client = thread::spawn(move || {
                // Somebody at a terminal: the service does not drain.
                let answer = end_while_serving(address, Signal::INT, "/never");
                eventually("no connections are taken", || {
                    TcpStream::connect(address).is_err()
                });
                send(Signal::INT);
                answer
            });
            let start = Instant::now();
            let (report, _) =
                server.until_the_end(listener, |lifecycle| lifecycle.drain(NEVER).grace(NEVER));
            assert!(!report.served_all && report.flushed.is_ok(), "{report:?}");
            assert!(start.elapsed() < NEVER / 10);
            assert_eq!(client.join().unwrap().join().unwrap().0, "");
        },
    );
}

#[test]
fn the_grace_time_ends_what_does_not_end_by_itself() {
    each_server(
        "the_grace_time_ends_what_does_not_end_by_itself",
        |server, listener, address| {
            let client = thread::spawn(move || end_while_serving(address, Signal::TERM, "/never"));
            let (report, _) = server.until_the_end(listener, |lifecycle| lifecycle.grace(DRAIN));
            assert!(!report.served_all && report.flushed.is_ok(), "{report:?}");
            assert_eq!(client.join().unwrap().join().unwrap().0, "");
        },
    );
}

#[test]
fn the_application_may_ask_for_the_end_itself() {
    each_server(
        "the_application_may_ask_for_the_end_itself",
        |server, listener, address| {
            let (ask, asked) = tokio::sync::oneshot::channel::<()>();
            let client = thread::spawn(move || {
                let mut client = Client::connect(address);
                assert!(client.get("/").starts_with("HTTP/1.1 200"));
                drop(ask);
                client.sees_the_end()
            });
            let (report, _) = server.until_the_end(listener, |lifecycle| {
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
                assert!(is_answered(address, "/", 200));
                drop(ask);
                eventually("it drains", || is_answered(address, "/readyz", 503));
                send(Signal::TERM);
                thread::sleep(DRAIN);
                let drains = is_answered(address, "/", 200);
                // One that comes before the first is seen is none.
                eventually("a signal ends it", || {
                    send(Signal::TERM);
                    TcpStream::connect(address).is_err()
                });
                drains
            });
            Server::AxumOnManyThreads.until_the_end(listener, |lifecycle| {
                lifecycle.drain(NEVER).grace(NEVER).until(async {
                    let _ = asked.await;
                })
            });
            assert!(client.join().unwrap());
        },
    );
}

#[test]
fn who_waits_for_the_stop_ends_with_a_server_that_fails() {
    isolated(
        "lifecycle::who_waits_for_the_stop_ends_with_a_server_that_fails",
        || {
            current_thread().block_on(async {
                let steeple = Steeple::builder("shop").without_ops().build().unwrap();
                let lifecycle = steeple.lifecycle();
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
