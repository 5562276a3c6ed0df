//! Handlers that panic.

use std::{
    os::unix::process::ExitStatusExt,
    panic,
    process::{Command, Output},
};

use rustix::process::Signal;
use steeple_tests::{
    hostile::{PanickingRequests, PanicsSeen},
    process::{isolated, sized},
};

use crate::{
    programs::{built, text},
    server::Server,
};

#[test]
fn every_panicked_request_is_answered_and_counted() {
    isolated(
        "panics::every_panicked_request_is_answered_and_counted",
        || {
            panic::set_hook(Box::new(|_| {}));
            let server = Server::start();
            let count = sized(1_000, 100_000);
            let requests = PanickingRequests {
                count,
                connections: 4,
                path: "/panic",
            };

            let seen = requests.run(server.address).unwrap();

            let answered = PanicsSeen {
                answered: count,
                hung_up: 0,
            };
            assert_eq!(seen, answered);
            assert_eq!(
                server.requests_of("GET", "/panic", "500", "panicked"),
                count
            );
            assert_eq!(server.in_flight(), 0.0);
        },
    );
}

#[test]
fn where_panics_abort_the_process_ends_with_the_first_as_it_does_without_a_layer() {
    let unwinding = panicking("unwind");
    assert!(unwinding.status.success(), "{unwinding:?}");

    let aborting = panicking("abort");
    assert_eq!(
        aborting.status.signal(),
        Some(Signal::ABORT.as_raw()),
        "{aborting:?}"
    );
    assert!(
        text(&aborting.stderr).contains("lost for good"),
        "{aborting:?}"
    );
}

/// Runs the example `panicking`, compiled for panics to do as `strategy` says.
fn panicking(strategy: &str) -> Output {
    let strategy = format!("panic={strategy}");
    let package = [
        "rustc",
        "--package",
        "steeple-tests",
        "--example",
        "panicking",
    ];
    let program = built(&package, &["--", "-C", &strategy]);
    Command::new(program)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the example runs")
}
