//! A distribution over a window of time.

use once_cell::race::OnceBox;

use super::recent::Recent;
use crate::native::{self, NativeBucket};

/// The resolution: 64 buckets from one power of 2 to the next, so that the middle of one is within 0.55 % of all values in
/// it.
const SCHEMA: i8 = 6;
const OCTAVE_BUCKETS: usize = 1 << SCHEMA;

/// What is up to 2^-40 counts as zero, what is above 2^64 as infinite.
const LEAST_EXPONENT: i32 = -40;
const GREATEST_EXPONENT: i32 = 64;

/// The last bucket of what counts as zero.
const LAST_ZERO: i32 = LEAST_EXPONENT << SCHEMA;
/// The last bucket that is not infinite.
const LAST_FINITE: i32 = GREATEST_EXPONENT << SCHEMA;

/// The octaves between, and one for what is infinite.
const OCTAVES: usize = (GREATEST_EXPONENT - LEAST_EXPONENT) as usize + 1;

/// Counts by bucket. What no value was observed for takes no memory but that of a pointer an octave.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    zero: Recent,
    positive: OnceBox<Side>,
    negative: OnceBox<Side>,
}

#[derive(Debug)]
struct Side(Box<[OnceBox<Octave>]>);

type Octave = [Recent; OCTAVE_BUCKETS];

impl Sketch {
    /// Counts a value, which is not NaN.
    pub(super) fn add(&self, value: f64, period: u32, amount: u64) {
        match bucket(value) {
            NativeBucket::Zero => self.zero.add(period, amount),
            NativeBucket::Positive(index) => add(&self.positive, index, period, amount),
            NativeBucket::Negative(index) => add(&self.negative, index, period, amount),
        }
    }

    /// Writes the values of these quantiles, which are sorted, over the window that ends with `period`; NaN if that is
    /// empty.
    pub(super) fn quantiles_into(&self, values: &mut Vec<f64>, quantiles: &[f64], period: u32) {
        values.clear();
        let total: u64 = self.counts(period).map(|(_, count)| count).sum();
        let rank = |quantile: f64| (quantile * total.saturating_sub(1) as f64) as u64;
        let mut ranks = quantiles.iter().map(|quantile| rank(*quantile)).peekable();
        let (mut passed, mut last) = (0, f64::NAN);
        for (bucket, count) in self.counts(period).filter(|(_, count)| *count > 0) {
            passed += count;
            last = middle(bucket);
            while ranks.next_if(|rank| *rank < passed).is_some() {
                values.push(last);
            }
        }
        // Less may be there than was at first.
        values.resize(quantiles.len(), last);
    }

    /// The counts of the window that ends with `period`, those of the lowest values first.
    fn counts(&self, period: u32) -> impl Iterator<Item = (NativeBucket, u64)> {
        let count = move |recent: &Recent| recent.count(period);
        let zero = (NativeBucket::Zero, count(&self.zero));
        let negative = self.negative.get().into_iter();
        let negative = negative.flat_map(|side| side.buckets().rev());
        let positive = self.positive.get().into_iter().flat_map(Side::buckets);
        negative
            .map(move |(index, recent)| (NativeBucket::Negative(index), count(recent)))
            .chain([zero])
            .chain(
                positive.map(move |(index, recent)| (NativeBucket::Positive(index), count(recent))),
            )
    }
}

impl Side {
    fn new() -> Box<Self> {
        Box::new(Self((0..OCTAVES).map(|_| OnceBox::new()).collect()))
    }

    /// Those that there are, by their indices.
    fn buckets(&self) -> impl DoubleEndedIterator<Item = (i32, &Recent)> {
        let octaves = self.0.iter().enumerate().filter_map(|(number, octave)| {
            Some((octave.get()?, LAST_ZERO + 1 + ((number as i32) << SCHEMA)))
        });
        octaves.flat_map(|(octave, first)| {
            let numbers = 0..OCTAVE_BUCKETS;
            numbers.map(move |number| (first + number as i32, &octave[number]))
        })
    }
}

fn add(side: &OnceBox<Side>, index: i32, period: u32, amount: u64) {
    let place = (index - LAST_ZERO - 1) as usize;
    let octave = &side.get_or_init(Side::new).0[place / OCTAVE_BUCKETS];
    let octave = octave.get_or_init(|| Box::new(std::array::from_fn(|_| Recent::default())));
    octave[place % OCTAVE_BUCKETS].add(period, amount);
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

/// The value whose relative distance to both bounds is the same.
fn middle(bucket: NativeBucket) -> f64 {
    match bucket {
        NativeBucket::Zero => 0.0,
        NativeBucket::Positive(index) if index > LAST_FINITE => f64::INFINITY,
        NativeBucket::Positive(index) => {
            let [lower, upper] = [index - 1, index].map(|index| native::upper_bound(index, SCHEMA));
            2.0 * lower * upper / (lower + upper)
        }
        NativeBucket::Negative(index) => -middle(NativeBucket::Positive(index)),
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quantiles(sketch: &Sketch, quantiles: &[f64], period: u32) -> Vec<f64> {
        let mut values = vec![1.0; 20];
        sketch.quantiles_into(&mut values, quantiles, period);
        values
    }

    #[test]
    fn an_empty_window_has_no_quantile() {
        let sketch = Sketch::default();
        assert!(
            quantiles(&sketch, &[0.0, 1.0], 0)
                .iter()
                .all(|value| value.is_nan())
        );
        sketch.add(1.0, 0, 1);
        assert!(quantiles(&sketch, &[0.5], 2)[0] > 0.99);
        assert!(quantiles(&sketch, &[0.5], 3)[0].is_nan());
    }

    #[test]
    fn a_window_forgets_what_is_older() {
        let sketch = Sketch::default();
        for period in 0..10 {
            sketch.add(f64::from(10 * period), period, 1);
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
            sketch.add(value, 0, 1);
        }
        sketch.add(tiny.next_up(), 0, 1);
        sketch.add(great, 0, 1);
        let found = quantiles(&sketch, &[0.0, 0.15, 0.3, 0.45, 0.58, 0.72, 0.86, 1.0], 0);
        let (infinite, zero) = (f64::INFINITY, 0.0);
        assert_eq!(found[..5], [-infinite, -infinite, zero, zero, zero]);
        assert!(found[5] > 0.0 && (found[5] / tiny - 1.0).abs() < 0.0055);
        assert!((found[6] / great - 1.0).abs() < 0.0055);
        assert_eq!(found[7], infinite);
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
                sketch.add(*value, number as u32 % 3, 1);
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
