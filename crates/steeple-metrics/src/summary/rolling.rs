use std::time::{Duration, Instant};

/// Over which time quantiles are, unless that is set.
pub(crate) const DEFAULT_WINDOW: Duration = Duration::from_secs(60);

/// In shorter ones the number of a period would come round within the life of a process.
pub(crate) const LEAST_WINDOW: Duration = Duration::from_secs(1);

/// In how many periods a window is divided, of which the oldest ends when a new one begins.
pub(crate) const PERIODS: usize = 3;

/// Divides time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rolling {
    period: Duration,
    began: Instant,
}

impl Rolling {
    /// `window` is at least [`LEAST_WINDOW`].
    pub(crate) fn new(window: Duration) -> Self {
        Self {
            period: window / PERIODS as u32,
            began: Instant::now(),
        }
    }

    /// The number of the current period.
    pub(crate) fn now(&self) -> u32 {
        self.at(self.age())
    }

    /// The time since the first period began.
    pub(crate) fn age(&self) -> Duration {
        self.began.elapsed()
    }

    /// The number of the period at this age. Begins anew after decades.
    pub(crate) fn at(&self, age: Duration) -> u32 {
        age.div_duration_f64(self.period) as u64 as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_moves_on_by_a_third() {
        let rolling = Rolling::new(Duration::from_secs(60));
        let periods = [0, 19_999, 20_000, 59_999, 60_000]
            .map(|milliseconds| rolling.at(Duration::from_millis(milliseconds)));
        assert_eq!(periods, [0, 0, 1, 2, 3]);
        assert_eq!(rolling.now(), 0);
    }
}
