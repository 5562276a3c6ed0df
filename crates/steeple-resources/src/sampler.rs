//! Reads all figures, now and then.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use steeple_metrics::Registry;

use crate::{
    board::{Board, Gauge},
    runtime::{Crew, Workers},
    source::Source,
};

/// All sources, which one thread has.
pub(crate) struct Sampler {
    /// Each with the gauges that it set last.
    sources: Vec<(Box<dyn Source>, BTreeSet<Gauge>)>,
    /// Workers, which come and go.
    crew: Arc<Crew>,
    board: Board,
    /// When the sources were read last.
    read: Option<Instant>,
}

impl Sampler {
    pub(crate) fn new(sources: Vec<Box<dyn Source>>, registry: &Registry) -> Self {
        let board = Board::new(registry);
        for source in &sources {
            board.describe(source.metrics());
        }
        let sources = sources.into_iter();
        Self {
            sources: sources.map(|source| (source, BTreeSet::new())).collect(),
            crew: Crew::new(registry),
            board,
            read: None,
        }
    }

    pub(crate) fn workers(&self) -> Workers {
        Workers::of(&self.crew)
    }

    /// Reads the figures, however long that takes.
    pub(crate) fn read(&mut self) {
        let now = Instant::now();
        let since = self.read.map(|read| now.saturating_duration_since(read));
        self.read = Some(now);
        let Self {
            sources,
            crew,
            board,
            ..
        } = self;
        for runtime in crew.take_new() {
            sources.push((Box::new(runtime), BTreeSet::new()));
        }
        // One that fails takes nothing from the others, and is asked no more.
        sources.retain_mut(|(source, before)| {
            let sampled = catch_unwind(AssertUnwindSafe(|| source.sample(since, board)));
            let gauges = board.take_gauges();
            if source.is_over() {
                before.union(&gauges).for_each(|gone| board.remove(gone));
                return false;
            }
            // Without any, the source could not be read, and nothing is known to be gone.
            if !gauges.is_empty() {
                before
                    .difference(&gauges)
                    .for_each(|gone| board.remove(gone));
                *before = gauges;
            }
            sampled.is_ok()
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use steeple_metrics::Value;

    use super::*;
    use crate::board::Description;

    #[derive(Default)]
    struct Counting(u32);

    impl Source for Counting {
        fn metrics(&self) -> &'static [Description] {
            &[]
        }

        fn sample(&mut self, since: Option<Duration>, board: &Board) {
            assert_eq!(since.is_some(), self.0 > 0);
            self.0 += 1;
            board.gauge("reads", &[], f64::from(self.0));
            // Another device each time.
            let device = self.0.to_string();
            board.gauge("free", &[("device", &device)], 1.0);
        }
    }

    struct Failing;

    impl Source for Failing {
        fn metrics(&self) -> &'static [Description] {
            &[]
        }

        fn sample(&mut self, _: Option<Duration>, _: &Board) {
            panic!("a source that fails");
        }
    }

    #[test]
    fn gauges_of_what_is_gone_go_with_it() {
        let registry = Registry::new();
        let sources: Vec<Box<dyn Source>> = vec![Box::new(Counting::default())];
        let mut sampler = Sampler::new(sources, &registry);
        let mut told = || {
            sampler.read();
            let seen = registry.snapshot();
            ["1", "2"].map(|device| seen.value("free", &[("device", device)]).is_some())
        };
        assert_eq!(told(), [true, false]);
        assert_eq!(told(), [false, true]);
    }

    #[test]
    fn a_source_that_fails_takes_nothing_from_the_others() {
        let registry = Registry::new();
        let sources: Vec<Box<dyn Source>> = vec![Box::new(Failing), Box::new(Counting::default())];
        let mut sampler = Sampler::new(sources, &registry);
        sampler.read();
        sampler.read();
        let seen = registry.snapshot();
        let reads = seen.value("reads", &[]).and_then(Value::as_gauge);
        assert_eq!(reads, Some(2.0));
        assert_eq!(sampler.sources.len(), 1);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod cost {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};
    use tokio::runtime::Builder;

    use super::*;
    use crate::{runtime::Runtime, system};

    /// The time between two readings, by default.
    const INTERVAL: Duration = Duration::from_secs(5);
    const READINGS: u32 = 50;

    fn cpu_time() -> Duration {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
    }

    #[test]
    fn readings_take_less_than_a_500th_of_a_core() {
        let registry = Registry::new();
        let runtime = Builder::new_multi_thread().build().unwrap();
        let mut sources = system::sources(true);
        let handle = runtime.handle().clone();
        sources.push(Box::new(Runtime::new(handle, &registry)));
        let mut sampler = Sampler::new(sources, &registry);
        sampler.read();
        let text = registry.render();
        for metric in ["system_filesystem_limit_bytes", "tokio_workers_count"] {
            assert!(text.contains(metric), "{metric}");
        }
        let before = cpu_time();
        (0..READINGS).for_each(|_| sampler.read());
        let each = (cpu_time() - before) / READINGS;
        eprintln!(
            "a reading takes {each:?} of CPU, {:.3} % of a core",
            each.as_secs_f64() / INTERVAL.as_secs_f64() * 100.0
        );
        assert!(each < INTERVAL / 500, "{each:?}");
    }
}
