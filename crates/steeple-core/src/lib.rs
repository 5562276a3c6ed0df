//! Observes one request or job: head, observation, record, sinks.

pub mod ops;
