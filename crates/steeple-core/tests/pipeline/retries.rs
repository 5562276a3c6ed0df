use std::{
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use steeple_core::pipeline::{DropReason, ExportError, RetryPolicy};

use crate::support::{PATIENCE, Received, assert_balanced, builder, eventually, settled};

fn impatient() -> RetryPolicy {
    RetryPolicy::default()
        .initial_backoff(Duration::from_millis(1))
        .max_backoff(Duration::from_millis(20))
        .attempt_timeout(Duration::from_millis(200))
}

#[test]
fn a_batch_that_fails_for_a_while_is_exported_once_the_backend_is_back() {
    let (failures, received) = (Arc::new(AtomicU64::new(0)), Received::default());
    let (count, sink) = (failures.clone(), received.clone());
    let pipeline = builder("recovers").retry(impatient()).spawn(move || {
        let (count, sink) = (count.clone(), sink.clone());
        async move |batch: &[String]| {
            if count.fetch_add(1, SeqCst) < 5 {
                return Err(ExportError::retryable("connection refused"));
            }
            sink.add(batch);
            Ok(())
        }
    });
    pipeline.producer().push("kept".to_owned());
    assert_eq!(settled(&pipeline), (1, 0));
    assert_eq!(received.items(), ["kept"]);
}

#[test]
fn exports_resume_soon_after_a_stalled_backend_is_back() {
    let stalls = Arc::new(AtomicBool::new(true));
    let attempts = Arc::new(AtomicU64::new(0));
    let (stalled, count) = (stalls.clone(), attempts.clone());
    let pipeline = builder("stalls").retry(impatient()).spawn(move || {
        let (stalled, count) = (stalled.clone(), count.clone());
        async move |_: &[String]| {
            count.fetch_add(1, SeqCst);
            if stalled.load(SeqCst) {
                pending::<()>().await;
            }
            Ok::<(), ExportError>(())
        }
    });
    pipeline.producer().push("waits".to_owned());
    eventually("a second attempt at a stalled backend", || {
        attempts.load(SeqCst) > 1
    });
    stalls.store(false, SeqCst);
    let (back, stalled) = (Instant::now(), attempts.load(SeqCst));
    eventually("an export", || pipeline.accounting().exported == 1);
    assert!(attempts.load(SeqCst) <= stalled + 1, "by the next attempt");
    assert!(
        back.elapsed() < Duration::from_secs(9),
        "less than an attempt may take if nothing else is said: {:?}",
        back.elapsed()
    );
}

#[test]
fn of_a_batch_that_is_given_up_only_what_was_not_taken_is_lost() {
    let policy = impatient().max_elapsed(Duration::from_millis(50));
    let attempts = Arc::new(AtomicU64::new(0));
    let count = attempts.clone();
    let pipeline = builder("takes some")
        .max_batch_items(3)
        .retry(policy)
        .spawn(move || {
            let count = count.clone();
            async move |_: &[String]| {
                Err::<(), _>(match count.fetch_add(1, SeqCst) {
                    0 => ExportError::Unfinished {
                        left: 1,
                        retry_after: None,
                        source: "too many requests".into(),
                    },
                    _ => ExportError::retryable("connection refused"),
                })
            }
        });
    for item in ["taken", "taken", "not taken"] {
        pipeline.producer().push(item.to_owned());
    }
    assert_eq!(settled(&pipeline), (2, 1));
    let lost = pipeline.accounting().dropped(DropReason::RetriesExhausted);
    assert_eq!(lost, 1);
    assert!(attempts.load(SeqCst) > 1);
}

#[test]
fn a_batch_that_always_fails_is_given_up_and_counted() {
    let policy = impatient().max_elapsed(Duration::from_millis(50));
    let pipeline = builder("fails")
        .retry(policy)
        .spawn(|| async |_: &[String]| Err::<(), _>(ExportError::retryable("service unavailable")));
    let producer = pipeline.producer();
    producer.push("first".to_owned());
    producer.push("second".to_owned());
    assert_eq!(settled(&pipeline), (0, 2));
    let figures = pipeline.accounting();
    assert_eq!(figures.dropped(DropReason::RetriesExhausted), 2);
    assert_balanced(&figures);
}

#[test]
fn a_permanent_error_is_not_tried_again() {
    let attempts = Arc::new(AtomicU64::new(0));
    let count = attempts.clone();
    let pipeline = builder("refused").spawn(move || {
        let count = count.clone();
        async move |_: &[String]| {
            count.fetch_add(1, SeqCst);
            Err::<(), _>(ExportError::permanent("unauthorized"))
        }
    });
    pipeline.producer().push("lost".to_owned());
    assert_eq!(settled(&pipeline), (0, 1));
    assert_eq!(attempts.load(SeqCst), 1);
    assert_eq!(pipeline.accounting().dropped(DropReason::ExporterFailed), 1);
}

#[test]
fn what_an_exporter_leaves_out_is_dropped_as_it_says() {
    let pipeline = builder("leaves_out").spawn(|| {
        async |batch: &[String]| match &*batch[0] {
            "not wanted" => Err(ExportError::LeftOut {
                reason: DropReason::Filtered,
            }),
            _ => Ok(()),
        }
    });
    let producer = pipeline.producer();
    producer.push("not wanted".to_owned());
    assert_eq!(settled(&pipeline), (0, 1));
    producer.push("wanted".to_owned());
    assert_eq!(settled(&pipeline), (1, 1));
    assert_eq!(pipeline.accounting().dropped(DropReason::Filtered), 1);
    assert_balanced(&pipeline.accounting());
}

#[test]
fn only_the_rejected_items_of_a_batch_count_as_dropped() {
    let pipeline = builder("partial")
        .max_batch_items(10)
        .spawn(|| async |_: &[String]| Err::<(), _>(ExportError::partial(3, "too old")));
    let producer = pipeline.producer();
    (0..10).for_each(|n| producer.push(n.to_string()));
    producer.push("alone: more are rejected than were sent".to_owned());
    assert_eq!(settled(&pipeline), (7, 4));
    let figures = pipeline.accounting();
    assert_eq!(figures.dropped(DropReason::Rejected), 4);
    assert_balanced(&figures);
}

#[test]
fn the_pause_that_a_backend_asks_for_is_kept() {
    let asked = Duration::from_millis(300);
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let times = attempts.clone();
    let pipeline = builder("asks").retry(impatient()).spawn(move || {
        let times = times.clone();
        async move |_: &[String]| {
            let mut times = times.lock().unwrap();
            times.push(Instant::now());
            if times.len() == 1 {
                return Err(ExportError::retry_after(asked, "503"));
            }
            Ok(())
        }
    });
    pipeline.producer().push("later".to_owned());
    assert_eq!(settled(&pipeline), (1, 0));
    let times = attempts.lock().unwrap();
    assert_eq!(times.len(), 2);
    assert!(times[1] - times[0] >= asked, "{:?}", times[1] - times[0]);
}

#[test]
fn a_shutdown_does_not_wait_for_the_pause_that_a_backend_asks_for() {
    let attempts = Arc::new(AtomicU64::new(0));
    let count = attempts.clone();
    let pipeline = builder("hurries").spawn(move || {
        let count = count.clone();
        async move |_: &[String]| match count.fetch_add(1, SeqCst) {
            0 => Err(ExportError::retry_after(Duration::from_secs(3600), "503")),
            _ => Ok(()),
        }
    });
    pipeline.producer().push("sent at the end".to_owned());
    eventually("the first attempt", || attempts.load(SeqCst) == 1);
    let start = Instant::now();
    let report = pipeline.shutdown_blocking(PATIENCE);
    assert_eq!((report.exported, report.lost), (1, 0));
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
}
