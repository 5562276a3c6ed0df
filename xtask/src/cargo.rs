//! Cargo commands.

use std::{
    env,
    ffi::{OsStr, OsString},
    process::Command,
};

use crate::process::silently;

/// The cargo that started xtask, with `arguments`.
pub(crate) fn cargo<I>(arguments: I) -> Command
where
    I: IntoIterator,
    I::Item: AsRef<OsStr>,
{
    let program = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// Whether the cargo subcommand `name` is installed.
pub(crate) fn has_subcommand(name: &str) -> bool {
    silently(Command::new(format!("cargo-{name}")).args([name, "--version"])) == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cargo_that_started_us_is_used() {
        let ours = env::var_os("CARGO").unwrap();
        assert_eq!(cargo(["doc"]).get_program(), ours);
    }
}
