//! How long the requests of one route took lately.

use std::{
    array, fmt,
    sync::atomic::{
        AtomicBool, AtomicU32, AtomicU64,
        Ordering::{Acquire, Relaxed, Release},
    },
    time::Duration,
};

/// How many buckets there are from one power of 2 to the next, as a power of 2.
const BITS: u32 = 4;
const OCTAVE: usize = 1 << BITS;
/// Durations are counted in units of 1,024 ns, up to 2^27 of them, which are 137 s.
const UNIT_BITS: u32 = 10;
const OCTAVES: usize = 27 - BITS as usize;
const BUCKETS: usize = OCTAVE * (OCTAVES + 1);

/// Fewer tell nothing of the slowest hundredth.
const FEW: u64 = 100;
/// When there are this many, all count half.
const MANY: u64 = 4_096;
/// When there are so many in one bucket at first, whenever there are this many more, and whenever so many exceeded it, the
/// quantile is looked for.
const FIRST_REVIEW: u32 = 8;
const REVIEW: u32 = 64;
const EXCEEDED_REVIEW: u32 = 16;

/// A log-linear histogram that forgets, and the quantile of it.
pub(super) struct DurationSketch {
    counts: [AtomicU32; BUCKETS],
    /// The 99th percentile, in nanoseconds.
    p99: AtomicU64,
    /// How many were longer.
    exceeded: AtomicU32,
    /// Whether a thread looks for it.
    reviewed: AtomicBool,
}

impl DurationSketch {
    /// Counts a duration, and tells whether it is longer than the 99th percentile of those before it.
    #[inline]
    pub(super) fn exceeds_p99(&self, duration: Duration) -> bool {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let exceeds = nanos > self.p99.load(Relaxed);
        let count = self.counts[place(nanos)].fetch_add(1, Relaxed) + 1;
        let many = count.is_multiple_of(REVIEW) || count >= FIRST_REVIEW && count.is_power_of_two();
        if many || exceeds && self.has_exceeded_often() {
            self.review();
        }
        exceeds
    }

    #[cold]
    fn has_exceeded_often(&self) -> bool {
        let before = self.exceeded.fetch_add(1, Relaxed);
        before % EXCEEDED_REVIEW == EXCEEDED_REVIEW - 1
    }

    #[cold]
    fn review(&self) {
        if self.reviewed.swap(true, Acquire) {
            return;
        }
        let counts = self.counts.each_ref().map(|count| count.load(Relaxed));
        let total = counts.iter().map(|count| u64::from(*count)).sum();
        if total >= FEW {
            self.p99.store(p99(&counts, total), Relaxed);
        }
        if total >= MANY {
            for (count, seen) in self.counts.iter().zip(counts) {
                // An odd one goes half of the times, so that rare durations are not forgotten sooner, nor later, than others.
                let odd = u32::from(seen % 2 == 1 && fastrand::bool());
                count.fetch_sub(seen / 2 + odd, Relaxed);
            }
        }
        self.reviewed.store(false, Release);
    }
}

/// The 99th percentile of what is counted, as if durations were spread evenly in their bucket.
fn p99(counts: &[u32; BUCKETS], total: u64) -> u64 {
    let above = total as f64 / 100.0;
    let mut longer = 0.0;
    for (place, count) in counts.iter().enumerate().rev() {
        let count = f64::from(*count);
        if count > 0.0 && longer + count >= above {
            let (lower, upper) = (lower(place) as f64, lower(place + 1) as f64);
            return (upper - (upper - lower) * (above - longer) / count) as u64;
        }
        longer += count;
    }
    u64::MAX
}

/// The bucket of a duration.
#[inline]
fn place(nanos: u64) -> usize {
    let units = nanos >> UNIT_BITS;
    // Below the first octave, buckets are one unit each.
    let octave = (units | OCTAVE as u64).ilog2() - BITS;
    let place = octave as usize * OCTAVE + (units >> octave) as usize;
    place.min(BUCKETS - 1)
}

/// The shortest duration of a bucket, in nanoseconds.
fn lower(place: usize) -> u64 {
    let octave = (place / OCTAVE).saturating_sub(1);
    ((place - octave * OCTAVE) as u64) << octave << UNIT_BITS
}

impl Default for DurationSketch {
    fn default() -> Self {
        Self {
            counts: array::from_fn(|_| AtomicU32::new(0)),
            p99: AtomicU64::new(u64::MAX),
            exceeded: AtomicU32::new(0),
            reviewed: AtomicBool::new(false),
        }
    }
}

impl fmt::Debug for DurationSketch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurationSketch")
            .field("p99", &self.p99)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use fastrand::Rng;

    use super::*;

    const MILLI: f64 = 1e-3;

    fn counted(sketch: &DurationSketch, durations: impl Iterator<Item = f64>) -> usize {
        durations
            .filter(|seconds| sketch.exceeds_p99(Duration::from_secs_f64(*seconds)))
            .count()
    }

    fn seconds(sketch: &DurationSketch) -> f64 {
        sketch.p99.load(Relaxed) as f64 * 1e-9
    }

    /// Durations with this mean, most of them short.
    fn exponential(random: &mut Rng, mean: f64) -> f64 {
        -mean * (1.0 - random.f64()).ln()
    }

    #[test]
    fn buckets_follow_each_other_and_are_a_sixteenth_wide_at_most() {
        for bucket in 0..BUCKETS {
            let (first, end) = (lower(bucket), lower(bucket + 1));
            assert_eq!((place(first), place(end - 1)), (bucket, bucket));
            assert!(bucket < OCTAVE || (end - first) * 16 <= first, "{bucket}");
        }
        assert_eq!(place(u64::MAX), BUCKETS - 1);
        assert_eq!(lower(BUCKETS), 1 << 37);
    }

    #[test]
    fn one_in_a_hundred_exceeds_the_percentile_of_known_distributions() {
        fastrand::seed(7);
        let mut random = Rng::with_seed(7);
        let mut uniform = Rng::with_seed(8);
        let mut heavy = Rng::with_seed(9);
        // With the percentile, and by how many percent fewer exceed what is a percent longer.
        let distributions: [(&str, f64, f64, &mut dyn FnMut() -> f64); 3] = [
            (
                "exponential",
                100f64.ln() * 5.0 * MILLI,
                100f64.ln(),
                &mut || exponential(&mut random, 5.0 * MILLI),
            ),
            ("uniform", 0.0199, 199.0, &mut || {
                0.01 + 0.01 * uniform.f64()
            }),
            // Pareto, with an exponent of 2.
            ("heavy-tailed", 10.0 * MILLI, 2.0, &mut || {
                MILLI / (1.0 - heavy.f64()).sqrt()
            }),
        ];
        for (name, exact, steepness, next) in distributions {
            let sketch = DurationSketch::default();
            counted(&sketch, (0..10_000).map(|_| next()));
            let mut found = Vec::new();
            let exceeding = (0..100)
                .map(|_| {
                    let exceeding = counted(&sketch, (0..1_000).map(|_| next()));
                    found.push(seconds(&sketch) / exact);
                    exceeding
                })
                .sum::<usize>();
            assert!((900..1_100).contains(&exceeding), "{name}: {exceeding}");
            let mean = found.iter().sum::<f64>() / 100.0;
            assert!((mean - 1.0).abs() < 0.07, "{name}: {mean}");
            // With those that count in part, some 6,000 are known, and 60 of them exceed it, give or take 13 % by chance, and 17 %
            // with that of the halves: half as many or twice as many are four times that. A bucket is a sixteenth wide.
            let tolerance = (2f64.ln() / steepness).max(1.0 / 16.0);
            assert!(
                found.iter().all(|found| (found - 1.0).abs() < tolerance),
                "{name}: {found:?}"
            );
        }
    }

    #[test]
    fn before_there_are_a_hundred_none_is_slow() {
        let sketch = DurationSketch::default();
        assert_eq!(counted(&sketch, (0..99).map(|_| MILLI)), 0);
        assert_eq!(counted(&sketch, [3_600.0].into_iter()), 0);
        assert_eq!(counted(&sketch, (0..200).map(|_| MILLI)), 0);
        assert_eq!(counted(&sketch, [3_600.0, MILLI].into_iter()), 1);
    }

    #[test]
    fn it_follows_what_gets_slower_and_what_gets_faster() {
        fastrand::seed(7);
        let sketch = DurationSketch::default();
        let mut random = Rng::with_seed(1);
        let mut pass = |count, mean| {
            let durations = (0..count).map(|_| exponential(&mut random, mean));
            counted(&sketch, durations)
        };
        pass(10_000, MILLI);
        let kept = pass(10_000, 100.0 * MILLI);
        // The hundredth, and what is kept until the bound follows.
        assert!((100..500).contains(&kept), "{kept}");
        assert!((0.35..0.60).contains(&seconds(&sketch)), "{sketch:?}");
        pass(20_000, MILLI);
        let kept = pass(10_000, MILLI);
        assert!((50..150).contains(&kept), "{kept}");
        assert!(seconds(&sketch) < 0.007, "{sketch:?}");
    }

    #[test]
    fn it_neither_loses_nor_invents_what_threads_count() {
        let sketch = DurationSketch::default();
        thread::scope(|scope| {
            for seed in 0..4 {
                let sketch = &sketch;
                scope.spawn(move || {
                    let mut random = Rng::with_seed(seed);
                    counted(
                        sketch,
                        (0..100_000).map(|_| exponential(&mut random, MILLI)),
                    );
                });
            }
        });
        let counts = sketch.counts.each_ref().map(|count| count.load(Relaxed));
        let total: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        assert!(
            (MANY / 2 - 200..MANY + 64 * 200).contains(&total),
            "{total}"
        );
        assert!((0.003..0.007).contains(&seconds(&sketch)), "{sketch:?}");
    }
}
