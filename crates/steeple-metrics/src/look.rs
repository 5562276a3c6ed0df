//! Looking at a registry, which is also when idle series expire.

use std::time::Instant;

use crate::{Exposition, FamilySnapshot, Registry, Snapshot};

impl Registry {
    /// The registry's state now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot_at(Instant::now())
    }

    /// The registry's state now in the [text format](crate::CONTENT_TYPE), pulled in chunks.
    ///
    /// Nothing is locked between two chunks, so the reader may be as slow as it likes.
    #[must_use]
    pub fn exposition(&self) -> Exposition {
        Exposition::new(self.clone(), Instant::now())
    }

    /// The registry's state now in the [text format](crate::CONTENT_TYPE), as one text.
    #[must_use]
    pub fn render(&self) -> String {
        self.exposition().collect()
    }

    fn snapshot_at(&self, now: Instant) -> Snapshot {
        let families = self
            .begin_look(now)
            .into_iter()
            .map(|position| self.family_at(position, now));
        Snapshot {
            families: families
                .filter(|family| !family.series.is_empty())
                .collect(),
        }
    }

    /// Drops what is gone and tells at which positions there are metrics to look at.
    pub(crate) fn begin_look(&self, now: Instant) -> Vec<usize> {
        if let Some(timeout) = self.0.idle_timeout {
            let now = self.milliseconds(now);
            if self.read().has_droppable(now, timeout) {
                self.write().drop_idle(now, timeout);
            }
        }
        let store = self.read();
        self.0.self_metrics.set_series(store.len());
        store.catalog.sorted()
    }

    pub(crate) fn family_at(&self, position: usize, now: Instant) -> FamilySnapshot {
        self.read().catalog.families[position].snapshot(self.milliseconds(now), self.0.idle_timeout)
    }

    fn milliseconds(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.0.created).as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering::Relaxed},
        },
        time::Duration,
    };

    use metrics::{counter, with_local_recorder};

    use super::*;
    use crate::Value;

    /// A registry and its clock.
    struct Clocked {
        registry: Registry,
        now: Instant,
    }

    impl Clocked {
        fn with_idle_timeout(seconds: u64) -> Self {
            let registry = Registry::builder()
                .idle_timeout(Duration::from_secs(seconds))
                .series_limit(1)
                .build()
                .unwrap();
            Self {
                now: registry.0.created,
                registry,
            }
        }

        fn after(&mut self, seconds: u64) -> Snapshot {
            self.now += Duration::from_secs(seconds);
            self.registry.snapshot_at(self.now)
        }
    }

    fn total(snapshot: &Snapshot) -> Option<u64> {
        snapshot.value("c", &[]).and_then(Value::as_counter)
    }

    #[test]
    fn a_series_with_a_handle_is_hidden_and_comes_back_with_its_total() {
        let mut clocked = Clocked::with_idle_timeout(60);
        let counter = clocked.registry.counter("c", &[]).unwrap();
        counter.increment(5);
        assert_eq!(total(&clocked.after(1)), Some(5));
        assert_eq!(total(&clocked.after(59)), Some(5));
        assert_eq!(total(&clocked.after(1)), None);
        assert_eq!(total(&clocked.after(1_000)), None);
        let timeout = Duration::from_secs(60);
        assert!(!clocked.registry.read().has_droppable(u64::MAX, timeout));
        counter.increment(1);
        assert_eq!(total(&clocked.after(1)), Some(6));
    }

    #[test]
    fn a_hidden_series_is_missing_from_the_text_too() {
        let mut clocked = Clocked::with_idle_timeout(60);
        let histogram = clocked.registry.histogram("h", &[]).unwrap();
        let text = |clocked: &Clocked| {
            Exposition::new(clocked.registry.clone(), clocked.now).collect::<String>()
        };
        assert!(text(&clocked).contains("# TYPE h histogram\nh_bucket"));
        clocked.after(60);
        assert!(!text(&clocked).contains("h_") && !text(&clocked).contains("TYPE h "));
        histogram.record(0.0);
        assert!(text(&clocked).contains("\nh_count 1\n"));
    }

    #[test]
    fn a_series_without_handles_is_dropped_and_makes_room() {
        let mut clocked = Clocked::with_idle_timeout(60);
        let registry = clocked.registry.clone();
        let held = registry.read().len();
        with_local_recorder(&registry, || counter!("c").increment(5));
        assert_eq!(total(&clocked.after(1)), Some(5));
        assert_eq!(total(&clocked.after(60)), None);
        assert_eq!(registry.read().len(), held);
        with_local_recorder(&registry, || counter!("c").increment(1));
        assert_eq!(total(&clocked.after(1)), Some(1));
        clocked.after(60);
        registry
            .counter("c", &[("room", "again")])
            .unwrap()
            .increment(1);
        let snapshot = clocked.after(1);
        assert_eq!(
            snapshot
                .value("c", &[("room", "again")])
                .and_then(Value::as_counter),
            Some(1)
        );
    }

    #[test]
    fn an_overflow_series_that_was_dropped_comes_back_untold() {
        let told = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&told);
        let registry = Registry::builder()
            .idle_timeout(Duration::from_secs(60))
            .series_limit(1)
            .on_overflow(move |_| {
                count.fetch_add(1, Relaxed);
            })
            .build()
            .unwrap();
        let mut clocked = Clocked {
            now: registry.0.created,
            registry,
        };
        let kept = clocked.registry.counter("c", &[]).unwrap();
        for _ in 0..2 {
            kept.increment(1);
            clocked
                .registry
                .counter("c", &[("a", "1")])
                .unwrap()
                .increment(1);
            assert_eq!(clocked.after(1).family("c").unwrap().series.len(), 2);
            kept.increment(1);
            clocked.after(60);
            assert_eq!(clocked.registry.read().catalog.families[3].series.len(), 1);
        }
        assert_eq!(told.load(Relaxed), 1);
    }

    #[test]
    fn what_changed_since_the_last_look_is_shown_however_long_ago_that_was() {
        let mut clocked = Clocked::with_idle_timeout(60);
        with_local_recorder(&clocked.registry, || counter!("c").increment(5));
        assert_eq!(total(&clocked.after(10_000)), Some(5));
        with_local_recorder(&clocked.registry, || counter!("c").increment(5));
        assert_eq!(total(&clocked.after(10_000)), Some(10));
    }

    #[test]
    fn only_a_gauge_at_zero_expires() {
        let mut clocked = Clocked::with_idle_timeout(60);
        let gauge = clocked.registry.gauge("g", &[]).unwrap();
        let value = |snapshot: Snapshot| snapshot.value("g", &[]).and_then(Value::as_gauge);
        gauge.increment(2);
        drop(gauge);
        clocked.after(1);
        assert_eq!(value(clocked.after(1_000)), Some(2.0));
        clocked.registry.gauge("g", &[]).unwrap().decrement(2);
        assert_eq!(value(clocked.after(1_000)), Some(0.0));
        assert_eq!(value(clocked.after(60)), None);
    }

    #[test]
    fn nothing_expires_without_a_timeout() {
        let registry = Registry::new();
        let mut clocked = Clocked {
            now: registry.0.created,
            registry,
        };
        with_local_recorder(&clocked.registry, || counter!("c").increment(5));
        clocked.after(1);
        assert_eq!(total(&clocked.after(1_000_000)), Some(5));
    }
}
