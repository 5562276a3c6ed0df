use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use steeple_core::pipeline::{DropReason, ExportError, Exporter, Weigh};

use crate::support::{assert_balanced, assert_one_lost_and_one_kept, builder, eventually, settled};

#[test]
fn every_panic_costs_one_batch() {
    let calls = Arc::new(AtomicU64::new(0));
    let pipeline = builder("panics").spawn(move || {
        let calls = calls.clone();
        async move |_: &[String]| {
            assert!(
                calls.fetch_add(1, SeqCst) % 5 != 4,
                "every fifth export panics"
            );
            Ok::<(), ExportError>(())
        }
    });
    let producer = pipeline.producer();
    (0..50).for_each(|n| producer.push(n.to_string()));
    assert_eq!(settled(&pipeline), (40, 10));
    let figures = pipeline.accounting();
    assert_eq!(figures.dropped(DropReason::ExporterPanicked), 10);
    assert_balanced(&figures);
}

/// From when the panic is counted until what came after it is exported.
fn time_until_it_is_back() -> Duration {
    let calls = Arc::new(AtomicU64::new(0));
    let pipeline = builder("back").spawn(move || {
        let calls = calls.clone();
        async move |_: &[String]| {
            assert!(calls.fetch_add(1, SeqCst) > 0, "the first export panics");
            Ok::<(), ExportError>(())
        }
    });
    let producer = pipeline.producer();
    producer.push("lost".to_owned());
    eventually("a panic", || {
        producer.accounting().dropped(DropReason::ExporterPanicked) == 1
    });
    let panicked = Instant::now();
    producer.push("kept".to_owned());
    eventually("an export", || producer.accounting().exported == 1);
    panicked.elapsed()
}

#[test]
fn the_worker_is_back_within_a_second_of_a_panic() {
    // In the best round, since the machine may be busy with something else.
    let took: Vec<_> = (0..3).map(|_| time_until_it_is_back()).collect();
    assert!(
        took.iter().min() < Some(&Duration::from_secs(1)),
        "{took:?}"
    );
}

#[test]
fn a_panic_outside_the_async_part_costs_no_more() {
    struct Eager(bool);

    impl Exporter<String> for Eager {
        fn export(&mut self, _: &[String]) -> impl Future<Output = Result<(), ExportError>> {
            assert!(!self.0, "panics before there is a future");
            async { Ok(()) }
        }
    }

    impl Drop for Eager {
        fn drop(&mut self) {
            assert!(!self.0, "panics once more");
        }
    }

    let mut first = true;
    let pipeline = builder("eager").spawn(move || Eager(std::mem::take(&mut first)));
    assert_one_lost_and_one_kept(&pipeline);
}

#[test]
fn a_factory_that_panics_costs_no_items() {
    let mut attempts = 0;
    let pipeline = builder("factory").spawn(move || {
        attempts += 1;
        assert!(attempts > 3, "no exporter yet");
        async |_: &[String]| Ok::<(), ExportError>(())
    });
    pipeline.producer().push("kept".to_owned());
    assert_eq!(settled(&pipeline), (1, 0));
}

#[test]
fn tasks_that_an_exporter_spawned_survive_its_panic() {
    let ticks = Arc::new(AtomicU64::new(0));
    let counted = ticks.clone();
    let mut first = true;
    let pipeline = builder("tasks").spawn(move || {
        let panics = std::mem::take(&mut first);
        if panics {
            let counted = counted.clone();
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    counted.fetch_add(1, SeqCst);
                }
            });
        }
        async move |_: &[String]| {
            assert!(!panics);
            Ok::<(), ExportError>(())
        }
    });
    pipeline.producer().push("lost".to_owned());
    eventually("a panic", || pipeline.accounting().dropped_total() == 1);
    let before = ticks.load(SeqCst);
    eventually("another tick", || ticks.load(SeqCst) > before + 1);
}

/// An item whose drop panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("out of spite");
    }
}

impl Weigh for Bomb {
    fn heap_bytes(&self) -> usize {
        0
    }
}

#[test]
fn items_that_panic_when_they_are_freed_do_not_stop_the_worker() {
    let pipeline = builder("bombs")
        .max_batch_items(2)
        .spawn(|| async |_: &[Bomb]| Ok::<(), ExportError>(()));
    let producer = pipeline.producer();
    (0..6).for_each(|_| producer.push(Bomb));
    assert_eq!(settled(&pipeline), (6, 0));
    assert_eq!(producer.accounting().queued_bytes, 0);
}

#[test]
fn items_that_panic_when_they_are_freed_do_no_harm_where_they_are_dropped() {
    let pipeline = builder("bombs-lost")
        .max_batch_items(2)
        .spawn(|| async |_: &[Bomb]| pending::<Result<(), ExportError>>().await);
    let producer = pipeline.producer();
    (0..6).for_each(|_| producer.push(Bomb));
    let report = pipeline.shutdown_blocking(Duration::ZERO);
    assert_eq!((report.exported, report.lost), (0, 6));
    producer.push(Bomb);
    assert_eq!(producer.accounting().dropped(DropReason::NotRunning), 1);
    eventually("the memory to be freed", || {
        producer.accounting().queued_bytes == 0
    });
}

#[test]
fn a_panic_with_a_payload_that_panics_costs_no_more() {
    let mut first = true;
    let pipeline = builder("payload").spawn(move || {
        let panics = std::mem::take(&mut first);
        async move |_: &[String]| {
            if panics {
                std::panic::panic_any(Bomb);
            }
            Ok::<(), ExportError>(())
        }
    });
    assert_one_lost_and_one_kept(&pipeline);
}
