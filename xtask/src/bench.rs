//! `cargo xtask bench`: the benchmarks, a workspace of their own because of the peers in it.

use std::process::ExitCode;

use crate::{
    backends::{self, Cache},
    cargo::cargo,
    process::hand_over,
    workspace::Workspace,
};

/// Runs them optimised: `all` with the options given, which fails when a bar is missed, or another command of theirs.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let cache = Cache::of(workspace);
    if !arguments.iter().any(|option| option == "--no-instructions") {
        backends::for_benches(&cache)?;
    }
    let mut command = cargo(["run", "--release", "--"]);
    // Their directory has its own cargo configuration.
    command.current_dir(workspace.root.join("benches"));
    if arguments.first().is_none_or(|first| first.starts_with('-')) {
        command.args(["all", "--check"]);
    }
    cache.equip(&mut command);
    hand_over(command.args(arguments))
}
