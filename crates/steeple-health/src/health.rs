use std::{
    fmt,
    sync::{Arc, Weak},
    time::Duration,
};

use metrics::Gauge;
use tokio::sync::watch;

use crate::{
    CheckSnapshot, CheckState, Criticality, Details, HealthBuilder, HealthError, HealthSnapshot,
    HealthStatus, Heartbeat, Probe, Probes, executor::Executor, monitor::Monitor,
};

/// How long a startup check is waited for. Less than the second that Kubernetes waits by default, so that it is answered.
const STARTUP_PATIENCE: Duration = Duration::from_millis(900);
#[cfg(feature = "tonic")]
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// The health of a service. Clones are the same; with the last one the checks end.
///
/// What is async here needs no particular runtime.
#[derive(Clone)]
pub struct Health(Arc<Inner>);

struct Inner {
    monitors: Vec<Arc<Monitor>>,
    heartbeats: Vec<(String, Heartbeat)>,
    drain: watch::Sender<bool>,
    ready: Gauge,
    executor: Executor,
}

impl Health {
    /// Begins to configure one.
    pub fn builder() -> HealthBuilder {
        HealthBuilder::default()
    }

    pub(crate) fn start(builder: HealthBuilder) -> Result<Self, HealthError> {
        let executor = Executor::start().map_err(HealthError::Thread)?;
        let inner = Arc::new_cyclic(|inner: &Weak<Inner>| {
            let metrics = &builder.metrics;
            let ready = metrics.describe();
            let monitors = builder.checks.into_iter().map(|(name, probe, check)| {
                let inner = inner.clone();
                let on_change = move || {
                    if let Some(inner) = inner.upgrade() {
                        inner.tell();
                    }
                };
                Arc::new(Monitor::new(name, probe, check, metrics, on_change))
            });
            Inner {
                monitors: monitors.collect(),
                heartbeats: builder.heartbeats,
                drain: watch::Sender::new(false),
                ready,
                executor,
            }
        });
        inner.tell();
        let runtime = inner.executor.handle();
        for monitor in &inner.monitors {
            if let Some(interval) = monitor.check.refresh {
                runtime.spawn(monitor.clone().refresh(interval, runtime.clone()));
            }
        }
        for (name, heartbeat) in &inner.heartbeats {
            let up = builder.metrics.up(name);
            runtime.spawn(heartbeat.clone().tell(up));
        }
        Ok(Self(inner))
    }

    /// Whether all [heartbeats](HealthBuilder::liveness) are beaten. Asks nobody, waits for nothing.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.0.is_live()
    }

    /// Whether all checks of startup have succeeded. Runs those that have not, and waits for them, for 0.9 s at most: they go on,
    /// and who asks later is told.
    pub async fn is_started(&self) -> bool {
        self.0.start_up().await;
        self.0.is_started()
    }

    /// Whether requests may be sent to the service. Runs the checks whose last outcome counts no more, and waits for them: for
    /// [startup](Self::is_started), unless that is over, and then for as long as the longest [timeout](crate::Check::timeout) of
    /// readiness at most.
    pub async fn is_ready(&self) -> bool {
        if self.is_draining() || !self.is_started().await {
            return false;
        }
        self.0.run(Probe::Readiness).await;
        self.0.is_ready()
    }

    /// Waits until [`is_ready`](Self::is_ready) is not what was `told`, asking as often as outcomes may be new, and gives that;
    /// none once the service drains and that was told.
    #[cfg(feature = "tonic")]
    pub(crate) async fn readiness_after(&self, told: bool) -> Option<bool> {
        let mut drain = self.0.drain.subscribe();
        loop {
            let is_draining = *drain.borrow_and_update();
            let is_ready = self.is_ready().await;
            if is_ready != told {
                return Some(is_ready);
            }
            if is_draining {
                self.drained().await;
                return None;
            }
            tokio::select! {
                () = self.0.executor.sleep(BETWEEN_LOOKS) => {}
                // The sender is ours, and lives.
                _ = drain.changed() => {}
            }
        }
    }

    /// Waits until the service has drained for so long that whoever comes back at once does so no more than once a second.
    #[cfg(feature = "tonic")]
    pub(crate) async fn drained(&self) {
        let mut drain = self.0.drain.subscribe();
        let _ = drain.wait_for(|is_draining| *is_draining).await;
        self.0.executor.sleep(BETWEEN_LOOKS).await;
    }

    /// Has the service be not ready from now on, for good: the first step of its end, so that no requests are sent to it any
    /// more while it still answers them.
    pub fn begin_drain(&self) {
        self.0.drain.send_replace(true);
        self.0.tell();
    }

    /// Whether the service [is to end](Self::begin_drain).
    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.0.drain.borrow()
    }

    /// What is known, after the checks whose last outcome counts no more have run, those of startup for 0.9 s at most.
    pub async fn report(&self) -> HealthSnapshot {
        self.0.start_up().await;
        self.0.run(Probe::Readiness).await;
        self.snapshot()
    }

    /// What is known already. Runs nothing, waits for nothing: for alerts, with checks that are
    /// [refreshed](crate::Check::refresh_every).
    #[must_use]
    pub fn snapshot(&self) -> HealthSnapshot {
        let Self(inner) = self;
        let checks = inner.monitors.iter().map(|monitor| monitor.snapshot());
        let heartbeats = inner.heartbeats.iter().map(of_heartbeat);
        HealthSnapshot {
            status: inner.status(),
            is_live: inner.is_live(),
            is_started: inner.is_started(),
            is_ready: inner.is_ready(),
            is_draining: self.is_draining(),
            checks: checks.chain(heartbeats).collect(),
        }
    }

    /// What answers `/livez`, `/startupz` and `/readyz`, for anybody.
    #[must_use]
    pub fn probes(&self) -> Probes {
        Probes::of(self.clone())
    }

    /// What answers with all that is known, for the ops listener.
    #[must_use]
    pub fn details(&self) -> Details {
        Details::of(self.clone())
    }
}

impl Inner {
    fn of(&self, probe: Probe) -> impl Iterator<Item = &Arc<Monitor>> {
        let asked = move |monitor: &&Arc<Monitor>| monitor.probe == probe;
        self.monitors.iter().filter(asked)
    }

    /// Has what is done at startup be done, as long as whoever asks is patient.
    async fn start_up(&self) {
        let runs = self.run(Probe::Startup);
        // A run is not given up with those who wait for it.
        let _ = self.executor.timeout(STARTUP_PATIENCE, runs).await;
    }

    /// All at once, each for no longer than its timeout.
    async fn run(&self, probe: Probe) {
        let runtime = self.executor.handle();
        // They are under way from their first poll on, and each is waited for in turn.
        let mut runs: Vec<_> = self
            .of(probe)
            .map(|monitor| Box::pin(monitor.current_state(runtime)))
            .collect();
        std::future::poll_fn(|context| {
            runs.retain_mut(|run| run.as_mut().poll(context).is_pending());
            if runs.is_empty() {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }

    fn is_live(&self) -> bool {
        self.heartbeats
            .iter()
            .all(|(_, heartbeat)| heartbeat.is_alive())
    }

    fn is_started(&self) -> bool {
        self.of(Probe::Startup)
            .all(|monitor| monitor.state() == CheckState::Up)
    }

    fn is_ready(&self) -> bool {
        let is_no_obstacle = |monitor: &Arc<Monitor>| {
            monitor.check.criticality == Criticality::Degrading || monitor.state() == CheckState::Up
        };
        !*self.drain.borrow() && self.is_started() && self.of(Probe::Readiness).all(is_no_obstacle)
    }

    fn status(&self) -> HealthStatus {
        if !self.is_live() || !self.is_ready() {
            HealthStatus::Unhealthy
        } else if self
            .monitors
            .iter()
            .all(|monitor| monitor.state() == CheckState::Up)
        {
            HealthStatus::Healthy
        } else {
            HealthStatus::Degraded
        }
    }

    fn tell(&self) {
        self.ready.set(f64::from(self.is_ready()));
    }
}

fn of_heartbeat((name, heartbeat): &(String, Heartbeat)) -> CheckSnapshot {
    let beaten = heartbeat.beaten();
    let now = std::time::SystemTime::now();
    CheckSnapshot {
        name: name.clone(),
        probe: Probe::Liveness,
        state: if beaten.is_ok() {
            CheckState::Up
        } else {
            CheckState::Down
        },
        criticality: Criticality::Critical,
        component: None,
        duration: None,
        last_run: None,
        last_success: now.checked_sub(heartbeat.age()),
        last_failure: beaten.err().map(|failure| (now, failure)),
        failures_in_a_row: 0,
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let checks = self.0.monitors.iter().map(|monitor| &monitor.name);
        f.debug_struct("Health")
            .field("checks", &Vec::from_iter(checks))
            .field("is_draining", &self.is_draining())
            .finish_non_exhaustive()
    }
}
