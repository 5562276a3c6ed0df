//! Sampling by how requests and jobs end.

mod duration_sketch;
mod local_roots;
mod open_traces;
mod routes;
mod sampling;
mod tail_sampler;

pub use self::sampling::TailSampling;
pub(crate) use self::{
    open_traces::{OpenTraces, Whereabouts},
    tail_sampler::{End, TailSampler},
};
