use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use foldhash::fast::RandomState;
use metrics::Unit;

use crate::{
    Kind, RegisterError,
    cell::CounterCell,
    family::{Family, Shape},
    histograms::Histograms,
    name,
};

/// What a histogram named `x` exposes beside its family name: `x_bucket` and so on.
const HISTOGRAM_SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// The metrics of a registry and their names.
#[derive(Debug)]
pub(crate) struct Catalog {
    limit: usize,
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
}

impl Catalog {
    pub(crate) fn new(limit: usize, histograms: Histograms, refused: Arc<CounterCell>) -> Self {
        Self {
            limit,
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
            self.described
                .insert(recorded.into(), Description { unit, help });
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
        let exposed = name::prometheus_name(recorded, kind, unit);
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
        let shape = match kind {
            Kind::Counter => Shape::Counter,
            Kind::Gauge => Shape::Gauge {
                refused: Arc::clone(&self.refused),
            },
            Kind::Histogram => Shape::Histogram {
                shape: self.histograms.shape(recorded, exposed, unit),
                refused: Arc::clone(&self.refused),
            },
        };
        let help = self.described.remove(recorded).unwrap_or_default().help;
        Ok(self.push(Family {
            recorded_name: recorded.into(),
            unit,
            ..Family::new(exposed, shape, help)
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
