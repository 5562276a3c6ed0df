//! Flush, shutdown and drop keep their deadline on every runtime and on none.

use std::{
    future::Future,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use steeple_metrics::Registry;
use steeple_otlp::{LogRecord, Otlp, OtlpReport, Severity};
use tokio::runtime::Builder;

use crate::{
    signals::end_spans,
    sink::{Answer, PATIENCE, Sink},
};

/// Where the application's code runs.
#[derive(Clone, Copy, Debug)]
enum Runtime {
    CurrentThread,
    MultiThread,
    /// Another executor, which knows neither timers nor I/O.
    Plain,
}

impl Runtime {
    const ALL: [Self; 3] = [Self::CurrentThread, Self::MultiThread, Self::Plain];

    fn block_on<F: Future>(self, future: F) -> F::Output {
        match self {
            Self::CurrentThread => Builder::new_current_thread()
                .build()
                .unwrap()
                .block_on(future),
            Self::MultiThread => Builder::new_multi_thread()
                .build()
                .unwrap()
                .block_on(future),
            Self::Plain => futures_executor::block_on(future),
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Ending {
    Flush,
    FlushBlocking,
    Shutdown,
    ShutdownBlocking,
    Drop,
}

impl Ending {
    const ALL: [Self; 5] = [
        Self::Flush,
        Self::FlushBlocking,
        Self::Shutdown,
        Self::ShutdownBlocking,
        Self::Drop,
    ];

    /// In async code, where blocking is rude but happens.
    async fn end(self, otlp: Otlp, deadline: Duration) -> Option<OtlpReport> {
        match self {
            Self::Flush => Some(otlp.flush(deadline).await),
            Self::FlushBlocking => Some(otlp.flush_blocking(deadline)),
            Self::Shutdown => Some(otlp.shutdown(deadline).await),
            Self::ShutdownBlocking => Some(otlp.shutdown_blocking(deadline)),
            Self::Drop => {
                drop(otlp);
                None
            }
        }
    }
}

fn started(sink: &Sink, drop_deadline: Duration) -> Otlp {
    let otlp = Otlp::builder()
        .endpoint(sink.url())
        .drop_deadline(drop_deadline)
        .start(Registry::new())
        .unwrap();
    end_spans(&otlp, 1);
    let logs = otlp.logs().unwrap();
    logs.emit(&LogRecord::new(Severity::Info, "one"));
    otlp
}

/// Runs `body` on a thread of its own and fails if it does not end.
fn watched<R: Send + 'static>(what: String, body: impl FnOnce() -> R + Send + 'static) -> R {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(body()));
    let ended = receiver.recv_timeout(PATIENCE);
    ended.unwrap_or_else(|_| panic!("hangs or panics: {what}"))
}

#[test]
fn everything_arrives_whatever_the_application_runs_on() {
    for runtime in Runtime::ALL {
        for ending in Ending::ALL {
            let sink = Sink::new();
            let otlp = started(&sink, PATIENCE);
            let what = format!("{runtime:?} {ending:?}");
            let end = move || runtime.block_on(ending.end(otlp, PATIENCE));
            if let Some(report) = watched(what.clone(), end) {
                assert!(report.is_complete(), "{what}: {report:?}");
            }
            assert_eq!(
                (sink.spans().len(), sink.log_records().len()),
                (1, 1),
                "{what}"
            );
            assert!(!sink.metrics().is_empty(), "{what}");
        }
    }
}

#[test]
fn the_deadline_is_kept_whatever_the_application_runs_on() {
    let deadline = Duration::from_millis(200);
    for runtime in Runtime::ALL {
        for ending in Ending::ALL {
            let sink = Sink::answering(vec![Answer::Stall; 100]);
            let otlp = started(&sink, deadline);
            let what = format!("{runtime:?} {ending:?}");
            let began = Instant::now();
            let end = move || runtime.block_on(ending.end(otlp, deadline));
            let report = watched(what.clone(), end);
            assert!(began.elapsed() < Duration::from_secs(5), "{what}");
            if let Some(report) = report {
                let logs = report.logs.unwrap();
                let unsent = logs.lost + logs.pending;
                assert_eq!((logs.exported, unsent), (0, 1), "{what}: {report:?}");
            }
        }
    }
}

#[test]
fn signals_do_not_add_up_their_deadlines() {
    let deadline = Duration::from_secs(2);
    // A busy machine may take any time once.
    let held = (0..3).any(|_| {
        let sink = Sink::answering(vec![Answer::Stall; 100]);
        let otlp = started(&sink, deadline);
        let began = Instant::now();
        drop(otlp);
        let took = began.elapsed();
        assert!(took >= deadline, "{took:?}");
        took < 2 * deadline
    });
    assert!(held);
}
