//! Processes of their own, for tests of what a process has only one of.

use std::{any, env, error::Error, ffi::OsStr, process::Command};

const CHILD: &str = "STEEPLE_TESTS_CHILD";

/// How a process of a test ended.
pub(crate) struct Ended {
    pub(crate) success: bool,
    /// What it logged and printed.
    pub(crate) said: String,
}

/// Runs `test` in a process of its own with `environment`, and tells how that ended; in that process itself runs it and
/// returns nothing.
///
/// The process is this test's binary once more, asked for the one test that `test` was written in: that test calls this
/// once, with a closure of its own.
pub(crate) fn run<F: FnOnce(), V: AsRef<OsStr>>(
    environment: &[(&str, V)],
    test: F,
) -> Option<Ended> {
    if env::var_os(CHILD).is_some() {
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .init();
        test();
        return None;
    }
    // `all::module::name_of_test::{{closure}}`
    let name = any::type_name::<F>();
    let name = name
        .split_once("::")
        .and_then(|(_, name)| name.strip_suffix("::{{closure}}"))
        .expect("the path of the calling test");
    let mut child = Command::new(env::current_exe().unwrap());
    child.args([name, "--exact", "--nocapture"]).env(CHILD, "1");
    for (key, _) in env::vars_os() {
        if key
            .to_str()
            .is_some_and(|key| key.starts_with("OTEL_") || key.starts_with("STEEPLE_"))
        {
            child.env_remove(key);
        }
    }
    for (key, value) in environment {
        child.env(key, value);
    }
    let output = child.output().unwrap();
    let said = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .concat();
    assert!(said.contains("running 1 test"), "{name} ran: {said}");
    Some(Ended {
        success: output.status.success(),
        said,
    })
}

/// As [`run`], for a test that passes without an environment of its own; gives what it said.
pub(crate) fn passes<F: FnOnce()>(test: F) -> Option<String> {
    let ended = run::<_, &str>(&[], test)?;
    assert!(ended.success, "{}", ended.said);
    Some(ended.said)
}

/// An error with its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {}", chain(source)),
        None => error.to_string(),
    }
}
