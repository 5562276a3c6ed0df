use std::{
    fmt,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use steeple_metrics::Registry;
use tokio::runtime::Handle;

use crate::{
    ResourcesBuilder, StartError,
    readings::{Readings, Turn},
    runtime::{Runtime, Workers},
    sampler::Sampler,
    system::{self, Line},
};

const SHORTEST: Duration = Duration::from_millis(100);
/// Who looks gets figures that are not older, if they can be had within [`PATIENCE`].
const FRESH: Duration = Duration::from_secs(1);
/// How long somebody who looks waits.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long somebody waits who asks for a reading.
const LONG_PATIENCE: Duration = Duration::from_secs(5);

/// Reads the figures of a service until it is dropped.
#[must_use = "figures are read until this is dropped"]
pub struct Resources {
    readings: Arc<Readings>,
    workers: Workers,
}

impl Resources {
    /// Starts the configuration with the defaults.
    pub fn builder() -> ResourcesBuilder {
        ResourcesBuilder::default()
    }

    /// Has the figures read now, and waits for that: for 5 s at most, and not at all while a reading hangs.
    pub fn refresh(&self) {
        self.readings.wait_for(Instant::now(), LONG_PATIENCE);
    }

    /// What takes note of workers that have a runtime each, besides the [one](ResourcesBuilder::runtime) that is told of anyway.
    #[must_use]
    pub fn workers(&self) -> Workers {
        self.workers.clone()
    }

    pub(crate) fn start(
        builder: ResourcesBuilder,
        registry: &Registry,
    ) -> Result<Self, StartError> {
        let ResourcesBuilder {
            interval,
            log_interval,
            host,
            runtime,
            sources: mut given,
        } = builder;
        for interval in [Some(interval), log_interval].into_iter().flatten() {
            if interval < SHORTEST {
                return Err(StartError::IntervalTooShort {
                    interval,
                    shortest: SHORTEST,
                });
            }
        }
        let mut sources = system::sources(host);
        if let Some(runtime) = runtime.or_else(|| Handle::try_current().ok()) {
            sources.push(Box::new(Runtime::new(runtime, registry)));
        }
        sources.append(&mut given);
        let sampler = Sampler::new(sources, registry);

        let resources = Self {
            readings: Arc::default(),
            workers: sampler.workers(),
        };
        let ending = Ending(Arc::clone(&resources.readings));
        thread::Builder::new()
            .name("steeple-resources".to_owned())
            .spawn(move || run(&ending.0, sampler, interval, log_interval))
            .map_err(StartError::Thread)?;
        resources.refresh();
        let looking = Arc::clone(&resources.readings);
        registry.before_look(move || {
            let now = Instant::now();
            let since = now.checked_sub(FRESH.min(interval)).unwrap_or(now);
            looking.wait_for(since, PATIENCE);
        });
        Ok(resources)
    }
}

impl Drop for Resources {
    /// The thread is not waited for: a file system that hangs would hold the shutdown up.
    fn drop(&mut self) {
        self.readings.end();
    }
}

/// Ends the readings with the thread that makes them, however that ends.
struct Ending(Arc<Readings>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// What the thread does.
fn run(
    readings: &Readings,
    mut sampler: Sampler,
    interval: Duration,
    log_interval: Option<Duration>,
) {
    let mut line = Line::begin();
    let start = Instant::now();
    let mut read_at = start;
    let mut logs = log_interval.map(|interval| Due::each(interval, start));
    loop {
        let next = logs.iter().fold(read_at, |next, logs| next.min(logs.next));
        let turn = readings.next(next);
        if turn == Turn::Over {
            return;
        }
        let now = Instant::now();
        if turn == Turn::Wanted || now >= read_at {
            sampler.read();
            readings.read();
            read_at = now + interval;
        }
        if logs.as_mut().is_some_and(Due::is_due) {
            line.log();
        }
        readings.rest();
    }
}

impl fmt::Debug for Resources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resources").finish_non_exhaustive()
    }
}

/// Something that is done again and again.
struct Due {
    interval: Duration,
    next: Instant,
}

impl Due {
    fn each(interval: Duration, start: Instant) -> Self {
        Self {
            interval,
            next: start + interval,
        }
    }

    /// Whether it is to be done now; then it is to be done again an interval from now.
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let is_due = now >= self.next;
        if is_due {
            self.next = now + self.interval;
        }
        is_due
    }
}
