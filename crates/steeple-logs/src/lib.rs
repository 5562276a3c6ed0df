//! Structured logs: one event is one line, with the identity of its request.
//!
//! # Features
//!
//! A feature alone changes no behaviour.
//!
//! | feature | what |
//! |---|---|
//! | `elasticsearch` | `elasticsearch`: lines into a data stream of Elasticsearch, by its bulk API |
//! | `rolling` | `RollingFile`: files that are begun anew when they are large or old |
//! | `signals` | `Levels::obey_signals`: SIGUSR1 and SIGUSR2 change what is logged |
//! | `spool` | `spool`: lines on disk for as long as a backend is away |
//! | `syslog` | `Syslog`: messages to a syslog daemon, by datagrams and, with `tcp`, over TCP |
//! | `tcp` | `Tcp`: lines over TCP, as Logstash reads them |
//! | `tls` | Elasticsearch by https, `Tcp` and `Syslog` over TLS, by rustls and code of Rust alone, on x86-64 and AArch64 |

mod access;
mod bind;
mod builder;
mod chunk;
#[cfg(feature = "elasticsearch")]
pub mod elasticsearch;
mod encode;
mod errors;
mod event;
mod levels;
mod line_id;
mod lines;
mod logs;
mod outlet;
mod place;
mod progress;
mod redact;
mod report;
mod resource;
#[cfg(feature = "rolling")]
mod rolling;
mod shared;
#[cfg(feature = "spool")]
pub mod spool;
mod stdio;
#[cfg(feature = "syslog")]
mod syslog;
#[cfg(feature = "tcp")]
mod tcp;
mod throttle;
mod volume;
mod writers;

#[cfg(feature = "rolling")]
pub use self::rolling::{RollingFile, RollingFileError};
#[cfg(feature = "syslog")]
pub use self::syslog::{Facility, Syslog};
#[cfg(feature = "tcp")]
pub use self::tcp::{NetworkError, Tcp};
pub use self::{
    access::{AccessFormat, AccessLog, AccessLogBuilder, ClientAddress},
    bind::{bind, unbind},
    builder::{LogsBuilder, LogsError},
    encode::{Format, Scalar, UnknownFormat},
    errors::ErrorLog,
    event::LogLayer,
    levels::{
        Directives, DirectivesError, LevelEndpoint, LevelStatus, Levels, LevelsError, LevelsFilter,
    },
    line_id::LineId,
    lines::Lines,
    logs::Logs,
    outlet::{Destination, Marker, Outlet},
    report::LogsReport,
    stdio::Stdio,
};
#[cfg(feature = "tls")]
pub use steeple_client::{Tls, TlsError};
