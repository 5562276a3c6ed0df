//! What a backend is told of what it did not get.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use steeple_core::pipeline::{DropReason, ExportError, Exporter, Pipeline, RetryPolicy};

use crate::support::{PATIENCE, builder, eventually};

/// A backend that can be down, and what it was given and told.
#[derive(Clone, Default)]
struct Backend(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    down: bool,
    refuses_to_be_told: bool,
    items: Vec<String>,
    told: Vec<u64>,
}

impl Backend {
    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap());
    }

    fn told(&self) -> Vec<u64> {
        self.0.lock().unwrap().told.clone()
    }

    fn spawn(&self, max_queue_items: u64) -> Pipeline<String> {
        let backend = self.clone();
        let policy = RetryPolicy::default()
            .initial_backoff(Duration::from_millis(1))
            .max_backoff(Duration::from_millis(20))
            .max_elapsed(Duration::MAX);
        builder("tells")
            .max_queue_items(max_queue_items)
            .retry(policy)
            .spawn(move || backend.clone())
    }
}

impl Exporter<String> for Backend {
    async fn export(&mut self, batch: &[String]) -> Result<(), ExportError> {
        assert_ne!(batch[0], "panics");
        let mut state = self.0.lock().unwrap();
        if state.down {
            return Err(ExportError::retryable("down"));
        }
        if batch[0] == "refused" {
            return Err(ExportError::permanent("refused"));
        }
        state.items.extend_from_slice(batch);
        Ok(())
    }

    async fn tell_lost(&mut self, lost: u64) -> Result<(), ExportError> {
        let mut state = self.0.lock().unwrap();
        if state.refuses_to_be_told {
            return Err(ExportError::retryable("not now"));
        }
        state.told.push(lost);
        Ok(())
    }
}

fn push(pipeline: &Pipeline<String>, items: &[&str]) {
    let producer = pipeline.producer();
    items
        .iter()
        .for_each(|item| producer.push((*item).to_owned()));
}

#[test]
fn a_backend_that_is_back_is_told_once_and_soon_of_what_had_no_room() {
    // Of a machine that is busy with other things, one round in five is enough.
    let quickest = (0..5).map(|_| told_of_what_had_no_room_after()).min();
    assert!(quickest.unwrap() < Duration::from_secs(1), "{quickest:?}");
}

fn told_of_what_had_no_room_after() -> Duration {
    let backend = Backend::default();
    backend.set(|state| state.down = true);
    let pipeline = backend.spawn(3);
    push(&pipeline, &["kept"; 3]);
    push(&pipeline, &["lost"; 4]);
    assert_eq!(pipeline.accounting().dropped(DropReason::QueueFull), 4);
    assert_eq!(backend.told(), []);

    let back = Instant::now();
    backend.set(|state| state.down = false);
    eventually("a word", || !backend.told().is_empty());
    let after = back.elapsed();
    push(&pipeline, &["after"]);
    let _ = pipeline.shutdown_blocking(PATIENCE);
    assert_eq!(backend.told(), [4]);
    backend.set(|state| assert_eq!(state.items, ["kept", "kept", "kept", "after"]));
    after
}

#[test]
fn a_backend_is_told_of_what_it_refused_and_of_panics_and_of_nothing_that_was_meant() {
    let backend = Backend::default();
    let pipeline = backend.spawn(100);
    let producer = pipeline.producer();
    producer.skip_many(DropReason::Sampled, 1_000);
    push(&pipeline, &["refused", "panics", "refused"]);
    let _ = pipeline.flush_blocking(PATIENCE);
    assert_eq!(backend.told(), [], "it took nothing yet");
    push(&pipeline, &["taken"]);
    let _ = pipeline.shutdown_blocking(PATIENCE);
    assert_eq!(backend.told(), [3]);
}

#[test]
fn what_could_not_be_told_is_told_with_the_next_batch() {
    let backend = Backend::default();
    backend.set(|state| state.refuses_to_be_told = true);
    let pipeline = backend.spawn(100);
    push(&pipeline, &["refused", "taken"]);
    let _ = pipeline.flush_blocking(PATIENCE);
    assert_eq!(backend.told(), []);
    backend.set(|state| state.refuses_to_be_told = false);
    push(&pipeline, &["refused", "taken"]);
    let _ = pipeline.shutdown_blocking(PATIENCE);
    // By one word or two, as the worker comes to it.
    assert_eq!(backend.told().iter().sum::<u64>(), 2);
}
