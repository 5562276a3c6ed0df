use std::{
    fmt,
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use steeple_metrics::Registry;
use tokio::runtime::Handle;

use crate::{
    ResourcesBuilder, StartError,
    board::Board,
    runtime::{Probe, Tokio},
    sampler::Sampler,
    source::Source,
    system::{self, Line},
};

const SHORTEST: Duration = Duration::from_millis(100);
/// Who looks gets figures that are not older.
const FRESH: Duration = Duration::from_secs(1);

/// Reads the figures of a service until it is dropped.
#[must_use = "figures are read until this is dropped"]
pub struct Resources {
    /// Its drop ends the thread, which is not waited for: a file system that hangs would hold the shutdown up.
    _running: Sender<()>,
    sampler: Sampler,
}

impl Resources {
    /// Starts the configuration with the defaults.
    pub fn builder() -> ResourcesBuilder {
        ResourcesBuilder::default()
    }

    /// Reads the figures now.
    pub fn refresh(&self) {
        self.sampler.refresh(Duration::ZERO);
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
            sources.push(Box::new(Tokio::new(&runtime)) as Box<dyn Source>);
            sources.push(Box::new(Probe::new(runtime, registry)));
        }
        sources.append(&mut given);
        let sampler = Sampler::new(sources, Board::new(registry));
        sampler.refresh(Duration::ZERO);

        let (running, ended) = mpsc::channel();
        let reading = sampler.clone();
        let thread = thread::Builder::new()
            .name("steeple-resources".to_owned())
            .spawn(move || {
                let mut line = Line::begin();
                let start = Instant::now();
                let mut reads = Due::each(interval, start);
                let mut logs = log_interval.map(|interval| Due::each(interval, start));
                loop {
                    let next = logs
                        .iter()
                        .fold(reads.next, |next, logs| next.min(logs.next));
                    match ended.recv_timeout(next.saturating_duration_since(Instant::now())) {
                        Err(RecvTimeoutError::Timeout) => {}
                        _ => return,
                    }
                    if reads.is_due() {
                        // Half of it: who looked in between has had them read for the thread, too.
                        reading.refresh(interval / 2);
                    }
                    if logs.as_mut().is_some_and(Due::is_due) {
                        line.log();
                    }
                }
            });
        thread.map_err(StartError::Thread)?;
        // The registry holds this, and the sampler the registry.
        let looking = sampler.downgrade();
        registry.before_look(move || looking.refresh(FRESH.min(interval)));
        Ok(Self {
            _running: running,
            sampler,
        })
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
