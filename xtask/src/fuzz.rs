//! `cargo xtask fuzz`: the property tests with many more cases than a test run has time for.

use std::process::ExitCode;

use anyhow::Context as _;

use crate::{cargo::cargo, process::hand_over, workspace::Workspace};

const CASES: u32 = 20_000;

/// Runs the tests of the crates that have property tests, optimised.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let cases = match arguments {
        [] => CASES,
        [cases] => cases
            .parse()
            .with_context(|| format!("`{cases}` is not a number of cases"))?,
        _ => anyhow::bail!("`cargo xtask fuzz` takes one number, the cases of each property"),
    };
    let mut command = cargo(["test", "--release", "--no-fail-fast"]);
    command.env("PROPTEST_CASES", cases.to_string());
    for package in &workspace.packages {
        let properties = package
            .dependencies
            .iter()
            .any(|dependency| dependency.name == "proptest");
        if properties {
            command.args(["--package", &package.name]);
        }
    }
    hand_over(&mut command)
}
