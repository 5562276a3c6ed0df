//! Spans of requests and jobs, and of those that [`tracing`] tells of.

mod call;
mod ending;
pub(crate) mod instrumented;
mod job;
mod redaction;
mod request;
mod rpc;
mod sink;
pub(crate) mod span;
pub(crate) mod span_queue;
pub(crate) mod tail;

pub use self::{
    instrumented::{RecordedTraces, TracingLayer, TracingSubscriber},
    sink::RequestSpans,
    tail::TailSampling,
};
