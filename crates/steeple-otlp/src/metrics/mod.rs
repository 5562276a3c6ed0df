//! Metrics from the snapshots of a registry.

mod collector;
mod exponential;
mod instruments;
mod labels;
mod memory;
mod metric;
mod points;
mod settings;
mod unit;

pub use settings::{HistogramAggregation, Temporality};
pub(crate) use {collector::Collector, settings::MetricSettings};
