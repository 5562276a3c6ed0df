//! A distribution over a window of time.

use once_cell::race::OnceBox;

use super::{ranks::Ranks, recent::Recent, watch::Watch};
use crate::{
    cell::stripes::Stripe,
    native::{self, NativeBucket},
};

/// The resolution: 64 buckets from one power of 2 to the next, so that the middle of one is within 0.55 % of all values in
/// it.
const SCHEMA: i8 = 6;
const OCTAVE_BUCKETS: usize = 1 << SCHEMA;

/// An octave's buckets are counted in groups as well, so that few of them have to be looked at for a quantile.
const GROUPS: usize = 4;
const GROUP_BUCKETS: usize = OCTAVE_BUCKETS / GROUPS;

/// What is up to 2^-40 counts as zero, what is above 2^64 as infinite.
const LEAST_EXPONENT: i32 = -40;
const GREATEST_EXPONENT: i32 = 64;

/// The last bucket of what counts as zero.
const LAST_ZERO: i32 = LEAST_EXPONENT << SCHEMA;
/// The last bucket that is not infinite.
const LAST_FINITE: i32 = GREATEST_EXPONENT << SCHEMA;

/// The octaves between, and one for what is infinite.
const OCTAVES: usize = (GREATEST_EXPONENT - LEAST_EXPONENT) as usize + 1;

/// Octaves come in spans, since nearly all of them are empty.
const SPAN_OCTAVES: usize = 4;
const SPAN_BUCKETS: usize = SPAN_OCTAVES * OCTAVE_BUCKETS;
const SPANS: usize = OCTAVES.div_ceil(SPAN_OCTAVES);
const SIDE_BUCKETS: usize = SPANS * SPAN_BUCKETS;

/// What a stripe counted, by bucket. What no value was observed for takes no memory but that of pointers.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    pub(super) watch: Watch,
    /// Most of what is observed is never below zero.
    negative: OnceBox<Side>,
    zero: Recent,
    positive: Side,
}

/// Spans, and what is in them, in the order of their values.
type Side = [OnceBox<Span>; SPANS];

#[derive(Debug, Default)]
struct Span {
    /// What the groups of each octave count: next to each other, since a look reads them all.
    groups: [[Recent; GROUPS]; SPAN_OCTAVES],
    octaves: [OnceBox<Octave>; SPAN_OCTAVES],
}

/// By group.
type Octave = [[Recent; GROUP_BUCKETS]; GROUPS];

impl Sketch {
    /// Counts a value, which is not NaN.
    #[inline]
    pub(super) fn add(&self, value: f64, period: u32, amount: u64, stripe: &Stripe<'_>) {
        let (side, place) = match bucket(value) {
            NativeBucket::Zero => return self.zero.add(period, amount, stripe),
            NativeBucket::Negative(index) => {
                let negative = self.negative.get_or_init(Box::default);
                (negative, mirrored(place(index)))
            }
            NativeBucket::Positive(index) => (&self.positive, place(index)),
        };
        let (span, place) = (place / SPAN_BUCKETS, place % SPAN_BUCKETS);
        let (octave, place) = (place / OCTAVE_BUCKETS, place % OCTAVE_BUCKETS);
        let (group, place) = (place / GROUP_BUCKETS, place % GROUP_BUCKETS);
        let in_span = side[span].get_or_init(Box::default);
        let in_octave = in_span.octaves[octave].get_or_init(Box::default);
        in_octave[group][place].add(period, amount, stripe);
        in_span.groups[octave][group].add(period, amount, stripe);
    }
}

/// Writes the values of these quantiles, which are sorted, over the window that ends with `period`; NaN if that is empty.
pub(super) fn quantiles_into<'a>(
    values: &mut Vec<f64>,
    quantiles: &[f64],
    sketches: impl Iterator<Item = &'a Sketch> + Clone,
    period: u32,
) {
    let negative = sketches.clone().filter_map(|sketch| sketch.negative.get());
    let negative = Merged::new(negative, period);
    let positive = Merged::new(sketches.clone().map(|sketch| &sketch.positive), period);
    let zero: u64 = sketches.map(|sketch| sketch.zero.count(period)).sum();
    let total = negative.count() + zero + positive.count();
    let mut ranks = Ranks::new(values, quantiles, total);
    negative.pass(&mut ranks, |place| -middle(mirrored(place)));
    ranks.pass(zero, || 0.0);
    positive.pass(&mut ranks, middle);
    ranks.end();
}

/// One side of several sketches in a window.
struct Merged<S> {
    sides: S,
    period: u32,
    spans: [Counted; SPANS],
}

/// What a span counts, and what its octaves do.
#[derive(Default)]
struct Counted {
    all: u64,
    octaves: [u64; SPAN_OCTAVES],
}

impl<'a, S: Iterator<Item = &'a Side> + Clone> Merged<S> {
    fn new(sides: S, period: u32) -> Self {
        let mut spans: [Counted; SPANS] = Default::default();
        for side in sides.clone() {
            for (counted, span) in spans.iter_mut().zip(side) {
                let Some(span) = span.get() else { continue };
                for (octave, sum) in counted.octaves.iter_mut().enumerate() {
                    if span.octaves[octave].get().is_some() {
                        let groups = span.groups[octave].iter();
                        *sum += groups.map(|group| group.count(period)).sum::<u64>();
                    }
                }
                counted.all = counted.octaves.iter().sum();
            }
        }
        Self {
            sides,
            period,
            spans,
        }
    }

    fn count(&self) -> u64 {
        self.spans.iter().map(|counted| counted.all).sum()
    }

    /// Passes the buckets, of which it looks at those only among which there is a rank; `value` is that of a place.
    fn pass(&self, ranks: &mut Ranks<'_>, value: impl Fn(usize) -> f64) {
        for (span, counted) in self.spans.iter().enumerate() {
            if ranks.skip(counted.all) {
                continue;
            }
            for (octave, count) in counted.octaves.iter().enumerate() {
                if !ranks.skip(*count) {
                    self.pass_octave(span, octave, ranks, &value);
                }
            }
        }
    }

    fn pass_octave(
        &self,
        span: usize,
        octave: usize,
        ranks: &mut Ranks<'_>,
        value: impl Fn(usize) -> f64,
    ) {
        let first = span * SPAN_BUCKETS + octave * OCTAVE_BUCKETS;
        let groups = self.sum(|side| Some(&side[span].get()?.groups[octave]));
        for (group, count) in groups.into_iter().enumerate() {
            if ranks.skip(count) {
                continue;
            }
            let buckets = self.sum(|side| Some(&side[span].get()?.octaves[octave].get()?[group]));
            for (bucket, count) in buckets.into_iter().enumerate() {
                ranks.pass(count, || value(first + group * GROUP_BUCKETS + bucket));
            }
        }
    }

    /// What these count in all sides together.
    fn sum<const N: usize>(&self, of: impl Fn(&'a Side) -> Option<&'a [Recent; N]>) -> [u64; N] {
        let mut sums = [0; N];
        for counted in self.sides.clone().filter_map(of) {
            for (sum, recent) in sums.iter_mut().zip(counted) {
                *sum += recent.count(self.period);
            }
        }
        sums
    }
}

fn bucket(value: f64) -> NativeBucket {
    if value == 0.0 {
        return NativeBucket::Zero;
    }
    let index = native::index(value, SCHEMA).min(LAST_FINITE + 1);
    if index <= LAST_ZERO {
        NativeBucket::Zero
    } else if value > 0.0 {
        NativeBucket::Positive(index)
    } else {
        NativeBucket::Negative(index)
    }
}

/// Where a bucket is on the side above zero.
fn place(index: i32) -> usize {
    (index - LAST_ZERO - 1) as usize
}

/// Where it is on the side below zero.
fn mirrored(place: usize) -> usize {
    SIDE_BUCKETS - 1 - place
}

/// The value whose relative distance to both bounds of the bucket at this place above zero is the same.
fn middle(place: usize) -> f64 {
    let index = LAST_ZERO + 1 + place as i32;
    if index > LAST_FINITE {
        return f64::INFINITY;
    }
    let [lower, upper] = [index - 1, index].map(|index| native::upper_bound(index, SCHEMA));
    2.0 * lower * upper / (lower + upper)
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cell::stripes::Stripes;

    fn quantiles(sketch: &Sketch, quantiles: &[f64], period: u32) -> Vec<f64> {
        let mut values = vec![1.0; 20];
        quantiles_into(&mut values, quantiles, [sketch].into_iter(), period);
        values
    }

    fn add(sketch: &Sketch, value: f64, period: u32) {
        sketch.add(value, period, 1, &Stripes::new(0).local());
    }

    #[test]
    fn an_empty_window_has_no_quantile() {
        let sketch = Sketch::default();
        assert!(
            quantiles(&sketch, &[0.0, 1.0], 0)
                .iter()
                .all(|value| value.is_nan())
        );
        add(&sketch, 1.0, 0);
        assert!(quantiles(&sketch, &[0.5], 2)[0] > 0.99);
        assert!(quantiles(&sketch, &[0.5], 3)[0].is_nan());
    }

    #[test]
    fn a_window_forgets_what_is_older() {
        let sketch = Sketch::default();
        for period in 0..10 {
            add(&sketch, f64::from(10 * period), period);
        }
        let found = quantiles(&sketch, &[0.0, 0.5, 1.0], 9);
        for (found, exact) in found.into_iter().zip([70.0, 80.0, 90.0]) {
            assert!((found / exact - 1.0).abs() < 0.0055, "{found} for {exact}");
        }
    }

    #[test]
    fn what_is_too_small_is_zero_and_what_is_too_great_is_infinite() {
        let sketch = Sketch::default();
        let tiny = f64::powi(2.0, LEAST_EXPONENT);
        let great = f64::powi(2.0, GREATEST_EXPONENT);
        for value in [
            f64::NEG_INFINITY,
            -great.next_up(),
            -tiny,
            0.0,
            tiny,
            f64::MAX,
        ] {
            add(&sketch, value, 0);
        }
        add(&sketch, tiny.next_up(), 0);
        add(&sketch, great, 0);
        let found = quantiles(&sketch, &[0.0, 0.15, 0.3, 0.45, 0.58, 0.72, 0.86, 1.0], 0);
        let (infinite, zero) = (f64::INFINITY, 0.0);
        assert_eq!(found[..5], [-infinite, -infinite, zero, zero, zero]);
        assert!(found[5] > 0.0 && (found[5] / tiny - 1.0).abs() < 0.0055);
        assert!((found[6] / great - 1.0).abs() < 0.0055);
        assert_eq!(found[7], infinite);
    }

    #[test]
    fn the_quantiles_of_several_stripes_are_those_of_all_their_values() {
        let stripes = Stripes::new(0);
        let sketches = [Sketch::default(), Sketch::default(), Sketch::default()];
        for value in -500_i32..=500 {
            let sketch = &sketches[value.unsigned_abs() as usize % 3];
            sketch.add(f64::from(value), 0, 2, &stripes.local());
        }
        let mut values = Vec::new();
        let wanted = [0.0, 0.25, 0.5, 0.75, 1.0];
        quantiles_into(&mut values, &wanted, sketches.iter(), 0);
        for (found, exact) in values.into_iter().zip([-500.0, -250.0, 0.0, 250.0, 500.0]) {
            let error = (found - exact) / f64::max(exact.abs(), 1.0);
            assert!(error.abs() < 0.0055, "{found} for {exact}");
        }
    }

    fn exact(sorted: &[f64], quantile: f64) -> f64 {
        sorted[(quantile * (sorted.len() - 1) as f64) as usize]
    }

    proptest! {
        #[test]
        fn every_quantile_is_within_one_percent_of_the_exact_one(
            mut values in prop::collection::vec((-11_f64..19.0, any::<bool>()), 1..300),
            wanted in prop::collection::vec(0_f64..=1.0, 1..9),
        ) {
            let mut values: Vec<_> = values
                .drain(..)
                .map(|(exponent, negative)| if negative { -1.0 } else { 1.0 } * 10_f64.powf(exponent))
                .collect();
            let sketch = Sketch::default();
            for (number, value) in values.iter().enumerate() {
                add(&sketch, *value, number as u32 % 3);
            }
            values.sort_unstable_by(f64::total_cmp);
            let mut wanted = wanted;
            wanted.sort_unstable_by(f64::total_cmp);
            for (found, quantile) in quantiles(&sketch, &wanted, 2).into_iter().zip(&wanted) {
                let exact = exact(&values, *quantile);
                prop_assert!((found / exact - 1.0).abs() <= 0.0055, "{} for {}", found, exact);
            }
        }
    }
}
