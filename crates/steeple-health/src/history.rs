use std::time::{Duration, Instant, SystemTime};

use crate::{Failure, check::Check};

/// What is known of a check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CheckState {
    /// It has not run yet, or not often enough for its thresholds. Not ready, if it is critical.
    #[default]
    Unknown,
    /// It succeeded as often in a row as it has to.
    Up,
    /// It failed as often in a row as it may not.
    Down,
}

impl CheckState {
    /// As it is written: `unknown`, `up` or `down`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// One run that is over.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) at: Instant,
    pub(crate) time: SystemTime,
    pub(crate) duration: Duration,
}

/// The runs of one check, as far as anybody asks for them.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) state: CheckState,
    pub(crate) last: Option<Ended>,
    pub(crate) last_success: Option<SystemTime>,
    pub(crate) last_failure: Option<(SystemTime, Failure)>,
    /// Runs in a row that ended as the last one did.
    streak: u32,
    failing: bool,
}

impl History {
    pub(crate) fn add(&mut self, check: &Check, ended: Ended, result: Result<(), Failure>) {
        let failing = result.is_err();
        self.streak = if failing == self.failing {
            self.streak.saturating_add(1)
        } else {
            1
        };
        self.failing = failing;
        match result {
            Ok(()) => {
                self.last_success = Some(ended.time);
                if self.streak >= check.successes {
                    self.state = CheckState::Up;
                }
            }
            Err(failure) => {
                self.last_failure = Some((ended.time, failure));
                if self.streak >= check.failures {
                    self.state = CheckState::Down;
                }
            }
        }
        self.last = Some(ended);
    }

    /// How many runs in a row failed, up to the last one.
    pub(crate) fn failures_in_a_row(&self) -> u32 {
        if self.failing { self.streak } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state_after(check: &Check, runs: &str) -> CheckState {
        let mut history = History::default();
        for run in runs.chars() {
            let ended = Ended {
                at: Instant::now(),
                time: SystemTime::now(),
                duration: Duration::ZERO,
            };
            let result = if run == '+' {
                Ok(())
            } else {
                Err(Failure::NotRun)
            };
            history.add(check, ended, result);
        }
        history.state
    }

    #[test]
    fn thresholds_are_runs_in_a_row() {
        let check = Check::new(async || Ok::<_, Failure>(()))
            .failure_threshold(3)
            .success_threshold(2);
        for (runs, state) in [
            ("", CheckState::Unknown),
            ("+", CheckState::Unknown),
            ("-", CheckState::Unknown),
            ("--+-", CheckState::Unknown),
            ("++", CheckState::Up),
            ("++--", CheckState::Up),
            ("++--+--", CheckState::Up),
            ("++---", CheckState::Down),
            ("---+", CheckState::Down),
            ("---+-+", CheckState::Down),
            ("---++", CheckState::Up),
        ] {
            assert_eq!(state_after(&check, runs), state, "{runs}");
        }
    }

    #[test]
    fn one_run_decides_by_default() {
        let check = Check::new(async || Ok::<_, Failure>(()));
        assert_eq!(state_after(&check, "+"), CheckState::Up);
        assert_eq!(state_after(&check, "+-"), CheckState::Down);
        assert_eq!(state_after(&check, "-+"), CheckState::Up);
    }
}
