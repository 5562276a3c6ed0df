use std::time::UNIX_EPOCH;

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};

use crate::{CheckState, history::Ended};

const UP: &str = "steeple_health_check_up";
const DURATION: &str = "steeple_health_check_duration_seconds";
const RUNS: &str = "steeple_health_check_runs_total";
const LAST_SUCCESS: &str = "steeple_health_check_last_success_timestamp_seconds";
const READY: &str = "steeple_health_ready";

const SUCCESS: &str = "success";
const RESULTS: [&str; 4] = [SUCCESS, "error", "timeout", "panic"];

/// The metrics of one check, of the recorder that was current when it was registered.
pub(crate) struct CheckTelemetry {
    up: Gauge,
    duration: Histogram,
    runs: [(&'static str, Counter); RESULTS.len()],
    last_success: Gauge,
}

impl CheckTelemetry {
    pub(crate) fn new(check: &str) -> Self {
        let check = || check.to_owned();
        Self {
            up: gauge!(UP, "check" => check()),
            duration: histogram!(DURATION, "check" => check()),
            runs: RESULTS.map(|result| {
                let runs = counter!(RUNS, "check" => check(), "result" => result);
                (result, runs)
            }),
            last_success: gauge!(LAST_SUCCESS, "check" => check()),
        }
    }

    pub(crate) fn ended(&self, result: &'static str, ended: &Ended) {
        self.duration.record(ended.duration);
        if let Some((_, runs)) = self.runs.iter().find(|(known, _)| *known == result) {
            runs.increment(1);
        }
        if result == SUCCESS
            && let Ok(since) = ended.time.duration_since(UNIX_EPOCH)
        {
            self.last_success.set(since.as_secs_f64());
        }
    }

    pub(crate) fn is(&self, state: CheckState) {
        self.up.set(f64::from(state == CheckState::Up));
    }
}

/// Says what the metrics of checks are, and makes that of readiness.
pub(crate) fn describe() -> Gauge {
    describe_gauge!(UP, "Whether the check is up.");
    describe_histogram!(DURATION, Unit::Seconds, "How long runs of the check took.");
    describe_counter!(RUNS, "Runs of the check, by how they ended.");
    describe_gauge!(
        LAST_SUCCESS,
        Unit::Seconds,
        "When the last run of the check that succeeded ended."
    );
    describe_gauge!(READY, "Whether the service is ready for requests.");
    gauge!(READY)
}
