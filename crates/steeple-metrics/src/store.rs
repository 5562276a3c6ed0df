use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use metrics::{CounterFn, Key};

use crate::{
    Kind, RegisterError,
    catalog::Catalog,
    cell::Cell,
    family::Family,
    global_labels::{GlobalLabels, LabelTexts},
    histograms::Histograms,
    key_index::KeyIndex,
    labels,
    name::Naming,
    self_metrics::{Reason, SelfMetrics},
    series::{Origin, Series},
};

/// A label set with more text than this goes to the overflow series.
const LABEL_BYTES: usize = 4_096;

/// How much a [`Store`] may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) metrics: usize,
    pub(crate) series_per_metric: usize,
    pub(crate) series: usize,
}

/// What a [`Store`] remembers of registrations beyond the usual.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Memory {
    /// When series were made.
    pub(crate) created_series: bool,
}

/// Every metric and series of a registry.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) catalog: Catalog,
    limits: Limits,
    memory: Memory,
    /// Finds a series without sorting and escaping its labels.
    pub(crate) by_key: KeyIndex,
    /// How many series all metrics have together.
    series: usize,
    /// Where the metric is that counts registrations sent to overflow series.
    overflow_metric: usize,
    global_labels: Arc<GlobalLabels>,
    /// Those of every overflow series.
    overflow_labels: LabelTexts,
}

/// What a registration asks for; the labels have the global ones among them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
    pub(crate) labels: &'a LabelTexts,
}

impl Memory {
    fn origin(self, labels: &LabelTexts) -> Origin {
        Origin {
            utf8_labels: labels.utf8.clone(),
            created: self.created_series.then(SystemTime::now),
        }
    }
}

/// The outcome of a registration.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) cell: Cell,
    /// The metric's exposed name, if this is the first registration that went to its overflow series.
    pub(crate) first_overflow: Option<Arc<str>>,
}

impl Store {
    pub(crate) fn new(
        limits: Limits,
        memory: Memory,
        naming: Naming,
        global_labels: Arc<GlobalLabels>,
        histograms: Histograms,
        self_metrics: &SelfMetrics,
    ) -> Self {
        let refused = Arc::clone(self_metrics.rejected_for(Reason::NotANumber));
        let mut catalog = Catalog::new(limits.metrics, naming, histograms, refused);
        for family in self_metrics.families(&global_labels, |labels| memory.origin(labels)) {
            catalog.push(family);
        }
        let series = catalog
            .families
            .iter()
            .map(|family| family.series.len())
            .sum();
        let overflow_metric = catalog.push(SelfMetrics::overflow_family());
        Self {
            catalog,
            limits,
            memory,
            by_key: KeyIndex::default(),
            series,
            overflow_metric,
            overflow_labels: global_labels.with_overflow(),
            global_labels,
        }
    }

    /// How many series there are.
    pub(crate) fn len(&self) -> usize {
        self.series
    }

    /// How many series one metric may have.
    pub(crate) fn series_limit(&self) -> usize {
        self.limits.series_per_metric
    }

    /// The cell that was registered under exactly this key, most likely.
    pub(crate) fn find_key(&self, key: &Key) -> Option<&Cell> {
        let (position, series) = self.by_key.candidate(key)?;
        let is_it = *self.catalog.families[position].recorded_name == *key.name()
            && labels::are_plainly(
                series.labels.as_str(),
                key.labels().as_slice(),
                self.global_labels.each_escaped(),
            );
        is_it.then_some(&series.cell)
    }

    /// Answers a registration that needs no change of the store: the series is there, or the metric is full.
    pub(crate) fn find(&self, request: Request<'_>) -> Result<Option<Cell>, RegisterError> {
        let Some(position) = self.catalog.find(request.kind, request.name)? else {
            return Ok(None);
        };
        let family = &self.catalog.families[position];
        if let Some(series) = family.series.get(&*request.labels.plain) {
            return Ok(Some(series.cell.clone()));
        }
        if !self.is_beyond_limits(family, request.labels) {
            return Ok(None);
        }
        let overflow_series = family.series.get(&*self.overflow_labels.plain);
        let (Some(overflowed), Some(series)) = (&family.overflowed, overflow_series) else {
            return Ok(None);
        };
        overflowed.increment(1);
        Ok(Some(series.cell.clone()))
    }

    /// Finds or makes the series, and remembers the key for a series that is made.
    pub(crate) fn register(
        &mut self,
        request: Request<'_>,
        key: Option<&Key>,
    ) -> Result<Registered, RegisterError> {
        let position = self.catalog.find_or_add(request.kind, request.name)?;
        if let Some(cell) = self.find(request)? {
            return Ok(Registered {
                cell,
                first_overflow: None,
            });
        }
        if self.is_beyond_limits(&self.catalog.families[position], request.labels) {
            return Ok(self.overflow(position));
        }
        let series = self.add(position, request.labels);
        let cell = series.cell.clone();
        if let Some(key) = key {
            self.by_key.insert(key, position, series);
        }
        Ok(Registered {
            cell,
            first_overflow: None,
        })
    }

    /// Drops those of a metric's series that are idle and into which nobody can record any more; returns how many.
    pub(crate) fn drop_idle(
        &mut self,
        position: usize,
        candidates: &[Arc<Series>],
        now: u64,
        timeout: Duration,
    ) -> usize {
        let dropped = self.catalog.families[position].drop_idle(candidates, now, timeout);
        self.series -= dropped;
        for series in candidates.iter().filter(|series| series.is_dropped()) {
            self.by_key.forget(series);
        }
        dropped
    }

    /// Drops a series into which nobody can record any more, if there is one.
    pub(crate) fn remove(&mut self, request: Request<'_>) {
        let Ok(Some(position)) = self.catalog.find(request.kind, request.name) else {
            return;
        };
        let family = &mut self.catalog.families[position];
        if let Some(series) = family.remove(&request.labels.plain) {
            self.series -= 1;
            self.by_key.forget(&series);
        }
    }

    fn is_beyond_limits(&self, family: &Family, labels: &LabelTexts) -> bool {
        labels.plain.len() > LABEL_BYTES
            || family.series_beside(&self.overflow_labels.plain) >= self.limits.series_per_metric
            || self.series >= self.limits.series
    }

    fn add(&mut self, position: usize, labels: &LabelTexts) -> Arc<Series> {
        let family = &mut self.catalog.families[position];
        self.series += 1;
        let cell = family.new_cell();
        family.insert(&labels.plain, cell, self.memory.origin(labels))
    }

    /// Sends a registration to the metric's overflow series, which is made whatever the limits: there is at
    /// most one for each metric.
    fn overflow(&mut self, position: usize) -> Registered {
        let family = &self.catalog.families[position];
        let (name, known) = (Arc::clone(&family.name), family.overflowed.clone());
        let first_overflow = known.is_none().then(|| Arc::clone(&name));
        let series = match family.series.get(&*self.overflow_labels.plain) {
            Some(series) => Arc::clone(series),
            None => self.add(position, &self.overflow_labels.clone()),
        };
        let overflowed = known.or_else(|| {
            let labels = SelfMetrics::overflow_labels(&self.global_labels, &name);
            self.add(self.overflow_metric, &labels)
                .cell
                .as_counter()
                .cloned()
        });
        if let Some(overflowed) = &overflowed {
            overflowed.increment(1);
        }
        self.catalog.families[position].overflowed = overflowed;
        Registered {
            cell: series.cell.clone(),
            first_overflow,
        }
    }
}
