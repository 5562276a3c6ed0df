//! Reads all figures, now and then.

use std::{
    collections::BTreeSet,
    panic::{AssertUnwindSafe, catch_unwind},
    time::Instant,
};

use crate::{
    board::{Board, Gauge},
    source::Source,
};

/// All sources, which one thread has.
pub(crate) struct Sampler {
    /// Each with the gauges that it set last.
    sources: Vec<(Box<dyn Source>, BTreeSet<Gauge>)>,
    board: Board,
    /// When the sources were read last.
    read: Option<Instant>,
}

impl Sampler {
    pub(crate) fn new(sources: Vec<Box<dyn Source>>, board: Board) -> Self {
        for source in &sources {
            board.describe(source.metrics());
        }
        let sources = sources.into_iter();
        Self {
            sources: sources.map(|source| (source, BTreeSet::new())).collect(),
            board,
            read: None,
        }
    }

    /// Reads the figures, however long that takes.
    pub(crate) fn read(&mut self) {
        let now = Instant::now();
        let since = self.read.map(|read| now.saturating_duration_since(read));
        self.read = Some(now);
        let Self { sources, board, .. } = self;
        // One that fails takes nothing from the others, and is asked no more.
        sources.retain_mut(|(source, before)| {
            let sampled = catch_unwind(AssertUnwindSafe(|| source.sample(since, board)));
            let gauges = board.take_gauges();
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

    use steeple_metrics::{Registry, Value};

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
        let mut sampler = Sampler::new(sources, Board::new(&registry));
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
        let mut sampler = Sampler::new(sources, Board::new(&registry));
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
    use steeple_metrics::Registry;

    use super::*;
    use crate::system;

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
        let mut sampler = Sampler::new(system::sources(true), Board::new(&registry));
        sampler.read();
        assert!(registry.render().contains("system_filesystem_limit_bytes"));
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
