use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const SECOND: Duration = Duration::from_secs(1);

/// Lets so many through in any second.
#[derive(Debug)]
pub(crate) struct Limiter {
    most: usize,
    /// When those of the last second came through, the oldest first.
    last: Mutex<VecDeque<Instant>>,
}

impl Limiter {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            last: Mutex::default(),
        }
    }

    /// Whether one more may come through.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let over = |then: &&Instant| now.saturating_duration_since(**then) >= SECOND;
        let over = last.iter().take_while(over).count();
        last.drain(..over);
        let admitted = last.len() < self.most;
        if admitted {
            last.push_back(now);
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_come_through_in_any_second() {
        let start = Instant::now();
        let limiter = Limiter::new(10);
        let admitted = |from: u64, to: u64| {
            let times = (from..to).map(|ms| start + Duration::from_millis(ms));
            times.filter(|now| limiter.admits(*now)).count()
        };
        assert_eq!(admitted(0, 1_000), 10);
        assert_eq!(admitted(1_000, 2_000), 10);
        assert_eq!(admitted(60_000, 60_001), 1);
        assert!(!Limiter::new(0).admits(start));
        let unlimited = Limiter::new(usize::MAX);
        assert!(unlimited.admits(start));
        assert!(unlimited.admits(start + SECOND));
        assert_eq!(unlimited.last.lock().unwrap().len(), 1);
    }
}
