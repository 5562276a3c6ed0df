//! Handlers that panic.

use std::{
    os::unix::process::ExitStatusExt,
    panic,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use steeple_tests::{
    hostile::{PanickingRequests, PanicsSeen},
    process::{isolated, sized},
};

use crate::server::Server;

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

#[test]
fn a_process_that_dies_of_a_panic_tells_of_it_first() {
    let aborting = dying("abort");
    for (mode, told) in [
        ("request", "rescued: lost for good in /orders/{id}\n"),
        ("thread", "rescued: lost for good in no request\n"),
    ] {
        let ended = run(&aborting, mode);
        assert_eq!(text(&ended.stdout), told, "{ended:?}");
        assert_eq!(ended.status.signal(), Some(Signal::ABORT.as_raw()));
    }
    let begun = Instant::now();
    let stalled = run(&aborting, "stalls");
    let waited = begun.elapsed();
    assert_eq!(stalled.status.signal(), Some(Signal::ABORT.as_raw()));
    assert!(stalled.stdout.is_empty(), "{stalled:?}");
    assert!(waited >= Duration::from_millis(500), "{waited:?}");
    // It takes its time to die on a busy machine, but does not wait for the sink.
    assert!(waited < Duration::from_secs(20), "{waited:?}");
}

#[test]
fn a_process_that_dies_of_two_panics_at_once_tells_of_it_first() {
    let unwinding = dying("unwind");
    let twice = run(&unwinding, "twice");
    assert_eq!(
        text(&twice.stdout),
        "rescued: panic in a destructor during cleanup, after the bomb went off in /orders/{id}\n"
    );
    assert_eq!(twice.status.signal(), Some(Signal::ABORT.as_raw()));
    let once = run(&unwinding, "request");
    assert_eq!(text(&once.stdout), "caught: true\n", "nobody dies of one");
    assert!(once.status.success());
}

/// The program `steeple-dying`, compiled whole for panics to do as `strategy` says.
fn dying(strategy: &str) -> PathBuf {
    let strategy = format!("profile.dev.panic=\"{strategy}\"");
    built(
        &["build", "--package", "steeple-dying", "--config", &strategy],
        &[],
    )
}

fn run(program: &Path, mode: &str) -> Output {
    Command::new(program)
        .arg(mode)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("it runs")
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

/// The program that cargo builds by these arguments, and those to the compiler behind them.
fn built(arguments: &[&str], behind: &[&str]) -> PathBuf {
    let built = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--message-format", "json"])
        .args(behind)
        .output()
        .expect("cargo runs");
    assert!(built.status.success(), "{}", text(&built.stderr));
    let messages = text(&built.stdout);
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| Some(message["executable"].as_str()?.into()))
        .expect("cargo names what it built")
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).expect("it speaks UTF-8")
}
