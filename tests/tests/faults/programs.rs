//! Programs that are built for a test.

use std::{path::PathBuf, process::Command};

/// The program that cargo builds by these arguments, and those to the compiler behind them.
pub(crate) fn built(arguments: &[&str], behind: &[&str]) -> PathBuf {
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

/// What a program said.
pub(crate) fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).expect("it speaks UTF-8")
}
