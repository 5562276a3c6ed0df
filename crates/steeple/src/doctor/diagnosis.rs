use std::fmt;

use steeple_metrics::Finding;

/// Something that is wrong, from [`Steeple::doctor`](crate::Steeple::doctor).
///
/// Displayed, it is one line. It holds nothing that could be secret: no address, no header, no value of a variable or setting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnosis {
    /// Which of the things that can be wrong it is.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub fix: String,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Code {
    /// The instance is switched off, or could not be started.
    Disabled,
    /// A backend is not reached, or does not answer in time.
    ExporterUnreachable,
    /// A backend is reached, but TLS is not agreed on.
    ExporterTls,
    /// A backend answers, but does not take what is exported.
    ExporterRefused,
    /// Traces are exported, but none is ever recorded.
    SamplingOff,
    /// Traces are exported, but the application's subscriber lacks steeple's layer.
    NoTracingLayer,
    /// Panics abort the process, so that none can be told.
    PanicAborts,
    /// The layer is applied twice to the same requests.
    LayerTwice,
    /// Another metrics recorder was installed before.
    ForeignRecorder,
    /// The program has more than one version of `opentelemetry`, by what rustc leaves of them in the executable.
    OpenTelemetryVersions,
    /// A metric of the application's own offends against a [rule](steeple_metrics::Rule).
    Metric,
}

impl Code {
    /// The code, such as `sampling_off`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::ExporterUnreachable => "exporter_unreachable",
            Self::ExporterTls => "exporter_tls",
            Self::ExporterRefused => "exporter_refused",
            Self::SamplingOff => "sampling_off",
            Self::NoTracingLayer => "no_tracing_layer",
            Self::PanicAborts => "panic_aborts",
            Self::LayerTwice => "layer_twice",
            Self::ForeignRecorder => "foreign_recorder",
            Self::OpenTelemetryVersions => "opentelemetry_versions",
            Self::Metric => "metric",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much it matters that something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// It may be as it is meant to be.
    Note,
    /// Some telemetry is wrong or missing.
    Warning,
    /// Telemetry is lost.
    Error,
}

impl Severity {
    /// The name, such as `warning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Diagnosis {
    pub(super) fn new(
        code: Code,
        severity: Severity,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity,
            what: what.into(),
            fix: fix.into(),
        }
    }

    pub(super) fn of_metric(finding: &Finding) -> Self {
        let what = format!(
            "the metric {} offends against {}",
            finding.metric, finding.rule
        );
        Self::new(
            Code::Metric,
            Severity::Warning,
            what,
            finding.advice.clone(),
        )
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            code,
            severity,
            what,
            fix,
        } = self;
        write!(f, "{severity}: {what}; {fix} ({code})")
    }
}
