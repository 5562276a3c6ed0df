//! F20, F14: workers of actix-web, which build the application each for itself, and may die.

use std::{future::pending, thread};

use actix_rt::{Arbiter, System};
use actix_web::{
    App, HttpServer,
    dev::{Server as ActixServer, ServerHandle},
    web,
};
use steeple::{Steeple, actix::Observe};
use steeple_tests::{hostile::visit, process::isolated, waiting::eventually};

use crate::{server::Server, warnings::Warnings};

const OF_WORKERS: &str = "a server's worker has built";

fn instance() -> Steeple {
    Steeple::builder("workers")
        .private()
        .without_ops()
        .build()
        .expect("a valid configuration")
}

/// Starts a server of two workers, each of which calls `observe`.
fn serve(observe: impl Fn() -> Observe + Send + Clone + 'static) -> ActixServer {
    HttpServer::new(move || App::new().wrap(observe()))
        .workers(2)
        .disable_signals()
        .bind("127.0.0.1:0")
        .expect("a free port")
        .run()
}

async fn run_and_stop(server: ActixServer) {
    let handle: ServerHandle = server.handle();
    let (served, ()) = futures_util::join!(server, async move { handle.stop(true).await });
    served.expect("a plain server");
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
                assert_eq!(server.in_flight(), 0.0);
                assert_eq!(
                    server.requests_of("GET", "/die", "", "cancelled_before_head"),
                    death
                );
                assert_eq!(
                    server.requests_of("GET", "/hello", "200", "success"),
                    answered
                );
            }
        },
    );
}

/// Ends the worker's thread, and never answers.
async fn die() -> &'static str {
    Arbiter::current().stop();
    pending().await
}
