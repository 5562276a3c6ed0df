//! The traces that requests and jobs belong to: which are recorded, and what is kept of them.

pub(crate) mod carried;
mod config;
mod decisions;
mod encoded;
pub(crate) mod entered;
mod lineage;
pub(crate) mod propagated;
mod rate_limit;
mod recording;
mod sampler;
mod scope;
mod trust;

pub use self::{
    carried::Carried,
    config::TraceConfig,
    recording::{FinishedSpan, Recording, SpanLink},
    sampler::Sampler,
    scope::TraceScope,
    trust::Trust,
};
pub(crate) use self::{
    decisions::{OwnSampler, Traces},
    lineage::Lineage,
    propagated::Propagated,
};
