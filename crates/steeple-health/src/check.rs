use std::{error::Error, fmt, future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::runtime::Handle;

use crate::{Failure, Probe};

const TIMEOUT: Duration = Duration::from_secs(1);
/// Migrations take their time, and one that is given up has to begin anew.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(10 * 60);

pub(crate) type Run = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// What a failing check means for readiness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Criticality {
    /// The service is not ready.
    #[default]
    Critical,
    /// The service is degraded, and ready all the same.
    Degrading,
}

impl Criticality {
    /// As it is written: `critical` or `degrading`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Degrading => "degrading",
        }
    }
}

/// What is asked, and how. Anything that makes futures of results is one.
#[derive(Clone)]
#[must_use = "nothing is checked before it is given to a `HealthBuilder`"]
pub struct Check {
    pub(crate) make: Arc<dyn Fn() -> Run + Send + Sync>,
    pub(crate) component: Option<&'static str>,
    timeout: Option<Duration>,
    pub(crate) cache: Duration,
    pub(crate) refresh: Option<Duration>,
    pub(crate) criticality: Criticality,
    pub(crate) failures: u32,
    pub(crate) successes: u32,
    pub(crate) runtime: Option<Handle>,
}

impl Check {
    /// A check that is up when the future of `make` ends without an error. What it gives else is not looked at.
    pub fn new<F, T, E>(make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        let make = move || -> Run {
            let run = make();
            Box::pin(async {
                let failed = |error: E| Failure::of_error(&*error.into());
                run.await.map(drop).map_err(failed)
            })
        };
        Self {
            make: Arc::new(make),
            component: None,
            timeout: None,
            cache: Duration::from_secs(2),
            refresh: None,
            criticality: Criticality::Critical,
            failures: 1,
            successes: 1,
            runtime: None,
        }
    }

    /// A check that asks what answers at once or not at all, at startup as well.
    pub(crate) fn asking<F, T, E>(make: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<T, E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self::new(make).timeout(TIMEOUT)
    }

    /// How long a run may take. It is dropped then, and has failed. Default: 1 s; at [startup](crate::HealthBuilder::startup) 10 min,
    /// but for the [checks that there are already](crate::checks).
    ///
    /// A probe of readiness waits as long, so that whoever asks has to be patient for longer: the `timeoutSeconds` of Kubernetes
    /// is 1 by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How long an outcome counts, before a probe has the check run again. Default: 2 s.
    pub fn cache(mut self, cache: Duration) -> Self {
        self.cache = cache;
        self
    }

    /// Runs the check every `interval`, whether there are probes or not, which then wait for it the first time only: for metrics
    /// and alerts that have to be of now. One of startup runs until it is up. Default: it runs when a probe asks.
    pub fn refresh_every(mut self, interval: Duration) -> Self {
        self.refresh = Some(interval);
        self
    }

    /// While it is down the service is degraded, and still ready. Default: it is not ready.
    pub fn degrading(mut self) -> Self {
        self.criticality = Criticality::Degrading;
        self
    }

    /// How many runs in a row have to fail before the check is down. 0 counts as 1. Default: 1.
    ///
    /// A run that blocks its thread beyond its timeout counts as one more that fails each time another would be due.
    pub fn failure_threshold(mut self, runs: u32) -> Self {
        self.failures = runs.max(1);
        self
    }

    /// How many runs in a row have to succeed before the check is up. 0 counts as 1. Default: 1.
    pub fn success_threshold(mut self, runs: u32) -> Self {
        self.successes = runs.max(1);
        self
    }

    /// Runs the check on a runtime of the application's, for what is bound to one. There a check that blocks its thread blocks one
    /// of the application's. Default: on the runtime of the checks.
    pub fn on(mut self, runtime: Handle) -> Self {
        self.runtime = Some(runtime);
        self
    }

    /// What it looks at, as [`componentType`](https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06#section-4.3)
    /// has it, such as `datastore`. Default: not told.
    pub fn component(mut self, component: &'static str) -> Self {
        self.component = Some(component);
        self
    }

    /// How long a run may take that answers `probe`.
    pub(crate) fn timeout_at(&self, probe: Probe) -> Duration {
        self.timeout.unwrap_or(match probe {
            Probe::Startup => STARTUP_TIMEOUT,
            Probe::Readiness | Probe::Liveness => TIMEOUT,
        })
    }

    /// How long after an outcome the next one is due.
    pub(crate) fn pause(&self) -> Duration {
        self.refresh.unwrap_or(self.cache)
    }

    /// The times that are set, by name.
    pub(crate) fn durations(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let timeout = self.timeout.map(|timeout| ("timeout", timeout));
        let refresh = self.refresh.map(|refresh| ("refresh interval", refresh));
        timeout.into_iter().chain(refresh)
    }
}

impl<M, F, T, E> From<M> for Check
where
    M: Fn() -> F + Send + Sync + 'static,
    F: Future<Output = Result<T, E>> + Send + 'static,
    E: Into<Box<dyn Error + Send + Sync>>,
{
    fn from(make: M) -> Self {
        Self::new(make)
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("timeout", &self.timeout)
            .field("cache", &self.cache)
            .field("refresh", &self.refresh)
            .field("criticality", &self.criticality)
            .finish_non_exhaustive()
    }
}
