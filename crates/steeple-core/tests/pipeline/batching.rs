use std::time::{Duration, Instant};

use steeple_core::pipeline::{ExportError, Pipeline, PipelineBuilder};

use crate::support::{PATIENCE, Received, eventually};

const NEVER: Duration = Duration::from_secs(3600);

fn collect(builder: PipelineBuilder) -> (Pipeline<String>, Received) {
    let received = Received::default();
    let sink = received.clone();
    let pipeline = builder.spawn(move || {
        let sink = sink.clone();
        async move |batch: &[String]| {
            sink.add(batch);
            Ok::<(), ExportError>(())
        }
    });
    (pipeline, received)
}

fn push_each(pipeline: &Pipeline<String>, items: impl IntoIterator<Item = &'static str>) {
    let producer = pipeline.producer();
    items
        .into_iter()
        .for_each(|item| producer.push(item.to_owned()));
}

#[test]
fn a_batch_is_exported_when_it_has_its_items() {
    let (pipeline, received) = collect(
        PipelineBuilder::new("count")
            .max_delay(NEVER)
            .max_batch_items(2),
    );
    push_each(&pipeline, ["a", "b", "c", "d", "e"]);
    eventually("two full batches", || pipeline.accounting().exported == 4);
    assert_eq!(received.batches(), [["a", "b"], ["c", "d"]]);
    assert_eq!(pipeline.accounting().queued, 1);
}

#[test]
fn a_batch_is_exported_before_it_exceeds_its_bytes() {
    let item = size_of::<String>() + 1;
    let (pipeline, received) = collect(
        PipelineBuilder::new("bytes")
            .max_delay(NEVER)
            .max_batch_bytes(2 * item + 1),
    );
    push_each(
        &pipeline,
        [
            "a",
            "b",
            "c",
            "a long item of its own: more than a batch holds",
            "d",
        ],
    );
    let report = pipeline.shutdown_blocking(PATIENCE);
    assert!(report.is_complete(), "{report:?}");
    let sizes: Vec<usize> = received.batches().iter().map(Vec::len).collect();
    assert_eq!(sizes, [2, 1, 1, 1]);
}

#[test]
fn a_batch_is_exported_when_its_first_item_has_waited_long_enough() {
    let delay = Duration::from_millis(50);
    let (pipeline, received) = collect(PipelineBuilder::new("delay").max_delay(delay));
    for round in 1..=3 {
        let start = Instant::now();
        push_each(&pipeline, ["a", "b"]);
        eventually("a batch of two", || received.items().len() == 2 * round);
        assert!(start.elapsed() >= delay);
    }
}

#[test]
fn a_flush_does_not_wait_for_a_batch_to_fill() {
    let (pipeline, received) = collect(PipelineBuilder::new("flush").max_delay(NEVER));
    for item in ["a", "b"] {
        push_each(&pipeline, [item]);
        let report = pipeline.flush_blocking(PATIENCE);
        assert_eq!((report.exported, report.lost, report.pending), (1, 0, 0));
    }
    assert_eq!(received.batches(), [["a"], ["b"]]);
}

#[test]
fn items_keep_their_order() {
    let (pipeline, received) = collect(
        PipelineBuilder::new("order")
            .max_batch_items(7)
            .max_delay(NEVER),
    );
    let items: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    let producer = pipeline.producer();
    items.iter().cloned().for_each(|item| producer.push(item));
    let _ = pipeline.shutdown_blocking(PATIENCE);
    assert_eq!(received.items(), items);
}
