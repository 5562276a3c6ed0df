//! Export makes no telemetry of its own, but for its figures and warnings.

use std::{
    sync::{Arc, Mutex},
    thread,
};

use steeple_metrics::Registry;
use steeple_otlp::{LogRecord, Otlp, Severity, Signal};
use tracing::{Event, Metadata, Subscriber, span};

use crate::{
    signals::{each_protocol, end_spans},
    sink::{PATIENCE, Sink},
};

/// Notes whatever the threads of the export trace, at every level.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Vec<String>>>);

impl Watch {
    fn note(&self, what: &'static Metadata<'static>) {
        let current = thread::current();
        let is_ours = current
            .name()
            .is_some_and(|name| name.starts_with("steeple-"));
        // Warnings of a pipeline about itself, as other tests have.
        if is_ours && what.target() != "steeple_core::pipeline::self_log" {
            self.0.lock().unwrap().push(format!("{what:?}"));
        }
    }
}

impl Subscriber for Watch {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        self.note(span.metadata());
        span::Id::from_u64(1)
    }

    fn event(&self, event: &Event<'_>) {
        self.note(event.metadata());
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[test]
fn nothing_that_the_export_does_is_traced() {
    let watch = Watch::default();
    tracing::subscriber::set_global_default(watch.clone()).unwrap();
    // What the client is made of does trace elsewhere.
    let traced = thread::Builder::new().name("steeple-test".to_owned());
    let traced = traced.spawn(|| tracing::trace!("seen")).unwrap();
    traced.join().unwrap();
    assert_eq!(watch.0.lock().unwrap().drain(..).count(), 1);

    for (sink, builder) in each_protocol() {
        let otlp = builder.start(Registry::new()).unwrap();
        end_spans(&otlp, 1);
        let logs = otlp.logs().unwrap();
        logs.emit(&LogRecord::new(Severity::Info, "one"));
        assert!(otlp.shutdown_blocking(PATIENCE).is_complete());
        assert_eq!(sink.requests().len(), 3);
    }
    assert_eq!(*watch.0.lock().unwrap(), [""; 0]);
}

#[test]
fn a_batch_is_one_request() {
    let sink = Sink::new();
    let builder = Otlp::builder().endpoint(sink.url());
    let otlp = builder
        .without(Signal::Metrics)
        .start(Registry::new())
        .unwrap();
    let logs = otlp.logs().unwrap();
    for number in 0..100_i64 {
        logs.emit(&LogRecord::new(Severity::Info, number));
    }
    assert!(otlp.shutdown_blocking(PATIENCE).is_complete());
    assert_eq!((sink.requests().len(), sink.log_records().len()), (1, 100));
}
