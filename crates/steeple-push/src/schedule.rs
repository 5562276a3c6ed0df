//! When is pushed: at an interval, when asked to, and at the end.

use std::{
    io,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use steeple_core::pipeline::{Accounting, Pipeline};

use crate::PushReport;

/// The occasion of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// There will be others.
    Passing,
    /// The end.
    Last,
}

/// Queues what is to be pushed.
pub(crate) type Collect = Arc<dyn Fn(Occasion) + Send + Sync>;

/// A pipeline, and what fills it.
pub(crate) struct Schedule<T: Send + 'static> {
    collect: Collect,
    pipeline: Pipeline<T>,
    ticks: Option<Ticks>,
    ended: bool,
}

impl<T: Send + 'static> Schedule<T> {
    pub(crate) fn start(
        name: &'static str,
        interval: Option<Duration>,
        pipeline: Pipeline<T>,
        collect: Collect,
    ) -> Self {
        let ticks = interval.and_then(|interval| {
            let collect = collect.clone();
            Ticks::start(interval, move || collect(Occasion::Passing))
                .inspect_err(|error| {
                    let error: &dyn std::error::Error = error;
                    tracing::warn!(
                        pipeline = name,
                        error,
                        "no thread to push at an interval: pushed is at the end alone"
                    );
                })
                .ok()
        });
        Self {
            collect,
            pipeline,
            ticks,
            ended: false,
        }
    }

    pub(crate) fn accounting(&self) -> Accounting {
        self.pipeline.accounting()
    }

    pub(crate) async fn flush(&self, deadline: Duration) -> PushReport {
        let before = self.accounting();
        (self.collect)(Occasion::Passing);
        let _ = self.pipeline.flush(deadline).await;
        PushReport::between(&before, &self.accounting())
    }

    pub(crate) fn flush_blocking(&self, deadline: Duration) -> PushReport {
        let before = self.accounting();
        (self.collect)(Occasion::Passing);
        let _ = self.pipeline.flush_blocking(deadline);
        PushReport::between(&before, &self.accounting())
    }

    pub(crate) async fn shutdown(mut self, deadline: Duration) -> PushReport {
        let before = self.accounting();
        self.collect_last();
        let _ = self.pipeline.shutdown(deadline).await;
        PushReport::between(&before, &self.accounting())
    }

    pub(crate) fn shutdown_blocking(mut self, deadline: Duration) -> PushReport {
        let before = self.accounting();
        self.collect_last();
        let _ = self.pipeline.shutdown_blocking(deadline);
        PushReport::between(&before, &self.accounting())
    }

    fn collect_last(&mut self) {
        // First the thread, so that nothing is queued behind the last.
        self.ticks = None;
        if !std::mem::replace(&mut self.ended, true) {
            (self.collect)(Occasion::Last);
        }
    }
}

impl<T: Send + 'static> Drop for Schedule<T> {
    fn drop(&mut self) {
        // The pipeline, dropped after this, sends it.
        self.collect_last();
    }
}

/// A thread that does something at an interval until this is dropped, which waits for it.
struct Ticks {
    /// Dropped, it wakes the thread.
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticks {
    fn start(interval: Duration, tick: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("steeple-push".to_owned())
            .spawn(move || {
                let mut due = Instant::now() + interval;
                while stopped.recv_timeout(due.saturating_duration_since(Instant::now()))
                    == Err(RecvTimeoutError::Timeout)
                {
                    tick();
                    // What a busy machine missed is not made up for.
                    due = (due + interval).max(Instant::now());
                }
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

impl Drop for Ticks {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // That it panicked, its own message said.
            let _ = thread.join();
        }
    }
}
