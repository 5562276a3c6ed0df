use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use steeple_core::pipeline::{DropReason, ExportError, RetryPolicy, Weigh};

use crate::support::{PATIENCE, assert_balanced, builder, settled};

/// Counts what it accepts, and fails in every way there is.
async fn treacherous(batch: &[String], call: u64, accepted: &AtomicU64) -> Result<(), ExportError> {
    match call % 16 {
        3 => panic!("every sixteenth export panics"),
        5 => return Err(ExportError::permanent("refused")),
        7 | 8 => return Err(ExportError::retryable("not now")),
        11 => return pending().await,
        13 => {
            accepted.fetch_add(batch.len() as u64 - 1, SeqCst);
            return Err(ExportError::partial(1, "one of them"));
        }
        _ => {}
    }
    accepted.fetch_add(batch.len() as u64, SeqCst);
    Ok(())
}

#[test]
fn the_equation_holds_in_every_snapshot_under_concurrency() {
    const THREADS: u64 = 4;
    const ITEMS: u64 = 30_000;

    let (accepted, calls) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let count = accepted.clone();
    let retry = RetryPolicy::default()
        .attempt_timeout(Duration::from_millis(2))
        .initial_backoff(Duration::from_millis(1))
        .max_elapsed(Duration::from_millis(3));
    let pipeline = builder("treacherous")
        .max_queue_bytes(40_000)
        .max_batch_items(10)
        .max_delay(Duration::from_millis(1))
        .retry(retry)
        .spawn(move || {
            let (calls, count) = (calls.clone(), count.clone());
            async move |batch: &[String]| {
                treacherous(batch, calls.fetch_add(1, SeqCst), &count).await
            }
        });

    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        let auditor = scope.spawn(|| {
            let (mut audits, mut last) = (0, pipeline.accounting());
            while !ended.load(SeqCst) {
                let figures = pipeline.accounting();
                assert_balanced(&figures);
                assert!(figures.created >= last.created && figures.exported >= last.exported);
                (audits, last) = (audits + 1, figures);
            }
            audits
        });
        let pushers: Vec<_> = (0..THREADS)
            .map(|_| {
                let producer = pipeline.producer();
                scope.spawn(move || {
                    for n in 0..ITEMS {
                        match n % 3 {
                            0 => producer.skip(DropReason::Sampled),
                            _ => producer.push(n.to_string()),
                        }
                    }
                })
            })
            .collect();
        pushers
            .into_iter()
            .for_each(|pusher| pusher.join().unwrap());
        let _ = pipeline.flush_blocking(Duration::from_millis(200));
        let _ = pipeline.shutdown_blocking(PATIENCE);
        ended.store(true, SeqCst);
        assert!(auditor.join().unwrap() > 1_000);
    });

    let figures = pipeline.accounting();
    assert_balanced(&figures);
    assert_eq!(figures.created, THREADS * ITEMS);
    assert_eq!(figures.dropped(DropReason::Sampled), THREADS * ITEMS / 3);
    assert_eq!(figures.exported, accepted.load(SeqCst));
    assert_eq!((figures.queued, figures.queued_bytes), (0, 0));
    for reason in [
        DropReason::QueueFull,
        DropReason::ExporterFailed,
        DropReason::Rejected,
        DropReason::ExporterPanicked,
        DropReason::RetriesExhausted,
    ] {
        assert!(
            figures.dropped(reason) > 0,
            "{reason:?} was not tried: {figures:?}"
        );
    }
}

#[test]
fn the_batch_under_way_counts_as_queued() {
    let started = Arc::new(AtomicBool::new(false));
    let exporting = started.clone();
    let pipeline = builder("under-way").spawn(move || {
        let exporting = exporting.clone();
        async move |_: &[String]| {
            exporting.store(true, SeqCst);
            pending::<Result<(), ExportError>>().await
        }
    });
    pipeline.producer().push("on its way".to_owned());
    crate::support::eventually("an attempt", || started.load(SeqCst));
    let figures = pipeline.accounting();
    assert_eq!((figures.queued, figures.exported), (1, 0));
    assert!(figures.queued_bytes > 0);
}

/// So many things that are queued as one.
struct Several(u64);

impl Weigh for Several {
    fn heap_bytes(&self) -> usize {
        0
    }

    fn count(&self) -> u64 {
        self.0
    }
}

#[test]
fn an_item_counts_as_what_it_stands_for_whatever_becomes_of_it() {
    let pipeline = builder("several").max_queue_items(100).spawn(|| {
        async |batch: &[Several]| match batch[0].0 {
            2 => Err(ExportError::partial(1, "one of the two")),
            3 => Err(ExportError::permanent("all three")),
            5 => panic!("on five"),
            90 => pending().await,
            _ => Ok(()),
        }
    });
    let producer = pipeline.producer();
    for count in [0, 2, 3, 5, 7] {
        producer.push(Several(count));
        assert_balanced(&pipeline.accounting());
    }
    producer.skip_many(DropReason::Sampled, 11);
    // What stands for nothing counts as one.
    assert_eq!(settled(&pipeline), (1 + 1 + 7, 1 + 3 + 5 + 11));

    producer.push(Several(90));
    producer.push(Several(10));
    producer.push(Several(1));
    let figures = pipeline.accounting();
    assert_eq!(
        (figures.queued, figures.dropped(DropReason::QueueFull)),
        (100, 1)
    );
    assert_balanced(&figures);
    let report = pipeline.shutdown_blocking(Duration::ZERO);
    assert_eq!((report.exported, report.lost), (0, 100));
    let figures = pipeline.accounting();
    assert_eq!(figures.created, 18 + 11 + 101);
    for (reason, count) in [
        (DropReason::Rejected, 1),
        (DropReason::ExporterFailed, 3),
        (DropReason::ExporterPanicked, 5),
        (DropReason::Sampled, 11),
        (DropReason::Shutdown, 100),
    ] {
        assert_eq!(figures.dropped(reason), count, "{reason:?}");
    }
    assert_balanced(&figures);
}
