use std::{fs, path::PathBuf, time::Duration};

use steeple_metrics::Kind::Counter;

use crate::{
    board::{Board, Description},
    source::Source,
};

const METRICS: &[Description] = &[
    (
        "node_pressure_cpu_waiting_seconds_total",
        Counter,
        None,
        "Total time in seconds that processes have waited for CPU time.",
    ),
    (
        "node_pressure_io_waiting_seconds_total",
        Counter,
        None,
        "Total time in seconds that processes have waited due to IO congestion.",
    ),
    (
        "node_pressure_io_stalled_seconds_total",
        Counter,
        None,
        "Total time in seconds no process could make progress due to IO congestion.",
    ),
    (
        "node_pressure_memory_waiting_seconds_total",
        Counter,
        None,
        "Total time in seconds that processes have waited for memory.",
    ),
    (
        "node_pressure_memory_stalled_seconds_total",
        Counter,
        None,
        "Total time in seconds no process could make progress due to memory congestion.",
    ),
];

/// How long processes wait for what the machine has too little of, by the names of node_exporter.
///
/// See [pressure stall information](https://docs.kernel.org/accounting/psi.html).
#[derive(Debug)]
pub(crate) struct Pressure {
    folder: PathBuf,
}

impl Default for Pressure {
    fn default() -> Self {
        Self {
            folder: "/proc/pressure".into(),
        }
    }
}

impl Source for Pressure {
    fn metrics(&self) -> &'static [Description] {
        METRICS
    }

    fn sample(&mut self, _: Option<Duration>, board: &Board) {
        for (name, ..) in METRICS {
            let mut words = name.split('_').skip(2);
            let (Some(resource), Some(how)) = (words.next(), words.next()) else {
                continue;
            };
            let line = if how == "waiting" { "some" } else { "full" };
            if let Ok(text) = fs::read_to_string(self.folder.join(resource))
                && let Some(seconds) = waited(&text, line)
            {
                board.total(name, &[], seconds);
            }
        }
    }
}

/// The total of a line, in seconds.
pub(crate) fn waited(text: &str, line: &str) -> Option<f64> {
    let mut lines = text.lines();
    let words = lines.find_map(|found| found.strip_prefix(line))?;
    let (_, total) = words.split_once("total=")?;
    let microseconds: u64 = total.trim().parse().ok()?;
    Some(microseconds as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_read_by_their_lines() {
        let text = "some avg10=1.14 avg60=22.92 avg300=16.98 total=2500000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=7\n";
        assert_eq!(waited(text, "some"), Some(2.5));
        assert_eq!(waited(text, "full"), Some(7e-6));
        assert_eq!(waited("some total=x", "some"), None);
    }
}
