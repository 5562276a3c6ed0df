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

mod bind;
mod builder;
mod chunk;
#[cfg(feature = "elasticsearch")]
pub mod elasticsearch;
mod encode;
mod event;
mod failure;
mod levels;
mod line_id;
mod lines;
mod logs;
mod outlet;
mod report;
mod resource;
mod shared;
mod throttle;
mod writers;

pub use self::{
    bind::{bind, unbind},
    builder::{LogsBuilder, LogsError},
    encode::{Format, Scalar, UnknownFormat},
    event::LogLayer,
    levels::{Directives, DirectivesError, LevelStatus, Levels, LevelsError, LevelsFilter},
    line_id::LineId,
    lines::Lines,
    logs::Logs,
    outlet::{Destination, Marker, Outlet},
    report::LogsReport,
};
