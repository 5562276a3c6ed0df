//! F20, F14: workers of actix-web, which build the application each for itself, and may die.

use std::{
    future::pending,
    io,
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use actix_rt::{Arbiter, System};
use actix_web::{
    App, HttpServer,
    dev::{Server as ActixServer, ServerHandle},
    web,
};
use steeple::{Steeple, actix::Observe, metrics::Value};
use steeple_tests::{hostile::visit, process::isolated, waiting::eventually, warnings::Warnings};

use crate::server::Server;

pub(crate) const OF_WORKERS: &str = "a server's worker has built";

fn instance() -> Steeple {
    Steeple::builder("workers")
        .private()
        .without_ops()
        .build()
        .expect("a valid configuration")
}

/// Starts a server of two workers, each of which calls `observe`.
fn serve(observe: impl Fn() -> Observe + Send + Clone + 'static) -> ActixServer {
    serve_at(observe).1
}

/// The same, and where it listens.
pub(crate) fn serve_at(
    observe: impl Fn() -> Observe + Send + Clone + 'static,
) -> (SocketAddr, ActixServer) {
    let server = HttpServer::new(move || App::new().wrap(observe()))
        .workers(2)
        .disable_signals()
        .bind("127.0.0.1:0")
        .expect("a free port");
    (server.addrs()[0], server.run())
}

async fn run_and_stop(server: ActixServer) {
    let served = run_for(server, || ()).await;
    served.expect("a plain server");
}

/// Runs `server` until `visits` are over.
pub(crate) async fn run_for(
    server: ActixServer,
    visits: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let handle: ServerHandle = server.handle();
    let visited = async move {
        web::block(visits).await.expect("no panic");
        handle.stop(true).await;
    };
    let (served, ()) = futures_util::join!(server, visited);
    served
}

#[test]
fn workers_that_share_an_observer_are_not_warned_about() {
    isolated(
        "workers::workers_that_share_an_observer_are_not_warned_about",
        || {
            let warnings = Warnings::collect();
            let shared = instance().actix();
            System::new().block_on(async {
                run_and_stop(serve(move || shared.clone())).await;
            });
            assert_eq!(warnings.with(OF_WORKERS).len(), 0);
        },
    );
}

#[test]
fn workers_that_build_an_observer_each_are_warned_about_once() {
    isolated(
        "workers::workers_that_build_an_observer_each_are_warned_about_once",
        || {
            let warnings = Warnings::collect();
            System::new().block_on(async { run_and_stop(serve(|| instance().actix())).await });
            assert_eq!(warnings.with(OF_WORKERS).len(), 1);
        },
    );
}

#[test]
fn workers_of_a_server_on_tokio_are_warned_about_too() {
    isolated(
        "workers::workers_of_a_server_on_tokio_are_warned_about_too",
        || {
            let warnings = Warnings::collect();
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(run_and_stop(serve(|| instance().actix())));
            assert_eq!(warnings.with(OF_WORKERS).len(), 1);
        },
    );
}

#[test]
fn a_worker_that_died_is_replaced_and_counted_on() {
    isolated(
        "workers::a_worker_that_died_is_replaced_and_counted_on",
        || {
            let server = Server::serve(|steeple, _, listener| {
                let observe = steeple.actix();
                let app = move || {
                    App::new()
                        .route("/hello", web::get().to(async || "hello"))
                        .route("/die", web::get().to(die))
                        .wrap(observe.clone())
                };
                thread::spawn(move || {
                    let server = HttpServer::new(app)
                        .workers(1)
                        .disable_signals()
                        .listen(listener)
                        .expect("a plain socket");
                    let served = System::new().block_on(server.run());
                    served.expect("the server runs until the process ends");
                });
            });
            let mut answered = 0;
            for death in 1..=3 {
                visit(server.address, "/die").expect_err("its worker is dead");
                eventually("another worker answers", || {
                    let status = visit(server.address, "/hello");
                    answered += u64::from(status.is_ok());
                    status.is_ok()
                });
                eventually(
                    "its request is counted, and those that were answered",
                    || {
                        server.in_flight() == 0.0
                            && server.requests_of("GET", "/die", "", "cancelled_before_head")
                                == death
                            && server.requests_of("GET", "/hello", "200", "success") == answered
                    },
                );
            }
        },
    );
}

#[test]
fn the_runtime_of_each_worker_is_told_of_and_a_worker_that_is_blocked_is_seen() {
    fn on_actix(server: ActixServer) -> io::Result<()> {
        System::new().block_on(server)
    }
    fn on_tokio(server: ActixServer) -> io::Result<()> {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(server)
    }
    for run in [on_actix, on_tokio] {
        let steeple = Steeple::builder("workers")
            .private()
            .without_ops()
            .resources(|resources| resources.host(false).interval(Duration::from_millis(100)))
            .build()
            .expect("a valid configuration");
        let told = |name: &str| {
            let seen = steeple.registry().snapshot();
            ["0", "1", "2"].map(|worker| {
                let value = seen.value(name, &[("worker", worker)]);
                value.and_then(Value::as_gauge)
            })
        };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("a plain socket");
        let (release, held) = mpsc::channel::<()>();
        let held = web::Data::from(Arc::new(Mutex::new(held)));
        let observe = steeple.actix();
        let app = move || {
            App::new()
                .app_data(held.clone())
                .route("/block", web::get().to(block))
                .wrap(observe.clone())
        };
        let (handles, handle) = mpsc::channel();
        let server = thread::spawn(move || {
            let server = HttpServer::new(app)
                .workers(2)
                .shutdown_timeout(0)
                .disable_signals()
                .listen(listener)
                .expect("a plain socket")
                .run();
            handles
                .send(server.handle())
                .expect("the test waits for it");
            run(server)
        });
        let handle = handle.recv().expect("a server");
        eventually("both workers are told of", || {
            told("tokio_workers_count") == [Some(1.0), Some(1.0), None]
        });
        let blocked = thread::spawn(move || visit(address, "/block"));
        eventually("one of them is seen to be blocked", || {
            let waiting = told("steeple_runtime_scheduling_waiting_seconds");
            let blocked = waiting.iter().flatten().filter(|waiting| **waiting > 0.2);
            blocked.count() == 1 && waiting.contains(&Some(0.0))
        });
        release.send(()).expect("it is blocked");
        blocked.join().expect("no panic").expect("an answer");
        eventually("none is blocked any more", || {
            told("steeple_runtime_scheduling_waiting_seconds")[..2] == [Some(0.0); 2]
        });
        futures_executor::block_on(handle.stop(false));
        server.join().expect("no panic").expect("a plain server");
        eventually("both workers are gone", || {
            told("tokio_workers_count") == [None; 3]
        });
    }
}

/// Blocks the worker's thread until it may go on.
async fn block(held: web::Data<Mutex<mpsc::Receiver<()>>>) -> &'static str {
    let held = held.lock().expect("nobody panics");
    held.recv().expect("it is told to go on");
    "at last"
}

/// Ends the worker's thread, and never answers.
async fn die() -> &'static str {
    Arbiter::current().stop();
    pending().await
}
