//! What a log is like on a terminal, where nothing is configured.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    ffi::OsStr,
    fs::File,
    io::Read as _,
    os::unix::ffi::OsStrExt as _,
    process::{Command, Stdio},
};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::programs::{built, text};

#[test]
fn a_log_is_for_people_and_in_colours_on_a_terminal_and_ecs_elsewhere() {
    let coloured = on_a_terminal(&[]);
    assert!(
        coloured.contains("\u{1b}[32m INFO\u{1b}[0m"),
        "{coloured:?}"
    );
    assert!(coloured.contains("the shop is open"), "{coloured:?}");

    let plain = on_a_terminal(&[("NO_COLOR", "1")]);
    assert!(
        plain.contains(" INFO logging: the shop is open"),
        "{plain:?}"
    );
    assert!(!plain.contains('\u{1b}'), "{plain:?}");

    let piped = logging("default").output().unwrap();
    assert_is_ecs(&piped.stdout);
    let told = logging("stderr").output().unwrap();
    assert_is_ecs(&told.stderr);
    assert!(piped.stderr.is_empty() && told.stdout.is_empty());
}

/// Whether it is the one thing that is said.
fn assert_is_ecs(text: &[u8]) {
    let line: serde_json::Value = serde_json::from_slice(text).unwrap();
    assert_eq!(line["message"], "the shop is open");
    assert_eq!(line["ecs"]["version"], "8.11.0");
}

/// The example `logging`, which says one thing.
fn logging(to: &str) -> Command {
    let package = ["--package", "steeple-tests", "--example", "logging"];
    let mut logging = Command::new(built(&[&["build"], &package[..]].concat(), &[]));
    logging.arg(to).env_remove("NO_COLOR");
    logging
}

/// What it shows on one.
fn on_a_terminal(variables: &[(&str, &str)]) -> String {
    let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let path = OsStr::from_bytes(name.as_bytes());
    let end = File::options().read(true).write(true).open(path).unwrap();
    let mut logging = logging("default");
    logging.envs(variables.iter().copied());
    let status = logging.stdout(Stdio::from(end)).status().unwrap();
    assert!(status.success());
    // It holds the other end of the terminal, after which alone there is nothing to come.
    drop(logging);
    let mut shown = Vec::new();
    // That the other end is closed is an error here.
    let _ = File::from(terminal).read_to_end(&mut shown);
    text(&shown).to_owned()
}
