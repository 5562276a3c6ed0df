use std::{
    fmt, io,
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use super::{Accounting, JoinedThread, Pipeline, Report};

/// The occasion on which a [`Scheduled`] pipeline is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// There will be others.
    Passing,
    /// The end.
    Last,
}

/// A pipeline that is filled at an interval, at each flush and at the end, for what is sent as it is at that moment.
///
/// Dropping it fills it a last time and shuts it down, as dropping a [`Pipeline`] does.
#[must_use = "dropping it shuts the pipeline down"]
pub struct Scheduled<T: Send + 'static> {
    collect: Arc<dyn Fn(Occasion) + Send + Sync>,
    pipeline: Pipeline<T>,
    ticks: Option<Ticks>,
    ended: bool,
}

impl<T: Send + 'static> Scheduled<T> {
    /// Begins to call `collect`, which is to push into the pipeline: at the interval, on a thread called after `name`, and
    /// where a flush or the end is asked for.
    ///
    /// Without an interval, or where its thread cannot be started, which is logged, it is filled at flushes and at the end
    /// alone.
    pub fn start(
        name: &'static str,
        interval: Option<Duration>,
        pipeline: Pipeline<T>,
        collect: impl Fn(Occasion) + Send + Sync + 'static,
    ) -> Self {
        let collect: Arc<dyn Fn(Occasion) + Send + Sync> = Arc::new(collect);
        let ticks = interval.and_then(|interval| {
            let collect = collect.clone();
            Ticks::start(name, interval, move || collect(Occasion::Passing))
                .inspect_err(|error| {
                    let error: &dyn std::error::Error = error;
                    tracing::warn!(
                        pipeline = name,
                        error,
                        "no thread to send at an interval: sent is at the end alone"
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

    /// The figures at this moment.
    #[must_use]
    pub fn accounting(&self) -> Accounting {
        self.pipeline.accounting()
    }

    /// Fills the pipeline and [flushes](Pipeline::flush) it. What found no room in the queue is lost, too.
    pub async fn flush(&self, deadline: Duration) -> Report {
        let before = self.accounting();
        (self.collect)(Occasion::Passing);
        let _ = self.pipeline.flush(deadline).await;
        Report::between(&before, &self.accounting())
    }

    /// [`flush`](Self::flush) for code that is not async.
    pub fn flush_blocking(&self, deadline: Duration) -> Report {
        let before = self.accounting();
        (self.collect)(Occasion::Passing);
        let _ = self.pipeline.flush_blocking(deadline);
        Report::between(&before, &self.accounting())
    }

    /// Fills the pipeline a last time and [shuts it down](Pipeline::shutdown). What found no room in the queue is lost, too.
    pub async fn shutdown(mut self, deadline: Duration) -> Report {
        let before = self.accounting();
        self.collect_last();
        let _ = self.pipeline.shutdown(deadline).await;
        Report::between(&before, &self.accounting())
    }

    /// [`shutdown`](Self::shutdown) for code that is not async.
    pub fn shutdown_blocking(mut self, deadline: Duration) -> Report {
        let before = self.accounting();
        self.collect_last();
        let _ = self.pipeline.shutdown_blocking(deadline);
        Report::between(&before, &self.accounting())
    }

    fn collect_last(&mut self) {
        // First the thread, so that nothing is queued behind the last.
        self.ticks = None;
        if !std::mem::replace(&mut self.ended, true) {
            (self.collect)(Occasion::Last);
        }
    }
}

impl<T: Send + 'static> fmt::Debug for Scheduled<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("Scheduled")
            .field(&self.accounting())
            .finish()
    }
}

impl<T: Send + 'static> Drop for Scheduled<T> {
    fn drop(&mut self) {
        // The pipeline, dropped after this, sends it.
        self.collect_last();
    }
}

/// A thread that does something at an interval until this is dropped, which waits for it.
struct Ticks {
    /// Dropped first, it wakes the thread.
    _stop: mpsc::Sender<()>,
    _thread: JoinedThread,
}

impl Ticks {
    fn start(name: &str, interval: Duration, tick: impl Fn() + Send + 'static) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let name = format!("steeple-{name}-timer").replace('\0', "");
        let thread = JoinedThread::start(name, move || {
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
            _stop: stop,
            _thread: thread,
        })
    }
}
