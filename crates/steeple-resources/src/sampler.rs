//! Reads all figures, now and then.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, TryLockError, Weak},
    time::{Duration, Instant},
};

use crate::{board::Board, source::Source};

/// All sources, read by one thread at a time.
#[derive(Clone)]
pub(crate) struct Sampler(Arc<Mutex<State>>);

/// The same, while somebody else has it.
pub(crate) struct WeakSampler(Weak<Mutex<State>>);

struct State {
    sources: Vec<Box<dyn Source>>,
    board: Board,
    /// When the sources were read last.
    read: Option<Instant>,
}

impl Sampler {
    pub(crate) fn new(sources: Vec<Box<dyn Source>>, board: Board) -> Self {
        for source in &sources {
            board.describe(source.metrics());
        }
        let state = State {
            sources,
            board,
            read: None,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// For whoever is held by what the sampler holds.
    pub(crate) fn downgrade(&self) -> WeakSampler {
        WeakSampler(Arc::downgrade(&self.0))
    }

    /// Reads the figures, unless they were read within `age` or somebody reads them right now.
    pub(crate) fn refresh(&self, age: Duration) {
        let mut state = match self.0.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let now = Instant::now();
        let since = state.read.map(|read| now.saturating_duration_since(read));
        if since.is_some_and(|since| since < age) {
            return;
        }
        state.read = Some(now);
        let State { sources, board, .. } = &mut *state;
        // One that fails takes nothing from the others, and is asked no more.
        sources.retain_mut(|source| {
            catch_unwind(AssertUnwindSafe(|| source.sample(since, board))).is_ok()
        });
    }
}

impl WeakSampler {
    pub(crate) fn refresh(&self, age: Duration) {
        if let Some(sampler) = self.0.upgrade() {
            Sampler(sampler).refresh(age);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    use steeple_metrics::{Registry, Value};

    use super::*;
    use crate::board::Description;

    struct Counting(Arc<AtomicUsize>);

    impl Source for Counting {
        fn metrics(&self) -> &'static [Description] {
            &[]
        }

        fn sample(&mut self, since: Option<Duration>, board: &Board) {
            let count = self.0.fetch_add(1, Relaxed);
            assert_eq!(since.is_some(), count > 0);
            board.gauge("reads", &[], count as f64 + 1.0);
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
    fn figures_are_read_again_only_once_they_are_old() {
        let registry = Registry::new();
        let count = Arc::default();
        let sources: Vec<Box<dyn Source>> =
            vec![Box::new(Failing), Box::new(Counting(Arc::clone(&count)))];
        let sampler = Sampler::new(sources, Board::new(&registry));
        sampler.refresh(Duration::from_secs(3_600));
        sampler.refresh(Duration::from_secs(3_600));
        assert_eq!(count.load(Relaxed), 1);
        sampler.refresh(Duration::ZERO);
        let seen = registry.snapshot();
        let reads = seen.value("reads", &[]).and_then(Value::as_gauge);
        assert_eq!(reads, Some(2.0));
    }

    #[test]
    fn nobody_waits_for_somebody_else_who_reads() {
        let sampler = Sampler::new(Vec::new(), Board::new(&Registry::new()));
        let reading = sampler.0.lock().unwrap();
        sampler.refresh(Duration::ZERO);
        assert_eq!(reading.read, None);
    }
}
