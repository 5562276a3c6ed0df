//! Structured logs: one event is one line, with the identity of its request.

mod lines;

pub use self::lines::Lines;
