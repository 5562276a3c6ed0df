use std::time::{Duration, Instant};

use super::{Accounting, DropReason};

/// The time within which losses are told of as one, once batches pass again.
const GATHERED_FOR: Duration = Duration::from_millis(500);

/// What was lost, until the backend was told of it.
#[derive(Debug, Default)]
pub(super) struct Losses {
    told: u64,
    due: Option<Instant>,
}

impl Losses {
    /// How many losses to tell of at `now`, after a batch has passed: those that are not told of, once nothing is queued any
    /// more that came before the last of them, or they have been gathered for long enough.
    pub(super) fn due(&mut self, accounting: &Accounting, now: Instant) -> Option<u64> {
        let untold = lost(accounting).saturating_sub(self.told);
        if untold == 0 {
            return None;
        }
        let due = *self.due.get_or_insert(now + GATHERED_FOR);
        (accounting.queued == 0 || due <= now).then_some(untold)
    }

    /// The backend knows of `count` more.
    pub(super) fn told(&mut self, count: u64) {
        self.told += count;
        self.due = None;
    }
}

/// What was dropped though nobody meant it to be.
fn lost(accounting: &Accounting) -> u64 {
    let meant = [
        DropReason::Filtered,
        DropReason::Sampled,
        DropReason::RateLimited,
    ];
    let meant: u64 = meant.map(|reason| accounting.dropped(reason)).iter().sum();
    accounting.dropped_total().saturating_sub(meant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::accounting::PerReason;

    fn figures(queued: u64, dropped: &[(DropReason, u64)]) -> Accounting {
        let mut counts = PerReason::default();
        for (reason, count) in dropped {
            counts[*reason] = *count;
        }
        Accounting {
            created: 0,
            exported: 0,
            queued,
            queued_bytes: 0,
            dropped: counts,
        }
    }

    #[test]
    fn losses_are_told_of_once_and_together() {
        let mut losses = Losses::default();
        let start = Instant::now();
        let full = |queued, count| figures(queued, &[(DropReason::QueueFull, count)]);
        assert_eq!(losses.due(&full(9, 3), start), None, "more is to come");
        let late = start + GATHERED_FOR;
        assert_eq!(losses.due(&full(9, 5), late), Some(5));
        assert_eq!(losses.due(&full(9, 5), late), Some(5), "not told of yet");
        losses.told(5);
        assert_eq!(losses.due(&full(0, 5), late), None);
        assert_eq!(losses.due(&full(0, 6), late), Some(1), "nothing is queued");
    }

    #[test]
    fn what_was_dropped_on_purpose_is_no_loss() {
        let dropped = figures(
            0,
            &[
                (DropReason::Filtered, 1),
                (DropReason::Sampled, 2),
                (DropReason::RateLimited, 4),
                (DropReason::ExporterPanicked, 8),
                (DropReason::Rejected, 16),
            ],
        );
        let mut losses = Losses::default();
        assert_eq!(losses.due(&dropped, Instant::now()), Some(24));
    }
}
