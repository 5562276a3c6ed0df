//! Summaries: histograms that are exposed by their quantiles.

mod quantiles;
mod rolling;
mod snapshot;

pub(crate) use self::{
    quantiles::Quantiles,
    rolling::{DEFAULT_WINDOW, LEAST_WINDOW, PERIODS, Rolling},
};
pub use self::{quantiles::QuantilesError, snapshot::SummarySnapshot};
