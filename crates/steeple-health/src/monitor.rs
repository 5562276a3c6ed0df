use std::{
    sync::{Arc, Mutex},
    time::{Instant, SystemTime},
};

use tokio::{
    runtime::Handle,
    select,
    sync::{oneshot, watch},
    task::{JoinError, JoinHandle},
    time,
};

use crate::{
    CheckSnapshot, CheckState, Failure, Probe,
    check::Check,
    history::{Ended, History},
    sync::lock,
    telemetry::{CheckTelemetry, Destination},
};

/// A check, and how it went.
pub(crate) struct Monitor {
    pub(crate) name: String,
    pub(crate) probe: Probe,
    pub(crate) check: Check,
    progress: Mutex<Progress>,
    /// How many runs are over.
    ended: watch::Sender<u64>,
    telemetry: CheckTelemetry,
    /// Called after each run.
    on_change: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Progress {
    history: History,
    phase: Phase,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Idle,
    Running,
    /// Its time is up, and it has not given way yet.
    Stuck,
}

impl Monitor {
    pub(crate) fn new(
        name: String,
        probe: Probe,
        check: Check,
        metrics: &Destination,
        on_change: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        Self {
            telemetry: CheckTelemetry::new(&name, metrics),
            name,
            probe,
            check,
            progress: Mutex::default(),
            ended: watch::Sender::new(0),
            on_change: Box::new(on_change),
        }
    }

    pub(crate) fn state(&self) -> CheckState {
        lock(&self.progress).history.state
    }

    /// The state by an outcome that still counts: the last one, that of the run under way, or that of a new one on `runtime`.
    ///
    /// Needs no particular runtime to be polled.
    pub(crate) async fn current_state(self: &Arc<Self>, runtime: &Handle) -> CheckState {
        let mut ended = {
            let mut progress = lock(&self.progress);
            if self.counts_still(&progress) {
                return progress.history.state;
            }
            // While the lock is held no run ends, so that none is missed.
            let ended = self.ended.subscribe();
            self.start_in(&mut progress, runtime);
            ended
        };
        // The sender is ours, and lives.
        let _ = ended.changed().await;
        self.state()
    }

    /// Runs every `interval`, as long as `runtime` does, or until there is nothing left to do.
    pub(crate) async fn refresh(self: Arc<Self>, interval: std::time::Duration, runtime: Handle) {
        let mut ticks = time::interval(interval);
        ticks.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let mut progress = lock(&self.progress);
            if self.is_done(&progress) {
                return;
            }
            self.start_in(&mut progress, &runtime);
        }
    }

    pub(crate) fn snapshot(&self) -> CheckSnapshot {
        let progress = lock(&self.progress);
        let history = &progress.history;
        CheckSnapshot {
            name: self.name.clone(),
            probe: self.probe,
            state: history.state,
            criticality: self.check.criticality,
            component: self.check.component,
            duration: history.last.as_ref().map(|last| last.duration),
            last_run: history.last.as_ref().map(|last| last.time),
            last_success: history.last_success,
            last_failure: history.last_failure.clone(),
            failures_in_a_row: history.failures_in_a_row(),
        }
    }

    fn counts_still(&self, progress: &Progress) -> bool {
        let Some(last) = &progress.history.last else {
            return false;
        };
        self.is_done(progress)
            || progress.phase == Phase::Stuck
            || self.check.refresh.is_some()
            || last.at.elapsed() < self.check.cache
    }

    /// Whether it is not to run again.
    fn is_done(&self, progress: &Progress) -> bool {
        self.probe == Probe::Startup && progress.history.state == CheckState::Up
    }

    /// Starts a run unless there is one.
    fn start_in(self: &Arc<Self>, progress: &mut Progress, runtime: &Handle) {
        if progress.phase == Phase::Idle {
            progress.phase = Phase::Running;
            // Made here, so that the run is over as well where the runtime never polls it.
            let run = Running::new(self.clone());
            runtime.spawn(run.until_over(runtime.clone()));
        }
    }
}

/// A run under way, which is over in any case when it is dropped.
struct Running {
    monitor: Arc<Monitor>,
    started: Instant,
    /// As it has left the monitor, once it is settled.
    left: Option<Phase>,
}

impl Running {
    fn new(monitor: Arc<Monitor>) -> Self {
        Self {
            monitor,
            started: Instant::now(),
            left: None,
        }
    }

    async fn until_over(mut self, runtime: Handle) {
        let check = &self.monitor.check;
        let timeout = check.timeout_at(self.monitor.probe);
        let due = timeout.max(check.pause());
        let (mut task, cancel) = spawn(check, runtime);
        match time::timeout(timeout, &mut task).await {
            Ok(result) => self.settle(flat(result), Phase::Idle),
            Err(_elapsed) => {
                self.settle(Err(Failure::TimedOut(timeout)), Phase::Stuck);
                drop(cancel);
                // One that blocks its thread keeps it, and is not given another, which would time out as well.
                while time::timeout(due, &mut task).await.is_err() {
                    self.settle(Err(Failure::TimedOut(timeout)), Phase::Stuck);
                }
            }
        }
    }

    fn settle(&mut self, result: Result<(), Failure>, left: Phase) {
        self.left = Some(left);
        let Monitor {
            check, telemetry, ..
        } = &*self.monitor;
        let ended = Ended {
            at: Instant::now(),
            time: SystemTime::now(),
            duration: self.started.elapsed(),
        };
        let mut progress = lock(&self.monitor.progress);
        progress.phase = left;
        let outcome = result.as_ref().map_or_else(Failure::result, |()| "success");
        telemetry.ended(outcome, &ended);
        progress.history.add(check, ended, result);
        telemetry.is(progress.history.state);
        drop(progress);
        (self.monitor.on_change)();
        self.monitor.ended.send_modify(|ended| *ended += 1);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        match self.left {
            None => self.settle(Err(Failure::NotRun), Phase::Idle),
            Some(Phase::Stuck) => lock(&self.monitor.progress).phase = Phase::Idle,
            // The next run may be under way.
            Some(_) => {}
        }
    }
}

/// Starts the check where it is to run; dropping the sender has it dropped.
fn spawn(check: &Check, runtime: Handle) -> (JoinHandle<Result<(), Failure>>, oneshot::Sender<()>) {
    let (cancel, cancelled) = oneshot::channel::<()>();
    let make = check.make.clone();
    let run = async move {
        select! {
            result = make() => result,
            _ = cancelled => Err(Failure::NotRun),
        }
    };
    let task = match &check.runtime {
        Some(theirs) => theirs.spawn(run),
        None => {
            let ours = runtime.clone();
            runtime.spawn_blocking(move || ours.block_on(run))
        }
    };
    (task, cancel)
}

fn flat(result: Result<Result<(), Failure>, JoinError>) -> Result<(), Failure> {
    match result.map_err(JoinError::try_into_panic) {
        Ok(result) => result,
        Err(Ok(payload)) => Err(Failure::of_panic(&*payload)),
        Err(Err(_cancelled)) => Err(Failure::NotRun),
    }
}
