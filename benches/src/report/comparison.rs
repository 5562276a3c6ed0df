//! What the registry costs beside its peers.

use crate::child::{self, ChildError};

/// One measure of the registry and its peers, made in one run.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// What is measured.
    pub measure: Measure,
    /// The figure of each, by name.
    pub figures: Vec<(String, f64)>,
}

/// What is measured of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Nanoseconds a record through a histogram's handle.
    Record,
    /// The same on each of two threads that record into one histogram.
    ContendedRecord,
    /// Nanoseconds an increment by labels that are known only at run time.
    Lookup,
    /// Allocations an increment by such labels.
    LookupAllocations,
    /// Nanoseconds an event of `tracing` in three nested spans.
    Event,
    /// Nanoseconds a line of so many.
    Render(u32),
    /// Allocations a line of so many.
    RenderAllocations(u32),
    /// Bytes of a counter and a histogram together.
    Memory,
}

const LIBRARIES: [&str; 6] = [
    "steeple",
    "steeple, busy",
    "prometheus-client",
    "prometheus",
    "measured",
    "metrics-exporter-prometheus",
];

impl Measure {
    pub(super) const ALL: [Self; 10] = [
        Self::Record,
        Self::ContendedRecord,
        Self::Lookup,
        Self::LookupAllocations,
        Self::Event,
        Self::Render(10_000),
        Self::Render(100_000),
        Self::RenderAllocations(10_000),
        Self::RenderAllocations(100_000),
        Self::Memory,
    ];

    /// What it is, with its unit.
    pub(super) fn title(self) -> String {
        match self {
            Self::Record => "ns a histogram record through a cached handle".to_owned(),
            Self::ContendedRecord => "ns a histogram record, two threads at once".to_owned(),
            Self::Lookup => "ns an increment by labels of run time".to_owned(),
            Self::LookupAllocations => "allocations an increment by labels of run time".to_owned(),
            Self::Event => "ns an event in three nested spans, as a line".to_owned(),
            Self::Render(lines) => format!("ns a line, {lines} lines"),
            Self::RenderAllocations(lines) => format!("allocations a line, {lines} lines"),
            Self::Memory => "bytes of a counter and a histogram of three labels".to_owned(),
        }
    }

    pub(super) fn compare(self) -> Result<Comparison, ChildError> {
        let figures = match self {
            Self::Record => child::costs(&["record"]),
            Self::ContendedRecord => child::costs(&["contended"]),
            Self::Lookup => child::costs(&["lookup"]),
            Self::Event => child::costs(&["event"]),
            Self::LookupAllocations => child::costs(&["lookup-allocations"]),
            Self::Render(lines) => child::costs(&["render", &lines.to_string()]),
            Self::RenderAllocations(lines) => {
                child::costs(&["render-allocations", &lines.to_string()])
            }
            Self::Memory => LIBRARIES
                .into_iter()
                .map(|library| {
                    let [bytes] = child::figures(&["memory", library])?;
                    Ok((library.to_owned(), bytes))
                })
                .collect(),
        }?;
        Ok(Comparison {
            measure: self,
            figures,
        })
    }
}

impl Comparison {
    /// The figure of `name`.
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<f64> {
        let of_name = self.figures.iter().find(|(other, _)| other == name);
        of_name.map(|(_, figure)| *figure)
    }
}
