//! Load for a time.

use std::time::Duration;

use super::{BackendError, program::output_of};

/// What came of the requests that wrk sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wrk {
    /// How many had an answer.
    pub answered: u64,
    /// How many had none, or one whose status tells of a failure.
    pub failed: u64,
}

/// Sends requests over `connections` to `url` with `wrk`, for that many seconds.
///
/// # Errors
///
/// When wrk is not here or cannot run.
pub fn wrk(url: &str, connections: u32, duration: Duration) -> Result<Wrk, BackendError> {
    let (connections, duration) = (connections.to_string(), format!("{}s", duration.as_secs()));
    let arguments = [
        "-t",
        "1",
        "-c",
        &connections,
        "-d",
        &duration,
        "--timeout",
        "30s",
        url,
    ];
    let report = output_of("wrk", &arguments, "")?;
    read(&report).ok_or_else(|| BackendError::Answer {
        question: format!("wrk {url}"),
        answer: report,
    })
}

fn read(report: &str) -> Option<Wrk> {
    let mut lines = report.lines().map(str::trim);
    let answered = lines
        .clone()
        .find_map(|line| line.split_once(" requests in "))?;
    let refused = lines
        .clone()
        .find_map(|line| line.strip_prefix("Non-2xx or 3xx responses: "));
    let broken = lines.find_map(|line| line.strip_prefix("Socket errors: "));
    let broken = broken.unwrap_or_default().split(',').filter_map(|errors| {
        let (_, count) = errors.trim().split_once(' ')?;
        count.parse::<u64>().ok()
    });
    let refused: u64 = refused.map_or(Some(0), |count| count.parse().ok())?;
    Some(Wrk {
        answered: answered.0.parse().ok()?,
        failed: refused + broken.sum::<u64>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_all_kinds_are_read() {
        let report = "  1 threads and 4 connections
  8120 requests in 1.00s, 1.02MB read
  Socket errors: connect 1, read 2, write 0, timeout 3
  Non-2xx or 3xx responses: 10
Requests/sec:   8111.90";
        let read = read(report).unwrap();
        assert_eq!((read.answered, read.failed), (8_120, 16));
    }

    #[test]
    fn what_tells_no_count_is_no_report() {
        assert_eq!(read("unable to connect"), None);
    }
}
