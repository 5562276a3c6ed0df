//! Structured logs: one event is one line, with the identity of its request.

mod line_id;
mod lines;

pub use self::{line_id::LineId, lines::Lines};
