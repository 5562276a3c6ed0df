//! The spans of the [`tracing`] crate.

mod attributes;
mod fields;
mod filter;
mod layer;
mod open_span;
mod open_spans;
mod spans;
mod subscriber;

pub(crate) use self::spans::Spans;
pub use self::{filter::RecordedTraces, layer::TracingLayer, subscriber::TracingSubscriber};
