//! Load.

use std::{collections::BTreeMap, time::Duration};

use super::{BackendError, program::output_of};

/// What came of the requests that hey sent.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Load {
    /// How many answers had each status; requests without an answer are missing.
    pub statuses: BTreeMap<u16, u64>,
    /// 99 of 100 answers took no longer; nothing where hey does not tell.
    pub p99: Option<Duration>,
}

/// Sends `requests` over `connections` to `url` with `hey`, and returns how many answers came of each status.
///
/// `requests` is a multiple of `connections`: hey leaves out the remainder.
///
/// # Errors
///
/// When hey is not here, cannot run, or a request has no answer.
pub fn hey(url: &str, requests: u32, connections: u32) -> Result<BTreeMap<u16, u64>, BackendError> {
    let load = hey_with(&[], url, requests, connections)?;
    if load.statuses.values().sum::<u64>() == u64::from(requests) {
        Ok(load.statuses)
    } else {
        Err(BackendError::Answer {
            question: format!("hey -n {requests} -c {connections} {url}"),
            answer: format!("{load:?}"),
        })
    }
}

/// As [`hey`], with further options of hey's, and for servers that need not answer.
///
/// # Errors
///
/// When hey is not here or cannot run.
pub fn hey_with(
    options: &[&str],
    url: &str,
    requests: u32,
    connections: u32,
) -> Result<Load, BackendError> {
    let (requests, connections) = (requests.to_string(), connections.to_string());
    let arguments = [options, &["-n", &requests, "-c", &connections, url]].concat();
    let report = output_of("hey", &arguments, "")?;
    Ok(Load {
        statuses: report.lines().filter_map(status).collect(),
        p99: report.lines().find_map(p99),
    })
}

/// Reads a line such as `[200] 50000 responses`.
fn status(line: &str) -> Option<(u16, u64)> {
    let (status, count) = line.trim().strip_prefix('[')?.split_once(']')?;
    let count = count.trim().strip_suffix(" responses")?;
    Some((status.parse().ok()?, count.parse().ok()?))
}

/// Reads a line such as `99% in 0.0124 secs`; this hey writes two percent signs.
fn p99(line: &str) -> Option<Duration> {
    let rest = line.trim().strip_prefix("99%")?.trim_start_matches('%');
    let seconds = rest.trim().strip_prefix("in ")?.strip_suffix(" secs")?;
    Duration::try_from_secs_f64(seconds.parse().ok()?).ok()
}
