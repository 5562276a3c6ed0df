use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use foldhash::fast::RandomState;
use metrics::{CounterFn, Key, Unit};

use crate::{
    FamilySnapshot, Kind, RegisterError,
    buckets::Buckets,
    cell::{Cell, CounterCell},
    family::{Family, Shape},
    labels::{self, OVERFLOW_LABELS},
    name,
    self_metrics::{self, Reason, SelfMetrics},
    series::Series,
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

/// Every metric and series of a registry.
#[derive(Debug)]
pub(crate) struct Store {
    limits: Limits,
    buckets: Buckets,
    /// Never shrinks, so that a position stays valid.
    families: Vec<Family>,
    by_exposed_name: BTreeMap<Arc<str>, usize>,
    /// Does not hold the registry's own metrics, which no limit concerns.
    by_recorded_name: HashMap<Box<str>, usize, RandomState>,
    /// Descriptions of metrics that have no series yet, by recorded name.
    described: HashMap<Box<str>, Description, RandomState>,
    /// Finds a series without sorting and escaping its labels. Holds at most one key for each series.
    by_key: HashMap<Key, Arc<Series>, RandomState>,
    series: usize,
}

#[derive(Debug, Default)]
struct Description {
    unit: Option<Unit>,
    help: Arc<str>,
}

/// The outcome of a registration.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) cell: Cell,
    /// The metric's exposed name, if this is the first registration that went to its overflow series.
    pub(crate) first_overflow: Option<Arc<str>>,
}

/// What a registration asks for; `labels` is escaped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    pub(crate) kind: Kind,
    pub(crate) name: &'a str,
    pub(crate) labels: &'a str,
}

impl Store {
    pub(crate) fn new(limits: Limits, buckets: Buckets, self_metrics: &SelfMetrics) -> Self {
        let mut store = Self {
            limits,
            buckets,
            families: Vec::new(),
            by_exposed_name: BTreeMap::new(),
            by_recorded_name: HashMap::default(),
            described: HashMap::default(),
            by_key: HashMap::default(),
            series: 0,
        };
        for family in self_metrics.families() {
            store.series += family.series.len();
            store.push(family);
        }
        store
    }

    /// How many series there are.
    pub(crate) fn len(&self) -> usize {
        self.series
    }

    pub(crate) fn describe(
        &mut self,
        kind: Kind,
        name: &str,
        unit: Option<Unit>,
        help: &str,
    ) -> Result<(), RegisterError> {
        let Some(&position) = self.by_recorded_name.get(name) else {
            if self.described.len() >= self.limits.metrics && !self.described.contains_key(name) {
                return Err(self.too_many(name));
            }
            self.described.insert(
                name.into(),
                Description {
                    unit,
                    help: help.into(),
                },
            );
            return Ok(());
        };
        let family = &mut self.families[position];
        same_kind(family, kind, name)?;
        family.help = help.into();
        match unit {
            Some(late) if family.unit != unit => Err(RegisterError::LateUnit {
                name: name.into(),
                unit: late.as_str(),
            }),
            _ => Ok(()),
        }
    }

    /// The cell that was registered under exactly this key.
    pub(crate) fn find_key(&self, key: &Key) -> Option<&Cell> {
        self.by_key.get(key).map(|series| &series.cell)
    }

    /// Answers a registration that needs no change of the store: the series is there, or the metric is full.
    pub(crate) fn find(&self, request: Request<'_>) -> Result<Option<Cell>, RegisterError> {
        let Some(&position) = self.by_recorded_name.get(request.name) else {
            return Ok(None);
        };
        let family = &self.families[position];
        same_kind(family, request.kind, request.name)?;
        if let Some(series) = family.series.get(request.labels) {
            return Ok(Some(series.cell.clone()));
        }
        if !self.is_beyond_limits(family, request.labels) {
            return Ok(None);
        }
        let (Some(overflowed), Some(series)) =
            (&family.overflowed, family.series.get(OVERFLOW_LABELS))
        else {
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
        self_metrics: &SelfMetrics,
    ) -> Result<Registered, RegisterError> {
        let position = self.family(request, self_metrics)?;
        if let Some(cell) = self.find(request)? {
            return Ok(Registered {
                cell,
                first_overflow: None,
            });
        }
        if self.is_beyond_limits(&self.families[position], request.labels) {
            return Ok(self.overflow(position));
        }
        let series = self.add_series(position, request.labels);
        if let Some(key) = key {
            self.by_key.insert(key.clone(), Arc::clone(&series));
        }
        Ok(Registered {
            cell: series.cell.clone(),
            first_overflow: None,
        })
    }

    /// The positions of all metrics, sorted by exposed name.
    pub(crate) fn sorted(&self) -> Vec<usize> {
        self.by_exposed_name.values().copied().collect()
    }

    pub(crate) fn snapshot(
        &self,
        position: usize,
        now: u64,
        idle_timeout: Option<Duration>,
    ) -> FamilySnapshot {
        self.families[position].snapshot(now, idle_timeout)
    }

    /// Whether [`drop_idle`](Self::drop_idle) would drop anything.
    pub(crate) fn has_droppable(&self, now: u64, timeout: Duration) -> bool {
        self.families
            .iter()
            .any(|family| family.has_droppable(now, timeout))
    }

    /// Drops the idle series into which nobody can record any more.
    pub(crate) fn drop_idle(&mut self, now: u64, timeout: Duration) {
        let dropped: usize = self
            .families
            .iter_mut()
            .map(|family| family.drop_idle(now, timeout))
            .sum();
        self.series -= dropped;
        // Its family held the other reference.
        self.by_key
            .retain(|_, series| Arc::strong_count(series) > 1);
    }

    fn is_beyond_limits(&self, family: &Family, labels: &str) -> bool {
        labels.len() > LABEL_BYTES
            || family.series.len() >= self.limits.series_per_metric
            || self.series >= self.limits.series
    }

    /// The position of the metric, which is made if it is new.
    fn family(
        &mut self,
        request: Request<'_>,
        self_metrics: &SelfMetrics,
    ) -> Result<usize, RegisterError> {
        let Request {
            kind,
            name: recorded,
            ..
        } = request;
        if let Some(&position) = self.by_recorded_name.get(recorded) {
            return Ok(position);
        }
        if self.by_recorded_name.len() >= self.limits.metrics {
            return Err(self.too_many(recorded));
        }
        let unit = self
            .described
            .get(recorded)
            .and_then(|description| description.unit);
        let exposed = name::prometheus_name(recorded, kind, unit);
        if let Some(&position) = self.by_exposed_name.get(&*exposed) {
            same_kind(&self.families[position], kind, recorded)?;
            self.by_recorded_name.insert(recorded.into(), position);
            return Ok(position);
        }
        if let Some(other) = self.sharing_samples(&exposed, kind) {
            return Err(RegisterError::NameCollision {
                name: exposed.into(),
                other: other.as_ref().into(),
            });
        }
        let shape = match kind {
            Kind::Counter => Shape::Counter,
            Kind::Gauge => Shape::Gauge,
            Kind::Histogram => Shape::Histogram {
                bounds: self.buckets.bounds(recorded, &exposed, unit),
                refused: Arc::clone(self_metrics.rejected_for(Reason::NotANumber)),
            },
        };
        let help = self.described.remove(recorded).unwrap_or_default().help;
        let family = Family {
            unit,
            recorded_name: recorded.into(),
            ..Family::new(&exposed, shape, &help)
        };
        let position = self.push(family);
        self.by_recorded_name.insert(recorded.into(), position);
        Ok(position)
    }

    fn push(&mut self, family: Family) -> usize {
        let position = self.families.len();
        self.by_exposed_name
            .insert(Arc::clone(&family.name), position);
        self.families.push(family);
        position
    }

    fn add_series(&mut self, position: usize, labels: &str) -> Arc<Series> {
        let family = &mut self.families[position];
        self.series += 1;
        let cell = family.new_cell();
        family.insert(labels, cell)
    }

    /// Sends a registration to the metric's overflow series, which is made whatever the limits: there is at
    /// most one for each metric.
    fn overflow(&mut self, position: usize) -> Registered {
        let name = Arc::clone(&self.families[position].name);
        let series = match self.families[position].series.get(OVERFLOW_LABELS) {
            Some(series) => Arc::clone(series),
            None => self.add_series(position, OVERFLOW_LABELS),
        };
        let known = self.families[position].overflowed.clone();
        let overflowed = known.clone().or_else(|| self.overflow_counter(&name));
        if let Some(overflowed) = &overflowed {
            overflowed.increment(1);
        }
        self.families[position].overflowed = overflowed;
        Registered {
            cell: series.cell.clone(),
            first_overflow: known.is_none().then_some(name),
        }
    }

    fn overflow_counter(&mut self, metric: &str) -> Option<Arc<CounterCell>> {
        let position = *self.by_exposed_name.get(self_metrics::OVERFLOW)?;
        let labels = labels::escaped(Kind::Counter, [("metric", metric)].into_iter());
        match &self.add_series(position, &labels).cell {
            Cell::Counter(counter) => Some(Arc::clone(counter)),
            Cell::Gauge(_) | Cell::Histogram(_) => None,
        }
    }

    /// A metric one of whose sample names a new metric would expose too.
    fn sharing_samples(&self, exposed: &str, kind: Kind) -> Option<Arc<str>> {
        const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];
        let histogram_of = |suffix| {
            let (name, &position) = self
                .by_exposed_name
                .get_key_value(exposed.strip_suffix(suffix)?)?;
            (self.families[position].kind() == Kind::Histogram).then(|| Arc::clone(name))
        };
        let sample_of = |suffix: &&str| {
            let (name, _) = self
                .by_exposed_name
                .get_key_value(&*format!("{exposed}{suffix}"))?;
            Some(Arc::clone(name))
        };
        let own = SUFFIXES
            .iter()
            .filter(|_| kind == Kind::Histogram)
            .find_map(sample_of);
        own.or_else(|| SUFFIXES.into_iter().find_map(histogram_of))
    }

    fn too_many(&self, name: &str) -> RegisterError {
        RegisterError::TooManyMetrics {
            name: name.into(),
            limit: self.limits.metrics,
        }
    }
}

fn same_kind(family: &Family, kind: Kind, name: &str) -> Result<(), RegisterError> {
    if family.kind() == kind {
        return Ok(());
    }
    Err(RegisterError::KindConflict {
        name: name.into(),
        registered: family.kind(),
        requested: kind,
    })
}
