/// How severe what happened is, as the [data
/// model](https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber) numbers it. The levels of `tracing`
/// are the lowest of their ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Of interest when debugging in detail.
    Trace = 1,
    /// Of interest when debugging.
    Debug = 5,
    /// Something happened.
    Info = 9,
    /// Something may be wrong.
    Warn = 13,
    /// Something is wrong.
    Error = 17,
    /// The service cannot go on.
    Fatal = 21,
}

impl Severity {
    /// The text, such as `INFO`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "TRACE",
            Self::Debug => "DEBUG",
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
        }
    }
}
