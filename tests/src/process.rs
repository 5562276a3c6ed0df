//! Tests that need a process of their own: for its memory, its recorder, its panic hook.

use std::{
    env,
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read, Seek},
    process::{Command, ExitStatus},
    time::Duration,
};

use crate::waiting::within;

const ISOLATED: &str = "STEEPLE_ISOLATED_TEST";
const FULL: &str = "STEEPLE_FULL";

/// Runs `body` in a fresh process of this test binary; `test` is the calling test's full name.
///
/// What the process prints is printed here too, at its end. It has 10 minutes, or an hour at full size.
///
/// # Panics
///
/// When `body` panics or does not end in time, or when no test is called `test`.
pub fn isolated(test: &str, body: impl FnOnce()) {
    isolated_with(test, &[], body);
}

/// As [`isolated`], with these variables in the environment of the process.
///
/// # Panics
///
/// As [`isolated`].
pub fn isolated_with(test: &str, environment: &[(&str, &OsStr)], body: impl FnOnce()) {
    if env::var_os(ISOLATED).is_some_and(|running| running == test) {
        return body();
    }
    let deadline = Duration::from_secs(sized(10 * 60, 60 * 60));
    let (status, printed) = alone(test, environment, deadline)
        .unwrap_or_else(|error| panic!("cannot run `{test}` in its own process: {error}"));
    eprint!("{printed}");
    let status =
        status.unwrap_or_else(|| panic!("`{test}` did not end in time in its own process"));
    assert!(status.success(), "`{test}` failed in its own process");
    assert!(printed.contains("1 passed"), "no test is called `{test}`");
}

/// How the test ended, or nothing where it had to be killed, and what it printed.
fn alone(
    test: &str,
    environment: &[(&str, &OsStr)],
    deadline: Duration,
) -> io::Result<(Option<ExitStatus>, String)> {
    let mut printed: File = tempfile::tempfile()?;
    let mut process = Command::new(env::current_exe()?)
        .args([test, "--exact", "--nocapture", "--include-ignored"])
        .envs(environment.iter().copied())
        .env(ISOLATED, test)
        .stdout(printed.try_clone()?)
        .stderr(printed.try_clone()?)
        .spawn()?;
    let status = within(deadline, || process.try_wait().transpose()).transpose()?;
    if status.is_none() {
        process.kill()?;
        process.wait()?;
    }
    let mut bytes = Vec::new();
    printed.rewind()?;
    printed.read_to_end(&mut bytes)?;
    Ok((status, String::from_utf8_lossy(&bytes).into_owned()))
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

/// The resident memory that this process has to itself, in bytes (`RssAnon`).
///
/// Pages of the program's file are left out: code that is reached for the first time brings them in, some 64 KiB each time.
///
/// # Errors
///
/// Where the system has no `/proc/self/status`.
pub fn resident_bytes() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:")?.split_whitespace().next())
        .and_then(|kilobytes| kilobytes.parse::<u64>().ok())
        .map(|kilobytes| kilobytes * 1024)
        .ok_or_else(|| io::Error::other("`/proc/self/status` has no `RssAnon`"))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_test_that_hangs_is_ended() {
        let this = "process::tests::a_test_that_hangs_is_ended";
        if env::var_os(ISOLATED).is_some() {
            thread::sleep(Duration::from_secs(60));
        }

        let (status, _printed) = alone(this, &[], Duration::from_millis(200)).unwrap();

        assert_eq!(status, None);
    }
}
