//! How much is logged.

use metrics::{Counter, counter, describe_counter};
use tracing_core::Level;

const LINES: &str = "steeple_log_lines_total";
const SUPPRESSED: &str = "steeple_log_suppressed_total";

/// Counts lines in the recorder that was current when it was made.
pub(crate) struct Volume {
    /// By level, the gravest first.
    lines: [Counter; 5],
    repeated: Counter,
    limited: Counter,
    sampled: Counter,
}

impl Volume {
    pub(crate) fn new() -> Self {
        describe_counter!(
            LINES,
            "Lines logged, whether or not a destination took them."
        );
        describe_counter!(
            SUPPRESSED,
            "Lines held back because others said the same, or because there were many."
        );
        let suppressed = |reason: &'static str| counter!(SUPPRESSED, "reason" => reason);
        Self {
            lines: ["error", "warn", "info", "debug", "trace"]
                .map(|level| counter!(LINES, "level" => level)),
            repeated: suppressed("repeated"),
            limited: suppressed("rate_limited"),
            sampled: suppressed("sampled"),
        }
    }

    pub(crate) fn line(&self, level: Level) {
        let place = match level {
            Level::ERROR => 0,
            Level::WARN => 1,
            Level::INFO => 2,
            Level::DEBUG => 3,
            Level::TRACE => 4,
        };
        self.lines[place].increment(1);
    }

    pub(crate) fn repeated(&self) {
        self.repeated.increment(1);
    }

    pub(crate) fn limited(&self) {
        self.limited.increment(1);
    }

    pub(crate) fn sampled(&self) {
        self.sampled.increment(1);
    }
}

impl std::fmt::Debug for Volume {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Volume").finish_non_exhaustive()
    }
}
