use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use metrics::{CounterFn, HistogramFn};
use once_cell::race::OnceBox;

use super::{
    place::Place,
    shown::{Look, Shown},
    table::Table,
};
use crate::{
    HistogramSnapshot, NativeConfig, NativeSnapshot,
    bounds::Bounds,
    cell::{
        CounterCell,
        exemplars::Exemplars,
        ownership::STRIPES,
        stripes::{Stripe, Stripes},
    },
    histograms::HistogramShape,
    native::{self, COARSEST, NativeBucket},
    sync::atomic::{AtomicI8, Ordering::Relaxed},
};

/// The word that holds the sum.
const SUM: usize = 0;

/// A count per native and classic bucket and a sum, per stripe.
///
/// A stripe counts at the first resolution. What it has no room for there it counts at the next coarser one, and so it does
/// with everything once a look found that this is what can be shown. A look puts together what there is at all resolutions,
/// so that nothing is lost whenever that happens.
#[derive(Debug)]
pub(crate) struct NativeCell {
    sums: Stripes,
    /// By stripe and resolution, from the first one down.
    tables: Box<[OnceBox<Table>]>,
    /// The resolution to count at.
    schema: AtomicI8,
    shown: Mutex<Shown>,
    config: Arc<NativeConfig>,
    bounds: Arc<Bounds>,
    /// Counts the NaNs.
    refused: Arc<CounterCell>,
    exemplars: Option<Exemplars>,
}

impl NativeCell {
    pub(crate) fn new(
        shape: HistogramShape,
        config: Arc<NativeConfig>,
        refused: Arc<CounterCell>,
    ) -> Self {
        let tables = *STRIPES * resolutions(&config);
        Self {
            sums: Stripes::new(1),
            tables: (0..tables).map(|_| OnceBox::new()).collect(),
            schema: AtomicI8::new(config.schema),
            shown: Mutex::new(Shown::new(&config, Instant::now())),
            config,
            exemplars: shape.exemplars.map(Exemplars::new),
            bounds: shape.bounds,
            refused,
        }
    }

    /// How many observations there were, also before the histogram started over.
    pub(crate) fn count(&self) -> u64 {
        self.counts()
            .fold(0, |total, (_, count)| total.wrapping_add(count))
    }

    /// Reads from all memory that a look reads.
    pub(crate) fn touch(&self) -> u64 {
        let tables = self.tables.iter().filter_map(OnceBox::get);
        let sums = self.sums.iter().map(|stripe| stripe.get(SUM));
        sums.chain(tables.flat_map(Table::touch))
            .fold(0, |seen, word| seen ^ word)
    }

    pub(crate) fn snapshot(&self) -> HistogramSnapshot {
        let mut snapshot = HistogramSnapshot::empty(&self.bounds);
        self.fill(&mut snapshot, &mut Look::default());
        snapshot
    }

    /// Takes a snapshot in the place, and with the memory, of the last one.
    pub(crate) fn snapshot_into<'a>(
        &self,
        last: &'a mut Option<HistogramSnapshot>,
        look: &mut Look,
    ) -> &'a HistogramSnapshot {
        let snapshot = last.get_or_insert_with(|| HistogramSnapshot::empty(&self.bounds));
        self.fill(snapshot, look);
        snapshot
    }

    /// The same without the native buckets, which costs far less. What is shown stays: a later look decides on it.
    pub(crate) fn classic_into<'a>(
        &self,
        last: &'a mut Option<HistogramSnapshot>,
        look: &mut Look,
    ) -> &'a HistogramSnapshot {
        if self.config.min_reset_duration.is_some() {
            // Since when it counts, and so what, is decided by all that looks find.
            return self.snapshot_into(last, look);
        }
        let snapshot = last.get_or_insert_with(|| HistogramSnapshot::empty(&self.bounds));
        snapshot.clear(&self.bounds);
        self.fill_classic(snapshot, self.counts(), self.sum());
        snapshot
    }

    /// Fills a snapshot, whatever it holds, without memory beyond its own and the look's once they were filled.
    fn fill(&self, snapshot: &mut HistogramSnapshot, look: &mut Look) {
        // Looks wait here for each other, and nobody else.
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        look.tally.fill(self.counts(), self.sum());
        let mut native = snapshot.native.take().unwrap_or_else(NativeSnapshot::empty);
        shown.next(look, &mut native, &self.config, Instant::now());
        self.schema.store(native.schema, Relaxed);
        snapshot.clear(&self.bounds);
        self.fill_classic(snapshot, look.counted.counts(), look.counted.sum);
        snapshot.native = Some(native);
        snapshot.started_over = shown.started_over();
    }

    /// Fills what a classic histogram has, too.
    fn fill_classic(
        &self,
        snapshot: &mut HistogramSnapshot,
        counts: impl Iterator<Item = (Place, u64)>,
        sum: f64,
    ) {
        counts.for_each(|(place, count)| {
            if let Some(bucket) = snapshot.buckets.get_mut(place.classic()) {
                *bucket = bucket.wrapping_add(count);
            }
            snapshot.has_negative |= place.is_negative();
        });
        snapshot.sum = sum;
        let exemplars = self.exemplars.iter().flat_map(Exemplars::read);
        snapshot.exemplars.extend(exemplars);
    }

    fn sum(&self) -> f64 {
        let sums = self.sums.iter();
        sums.map(|stripe| f64::from_bits(stripe.get(SUM))).sum()
    }

    /// What the stripes count, each for itself.
    fn counts(&self) -> impl Iterator<Item = (Place, u64)> {
        let tables = self.tables.iter().filter_map(OnceBox::get);
        tables.flat_map(Table::counts)
    }

    #[cold]
    fn refuse(&self, count: u64) {
        self.refused.increment(count);
    }

    #[inline(always)]
    fn observe(&self, value: f64, count: u64, sum: f64) {
        let Some(bucket) = self.bounds.bucket(value) else {
            return self.refuse(count);
        };
        let stripe = self.sums.local();
        stripe.add_float(SUM, sum);
        let total = self.add(value, bucket, count, &stripe);
        if let Some(exemplars) = &self.exemplars {
            let bucket = if self.config.classic_buckets {
                bucket
            } else {
                exemplars.bucket(value)
            };
            exemplars.offer(bucket, value, total, count);
        }
    }

    /// Counts at the finest resolution where there is room; tells what the place has come to.
    #[inline]
    fn add(&self, value: f64, bucket: usize, count: u64, stripe: &Stripe<'_>) -> u64 {
        let mut schema = self.schema.load(Relaxed);
        loop {
            let place = Place::new(schema, self.native_bucket(value, schema), bucket);
            let table = self.table(stripe.index(), schema);
            if let Some(total) = table.add(place, count, self.room(schema), stripe) {
                return total;
            }
            schema -= 1;
        }
    }

    #[inline]
    fn table(&self, stripe: usize, schema: i8) -> &Table {
        let resolution = (self.config.schema - schema) as usize;
        self.tables[stripe * resolutions(&self.config) + resolution]
            .get_or_init(|| Box::new(Table::new()))
    }

    /// For how many places a stripe has room at this resolution: for twice as many as can be shown at any, and for all
    /// of the coarsest.
    #[inline]
    fn room(&self, schema: i8) -> usize {
        if schema == COARSEST {
            usize::MAX
        } else {
            // Each classic bound may divide a native bucket.
            let most_shown = self.config.max_buckets;
            most_shown
                .saturating_add(self.bounds.buckets())
                .saturating_mul(2)
        }
    }

    #[inline]
    fn native_bucket(&self, value: f64, schema: i8) -> NativeBucket {
        if value.abs() <= self.config.zero_threshold {
            NativeBucket::Zero
        } else if value > 0.0 {
            NativeBucket::Positive(native::index(value, schema))
        } else {
            NativeBucket::Negative(native::index(value, schema))
        }
    }
}

/// How many resolutions there are from the first one down.
#[inline]
fn resolutions(config: &NativeConfig) -> usize {
    (config.schema - COARSEST) as usize + 1
}

impl HistogramFn for NativeCell {
    #[inline]
    fn record(&self, value: f64) {
        self.observe(value, 1, value);
    }

    fn record_many(&self, value: f64, count: usize) {
        if count > 0 {
            self.observe(value, count as u64, value * count as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{thread, time::Duration};

    use proptest::prelude::*;

    use super::*;

    fn cell(config: NativeConfig, bounds: &[f64]) -> NativeCell {
        let bounds = Bounds::new(bounds).unwrap_or_else(|_| Bounds::none());
        let shape = HistogramShape {
            bounds: Arc::new(bounds),
            native: None,
            exemplars: None,
        };
        NativeCell::new(shape, Arc::new(config), Arc::new(CounterCell::new()))
    }

    fn total(native: &NativeSnapshot) -> u64 {
        let sides = native.positive.iter().chain(&native.negative);
        native.zero_count + sides.map(|(_, count)| count).sum::<u64>()
    }

    /// The buckets at this resolution of those of the values that are not in the zero bucket, one by one.
    fn expected(values: &[f64], schema: i8) -> [Vec<(i32, u64)>; 2] {
        let side = |is_in: fn(f64) -> bool| {
            let mut buckets = std::collections::BTreeMap::new();
            let small = NativeConfig::new().zero_threshold;
            for value in values
                .iter()
                .filter(|value| is_in(**value) && value.abs() > small)
            {
                *buckets.entry(native::index(*value, schema)).or_insert(0) += 1;
            }
            buckets.into_iter().collect()
        };
        [side(|value| value > 0.0), side(|value| value < 0.0)]
    }

    #[test]
    fn observations_land_in_their_buckets() {
        let cell = cell(NativeConfig::new().schema(0), &[]);
        for value in [0.0, -0.0, 1e-39, 1.0, 1.5, -1.5, 2.0, f64::INFINITY] {
            cell.record(value);
        }
        cell.record_many(-3.0, 2);
        cell.record_many(5.0, 0);
        let snapshot = cell.snapshot();
        let native = snapshot.native().unwrap();
        assert_eq!(
            (native.schema, native.zero_threshold),
            (0, f64::powi(2.0, -128))
        );
        assert_eq!(native.zero_count, 3);
        assert_eq!(native.positive, [(0, 1), (1, 2), (1_025, 1)]);
        assert_eq!(native.negative, [(1, 1), (2, 2)]);
        assert_eq!(
            (snapshot.bounds(), snapshot.buckets()),
            (&[][..], &[10][..])
        );
        assert_eq!(
            (snapshot.count(), cell.count(), snapshot.sum()),
            (10, 10, f64::INFINITY)
        );
    }

    #[test]
    fn without_its_native_buckets_a_snapshot_is_the_same() {
        let cell = cell(NativeConfig::new().max_buckets(4), &[1.0, 10.0]);
        (1..100).for_each(|value| cell.record(f64::from(value)));
        let (mut last, mut look) = (None, Look::default());
        for value in [5.0, -5.0] {
            cell.record(value);
            let classic = cell.classic_into(&mut last, &mut look).clone();
            let whole = cell.snapshot();
            assert_eq!(
                (classic.buckets(), classic.sum()),
                (whole.buckets(), whole.sum())
            );
            assert!(classic.native().is_none() && whole.native().is_some());
            assert_eq!([classic.may_fall(), whole.may_fall()], [value < 0.0; 2]);
        }
    }

    #[test]
    fn what_starts_over_does_so_at_looks_of_all_kinds() {
        let config = NativeConfig::new()
            .max_buckets(4)
            .min_reset_duration(Duration::ZERO);
        let cell = cell(config, &[]);
        let (mut last, mut look) = (None, Look::default());
        let mut count = || cell.classic_into(&mut last, &mut look).count();
        cell.record(1.0);
        assert_eq!(count(), 1);
        (2..100).for_each(|value| cell.record(f64::from(value)));
        assert_eq!(count(), 98);
    }

    #[test]
    fn a_nan_is_refused_and_counted() {
        let cell = cell(NativeConfig::new(), &[]);
        cell.record(f64::NAN);
        cell.record_many(f64::NAN, 4);
        cell.record(2.0);
        assert_eq!((cell.count(), cell.snapshot().sum()), (1, 2.0));
        assert_eq!(cell.refused.total(), 5);
    }

    #[test]
    fn what_is_beyond_the_room_of_a_resolution_is_counted_at_the_next() {
        // 2,000 buckets at the first resolution, before anybody looked.
        let cell = cell(NativeConfig::new().schema(8), &[]);
        let values: Vec<_> = (0..2_000)
            .map(|power| f64::powf(2.0, f64::from(power) / 256.0))
            .collect();
        values.iter().for_each(|value| cell.record(*value));
        let snapshot = cell.snapshot();
        let native = snapshot.native().unwrap();
        assert_eq!((total(native), native.schema), (2_000, 4));
        assert_eq!([native.positive.clone(), vec![]], expected(&values, 4));
    }

    #[test]
    fn after_a_look_everything_is_counted_at_the_resolution_that_it_showed() {
        let cell = cell(NativeConfig::new().max_buckets(20), &[]);
        (1..1_000).for_each(|value| cell.record(f64::from(value)));
        let schema = cell.snapshot().native().unwrap().schema;
        assert_eq!((schema, cell.schema.load(Relaxed)), (1, 1));
        let fine = || {
            cell.counts()
                .filter(|(place, _)| place.schema() == 3)
                .count()
        };
        let before = fine();
        (1_000..2_000).for_each(|value| cell.record(f64::from(value)));
        let snapshot = cell.snapshot();
        assert_eq!(snapshot.count(), 1_999);
        assert_eq!(fine(), before);
        let values: Vec<_> = (1..2_000).map(f64::from).collect();
        let native = snapshot.native().unwrap();
        assert_eq!(native.positive, expected(&values, native.schema)[0]);
    }

    #[test]
    fn observations_of_all_threads_add_up_whatever_the_looks_do() {
        const THREADS: u32 = 4;
        const RECORDS: u32 = 50_000;
        let cell = cell(NativeConfig::new().max_buckets(10), &[10.0, 1e3]);
        thread::scope(|scope| {
            for thread in 0..THREADS {
                let cell = &cell;
                scope.spawn(move || {
                    for record in 0..RECORDS {
                        cell.record(f64::from(record % 10_000 + thread));
                    }
                });
            }
            for _ in 0..100 {
                let snapshot = cell.snapshot();
                assert_eq!(total(snapshot.native().unwrap()), snapshot.count());
            }
        });
        let snapshot = cell.snapshot();
        assert_eq!(snapshot.count(), u64::from(THREADS * RECORDS));
        assert_eq!(total(snapshot.native().unwrap()), snapshot.count());
        assert_eq!(snapshot.buckets()[0], 5 * (11 + 10 + 9 + 8));
    }

    proptest! {
        #[test]
        fn whatever_is_recorded_is_counted_at_the_right_place(
            values in prop::collection::vec(
                prop_oneof![
                    prop::num::f64::ANY.prop_filter("not NaN", |value| !value.is_nan()),
                    -100.0..100.0,
                ],
                1..400,
            ),
            (schema, max_buckets) in (-4_i8..=8, 1_usize..200),
            looks in 1_usize..5,
        ) {
            let cell = cell(NativeConfig::new().schema(schema).max_buckets(max_buckets), &[-1.0, 0.0, 50.0]);
            for part in values.chunks(values.len().div_ceil(looks)) {
                part.iter().for_each(|value| cell.record(*value));
                cell.snapshot();
            }
            let snapshot = cell.snapshot();
            let native = snapshot.native().unwrap();
            prop_assert!(native.buckets() <= max_buckets || native.schema == COARSEST);
            prop_assert_eq!(snapshot.count(), values.len() as u64);
            prop_assert_eq!(total(native), values.len() as u64);
            let expected = expected(&values, native.schema);
            prop_assert_eq!([native.positive.clone(), native.negative.clone()], expected);
            let below = |bound| values.iter().filter(|value| **value <= bound).count() as u64;
            prop_assert_eq!(snapshot.buckets()[0], below(-1.0));
            prop_assert_eq!(snapshot.buckets()[1], below(0.0) - below(-1.0));
        }
    }
}

#[cfg(all(test, loom))]
mod under_loom {
    use loom::thread;

    use super::*;
    use crate::sync::model;

    #[test]
    fn a_look_that_makes_buckets_wider_loses_nothing_that_is_recorded_meanwhile() {
        model(|| {
            let shape = HistogramShape {
                bounds: Arc::new(Bounds::none()),
                native: None,
                exemplars: None,
            };
            let config = NativeConfig::new().schema(COARSEST + 1).max_buckets(1);
            let refused = Arc::new(CounterCell::new());
            let cell = Arc::new(NativeCell::new(shape, Arc::new(config), refused));
            let told = |cell: &NativeCell| {
                let native = cell.snapshot().native.unwrap();
                let counts = native.positive.iter().map(|(_, count)| count);
                (native.schema, counts.sum::<u64>())
            };
            // In two buckets, and at the coarsest resolution in one.
            cell.record(10.0);
            cell.record(1_000.0);
            let other = thread::spawn({
                let cell = Arc::clone(&cell);
                move || cell.record(1_000.0)
            });
            let (schema, seen) = told(&cell);
            assert!(
                schema == COARSEST && [2, 3].contains(&seen),
                "{schema} {seen}"
            );
            other.join().unwrap();
            assert_eq!((told(&cell), cell.count()), ((COARSEST, 3), 3));
        });
    }
}
