use std::{
    env,
    error::Error,
    fmt,
    io::{self, IsTerminal},
    sync::Arc,
    time::Duration,
};

use steeple_core::redaction::Redaction;
use thiserror::Error;

use crate::{
    AccessLog, AccessLogBuilder, Destination, Directives, Format, Levels, Logs, Stdio, bind,
    encode::{Encoder, Identity, field},
    errors::ErrorPipeline,
    resource,
    shared::{self, Shared},
    throttle::{Throttle, ThrottleConfig},
    volume::Volume,
    writers::{self, Start, Writers, marker},
};

/// Configures [`Logs`].
#[must_use = "nothing is logged before `start`"]
pub struct LogsBuilder {
    identity: Identity,
    levels: Directives,
    redaction: Redaction,
    destinations: Vec<(Format, bool, Start)>,
    access: AccessLogBuilder,
    has_error_log: bool,
    folding: Duration,
    rate_limit: Option<u32>,
}

/// Logs cannot be had as they are configured.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LogsError {
    /// A destination takes no lines.
    #[error("logs cannot be written as {format}")]
    Destination {
        /// In which format.
        format: Format,
        /// Why not.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A destination makes nothing of lines of this format.
    #[error("a destination takes no logs as {format}; see which formats it documents")]
    Format {
        /// Which format.
        format: Format,
    },
}

impl LogsBuilder {
    pub(crate) fn new(service: &str) -> Self {
        let host = gethostname::gethostname();
        let mut identity = Identity::of_service(service);
        identity.set(field::HOST_NAME, host.to_string_lossy());
        Self {
            identity,
            levels: "info".parse().unwrap_or_default(),
            redaction: Redaction::new(),
            destinations: Vec::new(),
            access: AccessLogBuilder::default(),
            has_error_log: false,
            folding: Duration::from_secs(10),
            rate_limit: None,
        }
    }

    /// Says of the service what OpenTelemetry calls an attribute of its [resource](https://opentelemetry.io/docs/specs/semconv/resource/),
    /// as far as ECS has a field for it: `service.version`, `service.instance.id`, `deployment.environment.name`, `host.name`,
    /// `container.id`, `k8s.cluster.name`, `k8s.namespace.name`, `cloud.provider` and `cloud.region`. Others are left out. Default: the
    /// name of the host.
    pub fn resource_attribute(mut self, key: &str, value: impl Into<String>) -> Self {
        if let Some(field) = resource::field(key) {
            self.identity.set(field, value);
        }
        self
    }

    /// Up to which level is logged, by target. Default: `info`.
    pub fn levels(mut self, levels: Directives) -> Self {
        self.levels = levels;
        self
    }

    /// What is kept out of all lines. Default: [`Redaction::new`].
    pub fn redaction(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// How long events of a call site are one that say the same, with the same fields and in the same request or job of
    /// the same trace, as long as it says nothing else between: the first is written, and the others are counted, in `steeple_log_suppressed_total`, and told by a line
    /// such as "message repeated 4,212 times", before the next one that differs or with whatever is logged when that time is
    /// over. 0 writes all. Default: 10 s.
    pub fn fold_repeats(mut self, window: Duration) -> Self {
        self.folding = window;
        self
    }

    /// How many lines a call site may log in a second; others are counted and told likewise. 1,024 call sites are held to it.
    /// Default: as many as it likes.
    pub fn rate_limit(mut self, lines: u32) -> Self {
        self.rate_limit = Some(lines);
        self
    }

    /// Configures the lines of requests and jobs that [`Logs::access_log`] writes. Default: see there.
    pub fn access_log(
        mut self,
        configure: impl FnOnce(AccessLogBuilder) -> AccessLogBuilder,
    ) -> Self {
        self.access = configure(self.access);
        self
    }

    /// Also makes a line of each failure that is reported, with its stack trace: a panic, a request or job that failed, and an error that
    /// was [logged](steeple_core::log_error). See [`Logs::error_log`]. Default: none.
    pub fn error_log(mut self) -> Self {
        self.has_error_log = true;
        self
    }

    /// Also writes to `destination`, in `format`, without colours. Default: to standard output, as [`Format::Ecs`], or if that is a
    /// [terminal](Self::to_terminal) for people, in colours unless the variable [`NO_COLOR`](https://no-color.org) is set.
    pub fn to<D>(self, destination: D, format: Format) -> Self
    where
        D: Destination + Send + 'static,
    {
        self.write_to(destination, format, false)
    }

    /// As [`to`](Self::to), and to standard output all the same where nothing else says where to.
    pub fn also_to<D>(self, destination: D, format: Format) -> Self
    where
        D: Destination + Send + 'static,
    {
        match self.destinations.is_empty() {
            true => self.with_stdout().to(destination, format),
            false => self.to(destination, format),
        }
    }

    /// Also writes to `destination` for people, in colours.
    pub fn to_terminal<D>(self, destination: D) -> Self
    where
        D: Destination + Send + 'static,
    {
        self.write_to(destination, Format::Pretty, true)
    }

    fn write_to<D>(mut self, destination: D, format: Format, in_colours: bool) -> Self
    where
        D: Destination + Send + 'static,
    {
        let start = writers::start(destination, format);
        self.destinations.push((format, in_colours, start));
        self
    }

    fn with_stdout(self) -> Self {
        if !io::stdout().is_terminal() {
            return self.to(Stdio::stdout(), Format::Ecs);
        }
        let is_plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        self.write_to(Stdio::stdout(), Format::Pretty, !is_plain)
    }

    /// Begins to take lines.
    ///
    /// # Errors
    ///
    /// If it is known from the start that a destination cannot be written to, or does not take the format.
    pub fn start(self) -> Result<Logs, LogsError> {
        if self.destinations.is_empty() {
            return self.with_stdout().start();
        }
        let mut writers = Writers::default();
        for (format, in_colours, start) in self.destinations {
            let encoder = Arc::new(Encoder::new(format, &self.identity).coloured(in_colours));
            let outlet = start(marker(&encoder))?;
            writers.add(encoder, outlet);
        }
        bind::redact_by(&self.redaction);
        let shared = Arc::new(Shared {
            number: shared::next_number(),
            writers,
            redaction: self.redaction,
            volume: Volume::new(),
            throttle: Throttle::new(ThrottleConfig::new(self.folding, self.rate_limit)),
        });
        let access = AccessLog::start(self.access, &self.identity, Arc::clone(&shared))?;
        let errors = self
            .has_error_log
            .then(|| ErrorPipeline::start(Arc::clone(&shared)));
        Ok(Logs::new(shared, Levels::new(self.levels), access, errors))
    }
}

impl fmt::Debug for LogsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogsBuilder")
            .field("identity", &self.identity)
            .field("levels", &self.levels)
            .finish_non_exhaustive()
    }
}
