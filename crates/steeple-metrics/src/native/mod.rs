//! Native histograms: buckets whose width grows with their distance from zero.

mod snapshot;

pub use self::snapshot::NativeSnapshot;
