//! Spans of requests and jobs, and of those that [`tracing`] tells of.

mod ending;
mod job;
mod layer;
mod redaction;
mod request;
mod sink;
mod span;

pub use self::{
    layer::{RecordedTraces, TracingLayer},
    sink::RequestSpans,
};
