//! What a pipeline says about itself, and what it keeps from saying.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    future::pending,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};
use steeple_core::pipeline::{DropReason, ExportError, PipelineBuilder, is_worker_thread};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};

use crate::support::{
    Events, PATIENCE, ask_every_subscriber, assert_one_lost_and_one_kept, builder, eventually,
    settled,
};

/// Keeps each counter and gauge.
#[derive(Clone, Debug, Default)]
struct Figures(Arc<Mutex<BTreeMap<String, Arc<AtomicU64>>>>);

impl Figures {
    fn cell(&self, key: &Key) -> Arc<AtomicU64> {
        let labels: Vec<String> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let name = format!("{}{{{}}}", key.name(), labels.join(","));
        self.0.lock().unwrap().entry(name).or_default().clone()
    }

    fn value(&self, name: &str) -> u64 {
        self.0.lock().unwrap()[name].load(SeqCst)
    }
}

impl Recorder for Figures {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.cell(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.cell(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}

/// Keeps each event as text.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn subscriber(&self) -> impl Subscriber + use<> {
        struct Text(String);

        impl Visit for Text {
            fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
                write!(self.0, "{field}={value:?} ").unwrap();
            }
        }

        ask_every_subscriber();
        let lines = self.0.clone();
        Events(move |event: &Event<'_>| {
            let mut text = Text(format!("{} ", event.metadata().level()));
            event.record(&mut text);
            lines.lock().unwrap().push(text.0);
        })
    }

    fn about(&self, cause: &str) -> Vec<String> {
        let lines = self.0.lock().unwrap();
        lines
            .iter()
            .filter(|line| line.contains(cause))
            .cloned()
            .collect()
    }
}

#[test]
fn metrics_say_what_the_accounting_says() {
    let figures = Figures::default();
    let item = size_of::<String>() + 1_000;
    let pipeline = metrics::with_local_recorder(&figures, || {
        builder("shop")
            .max_queue_bytes(5 * item - 1)
            .max_batch_items(10)
            .spawn(|| async |_: &[String]| Err::<(), _>(ExportError::partial(1, "too long")))
    });
    let producer = pipeline.producer();
    producer.skip(DropReason::Filtered);
    (0..5).for_each(|_| producer.push("x".repeat(1_000)));
    let value = |name: &str| figures.value(name);
    let held = f64::from_bits(value("steeple_pipeline_queued_bytes{pipeline=shop}"));
    assert_eq!(held, producer.accounting().queued_bytes as f64);
    assert!(held > 4.0 * item as f64, "{held}");

    let _ = pipeline.shutdown_blocking(PATIENCE);
    producer.push("late".to_owned());
    assert_eq!(value("steeple_pipeline_created_total{pipeline=shop}"), 7);
    assert_eq!(value("steeple_pipeline_exported_total{pipeline=shop}"), 3);
    for reason in DropReason::ALL {
        let name = format!(
            "steeple_pipeline_dropped_total{{pipeline=shop,reason={}}}",
            reason.as_str()
        );
        assert_eq!(
            value(&name),
            pipeline.accounting().dropped(reason),
            "{name}"
        );
    }
    let held = value("steeple_pipeline_queued_bytes{pipeline=shop}");
    assert_eq!(f64::from_bits(held), 0.0);
}

#[test]
fn a_storm_of_panics_logs_one_line() {
    let lines = Lines::default();
    let panics = Arc::new(AtomicU64::new(0));
    let count = panics.clone();
    let pipeline = tracing::subscriber::with_default(lines.subscriber(), || {
        builder("storm").spawn(move || {
            let count = count.clone();
            async move |_: &[String]| -> Result<(), ExportError> {
                count.fetch_add(1, SeqCst);
                panic!("out of cheese");
            }
        })
    });
    let producer = pipeline.producer();
    (0..10).for_each(|n| producer.push(n.to_string()));
    let _ = pipeline.flush_blocking(PATIENCE);
    assert_eq!(panics.load(SeqCst), 10);
    let said = lines.about("exporter_panicked");
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("WARN") && said[0].contains("out of cheese"),
        "{said:?}"
    );
    assert!(said[0].contains("storm"), "{said:?}");
}

#[test]
fn a_full_queue_is_logged_once_by_the_worker() {
    let lines = Lines::default();
    let pipeline = tracing::subscriber::with_default(lines.subscriber(), || {
        builder("full")
            .max_queue_bytes(1_000)
            .spawn(|| async |_: &[Vec<u8>]| Ok::<(), ExportError>(()))
    });
    let producer = pipeline.producer();
    (0..100).for_each(|_| producer.push(vec![0; 1_000]));
    assert!(lines.about("queue_full").is_empty(), "a push must not log");
    for _ in 0..2 {
        producer.push(vec![0; 10]);
        let _ = pipeline.flush_blocking(PATIENCE);
    }
    eventually("a line", || lines.about("queue_full").len() == 1);
}

#[test]
fn nothing_that_an_exporter_does_is_traced() {
    let lines = Lines::default();
    // The worker's thread would hear of no other than the global one.
    tracing::subscriber::set_global_default(lines.subscriber()).unwrap();
    tracing::error!("the test speaks");
    let workers = Arc::new(AtomicU64::new(0));
    let count = workers.clone();
    let pipeline = builder("quiet").spawn(move || {
        tracing::error!("the factory speaks");
        let count = count.clone();
        async move |_: &[String]| {
            tracing::error!("the exporter speaks");
            let task = tokio::spawn(async { tracing::error!("a task of the exporter speaks") });
            task.await.map_err(ExportError::permanent)?;
            count.fetch_add(u64::from(is_worker_thread()), SeqCst);
            Ok(())
        }
    });
    pipeline.producer().push("item".to_owned());
    let _ = pipeline.shutdown_blocking(PATIENCE);
    assert_eq!(settled(&pipeline), (1, 0));
    let spoken = lines.about("speaks");
    assert!(
        spoken.len() == 1 && spoken[0].contains("the test speaks"),
        "{spoken:?}"
    );
    assert_eq!(workers.load(SeqCst), 1);
    assert!(!is_worker_thread());
}

#[test]
fn a_subscriber_that_panics_does_not_stop_the_worker() {
    let broken = Events(|_: &Event<'_>| panic!("the subscriber is broken"));
    let mut first = true;
    let pipeline = tracing::subscriber::with_default(broken, || {
        builder("broken-log").spawn(move || {
            let panics = std::mem::take(&mut first);
            async move |_: &[String]| {
                assert!(!panics);
                Ok::<(), ExportError>(())
            }
        })
    });
    assert_one_lost_and_one_kept(&pipeline);
}

#[test]
fn an_idle_pipeline_starts_and_ends_without_a_word() {
    let lines = Lines::default();
    tracing::subscriber::with_default(lines.subscriber(), || {
        let pipeline = PipelineBuilder::new("idle\0")
            .max_delay(Duration::MAX)
            .spawn(|| async |_: &[String]| pending::<Result<(), ExportError>>().await);
        let report = pipeline.shutdown_blocking(PATIENCE);
        assert!(report.is_complete());
    });
    assert!(lines.about("idle").is_empty());
}
