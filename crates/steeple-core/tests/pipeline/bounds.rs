use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use steeple_core::pipeline::{Budget, DropReason, ExportError, PipelineBuilder, Weigh};

use crate::support::{PATIENCE, assert_balanced, eventually};

/// An item that knows how much memory all of its kind hold.
struct Tracked {
    payload: Vec<u8>,
    live: Arc<AtomicUsize>,
}

impl Tracked {
    fn new(size: usize, live: &Arc<AtomicUsize>) -> Self {
        live.fetch_add(size, SeqCst);
        Self {
            payload: vec![0; size],
            live: live.clone(),
        }
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.live.fetch_sub(self.payload.len(), SeqCst);
    }
}

impl Weigh for Tracked {
    fn heap_bytes(&self) -> usize {
        self.payload.len()
    }
}

#[test]
fn a_stalled_backend_makes_nothing_grow_beyond_the_limit() {
    let (limit, live) = (100_000, Arc::default());
    let pipeline = PipelineBuilder::new("stalled")
        .max_queue_bytes(limit)
        .spawn(|| async |_: &[Tracked]| pending::<Result<(), ExportError>>().await);
    let producer = pipeline.producer();
    for _ in 0..10_000 {
        producer.push(Tracked::new(1_000, &live));
        assert!(live.load(SeqCst) <= limit);
        assert!(producer.accounting().queued_bytes <= limit);
    }
    let figures = producer.accounting();
    assert_eq!(
        figures.queued + figures.dropped(DropReason::QueueFull),
        10_000
    );
    let item = 1_000 + size_of::<Tracked>();
    assert!(
        figures.queued_bytes > figures.queued as usize * item,
        "{figures:?}"
    );
    assert!(figures.queued_bytes > limit - 2 * item, "{figures:?}");
    assert_balanced(&figures);

    drop(pipeline);
    eventually("all memory to be freed", || live.load(SeqCst) == 0);
    assert_eq!(producer.accounting().queued_bytes, 0);
}

#[test]
fn a_dripping_backend_makes_nothing_grow_beyond_the_limit() {
    let (limit, live) = (50_000, Arc::default());
    let pipeline = PipelineBuilder::new("drips")
        .max_queue_bytes(limit)
        .max_batch_items(3)
        .spawn(|| {
            async |_: &[Tracked]| {
                tokio::time::sleep(Duration::from_millis(2)).await;
                Ok::<(), ExportError>(())
            }
        });
    let producer = pipeline.producer();
    eventually("a full queue and an export", || {
        for _ in 0..100 {
            producer.push(Tracked::new(1_000, &live));
            assert!(live.load(SeqCst) <= limit);
            assert_balanced(&producer.accounting());
        }
        let figures = producer.accounting();
        figures.dropped(DropReason::QueueFull) > 0 && figures.exported > 0
    });
    let report = pipeline.shutdown_blocking(PATIENCE);
    assert!(report.is_complete(), "{report:?}");
    assert_eq!(live.load(SeqCst), 0);
}

#[test]
fn pipelines_share_a_budget_and_give_it_back() {
    let budget = Budget::new(10_000);
    let stalled = |name| {
        PipelineBuilder::new(name)
            .budget(budget.clone())
            .spawn(|| async |_: &[Vec<u8>]| pending::<Result<(), ExportError>>().await)
    };
    let (greedy, starved) = (stalled("greedy"), stalled("starved"));
    (0..100).for_each(|_| greedy.producer().push(vec![0; 1_000]));
    starved.producer().push(vec![0; 1_000]);

    assert_eq!(greedy.accounting().queued, 9);
    assert_eq!(budget.used(), greedy.accounting().queued_bytes);
    assert_eq!(greedy.accounting().dropped(DropReason::BudgetExhausted), 91);
    assert_eq!(starved.accounting().dropped(DropReason::BudgetExhausted), 1);

    drop(greedy);
    eventually("the budget to be given back", || budget.used() == 0);
    starved.producer().push(vec![0; 1_000]);
    assert_eq!(starved.accounting().queued, 1);
}

#[test]
fn an_item_larger_than_the_queue_is_dropped() {
    let pipeline = PipelineBuilder::new("large")
        .max_queue_bytes(100)
        .spawn(|| async |_: &[Vec<u8>]| Ok::<(), ExportError>(()));
    pipeline.producer().push(vec![0; 101]);
    assert_eq!(pipeline.accounting().dropped(DropReason::QueueFull), 1);
}

#[test]
fn items_of_no_size_and_their_batches_are_bounded_too() {
    struct Nothing;

    impl Weigh for Nothing {
        fn heap_bytes(&self) -> usize {
            0
        }
    }

    let pipeline = PipelineBuilder::new("nothing")
        .max_queue_bytes(1_000)
        .max_batch_items(1)
        .spawn(|| async |_: &[Nothing]| pending::<Result<(), ExportError>>().await);
    let producer = pipeline.producer();
    (0..1_000).for_each(|_| producer.push(Nothing));
    let queued = producer.accounting().queued as usize;
    let least_batch = size_of::<Vec<Nothing>>();
    assert!((1..1_000 / least_batch).contains(&queued), "{queued}");
}

#[test]
fn a_push_does_not_wait_for_an_exporter_that_blocks_its_thread() {
    let (release, blocked) = std::sync::mpsc::channel::<()>();
    let blocked = Arc::new(std::sync::Mutex::new(blocked));
    let pipeline = PipelineBuilder::new("blocks")
        .max_batch_items(1)
        .max_queue_bytes(1 << 20)
        .drop_deadline(Duration::ZERO)
        .spawn(move || {
            let blocked = blocked.clone();
            async move |_: &[String]| {
                let _ = blocked.lock().unwrap().recv_timeout(PATIENCE);
                Ok::<(), ExportError>(())
            }
        });
    let producer = pipeline.producer();
    let slowest = thread::scope(|scope| {
        let pushers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    (0..20_000)
                        .map(|_| {
                            let start = Instant::now();
                            producer.push("item".to_owned());
                            start.elapsed()
                        })
                        .max()
                })
            })
            .collect();
        pushers
            .into_iter()
            .filter_map(|pusher| pusher.join().unwrap())
            .max()
    });
    assert!(slowest < Some(PATIENCE), "{slowest:?}");
    assert_eq!(producer.accounting().created, 80_000);
    drop(release);
}
