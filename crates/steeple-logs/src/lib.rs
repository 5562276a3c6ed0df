//! Structured logs: one event is one line, with the identity of its request.

mod chunk;
mod encode;
mod line_id;
mod lines;
mod outlet;

pub use self::{
    encode::{Format, UnknownFormat},
    line_id::LineId,
    lines::Lines,
    outlet::{Destination, Marker, Outlet},
};
