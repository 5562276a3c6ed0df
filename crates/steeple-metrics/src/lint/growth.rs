use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use foldhash::fast::RandomState;

use crate::lint::labels::FEW;

/// So often in a row a label must have got new values.
const TIMES: u32 = 3;

/// How labels of more than [a few](FEW) values grew from look to look.
#[derive(Debug, Default)]
pub(super) struct Growth {
    counted: Option<Instant>,
    /// By the metric's position and the label's name, as of the last look that counts.
    labels: HashMap<(usize, Arc<str>), Counted, RandomState>,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    values: usize,
    /// At how many looks in a row there were more.
    grown: u32,
}

/// One look under way. What it does not come across is forgotten.
#[derive(Debug)]
pub(super) struct GrowthLook<'a> {
    growth: &'a mut Growth,
    /// Unless the last one was too short ago for this one to count.
    counts: Option<HashMap<(usize, Arc<str>), Counted, RandomState>>,
}

impl Growth {
    /// Begins a look, which counts if the last one that did is `interval` ago.
    pub(super) fn look(&mut self, now: Instant, interval: Duration) -> GrowthLook<'_> {
        let is_due = self
            .counted
            .is_none_or(|counted| now.saturating_duration_since(counted) >= interval);
        if is_due {
            self.counted = Some(now);
        }
        GrowthLook {
            growth: self,
            counts: is_due.then(HashMap::default),
        }
    }
}

impl GrowthLook<'_> {
    /// Notes how many values the label has; tells whether they became more at each of the last looks.
    pub(super) fn is_growing(&mut self, metric: usize, label: &Arc<str>, values: usize) -> bool {
        if values <= FEW {
            return false;
        }
        let key = (metric, Arc::clone(label));
        let before = self.growth.labels.get(&key).copied();
        let Some(counts) = &mut self.counts else {
            return before.is_some_and(Counted::is_growing);
        };
        let grown = match before {
            Some(before) if values > before.values => before.grown.saturating_add(1),
            _ => 0,
        };
        let counted = Counted { values, grown };
        counts.insert(key, counted);
        counted.is_growing()
    }
}

impl Counted {
    fn is_growing(self) -> bool {
        self.grown >= TIMES
    }
}

impl Drop for GrowthLook<'_> {
    fn drop(&mut self) {
        if let Some(counts) = self.counts.take() {
            self.growth.labels = counts;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// What looks find that are a `step` apart.
    fn found(step: Duration, counts: &[usize]) -> Vec<bool> {
        let (mut growth, start, label) = (Growth::default(), Instant::now(), "a".into());
        let looks = counts.iter().zip(0..);
        looks
            .map(|(values, look)| {
                let mut look = growth.look(start + step * look, MINUTE);
                look.is_growing(0, &label, *values)
            })
            .collect()
    }

    #[test]
    fn a_label_that_grows_three_times_in_a_row_is_found() {
        assert_eq!(
            found(MINUTE, &[101, 102, 103, 104, 105, 105]),
            [false, false, false, true, true, false]
        );
    }

    #[test]
    fn few_values_may_grow() {
        assert_eq!(found(MINUTE, &[97, 98, 99, 100]), [false; 4]);
        assert_eq!(found(MINUTE, &[98, 99, 100, 101, 102, 103]), [false; 6]);
    }

    #[test]
    fn looks_in_quick_succession_are_one() {
        let half = MINUTE / 2;
        let found = found(half, &[101, 102, 103, 104, 105, 106, 107, 108]);
        assert_eq!(
            found,
            [false, false, false, false, false, false, true, true]
        );
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let mut growth = Growth::default();
        let start = Instant::now();
        growth.look(start, MINUTE).is_growing(0, &"a".into(), 200);
        assert_eq!(growth.labels.len(), 1);
        drop(growth.look(start + MINUTE, MINUTE));
        assert!(growth.labels.is_empty());
    }
}
