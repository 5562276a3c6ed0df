//! What the macros expand to: a look-up for each record.

use std::marker::PhantomData;

use metrics::{Counter, Gauge, Histogram, Key, Label};

use crate::handle_cache::{self, Instrument};

/// A place in the code that records: the names of a metric and of its labels. Made by [`counter!`](crate::counter) and its
/// siblings.
#[derive(Debug)]
pub struct CallSite<const LABELS: usize> {
    name: &'static str,
    labels: [&'static str; LABELS],
}

impl<const LABELS: usize> CallSite<LABELS> {
    /// The place that records under these names.
    #[must_use]
    pub const fn new(name: &'static str, labels: [&'static str; LABELS]) -> Self {
        Self { name, labels }
    }

    /// The counter with these values of its labels.
    #[must_use]
    #[inline]
    pub fn counter<'a>(&'static self, values: [&'a str; LABELS]) -> Lookup<'a, Counter, LABELS> {
        Lookup::new(self, values)
    }

    /// The gauge with these values of its labels.
    #[must_use]
    #[inline]
    pub fn gauge<'a>(&'static self, values: [&'a str; LABELS]) -> Lookup<'a, Gauge, LABELS> {
        Lookup::new(self, values)
    }

    /// The histogram with these values of its labels.
    #[must_use]
    #[inline]
    pub fn histogram<'a>(
        &'static self,
        values: [&'a str; LABELS],
    ) -> Lookup<'a, Histogram, LABELS> {
        Lookup::new(self, values)
    }

    fn address(&'static self) -> usize {
        std::ptr::from_ref(self).addr()
    }
}

/// A series that is looked up with each record.
#[derive(Debug, Clone, Copy)]
pub struct Lookup<'a, I, const LABELS: usize> {
    site: &'static CallSite<LABELS>,
    values: [&'a str; LABELS],
    instrument: PhantomData<I>,
}

impl<'a, I: Instrument, const LABELS: usize> Lookup<'a, I, LABELS> {
    fn new(site: &'static CallSite<LABELS>, values: [&'a str; LABELS]) -> Self {
        Self {
            site,
            values,
            instrument: PhantomData,
        }
    }

    /// A handle to keep, from the recorder that is in charge now.
    #[must_use]
    pub fn handle(&self) -> I {
        let labels = self.site.labels.iter().zip(self.values);
        let labels: Vec<_> = labels
            .map(|(name, value)| Label::new(*name, value.to_owned()))
            .collect();
        let key = Key::from_parts(self.site.name, labels);
        metrics::with_recorder(|recorder| I::register(recorder, &key))
    }

    #[inline]
    fn record_into(&self, record: impl FnOnce(&I)) {
        handle_cache::with(self.site.address(), &self.values, || self.handle(), record);
    }
}

impl<const LABELS: usize> Lookup<'_, Counter, LABELS> {
    /// Adds to the total.
    #[inline]
    pub fn increment(&self, value: u64) {
        self.record_into(|counter| counter.increment(value));
    }

    /// Raises the total to `value` if it is below.
    #[inline]
    pub fn absolute(&self, value: u64) {
        self.record_into(|counter| counter.absolute(value));
    }
}

impl<const LABELS: usize> Lookup<'_, Gauge, LABELS> {
    /// Adds to the value.
    #[inline]
    pub fn increment(&self, value: f64) {
        self.record_into(|gauge| gauge.increment(value));
    }

    /// Takes away from the value.
    #[inline]
    pub fn decrement(&self, value: f64) {
        self.record_into(|gauge| gauge.decrement(value));
    }

    /// Sets the value.
    #[inline]
    pub fn set(&self, value: f64) {
        self.record_into(|gauge| gauge.set(value));
    }
}

impl<const LABELS: usize> Lookup<'_, Histogram, LABELS> {
    /// Records an observation.
    #[inline]
    pub fn record(&self, value: f64) {
        self.record_into(|histogram| histogram.record(value));
    }

    /// Records the same observation many times.
    #[inline]
    pub fn record_many(&self, value: f64, count: usize) {
        self.record_into(|histogram| histogram.record_many(value, count));
    }
}
