//! Clients that take their time, by `slowhttptest`.

use std::time::Duration;

use super::{BackendError, Server};

const PROGRAM: &str = "slowhttptest";
const START: Duration = Duration::from_secs(10);

/// Asks for `url` over so many connections, four more each second, and reads next to nothing of the answers; until
/// what is returned is dropped, or a minute has passed.
///
/// # Errors
///
/// When slowhttptest is not here or does not start.
pub fn slow_readers(url: &str, connections: u32) -> Result<Server, BackendError> {
    let little = ["-w", "512", "-y", "1024", "-n", "5", "-z", "16"];
    start("-X", url, connections, &little)
}

/// As [`slow_readers`], but sends a header a second without an end.
///
/// # Errors
///
/// When slowhttptest is not here or does not start.
pub fn slow_headers(url: &str, connections: u32) -> Result<Server, BackendError> {
    start("-H", url, connections, &["-i", "1"])
}

fn start(
    mode: &str,
    url: &str,
    connections: u32,
    options: &[&str],
) -> Result<Server, BackendError> {
    Server::start(
        PROGRAM,
        START,
        |command, directory| {
            command
                .args([mode, "-u", url, "-l", "60"])
                .args(["-c", &connections.to_string(), "-r", "4"])
                .args(options)
                .current_dir(directory);
            Ok(())
        },
        || true,
    )
}
