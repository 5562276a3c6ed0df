use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::UNIX_EPOCH,
};

use metrics::{
    Counter, Gauge, Histogram, Recorder, Unit, counter, describe_counter, describe_gauge,
    describe_histogram, gauge, histogram, with_local_recorder,
};

use crate::{CheckState, history::Ended};

const UP: &str = "steeple_health_check_up";
const DURATION: &str = "steeple_health_check_duration_seconds";
const RUNS: &str = "steeple_health_check_runs_total";
const LAST_SUCCESS: &str = "steeple_health_check_last_success_timestamp_seconds";
const READY: &str = "steeple_health_ready";

const SUCCESS: &str = "success";
const RESULTS: [&str; 4] = [SUCCESS, "error", "timeout", "panic"];

/// Where metrics go: the recorder that is given, or else the one that is current.
#[derive(Clone, Default)]
pub(crate) struct Destination(pub(crate) Option<Arc<dyn Recorder + Send + Sync>>);

impl Destination {
    fn making<T>(&self, make: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(recorder) => with_local_recorder(&**recorder, make),
            None => make(),
        }
    }

    /// Whether a check or a heartbeat is up.
    pub(crate) fn up(&self, check: &str) -> Gauge {
        self.making(|| gauge!(UP, "check" => check.to_owned()))
    }

    /// Says what the metrics of checks are, and makes that of readiness.
    pub(crate) fn describe(&self) -> Gauge {
        self.making(describe)
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            Some(_) => "given",
            None => "current",
        })
    }
}

/// The metrics of one check.
pub(crate) struct CheckTelemetry {
    check: String,
    destination: Destination,
    /// Made when there is something to tell: none is neither up nor down.
    up: OnceLock<Gauge>,
    duration: Histogram,
    runs: [(&'static str, Counter); RESULTS.len()],
    last_success: Gauge,
}

impl CheckTelemetry {
    pub(crate) fn new(check: &str, destination: &Destination) -> Self {
        destination.making(|| Self::made(check, destination.clone()))
    }

    fn made(name: &str, destination: Destination) -> Self {
        let check = || name.to_owned();
        Self {
            check: check(),
            destination,
            up: OnceLock::new(),
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
        if state != CheckState::Unknown {
            let up = self.up.get_or_init(|| self.destination.up(&self.check));
            up.set(f64::from(state == CheckState::Up));
        }
    }
}

fn describe() -> Gauge {
    describe_gauge!(UP, "Whether the check is up, or the heartbeat is beaten.");
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
