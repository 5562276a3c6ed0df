//! Cargo commands.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// The cargo that started xtask, with `arguments`.
pub(crate) fn cargo<I>(arguments: I) -> Command
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let mut command = Command::new("cargo");
    command.args(arguments);
    command
}

/// Whether the cargo subcommand `name` is installed.
pub(crate) fn has_subcommand(name: &str) -> bool {
    Command::new(format!("cargo-{name}"))
        .args([name, "--version"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
