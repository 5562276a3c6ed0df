//! Structured logs: one event is one line, with the identity of its request.

mod encode;
mod line_id;
mod lines;

pub use self::{
    encode::{Format, UnknownFormat},
    line_id::LineId,
    lines::Lines,
};
