//! Load.

use std::collections::BTreeMap;

use super::{BackendError, program::output_of};

/// Sends `requests` over `connections` to `url` with `hey`, and returns how many answers came of each status.
///
/// `requests` is a multiple of `connections`: hey leaves out the remainder.
///
/// # Errors
///
/// When hey is not here, cannot run, or a request has no answer.
pub fn hey(url: &str, requests: u32, connections: u32) -> Result<BTreeMap<u16, u64>, BackendError> {
    let arguments = [
        "-n",
        &requests.to_string(),
        "-c",
        &connections.to_string(),
        url,
    ];
    let report = output_of("hey", &arguments, "")?;
    let statuses: BTreeMap<u16, u64> = report.lines().filter_map(status).collect();
    if statuses.values().sum::<u64>() == u64::from(requests) {
        Ok(statuses)
    } else {
        Err(BackendError::Answer {
            question: format!("hey {}", arguments.join(" ")),
            answer: report,
        })
    }
}

/// Reads a line such as `[200] 50000 responses`.
fn status(line: &str) -> Option<(u16, u64)> {
    let (status, count) = line.trim().strip_prefix('[')?.split_once(']')?;
    let count = count.trim().strip_suffix(" responses")?;
    Some((status.parse().ok()?, count.parse().ok()?))
}
