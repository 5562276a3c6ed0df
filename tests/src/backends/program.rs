//! Tools that read their input, print their result and end.

use std::{
    io::{self, Write as _},
    process::{Command, Output, Stdio},
};

use super::BackendError;

/// Runs `program` on `input` to its successful end and returns what it printed.
pub(crate) fn output_of(
    program: &str,
    arguments: &[&str],
    input: &str,
) -> Result<String, BackendError> {
    let output = run(program, arguments, input).map_err(|source| could_not_run(program, source))?;
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        Ok(printed)
    } else {
        Err(BackendError::Refused {
            program: program.to_owned(),
            status: output.status,
            findings: printed + &String::from_utf8_lossy(&output.stderr),
        })
    }
}

pub(crate) fn could_not_run(program: &str, source: io::Error) -> BackendError {
    let program = program.to_owned();
    if source.kind() == io::ErrorKind::NotFound {
        BackendError::NotHere { program }
    } else {
        BackendError::Run { program, source }
    }
}

fn run(program: &str, arguments: &[&str], input: &str) -> io::Result<Output> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take();
    std::thread::scope(|scope| {
        // On a thread of its own: a tool that prints while it reads would otherwise wait for us for ever.
        scope.spawn(move || {
            // A tool that ends before it has read everything says why itself.
            let _ = stdin
                .as_mut()
                .map(|stdin| stdin.write_all(input.as_bytes()));
        });
        child.wait_with_output()
    })
}
