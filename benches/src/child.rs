//! Measuring in a process of its own, so that no subject sees another's recorder or subscriber.

use std::{
    env, io,
    process::{Command, Output},
};

/// A measurement that could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// The process could not be started.
    #[error("cannot start `{command}`: install it, or run with `--no-instructions`")]
    Start {
        /// What was run.
        command: String,
        /// Why not.
        source: io::Error,
    },
    /// The process failed.
    #[error("`{command}` failed: {stderr}")]
    Failed {
        /// What was run.
        command: String,
        /// Its last words.
        stderr: String,
    },
    /// The process did not print the expected number of figures.
    #[error("`{command}` printed `{output}` and not {expected} figures")]
    Output {
        /// What was run.
        command: String,
        /// What it printed.
        output: String,
        /// How many figures were expected.
        expected: usize,
    },
}

/// Runs this program again with other arguments and reads the figures that it prints.
pub(crate) fn figures<const N: usize>(arguments: &[&str]) -> Result<[f64; N], ChildError> {
    let text = printed(arguments)?;
    let figures: Vec<f64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    figures.try_into().map_err(|_| ChildError::Output {
        command: arguments.join(" "),
        output: text,
        expected: N,
    })
}

/// Runs this program again with other arguments and reads the name and the figure on each line.
pub(crate) fn costs(arguments: &[&str]) -> Result<Vec<(String, f64)>, ChildError> {
    let text = printed(arguments)?;
    let cost = |line: &str| {
        let (name, figure) = line.split_once(": ")?;
        Some((name.to_owned(), figure.parse().ok()?))
    };
    Ok(text.lines().filter_map(cost).collect())
}

fn printed(arguments: &[&str]) -> Result<String, ChildError> {
    let mut command = Command::new(this_program()?);
    let output = finish(command.args(arguments))?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

pub(crate) fn this_program() -> Result<std::path::PathBuf, ChildError> {
    env::current_exe().map_err(|source| ChildError::Start {
        command: "this program".to_owned(),
        source,
    })
}

/// Runs a command to its end and insists on success.
pub(crate) fn finish(command: &mut Command) -> Result<Output, ChildError> {
    let name = format!("{command:?}");
    let output = command.output().map_err(|source| ChildError::Start {
        command: name.clone(),
        source,
    })?;
    if output.status.success() {
        return Ok(output);
    }
    Err(ChildError::Failed {
        command: name,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
