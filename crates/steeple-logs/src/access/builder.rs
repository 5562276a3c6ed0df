use std::{fmt, ops::RangeInclusive, time::Duration};

use super::{
    ClientAddress,
    sampling::{Sampling, Share},
};
use crate::{
    Destination, Format,
    writers::{self, Start},
};

/// How the lines of an access log are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessFormat {
    /// As other lines.
    Lines(Format),
    /// In the [combined format](https://httpd.apache.org/docs/2.4/logs.html#combined) of Apache's, for the tools that read that. It
    /// has no lines for jobs, and the referrer only where the header field `referer` is
    /// [kept](steeple_core::ObserverBuilder::kept_headers).
    Combined,
}

impl AccessFormat {
    /// That of what is no request, as that lines are missing: a pair of key and value each where there is no other.
    pub(super) fn of_others(self) -> Format {
        match self {
            Self::Lines(format) => format,
            Self::Combined => Format::Logfmt,
        }
    }
}

impl From<Format> for AccessFormat {
    fn from(format: Format) -> Self {
        Self::Lines(format)
    }
}

/// Configures the access log: one line for each request and job.
///
/// Its lines are said by `steeple::access`, at the level `error` where the service failed and `info` otherwise, whatever the levels
/// of the application's own.
#[must_use]
pub struct AccessLogBuilder {
    pub(super) destinations: Vec<(AccessFormat, Start)>,
    pub(super) client: ClientAddress,
    pub(super) sampling: Sampling,
    pub(super) jobs: bool,
}

impl AccessLogBuilder {
    /// Writes to `destination` instead of where other lines go, or besides others that are set by this. Default: where other lines
    /// go, in the same formats.
    pub fn to<D>(mut self, destination: D, format: impl Into<AccessFormat>) -> Self
    where
        D: Destination + Send + 'static,
    {
        let format = format.into();
        let start = writers::start(destination, format.of_others());
        self.destinations.push((format, start));
        self
    }

    /// Sets how much is told of the addresses of clients. Default: [`ClientAddress::Anonymised`].
    pub fn client_address(mut self, client: ClientAddress) -> Self {
        self.client = client;
        self
    }

    /// Writes lines of a share of the requests of the route of `template`, from 0 to 1, and of all of them that fail or are
    /// [slow](Self::slow). It counts before that of a [status](Self::sample_status). Default: of all.
    pub fn sample_route(mut self, template: impl Into<String>, share: f64) -> Self {
        self.sampling
            .routes
            .push((template.into(), Share::new(share)));
        self
    }

    /// As [`sample_route`](Self::sample_route), for requests that are answered with a status of a range; the first that has it
    /// counts. Default: of all.
    pub fn sample_status(mut self, statuses: RangeInclusive<u16>, share: f64) -> Self {
        self.sampling.statuses.push((statuses, Share::new(share)));
        self
    }

    /// From which duration on a request is slow, so that there is a line of it in any case. Default: 1 s.
    pub fn slow(mut self, duration: Duration) -> Self {
        self.sampling.slow = duration;
        self
    }

    /// Whether there are lines of jobs, too. Default: there are.
    pub fn jobs(mut self, jobs: bool) -> Self {
        self.jobs = jobs;
        self
    }
}

impl Default for AccessLogBuilder {
    fn default() -> Self {
        Self {
            destinations: Vec::new(),
            client: ClientAddress::default(),
            sampling: Sampling {
                routes: Vec::new(),
                statuses: Vec::new(),
                slow: Duration::from_secs(1),
            },
            jobs: true,
        }
    }
}

impl fmt::Debug for AccessLogBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessLogBuilder")
            .field("client", &self.client)
            .field("sampling", &self.sampling)
            .field("jobs", &self.jobs)
            .finish_non_exhaustive()
    }
}
