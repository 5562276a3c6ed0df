//! Processes that die of a panic.

use std::{
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, Instant},
};

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    inbox::{Inbox, events},
    programs::{built, text},
};

/// A process takes its time to die on a busy machine, but waits for nobody.
const BOUND: Duration = Duration::from_secs(20);
const ROUNDS: usize = 3;
/// Milliseconds to tell in, which nobody takes.
const PATIENCE: &str = "60000";

#[test]
fn a_process_that_dies_of_a_panic_tells_of_it_first() {
    let aborting = aborting();
    for (mode, told) in [
        ("request", "rescued: lost for good in /orders/{id}\n"),
        ("thread", "rescued: lost for good in no request\n"),
    ] {
        let ended = run(&aborting, &[mode, PATIENCE]);
        assert_eq!(text(&ended.stdout), told, "{ended:?}");
        assert_eq!(ended.status.signal(), Some(Signal::ABORT.as_raw()));
    }
}

#[test]
fn a_dying_process_waits_for_half_a_second_or_as_long_as_it_is_configured_to() {
    let aborting = aborting();
    // To start and to die takes its time besides.
    let stalled = |deadline: &[&str]| {
        let begun = Instant::now();
        let stalled = run(&aborting, &[&["stalls"], deadline].concat());
        let waited = begun.elapsed();
        assert_eq!(stalled.status.signal(), Some(Signal::ABORT.as_raw()));
        assert!(stalled.stdout.is_empty(), "{stalled:?}");
        assert!(waited < BOUND, "{waited:?}");
        waited
    };
    let configured = stalled(&["3000"]);
    assert!(configured >= Duration::from_secs(3), "{configured:?}");
    // Less than 2 s.
    let is_shorter = |waited: &Duration| *waited + Duration::from_secs(1) < configured;
    let waited = (0..ROUNDS).map(|_| stalled(&[])).find(is_shorter);
    eprintln!("{waited:?}, and {configured:?} for 3 s");
    assert!(waited.is_some_and(|waited| waited >= Duration::from_millis(500)));
}

#[test]
fn a_process_that_dies_of_two_panics_at_once_tells_of_it_first() {
    let unwinding = unwinding();
    let twice = run(&unwinding, &["twice", PATIENCE]);
    assert_eq!(
        text(&twice.stdout),
        "rescued: panic in a destructor during cleanup, after the bomb went off in /orders/{id}\n"
    );
    assert_eq!(twice.status.signal(), Some(Signal::ABORT.as_raw()));
    let crowded = run(&unwinding, &["crowded", PATIENCE]);
    let told: Vec<_> = text(&crowded.stdout).lines().collect();
    assert!(told.len() > 256, "those before were on their way");
    assert_eq!(told.last().copied(), text(&twice.stdout).lines().next());
    let once = run(&unwinding, &["request"]);
    assert_eq!(text(&once.stdout), "caught: true\n", "nobody dies of one");
    assert!(once.status.success());
}

#[test]
fn what_a_process_dies_of_is_in_the_file_of_its_tracker_in_its_log_and_at_sentry() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("errors.jsonl");
    let inbox = Inbox::open();
    let ended = Command::new(aborting())
        .arg("request")
        .arg(&file)
        .arg(inbox.dsn())
        .output()
        .expect("it runs");
    assert_eq!(
        ended.status.signal(),
        Some(Signal::ABORT.as_raw()),
        "{ended:?}"
    );

    let written = std::fs::read_to_string(&file).expect("it was written");
    let records: Vec<Value> = written
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let [_key, record] = &*records else {
        panic!("{written}");
    };
    let group = &record["record"]["seen"];
    assert_eq!(
        (&group["kind"], &group["message"], &group["count"]),
        (&"panic".into(), &"lost for good".into(), &1.into())
    );
    let line: Value = serde_json::from_slice(&ended.stdout).expect("one line of JSON");
    let error = &line["error"];
    assert_eq!(error["message"], "lost for good");
    let calls = error["stack_trace"].as_str().expect("calls");
    assert!(calls.contains("steeple_dying::die"), "{calls}");
    let events = events(&inbox.taken());
    let [event] = &*events else {
        panic!("{events:?}");
    };
    assert_eq!(
        (&event["level"], &event["exception"]["values"][0]["value"]),
        (&"fatal".into(), &"lost for good".into())
    );
    assert_eq!(event["transaction"], "GET /orders/{id}");
}

#[test]
fn a_hook_that_panics_itself_ends_the_process_as_it_does_without_a_layer() {
    for (program, told) in [
        // It dies of the first one, of which the hook of the application is told last.
        (aborting(), "rescued: lost for good in /orders/{id}\n"),
        // Whether the first is the last it cannot know, and the second is told to no hook.
        (unwinding(), ""),
    ] {
        let begun = Instant::now();
        let ended = run(&program, &["hook", PATIENCE]);
        let took = begun.elapsed();
        assert_eq!(text(&ended.stdout), told, "{ended:?}");
        assert_eq!(ended.status.signal(), Some(Signal::ABORT.as_raw()));
        assert!(took < BOUND, "{took:?}");
    }
}

/// The program `steeple-dying` where panics abort, by a profile of its own: tests that run at once must not replace the program of
/// one another.
fn aborting() -> PathBuf {
    const PROFILE: [&str; 6] = [
        "--profile",
        "aborting",
        "--config",
        "profile.aborting.inherits=\"dev\"",
        "--config",
        "profile.aborting.panic=\"abort\"",
    ];
    program(&PROFILE)
}

/// The same where they unwind.
fn unwinding() -> PathBuf {
    program(&[])
}

fn program(profile: &[&str]) -> PathBuf {
    built(
        &[&["build", "--package", "steeple-dying"], profile].concat(),
        &[],
    )
}

fn run(program: &Path, arguments: &[&str]) -> Output {
    Command::new(program)
        .args(arguments)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("it runs")
}
