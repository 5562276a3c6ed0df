//! `cargo xtask docs`: the API documentation of our own crates.

use std::process::ExitCode;

use crate::{
    steps::{Step, run_all},
    test::documentation,
};

/// Builds it; it lies in `target/doc`.
pub(crate) fn run() -> anyhow::Result<ExitCode> {
    Ok(run_all(vec![Step::commands("docs", [documentation()])]))
}
