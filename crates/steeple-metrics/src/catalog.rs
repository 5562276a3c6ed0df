use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use foldhash::fast::RandomState;
use metrics::Unit;

use crate::{
    Kind, RegisterError,
    cell::CounterCell,
    exposition::Metric,
    family::{Family, Shape},
    histograms::Histograms,
    name::Naming,
};

/// What a histogram named `x` exposes beside its family name: `x_bucket` and so on, in OpenMetrics `x_created` too.
const HISTOGRAM_SUFFIXES: [&str; 4] = ["_bucket", "_sum", "_count", "_created"];

/// The metrics of a registry and their names.
#[derive(Debug)]
pub(crate) struct Catalog {
    limit: usize,
    naming: Naming,
    histograms: Histograms,
    /// Counts what histograms and gauges refuse.
    refused: Arc<CounterCell>,
    /// Never shrinks, so that a position stays valid.
    pub(crate) families: Vec<Family>,
    by_exposed_name: BTreeMap<Arc<str>, usize>,
    /// Does not hold the registry's own metrics, which no limit concerns.
    by_recorded_name: HashMap<Box<str>, usize, RandomState>,
    /// Descriptions of metrics that have no series yet, by recorded name.
    described: HashMap<Box<str>, Description, RandomState>,
}

#[derive(Debug, Default)]
struct Description {
    unit: Option<Unit>,
    help: Arc<str>,
    /// Whether the counter's total is measured elsewhere.
    is_measured: bool,
}

impl Catalog {
    pub(crate) fn new(
        limit: usize,
        naming: Naming,
        histograms: Histograms,
        refused: Arc<CounterCell>,
    ) -> Self {
        Self {
            limit,
            naming,
            histograms,
            refused,
            families: Vec::new(),
            by_exposed_name: BTreeMap::new(),
            by_recorded_name: HashMap::default(),
            described: HashMap::default(),
        }
    }

    /// The positions of all metrics, sorted by exposed name.
    pub(crate) fn sorted(&self) -> Vec<usize> {
        self.by_exposed_name.values().copied().collect()
    }

    /// The names under which metrics were recorded or described so far.
    pub(crate) fn recorded_names(&self) -> impl Iterator<Item = &str> {
        let recorded = self.by_recorded_name.keys();
        recorded.chain(self.described.keys()).map(|name| &**name)
    }

    /// The metric at this position.
    pub(crate) fn metric(&self, position: usize) -> Metric {
        let family = &self.families[position];
        Metric {
            name: Arc::clone(&family.name),
            utf8_name: family.utf8_name.clone(),
            kind: family.kind(),
            is_summary: family.is_summary(),
            is_named_as_counter: self.is_named_as_counter(family),
            unit: family.unit,
            help: Arc::clone(&family.help),
        }
    }

    pub(crate) fn describe(
        &mut self,
        kind: Kind,
        recorded: &str,
        unit: Option<Unit>,
        help: &str,
    ) -> Result<(), RegisterError> {
        let help = help.into();
        let Some(position) = self.find(kind, recorded)? else {
            if self.described.len() >= self.limit && !self.described.contains_key(recorded) {
                return Err(self.too_many(recorded));
            }
            let description = self.described.entry(recorded.into()).or_default();
            (description.unit, description.help) = (unit, help);
            return Ok(());
        };
        let family = &mut self.families[position];
        family.help = help;
        match unit {
            Some(late) if family.unit != unit => Err(RegisterError::LateUnit {
                name: recorded.into(),
                unit: late.as_str(),
            }),
            _ => Ok(()),
        }
    }

    /// Makes the counter one of totals that are measured elsewhere; fails if it has a series of another sort.
    pub(crate) fn measure(&mut self, recorded: &str) -> Result<(), RegisterError> {
        match self.find(Kind::Counter, recorded)? {
            None if self.described.len() >= self.limit
                && !self.described.contains_key(recorded) =>
            {
                return Err(self.too_many(recorded));
            }
            None => {
                let description = self.described.entry(recorded.into()).or_default();
                description.is_measured = true;
            }
            Some(position) if matches!(self.families[position].shape, Shape::Total) => {}
            Some(_) => {
                return Err(RegisterError::Counted {
                    name: recorded.into(),
                });
            }
        }
        Ok(())
    }

    /// The position of the metric recorded under this name.
    pub(crate) fn find(&self, kind: Kind, recorded: &str) -> Result<Option<usize>, RegisterError> {
        let position = self.by_recorded_name.get(recorded).copied();
        position
            .map(|position| self.of_kind(position, kind, recorded))
            .transpose()
    }

    /// The position of the metric recorded under this name, which is made if it is new.
    pub(crate) fn find_or_add(
        &mut self,
        kind: Kind,
        recorded: &str,
    ) -> Result<usize, RegisterError> {
        if let Some(position) = self.find(kind, recorded)? {
            return Ok(position);
        }
        if self.by_recorded_name.len() >= self.limit {
            return Err(self.too_many(recorded));
        }
        let unit = self
            .described
            .get(recorded)
            .and_then(|description| description.unit);
        let exposed = self.naming.plain_name(recorded, kind, unit);
        let position = match self.by_exposed_name.get(&*exposed) {
            Some(&position) => self.join(position, kind, recorded)?,
            None => self.add(kind, recorded, &exposed, unit)?,
        };
        self.by_recorded_name.insert(recorded.into(), position);
        Ok(position)
    }

    /// Takes in a metric whose names nobody checks.
    pub(crate) fn push(&mut self, family: Family) -> usize {
        let position = self.families.len();
        self.by_exposed_name
            .insert(Arc::clone(&family.name), position);
        self.families.push(family);
        position
    }

    /// Lets the metric be recorded under another name too.
    fn join(
        &mut self,
        position: usize,
        kind: Kind,
        recorded: &str,
    ) -> Result<usize, RegisterError> {
        self.of_kind(position, kind, recorded)?;
        let description = self.described.remove(recorded).unwrap_or_default();
        let family = &mut self.families[position];
        if family.help.is_empty() {
            family.help = description.help;
        }
        Ok(position)
    }

    fn add(
        &mut self,
        kind: Kind,
        recorded: &str,
        exposed: &str,
        unit: Option<Unit>,
    ) -> Result<usize, RegisterError> {
        if let Some(other) = self.sharing_samples(kind, exposed) {
            return Err(RegisterError::NameCollision {
                name: exposed.into(),
                other: other.into(),
            });
        }
        let description = self.described.remove(recorded).unwrap_or_default();
        let shape = match kind {
            Kind::Counter if description.is_measured => Shape::Total,
            Kind::Counter => Shape::Counter,
            Kind::Gauge => Shape::Gauge {
                refused: Arc::clone(&self.refused),
            },
            Kind::Histogram => {
                let refused = Arc::clone(&self.refused);
                match self.histograms.summary(recorded, exposed) {
                    Some(shape) => Shape::Summary { shape, refused },
                    None => Shape::Histogram {
                        shape: self.histograms.shape(recorded, exposed, unit),
                        refused,
                    },
                }
            }
        };
        let utf8_name = self.naming.utf8_name(recorded, kind, unit, exposed);
        Ok(self.push(Family {
            recorded_name: recorded.into(),
            utf8_name: utf8_name.map(Into::into),
            unit,
            ..Family::new(exposed, shape, description.help)
        }))
    }

    /// A metric one of whose sample names a new metric would expose too.
    fn sharing_samples(&self, kind: Kind, exposed: &str) -> Option<&str> {
        let known = |name: &str| {
            self.by_exposed_name
                .get(name)
                .map(|&position| &self.families[position])
        };
        HISTOGRAM_SUFFIXES.into_iter().find_map(|suffix| {
            let histogram = exposed.strip_suffix(suffix).and_then(known);
            let sample = || known(&format!("{exposed}{suffix}"));
            let other = match histogram {
                Some(family) if family.kind() == Kind::Histogram => histogram,
                _ if kind == Kind::Histogram => sample(),
                _ => None,
            };
            other.map(|family| &*family.name)
        })
    }

    /// Whether the metric can be a counter in OpenMetrics, which names `x` the counter whose sample is `x_total`: neither
    /// `x` nor its `x_created` may belong to another metric.
    fn is_named_as_counter(&self, family: &Family) -> bool {
        let Some(short) = family.name.strip_suffix("_total") else {
            return false;
        };
        let is_taken = |name: &str| self.by_exposed_name.contains_key(name);
        let is_sample_of = |name: &str, kind: Kind| {
            let position = self.by_exposed_name.get(name);
            position.is_some_and(|&position| self.families[position].kind() == kind)
        };
        let is_sample_of_histogram = HISTOGRAM_SUFFIXES.into_iter().any(|suffix| {
            let histogram = short.strip_suffix(suffix);
            histogram.is_some_and(|histogram| is_sample_of(histogram, Kind::Histogram))
        });
        let is_creation_of_counter = short
            .strip_suffix("_created")
            .is_some_and(|counter| is_sample_of(&format!("{counter}_total"), Kind::Counter));
        family.kind() == Kind::Counter
            && !is_taken(short)
            && !is_taken(&format!("{short}_created"))
            && !is_sample_of_histogram
            && !is_creation_of_counter
    }

    fn of_kind(&self, position: usize, kind: Kind, recorded: &str) -> Result<usize, RegisterError> {
        let registered = self.families[position].kind();
        if registered == kind {
            return Ok(position);
        }
        Err(RegisterError::KindConflict {
            name: recorded.into(),
            registered,
            requested: kind,
        })
    }

    fn too_many(&self, recorded: &str) -> RegisterError {
        RegisterError::TooManyMetrics {
            name: recorded.into(),
            limit: self.limit,
        }
    }
}
