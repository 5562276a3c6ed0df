//! Native histograms: buckets whose width grows with their distance from zero.

mod config;
mod index;
mod snapshot;

pub use self::{
    config::{NativeConfig, NativeConfigError},
    snapshot::NativeSnapshot,
};
pub(crate) use self::{
    index::{COARSEST, index, upper_bound},
    snapshot::NativeBucket,
};
