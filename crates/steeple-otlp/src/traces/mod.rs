//! Spans of requests and jobs, and of those that [`tracing`] tells of.

mod call;
mod ending;
pub(crate) mod finished;
mod job;
mod layer;
mod redaction;
mod request;
mod sink;
pub(crate) mod span;

pub use self::{
    layer::{RecordedTraces, TracingLayer},
    sink::RequestSpans,
};
