//! Structured logs: one event is one line, with the identity of its request.
//!
//! # Features
//!
//! | feature | what |
//! |---|---|
//! | `signals` | `Levels::obey_signals`: SIGUSR1 and SIGUSR2 change what is logged |

mod chunk;
mod encode;
mod levels;
mod line_id;
mod lines;
mod outlet;
mod throttle;

pub use self::{
    encode::{Format, UnknownFormat},
    levels::{Directives, DirectivesError, LevelStatus, Levels, LevelsError, LevelsFilter},
    line_id::LineId,
    lines::Lines,
    outlet::{Destination, Marker, Outlet},
};
