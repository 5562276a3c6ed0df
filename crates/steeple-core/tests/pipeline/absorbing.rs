use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use steeple_core::pipeline::{
    Absorb, Budget, DropReason, ExportError, Pipeline, PipelineBuilder, Producer, Weigh,
};

use crate::support::{PATIENCE, assert_balanced, eventually, settled};

const NEVER: Duration = Duration::from_secs(3600);

/// Takes in numbers up to its capacity.
struct Numbers(Vec<u64>);

impl Numbers {
    const CAPACITY: usize = 8;

    fn of(number: u64) -> Self {
        let mut numbers = Vec::with_capacity(Self::CAPACITY);
        numbers.push(number);
        Self(numbers)
    }
}

impl Weigh for Numbers {
    fn heap_bytes(&self) -> usize {
        self.0.capacity() * size_of::<u64>()
    }

    fn count(&self) -> u64 {
        self.0.len() as u64
    }
}

impl Absorb<u64> for Numbers {
    fn absorb(&mut self, part: &u64) -> bool {
        let room = self.0.len() < self.0.capacity();
        if room {
            self.0.push(*part);
        }
        room
    }
}

fn builder() -> PipelineBuilder {
    PipelineBuilder::new("absorbs")
        .budget(Budget::new(1 << 30))
        .max_batch_items(1_000_000)
        .max_delay(NEVER)
}

/// A pipeline, and the sum and the number of the items that it exported.
fn summing(builder: PipelineBuilder) -> (Pipeline<Numbers>, Arc<AtomicU64>, Arc<AtomicU64>) {
    let (sum, items) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let (sums, counts) = (sum.clone(), items.clone());
    let pipeline = builder.spawn(move || {
        let (sum, items) = (sums.clone(), counts.clone());
        async move |batch: &[Numbers]| {
            items.fetch_add(batch.len() as u64, SeqCst);
            let numbers = batch.iter().flat_map(|numbers| &numbers.0);
            sum.fetch_add(numbers.sum(), SeqCst);
            Ok::<(), ExportError>(())
        }
    });
    (pipeline, sum, items)
}

fn add(producer: &Producer<Numbers>, number: u64) {
    if !producer.append(&number) {
        producer.push(Numbers::of(number));
    }
}

#[test]
fn the_newest_item_takes_in_what_comes_until_it_is_full() {
    let (pipeline, sum, items) = summing(builder());
    let producer = pipeline.producer();
    assert!(!producer.append(&1), "nothing is queued");
    assert_eq!(producer.accounting().created, 0);

    let mut bytes = Vec::new();
    for number in 1..=17 {
        add(&producer, number);
        bytes.push(producer.accounting().queued_bytes);
        assert_eq!(producer.accounting().queued, number);
        assert_balanced(&producer.accounting());
    }
    bytes.dedup();
    assert_eq!(bytes.len(), 3, "memory grows with items: {bytes:?}");
    assert_eq!(settled(&pipeline), (17, 0));
    assert_eq!((sum.load(SeqCst), items.load(SeqCst)), (153, 3));
    assert!(!producer.append(&1), "the batch is gone");
}

#[test]
fn parts_fill_batches_and_the_queue_as_items_do() {
    let (pipeline, _, items) = summing(builder().max_batch_items(3));
    (1..=4).for_each(|number| add(&pipeline.producer(), number));
    eventually("a full batch", || pipeline.accounting().exported == 3);
    assert_eq!(items.load(SeqCst), 1);
    assert_eq!(pipeline.accounting().queued, 1);

    let (pipeline, ..) = summing(builder().max_queue_items(3));
    (1..=5).for_each(|number| add(&pipeline.producer(), number));
    let figures = pipeline.accounting();
    assert_eq!(
        (figures.queued, figures.dropped(DropReason::QueueFull)),
        (3, 2)
    );
}

#[test]
fn a_pipeline_that_ends_takes_nothing_in() {
    let (pipeline, ..) = summing(builder());
    let producer = pipeline.producer();
    add(&producer, 1);
    let _ = pipeline.shutdown_blocking(PATIENCE);
    add(&producer, 2);
    let figures = producer.accounting();
    assert_eq!(
        (figures.exported, figures.dropped(DropReason::NotRunning)),
        (1, 1)
    );
}

#[test]
fn the_equation_holds_while_threads_append_and_batches_leave() {
    const THREADS: u64 = 4;
    const NUMBERS: u64 = 50_000;

    let (pipeline, sum, _) = summing(builder().max_queue_bytes(20_000).max_batch_items(100));
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(SeqCst) {
                assert_balanced(&pipeline.accounting());
            }
        });
        let adders: Vec<_> = (0..THREADS)
            .map(|_| {
                let producer = pipeline.producer();
                scope.spawn(move || (0..NUMBERS).for_each(|_| add(&producer, 1)))
            })
            .collect();
        adders.into_iter().for_each(|adder| adder.join().unwrap());
        ended.store(true, SeqCst);
    });
    let _ = settled(&pipeline);
    let figures = pipeline.accounting();
    assert_eq!(figures.created, THREADS * NUMBERS);
    assert_eq!(figures.exported, sum.load(SeqCst));
    assert_eq!(
        figures.dropped_total(),
        figures.dropped(DropReason::QueueFull)
    );
    assert_balanced(&figures);
    assert_eq!(figures.queued_bytes, 0);
}
