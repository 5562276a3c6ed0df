use std::{
    mem,
    time::{Duration, Instant, SystemTime},
};

use super::tally::Tally;
use crate::{NativeConfig, NativeSnapshot};

/// What one look reads, with memory for the next one.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// All that has been counted.
    pub(super) tally: Tally,
    /// What of it is shown.
    pub(super) counted: Tally,
}

/// What the last look showed, so that the next one goes on from there.
#[derive(Debug)]
pub(super) struct Shown {
    /// A bound of the resolution at which the zero bucket was widened: it cannot be found again at a coarser one.
    zero_threshold: f64,
    /// What had been counted when the histogram started over.
    start: Tally,
    started_at: Instant,
    started_over: Option<SystemTime>,
    /// What had been counted by the last look, if the histogram may start over.
    last: Tally,
    looked_at: Option<SystemTime>,
}

impl Shown {
    pub(super) fn new(config: &NativeConfig, now: Instant) -> Self {
        Self {
            zero_threshold: config.zero_threshold,
            start: Tally::default(),
            started_at: now,
            started_over: None,
            last: Tally::default(),
            looked_at: None,
        }
    }

    /// Makes `native` what there is to show `now`.
    pub(super) fn next(
        &mut self,
        look: &mut Look,
        native: &mut NativeSnapshot,
        config: &NativeConfig,
        now: Instant,
    ) {
        self.count(look, native, config);
        let is_reduced = native.schema < config.schema
            || native.zero_threshold > config.zero_threshold
            || native.buckets() > config.max_buckets;
        let age = now.saturating_duration_since(self.started_at);
        let may_start_over = |least: Duration| age >= least;
        if is_reduced && config.min_reset_duration.is_some_and(may_start_over) {
            // What came in since the last look is in none that was shown, and would be lost.
            *self = Self {
                start: mem::take(&mut self.last),
                started_over: self.looked_at,
                ..Self::new(config, now)
            };
            self.count(look, native, config);
        }
        self.zero_threshold = native.zero_threshold;
        if config.min_reset_duration.is_some() {
            self.last.set_to(&look.tally);
            self.looked_at = Some(SystemTime::now());
        }
    }

    /// Since when the histogram counts by the wall clock, if it started over: since the look before that.
    pub(super) fn started_over(&self) -> Option<SystemTime> {
        self.started_over
    }

    fn count(&self, look: &mut Look, native: &mut NativeSnapshot, config: &NativeConfig) {
        look.counted.set_to(&look.tally);
        look.counted.subtract(&self.start);
        look.counted
            .fill_native(native, config.schema, self.zero_threshold);
        native.limit(config.max_buckets, config.max_zero_threshold);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cell::native::place::Place,
        native::{NativeBucket, index},
    };

    const HOUR: Duration = Duration::from_secs(3_600);

    fn place(schema: i8, index: i32) -> Place {
        Place::new(schema, NativeBucket::Positive(index), 0)
    }

    fn place_of(value: f64) -> Place {
        place(3, index(value, 3))
    }

    fn tally(counts: &[(Place, u64)], sum: f64) -> Tally {
        let mut tally = Tally::default();
        tally.fill(counts.iter().copied(), sum);
        tally
    }

    /// What was counted when each of these values was observed once.
    fn observed(values: &[f64]) -> Tally {
        let counts: Vec<_> = values.iter().map(|value| (place_of(*value), 1)).collect();
        tally(&counts, values.iter().sum())
    }

    /// What is shown `now` that `tally` has been counted.
    fn next(
        shown: &mut Shown,
        tally: Tally,
        config: &NativeConfig,
        now: Instant,
    ) -> (Tally, NativeSnapshot) {
        let mut look = Look {
            tally,
            ..Look::default()
        };
        let mut native = NativeSnapshot::empty();
        shown.next(&mut look, &mut native, config, now);
        (look.counted, native)
    }

    fn count(tally: &Tally) -> u64 {
        tally.counts().map(|(_, count)| count).sum()
    }

    fn may_start_over() -> NativeConfig {
        NativeConfig::new().max_buckets(4).min_reset_duration(HOUR)
    }

    #[test]
    fn a_resolution_that_was_given_up_does_not_come_back() {
        let config = NativeConfig::new().max_buckets(4);
        let begin = Instant::now();
        let mut shown = Shown::new(&config, begin);
        let mut schema_after = |values: &[f64], hours| {
            let (_, native) = next(&mut shown, observed(values), &config, begin + hours * HOUR);
            assert!(native.buckets() <= 4);
            native.schema
        };
        assert_eq!(schema_after(&[1.0, 1.2, 1.4, 1.6], 0), 3);
        assert_eq!(schema_after(&[1.0, 1.2, 1.4, 1.6, 1.8, 2.0], 0), 2);
        assert_eq!(schema_after(&[1.0, 1.2, 1.4, 1.6, 1.8, 2.0], 1_000), 2);
    }

    #[test]
    fn a_histogram_that_starts_over_shows_what_came_in_since_the_last_look() {
        let config = may_start_over();
        let begin = Instant::now();
        let mut shown = Shown::new(&config, begin);
        let first = [1.0, 1.2, 1.4, 1.6, 1.8, 2.0];
        let (counted, native) = next(&mut shown, observed(&first), &config, begin + HOUR / 2);
        assert_eq!((count(&counted), counted.sum, native.schema), (6, 9.0, 2));
        assert_eq!(shown.started_over(), None);
        let looked = SystemTime::now();
        let later = [&first[..], &[4.0, 4.0]].concat();
        let (counted, native) = next(&mut shown, observed(&later), &config, begin + HOUR);
        assert_eq!((count(&counted), counted.sum), (2, 8.0));
        assert_eq!((native.schema, &native.positive[..]), (3, &[(16, 2)][..]));
        assert!(shown.started_over().unwrap() <= looked);
        let later = [&later[..], &[8.0]].concat();
        let (counted, native) = next(&mut shown, observed(&later), &config, begin + 3 * HOUR);
        assert_eq!((count(&counted), native.buckets()), (3, 2));
    }

    #[test]
    fn a_histogram_starts_over_no_sooner_than_it_may() {
        let config = may_start_over();
        let begin = Instant::now();
        let mut shown = Shown::new(&config, begin);
        let many = [1.0, 1.2, 1.4, 1.6, 1.8, 2.0];
        let mut count_after = |values: &[f64], time| {
            let (counted, _) = next(&mut shown, observed(values), &config, begin + time);
            count(&counted)
        };
        assert_eq!(count_after(&many[..3], 5 * HOUR), 3);
        // Beyond the limit after five hours: three buckets were shown, three are new.
        assert_eq!(count_after(&many, 5 * HOUR), 3);
        let more = [&many[..], &[8.0, 16.0, 32.0]].concat();
        assert_eq!(count_after(&more, 6 * HOUR - Duration::from_secs(1)), 6);
        assert_eq!(count_after(&more, 6 * HOUR), 0);
    }

    #[test]
    fn whatever_was_given_up_comes_back_when_it_starts_over() {
        let begin = Instant::now();
        let wide = may_start_over().max_zero_threshold(1.0);
        let mut shown = Shown::new(&wide, begin);
        let (_, native) = next(
            &mut shown,
            observed(&[0.25, 0.5, 1.0, 2.0, 4.0]),
            &wide,
            begin,
        );
        assert_eq!(native.zero_threshold, 0.25);
        let later = observed(&[0.25, 0.5, 1.0, 2.0, 4.0, 0.25]);
        let (_, native) = next(&mut shown, later, &wide, begin + HOUR);
        assert_eq!(
            (native.zero_threshold, native.positive.len()),
            (wide.zero_threshold, 1)
        );

        let coarse = (place(-4, 0), 1);
        let later = tally(&[coarse, (place_of(4.0), 1)], 0.0);
        let config = may_start_over();
        let mut shown = Shown::new(&config, begin);
        let (_, native) = next(&mut shown, tally(&[coarse], 0.0), &config, begin);
        assert_eq!(native.schema, -4);
        let (_, native) = next(&mut shown, later, &config, begin + HOUR);
        assert_eq!((native.schema, native.buckets()), (3, 1));

        // Where there is nothing to give up, there may be too many buckets.
        let config = may_start_over().schema(-4).max_buckets(1);
        let many = [(place(-4, 0), 1), (place(-4, 1), 1)];
        let mut shown = Shown::new(&config, begin);
        let (_, native) = next(&mut shown, tally(&many, 0.0), &config, begin);
        assert_eq!(native.buckets(), 2);
        let (_, native) = next(&mut shown, tally(&many, 0.0), &config, begin + HOUR);
        assert_eq!(native.buckets(), 0);
    }

    #[test]
    fn a_widened_zero_bucket_stays_wide() {
        let config = NativeConfig::new().max_buckets(2).max_zero_threshold(1.0);
        let begin = Instant::now();
        let mut shown = Shown::new(&config, begin);
        let (_, native) = next(&mut shown, observed(&[0.5, 2.0, 4.0]), &config, begin);
        assert_eq!((native.zero_threshold, native.zero_count), (0.5, 1));
        let (_, native) = next(&mut shown, observed(&[0.5, 0.25, 2.0, 4.0]), &config, begin);
        assert_eq!((native.zero_threshold, native.zero_count), (0.5, 2));
        assert_eq!((native.schema, native.buckets()), (3, 2));
        // Coarser, the nearest bucket ends beyond what the zero bucket may be.
        let coarse = tally(&[(place_of(0.5), 1), (place(-4, 0), 1)], 1.0);
        let (_, native) = next(&mut shown, coarse, &config, begin);
        assert_eq!((native.zero_threshold, native.zero_count), (0.5, 1));
        assert_eq!((native.schema, native.buckets()), (-4, 1));
    }
}
