use std::{sync::Arc, time::SystemTime};

use metrics::Unit;

use crate::{
    Kind, Labels, NativeSnapshot, RecordedExemplar, SummarySnapshot,
    bounds::Bounds,
    labels::{self, OVERFLOW_LABEL},
};

/// The state of a registry at one moment: plain data that no later recording changes.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Snapshot {
    /// The metrics that have a series, sorted by name.
    pub families: Vec<FamilySnapshot>,
}

/// One metric of a [`Snapshot`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FamilySnapshot {
    /// The name as Prometheus sees it.
    pub name: Arc<str>,
    /// The name as the application recorded it.
    pub recorded_name: Arc<str>,
    /// The kind, the same for all series.
    pub kind: Kind,
    /// The unit as described before the first series.
    pub unit: Option<Unit>,
    /// The description, empty if there was none.
    pub help: Arc<str>,
    /// The series, sorted by their labels.
    pub series: Vec<SeriesSnapshot>,
}

/// One series of a [`FamilySnapshot`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SeriesSnapshot {
    /// What tells the series from its siblings.
    pub labels: Labels,
    /// Its value.
    pub value: Value,
}

/// The value of a series.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Value {
    /// A counter's total.
    Counter(u64),
    /// A counter's total that is [measured elsewhere](crate::Total).
    Total(f64),
    /// A gauge's value.
    Gauge(f64),
    /// A histogram's distribution.
    Histogram(HistogramSnapshot),
    /// The quantiles of a histogram that is exposed as a [summary](crate::Builder::summary).
    Summary(SummarySnapshot),
}

/// The distribution of a histogram's observations.
#[derive(Debug, Clone)]
pub struct HistogramSnapshot {
    pub(crate) bounds: Arc<Bounds>,
    pub(crate) buckets: Vec<u64>,
    pub(crate) sum: f64,
    /// One for each bucket, or for each that a native histogram has for them alone; or none at all.
    pub(crate) exemplars: Vec<Option<RecordedExemplar>>,
    pub(crate) native: Option<NativeSnapshot>,
    /// Whether there are observations in native buckets below zero, whether or not these are told.
    pub(crate) has_negative: bool,
    /// When the histogram started over, if it did.
    pub(crate) started_over: Option<SystemTime>,
}

impl Snapshot {
    /// The metric with this name, as Prometheus sees it.
    #[must_use]
    pub fn family(&self, name: &str) -> Option<&FamilySnapshot> {
        let position = self
            .families
            .binary_search_by(|family| (*family.name).cmp(name))
            .ok()?;
        self.families.get(position)
    }

    /// The value of the series of metric `name` with exactly these labels, in any order, global ones included.
    #[must_use]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<&Value> {
        self.family(name)?.value(labels)
    }
}

impl FamilySnapshot {
    /// The value of the series with exactly these labels, in any order, global ones included.
    #[must_use]
    pub fn value(&self, labels: &[(&str, &str)]) -> Option<&Value> {
        let labels = labels::escaped(self.kind, labels.iter().copied());
        let position = self
            .series
            .binary_search_by(|series| series.labels.as_str().cmp(&labels))
            .ok()?;
        self.series.get(position).map(|series| &series.value)
    }

    /// The value of the series that takes what is beyond the metric's limits, once something was.
    #[must_use]
    pub fn overflow(&self) -> Option<&Value> {
        let mut series = self.series.iter();
        let overflow = series.find(|series| series.labels.value(OVERFLOW_LABEL).is_some());
        overflow.map(|series| &series.value)
    }
}

impl Value {
    /// The total, if this is a counter.
    #[must_use]
    pub fn as_counter(&self) -> Option<u64> {
        if let Self::Counter(total) = self {
            Some(*total)
        } else {
            None
        }
    }

    /// The total, if this is a counter whose total is [measured elsewhere](crate::Total).
    #[must_use]
    pub fn as_total(&self) -> Option<f64> {
        if let Self::Total(total) = self {
            Some(*total)
        } else {
            None
        }
    }

    /// The value, if this is a gauge.
    #[must_use]
    pub fn as_gauge(&self) -> Option<f64> {
        if let Self::Gauge(value) = self {
            Some(*value)
        } else {
            None
        }
    }

    /// The distribution, if this is a histogram with buckets.
    #[must_use]
    pub fn as_histogram(&self) -> Option<&HistogramSnapshot> {
        if let Self::Histogram(distribution) = self {
            Some(distribution)
        } else {
            None
        }
    }

    /// The quantiles, if this is a summary.
    #[must_use]
    pub fn as_summary(&self) -> Option<&SummarySnapshot> {
        if let Self::Summary(summary) = self {
            Some(summary)
        } else {
            None
        }
    }
}

impl HistogramSnapshot {
    pub(crate) fn empty(bounds: &Arc<Bounds>) -> Self {
        Self {
            bounds: Arc::clone(bounds),
            buckets: Vec::new(),
            sum: 0.0,
            exemplars: Vec::new(),
            native: None,
            has_negative: false,
            started_over: None,
        }
    }

    /// Becomes one without observations in buckets of these bounds, with the memory that it has.
    pub(crate) fn clear(&mut self, bounds: &Arc<Bounds>) {
        self.bounds.clone_from(bounds);
        self.buckets.clear();
        self.buckets.resize(bounds.buckets(), 0);
        self.sum = 0.0;
        self.exemplars.clear();
        self.native = None;
        self.has_negative = false;
        self.started_over = None;
    }

    /// The buckets' upper bounds, inclusive and increasing, without the last, infinity; none if the histogram is
    /// native only.
    #[must_use]
    pub fn bounds(&self) -> &[f64] {
        self.bounds.values()
    }

    /// Whether the sum may go down: there are buckets below zero.
    pub(crate) fn may_fall(&self) -> bool {
        self.has_negative || self.bounds().first().is_some_and(|lowest| *lowest < 0.0)
    }

    /// The observations in each bucket alone; one more than there are bounds.
    #[must_use]
    pub fn buckets(&self) -> &[u64] {
        &self.buckets
    }

    /// The last exemplar of the observations in this bucket; buckets are counted from 0.
    #[must_use]
    pub fn exemplar(&self, bucket: usize) -> Option<RecordedExemplar> {
        if self.bounds().is_empty() {
            let last = self.exemplars().max_by_key(|recorded| recorded.at);
            return last.filter(|_| bucket == 0);
        }
        self.exemplars.get(bucket).copied().flatten()
    }

    /// All exemplars: at most one for each bucket, or, if the histogram is native only, for each that it would have
    /// otherwise.
    pub fn exemplars(&self) -> impl Iterator<Item = RecordedExemplar> {
        self.exemplars.iter().copied().flatten()
    }

    /// How many bytes it takes besides its own, for those who keep snapshots.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let native = self.native.iter();
        let buckets = native.flat_map(|native| [&native.positive, &native.negative]);
        size_of_val(&*self.buckets)
            + size_of_val(&*self.exemplars)
            + buckets
                .map(|buckets| size_of_val(&**buckets))
                .sum::<usize>()
    }

    /// The same observations in buckets of growing width, if the metric is to have them.
    #[must_use]
    pub fn native(&self) -> Option<&NativeSnapshot> {
        self.native.as_ref()
    }

    /// The observations in each bucket and those below it, with the text of its `le` label.
    pub fn cumulative(&self) -> impl Iterator<Item = (&str, u64)> {
        let counts = self.buckets.iter().scan(0_u64, |total, count| {
            *total = total.wrapping_add(*count);
            Some(*total)
        });
        self.bounds.labels().iter().map(AsRef::as_ref).zip(counts)
    }

    /// The number of observations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets
            .iter()
            .fold(0, |count, bucket| count.wrapping_add(*bucket))
    }

    /// The sum of the observations.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.sum
    }
}
