use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::time::minute_of;

/// How many minutes are told apart.
pub(crate) const KEPT: usize = 15;

/// How many failures there were in each of the last minutes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Minutes {
    /// Since the epoch.
    newest: u64,
    /// The newest first.
    counts: Vec<u64>,
}

impl Minutes {
    pub(crate) fn count(&mut self, at: SystemTime) {
        let minute = minute_of(at);
        if self.newest.saturating_sub(minute) >= KEPT as u64 {
            // The clock was set back: what it said before is of no minute that will come.
            self.counts.clear();
        }
        self.add(minute, 1);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        // The oldest first, as time passes.
        for (age, count) in other.counts.iter().enumerate().rev() {
            if *count > 0 {
                self.add(other.newest.saturating_sub(age as u64), *count);
            }
        }
    }

    /// The newest, which is not over, first.
    pub(crate) fn at(&self, now: SystemTime) -> [u64; KEPT] {
        let now = minute_of(now);
        let mut counts = [0; KEPT];
        for (age, count) in (0..).zip(&self.counts) {
            let age = now.saturating_sub(self.newest.saturating_sub(age));
            if let Some(counted) = usize::try_from(age)
                .ok()
                .and_then(|age| counts.get_mut(age))
            {
                *counted += count;
            }
        }
        counts
    }

    fn add(&mut self, minute: u64, count: u64) {
        if self.counts.is_empty() {
            self.newest = minute;
        }
        let passed = minute.saturating_sub(self.newest).min(KEPT as u64);
        self.counts.splice(0..0, (0..passed).map(|_| 0));
        self.counts.truncate(KEPT);
        self.newest = self.newest.max(minute);
        let age = usize::try_from(self.newest - minute).unwrap_or(KEPT);
        if age < KEPT {
            let length = self.counts.len().max(age + 1);
            self.counts.resize(length, 0);
            self.counts[age] = self.counts[age].saturating_add(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(minute: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(minute * 60 + 7)
    }

    fn counted(minutes: &[u64]) -> Minutes {
        let mut counted = Minutes::default();
        for minute in minutes {
            counted.count(at(*minute));
        }
        counted
    }

    #[test]
    fn each_of_the_last_minutes_has_its_count() {
        let minutes = counted(&[100, 100, 101, 103, 102]);
        assert_eq!(minutes.at(at(103))[..5], [1, 1, 1, 2, 0]);
        assert_eq!(minutes.at(at(105))[..6], [0, 0, 1, 1, 1, 2]);
        assert_eq!(minutes.at(at(300)), [0; KEPT]);
        assert_eq!(counted(&[100, 200]).at(at(200))[..2], [1, 0]);
    }

    #[test]
    fn clocks_may_jump() {
        let ahead = 10 * 366 * 24 * 60;
        let minutes = counted(&[100, 100 + ahead, 100, 101]);
        assert_eq!(minutes.at(at(101))[..3], [1, 1, 0]);
        let before_the_epoch = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
        Minutes::default().count(before_the_epoch);
    }

    #[test]
    fn what_was_counted_apart_adds_up() {
        let mut minutes = counted(&[100, 101]);
        minutes.merge(&counted(&[101, 103]));
        assert_eq!(minutes, counted(&[100, 101, 101, 103]));
        let mut late = counted(&[101, 103]);
        late.merge(&counted(&[50, 100, 101]));
        assert_eq!(late, counted(&[101, 103, 100, 101]));
    }
}
