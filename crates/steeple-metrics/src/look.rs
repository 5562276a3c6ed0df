//! Looking at a registry, which is also when idle series expire.

use std::{iter, sync::atomic::Ordering::Relaxed, time::Duration};

use crate::{
    Exposition, FamilySnapshot, Format, Registry, SeriesSnapshot, Snapshot, exposition,
    family::Family, pages::Pages, series::Series,
};

impl Registry {
    /// The registry's state now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let families = self
            .begin_look()
            .into_iter()
            .map(|position| self.family_at(position));
        Snapshot {
            families: families
                .filter(|family| !family.series.is_empty())
                .collect(),
        }
    }

    /// The registry's state now, pulled in chunks.
    ///
    /// Nothing is locked between two chunks, so the reader may be as slow as it likes.
    #[must_use]
    pub fn exposition(&self, format: Format) -> Exposition {
        Exposition::new(self.clone(), format)
    }

    /// The registry's state now in the [text format](Format::Text).
    #[must_use]
    pub fn render(&self) -> String {
        exposition::text(self)
    }

    /// Drops what is gone and tells at which positions there are metrics to look at.
    pub(crate) fn begin_look(&self) -> Vec<usize> {
        self.refresh();
        self.tell_findings();
        if let Some(shortest) = self.0.idle_timeouts.shortest() {
            self.drop_idle(shortest);
        }
        let store = self.read();
        self.0.self_metrics.set_series(store.len());
        store.catalog.sorted()
    }

    /// Whether the series is not idle, by the time of this call: an earlier time, noted as that of a change, would make
    /// the next look take the series for idle.
    pub(crate) fn is_visible(&self, series: &Series) -> bool {
        let timeout = self.0.idle_timeouts.of(series.cell.kind());
        !timeout.is_some_and(|timeout| series.is_idle(self.milliseconds(), timeout))
    }

    fn family_at(&self, position: usize) -> FamilySnapshot {
        let family = self.read().catalog.families[position].without_series();
        let mut pages = Pages::of(position);
        let series = iter::from_fn(|| pages.next(self));
        FamilySnapshot {
            series: series
                .filter(|series| self.is_visible(series))
                .map(|series| SeriesSnapshot {
                    labels: series.labels.clone(),
                    value: series.cell.value(),
                })
                .collect(),
            ..family
        }
    }

    /// Drops the idle series into which nobody can record any more, page by page, so that no lock is held for long.
    fn drop_idle(&self, shortest: Duration) {
        let now = self.milliseconds();
        self.begin_generation(now, shortest);
        let kinds: Vec<_> = self
            .read()
            .catalog
            .families
            .iter()
            .map(Family::kind)
            .collect();
        let mut pages = Pages::default();
        for (position, kind) in kinds.into_iter().enumerate() {
            let Some(timeout) = self.0.idle_timeouts.of(kind) else {
                continue;
            };
            pages.open(position);
            loop {
                let page = pages.turn(self);
                if page.is_empty() {
                    break;
                }
                page.retain(|series| series.is_droppable(now, timeout));
                if !page.is_empty() {
                    self.write().drop_idle(position, page, now, timeout);
                }
            }
        }
    }

    /// Asks the threads to let go of the handles that they keep.
    fn begin_generation(&self, now: u64, timeout: Duration) {
        let began = &self.0.generation_began;
        if u128::from(now.saturating_sub(began.load(Relaxed))) >= timeout.as_millis() {
            began.store(now, Relaxed);
            self.0.generation.fetch_add(1, Relaxed);
        }
    }

    /// The time since the registry was made.
    fn milliseconds(&self) -> u64 {
        let age = (self.0.clock)().saturating_duration_since(self.0.created);
        u64::try_from(age.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering::Relaxed},
        },
        time::Instant,
    };

    use metrics::{Key, counter, with_local_recorder};

    use super::*;
    use crate::{Builder, Kind, Value};

    const TIMEOUT: Duration = Duration::from_secs(60);

    thread_local! {
        static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    /// A registry for which time passes only when the test says so.
    struct Clocked {
        registry: Registry,
    }

    impl Clocked {
        /// With an idle timeout of 60 seconds.
        fn new() -> Self {
            Self::built(Registry::builder().idle_timeout(TIMEOUT))
        }

        fn built(builder: Builder) -> Self {
            thread_local! {
                static START: Instant = Instant::now();
            }
            let mut registry = builder.build().unwrap();
            let shared = Arc::get_mut(&mut registry.0).unwrap();
            shared.clock = || START.with(|start| *start + PASSED.get());
            shared.created = (shared.clock)();
            Self { registry }
        }

        fn after(&self, seconds: u64) -> Snapshot {
            self.pass(seconds);
            self.registry.snapshot()
        }

        fn pass(&self, seconds: u64) {
            PASSED.set(PASSED.get() + Duration::from_secs(seconds));
        }

        fn has_droppable(&self) -> bool {
            let store = self.registry.read();
            let mut families = store.catalog.families.iter();
            families.any(|family| {
                let mut series = family.series.values();
                series.any(|series| series.is_droppable(u64::MAX, TIMEOUT))
            })
        }
    }

    fn total(snapshot: &Snapshot) -> Option<u64> {
        snapshot.value("c", &[]).and_then(Value::as_counter)
    }

    #[test]
    fn a_series_with_a_handle_is_hidden_and_comes_back_with_its_total() {
        let clocked = Clocked::new();
        let counter = clocked.registry.counter("c", &[]).unwrap();
        counter.increment(5);
        assert_eq!(total(&clocked.after(1)), Some(5));
        assert_eq!(total(&clocked.after(59)), Some(5));
        assert_eq!(total(&clocked.after(1)), None);
        assert_eq!(total(&clocked.after(1_000)), None);
        assert!(!clocked.has_droppable());
        counter.increment(1);
        assert_eq!(total(&clocked.after(1)), Some(6));
    }

    #[test]
    fn a_hidden_series_is_missing_from_the_text_too() {
        let clocked = Clocked::new();
        let histogram = clocked.registry.histogram("h", &[]).unwrap();
        let text = || clocked.registry.render();
        assert!(text().contains("# TYPE h histogram\nh_bucket"));
        clocked.pass(60);
        assert!(!text().contains("h_") && !text().contains("TYPE h "));
        histogram.record(0.0);
        assert!(text().contains("\nh_count 1\n"));
    }

    #[test]
    fn a_series_without_handles_is_dropped_and_makes_room() {
        let clocked = Clocked::built(Registry::builder().idle_timeout(TIMEOUT).series_limit(1));
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
    fn a_series_of_what_is_gone_is_dropped_unless_it_has_handles() {
        let registry = Registry::new();
        let labels = [("disk", "sda")];
        let is_there = || registry.snapshot().value("free", &labels).is_some();
        let before = registry.read().len();
        let gauge = registry.gauge("free", &labels).unwrap();
        registry.remove(Kind::Gauge, "free", &labels);
        assert!(is_there());
        drop(gauge);
        registry.remove(Kind::Counter, "free", &labels);
        assert!(is_there());
        for _ in 0..2 {
            registry.remove(Kind::Gauge, "free", &labels);
            assert!(!is_there());
            assert_eq!(registry.read().len(), before);
        }
    }

    #[test]
    fn an_overflow_series_that_was_dropped_comes_back_untold() {
        let told = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&told);
        let builder = Registry::builder().idle_timeout(TIMEOUT).series_limit(1);
        let clocked = Clocked::built(builder.on_overflow(move |_| {
            count.fetch_add(1, Relaxed);
        }));
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
        let clocked = Clocked::new();
        with_local_recorder(&clocked.registry, || counter!("c").increment(5));
        assert_eq!(total(&clocked.after(10_000)), Some(5));
        with_local_recorder(&clocked.registry, || counter!("c").increment(5));
        assert_eq!(total(&clocked.after(10_000)), Some(10));
    }

    #[test]
    fn only_a_gauge_at_zero_expires() {
        let clocked = Clocked::new();
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
    fn each_kind_expires_after_its_own_timeout() {
        let builder = Registry::builder()
            .idle_timeout(TIMEOUT)
            .idle_timeout_of(Kind::Counter, None)
            .idle_timeout_of(Kind::Histogram, 2 * TIMEOUT);
        let clocked = Clocked::built(builder);
        let registry = &clocked.registry;
        with_local_recorder(registry, || {
            counter!("c").increment(1);
            metrics::gauge!("g").set(0.0);
            metrics::histogram!("h").record(1.0);
        });
        let shown = |seconds| {
            let snapshot = clocked.after(seconds);
            ["c", "g", "h"].map(|name| snapshot.family(name).is_some())
        };
        assert_eq!(shown(1), [true, true, true]);
        assert_eq!(shown(60), [true, false, true]);
        assert_eq!(shown(60), [true, false, false]);
        let held = registry.read();
        let series = |family: &Family| (family.name.to_string(), family.series.len());
        let mut left: Vec<_> = held.catalog.families.iter().map(series).collect();
        left.retain(|(name, _)| name.len() == 1);
        assert_eq!(
            left,
            [("c", 1), ("g", 0), ("h", 0)].map(|(name, series)| (name.to_owned(), series))
        );
    }

    #[test]
    fn nothing_expires_without_a_timeout() {
        let clocked = Clocked::built(Registry::builder());
        with_local_recorder(&clocked.registry, || counter!("c").increment(5));
        clocked.after(1);
        assert_eq!(total(&clocked.after(1_000_000)), Some(5));
    }

    #[test]
    fn what_was_recorded_since_it_was_found_idle_is_not_dropped() {
        let clocked = Clocked::new();
        let registry = &clocked.registry;
        let record = || with_local_recorder(registry, || counter!("c").increment(1));
        record();
        assert_eq!(total(&clocked.after(1)), Some(1));
        clocked.pass(60);
        let position = registry.read().catalog.families.len() - 1;
        let mut pages = Pages::of(position);
        let idle = pages.turn(registry);
        assert!(idle.len() == 1 && idle[0].is_droppable(61_000, TIMEOUT));
        record();
        let dropped = registry.write().drop_idle(position, idle, 61_000, TIMEOUT);
        assert_eq!(dropped, 0);
        assert_eq!(total(&clocked.after(1)), Some(2));
    }

    #[test]
    fn a_series_that_was_dropped_is_not_found_by_its_key_any_more() {
        let clocked = Clocked::new();
        let registry = &clocked.registry;
        let record = || with_local_recorder(registry, || counter!("c").increment(1));
        record();
        clocked.after(1);
        let position = registry.read().catalog.families.len() - 1;
        let mut pages = Pages::of(position);
        let kept = pages.turn(registry);
        let dropped = registry.write().drop_idle(position, kept, 61_000, TIMEOUT);
        let is_known = || {
            registry
                .read()
                .by_key
                .candidate(&Key::from_name("c"))
                .is_some()
        };
        assert_eq!((dropped, is_known()), (1, false));
        record();
        assert!(is_known());
        assert_eq!(total(&clocked.after(1)), Some(1));
    }

    #[test]
    fn a_slow_reader_does_not_hide_what_changed_since_it_began() {
        let clocked = Clocked::new();
        let counter = clocked.registry.counter("c", &[]).unwrap();
        counter.increment(1);
        clocked.after(1);
        let slow = clocked.registry.exposition(Format::Text);
        clocked.pass(100);
        counter.increment(1);
        let text = String::from_utf8(slow.flatten().collect()).unwrap();
        assert!(text.contains("\nc 2\n"));
        assert_eq!(total(&clocked.after(30)), Some(2));
    }

    #[test]
    fn values_are_read_when_the_lock_is_free_again() {
        let clocked = Clocked::new();
        let registry = &clocked.registry;
        // Of these a page makes several chunks.
        let counters: Vec<_> = (0..256)
            .map(|series| {
                let series = format!("{series:0500}");
                registry.counter("c", &[("series", &series)]).unwrap()
            })
            .collect();
        let mut exposition = registry.exposition(Format::Text);
        let mut next = || String::from_utf8(exposition.next().unwrap()).unwrap();
        let first = next();
        assert!(first.contains("0000\"} 0\n"));
        let store = registry.write();
        counters.iter().for_each(|counter| counter.increment(1));
        let second = next();
        drop(store);
        assert!(second.starts_with("c{") && second.lines().all(|line| line.ends_with(" 1")));
    }
}
