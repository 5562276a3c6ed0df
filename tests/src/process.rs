//! Tests that need a process of their own: for its memory, its recorder, its panic hook.

use std::{
    env, fs, io,
    process::Command,
    thread,
    time::{Duration, Instant},
};

const ISOLATED: &str = "STEEPLE_ISOLATED_TEST";
const FULL: &str = "STEEPLE_FULL";

/// Runs `body` in a fresh process of this test binary; `test` is the calling test's full name.
///
/// What the process prints is printed here too.
///
/// # Panics
///
/// When `body` panics, or when no test is called `test`.
pub fn isolated(test: &str, body: impl FnOnce()) {
    if env::var_os(ISOLATED).is_some_and(|running| running == test) {
        return body();
    }
    let output = env::current_exe()
        .and_then(|program| {
            Command::new(program)
                .args([test, "--exact", "--nocapture"])
                .env(ISOLATED, test)
                .output()
        })
        .unwrap_or_else(|error| panic!("cannot run `{test}` in its own process: {error}"));
    let printed = String::from_utf8_lossy(&output.stdout);
    eprint!("{printed}{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success(),
        "`{test}` failed in its own process"
    );
    assert!(printed.contains("1 passed"), "no test is called `{test}`");
}

/// `full` when `STEEPLE_FULL=1` asks for the sizes that the documentation quotes, else `quick`.
#[must_use]
pub fn sized(quick: u64, full: u64) -> u64 {
    if env::var_os(FULL).is_some_and(|value| value == "1") {
        full
    } else {
        quick
    }
}

/// The memory of this process that is resident, in bytes (`VmRSS`).
///
/// # Errors
///
/// Where the system has no `/proc/self/status`.
pub fn resident_bytes() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next())
        .and_then(|kilobytes| kilobytes.parse::<u64>().ok())
        .map(|kilobytes| kilobytes * 1024)
        .ok_or_else(|| io::Error::other("`/proc/self/status` has no `VmRSS`"))
}

/// Polls until `condition` holds.
///
/// # Panics
///
/// When it does not within 30 seconds, naming `what` was awaited.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "waited 30 s until {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
