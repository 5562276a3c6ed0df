//! Structured logs: one event is one line, with the identity of its request.
//!
//! # Features
//!
//! A feature alone changes no behaviour.
//!
//! | feature | what |
//! |---|---|
//! | `elasticsearch` | `elasticsearch`: lines into a data stream of Elasticsearch, by its bulk API |
//! | `signals` | `Levels::obey_signals`: SIGUSR1 and SIGUSR2 change what is logged |
//! | `spool` | `spool`: lines on disk for as long as a backend is away |
//! | `tls` | Elasticsearch by https, by rustls and code of Rust alone, on x86-64 and AArch64 |

mod chunk;
#[cfg(feature = "elasticsearch")]
pub mod elasticsearch;
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
