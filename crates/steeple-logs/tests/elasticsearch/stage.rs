//! A pipeline of lines, and what becomes of them.

use std::{
    thread,
    time::{Duration, Instant},
};

use steeple_core::pipeline::{
    Accounting, Budget, Exporter, Pipeline, PipelineBuilder, RetryPolicy,
};
use steeple_logs::{
    Lines,
    elasticsearch::{Elasticsearch, ElasticsearchBuilder},
};

use crate::stub::Stub;

/// More than anything here takes, however busy the machine is.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn elasticsearch(stub: &Stub) -> ElasticsearchBuilder {
    Elasticsearch::builder(&stub.url()).dataset("shop")
}

pub(crate) fn impatient() -> RetryPolicy {
    RetryPolicy::default()
        .initial_backoff(Duration::from_millis(1))
        .max_backoff(Duration::from_millis(20))
}

/// A pipeline that tries again soon.
pub(crate) fn pipeline<E: Exporter<Lines> + 'static>(
    exporter: impl FnMut() -> E + Send + 'static,
) -> Pipeline<Lines> {
    PipelineBuilder::new("elasticsearch")
        .budget(Budget::new(1 << 30))
        .max_batch_items(10_000)
        .retry(impatient())
        .spawn(exporter)
}

/// `{"n":0}`, `{"n":1}` and so on.
pub(crate) fn numbered(count: usize) -> Vec<String> {
    (0..count)
        .map(|number| format!("{{\"n\":{number}}}"))
        .collect()
}

/// As one item of a pipeline.
pub(crate) fn lines<S: AsRef<str>>(texts: &[S]) -> Lines {
    let mut lines = Lines::default();
    for text in texts {
        lines.push(format!("{}\n", text.as_ref()).as_bytes());
    }
    lines
}

/// Sends lines, and tells what became of them.
pub(crate) fn send<S: AsRef<str>>(builder: ElasticsearchBuilder, texts: &[S]) -> Accounting {
    let elasticsearch = builder.build().unwrap();
    let pipeline = pipeline(move || elasticsearch.exporter());
    pipeline.producer().push(lines(texts));
    settled(&pipeline)
}

/// The figures once nothing is queued.
pub(crate) fn settled(pipeline: &Pipeline<Lines>) -> Accounting {
    let report = pipeline.flush_blocking(PATIENCE);
    assert_eq!(report.pending, 0, "{report:?}");
    let figures = pipeline.accounting();
    assert_eq!(
        figures.created,
        figures.exported + figures.dropped_total() + figures.queued
    );
    figures
}

pub(crate) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(
            start.elapsed() < PATIENCE,
            "not within {PATIENCE:?}: {what}"
        );
        thread::sleep(Duration::from_millis(2));
    }
}
