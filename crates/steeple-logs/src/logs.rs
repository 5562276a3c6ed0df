use std::{
    iter,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::future::OptionFuture;
use steeple_core::pipeline::Report;
use tracing_core::Subscriber;
use tracing_subscriber::{filter::Filtered, layer::Layer, registry::LookupSpan};

use crate::{
    AccessLog, ErrorLog, Levels, LevelsFilter, LogLayer, LogsBuilder, LogsReport,
    errors::ErrorPipeline,
    shared::Shared,
    writers::{self, Writers},
};

/// How long dropping waits for what is still to be written.
const DROP_DEADLINE: Duration = Duration::from_secs(1);

/// The logs of a service.
///
/// Dropping it waits for at most a second for what is still to be written, and for as long for what the [errors](Self::error_log) are to tell; what is logged later is counted as lost.
#[derive(Debug)]
#[must_use = "dropping it ends the logs"]
pub struct Logs {
    shared: Arc<Shared>,
    levels: Levels,
    access: AccessLog,
    errors: Option<ErrorPipeline>,
    /// Whether it was shut down, so that dropping it has nothing to wait for.
    has_ended: bool,
}

impl Logs {
    /// Begins to configure the logs of `service`.
    pub fn builder(service: &str) -> LogsBuilder {
        LogsBuilder::new(service)
    }

    pub(crate) fn new(
        shared: Arc<Shared>,
        levels: Levels,
        access: AccessLog,
        errors: Option<ErrorPipeline>,
    ) -> Self {
        Self {
            shared,
            levels,
            access,
            errors,
            has_ended: false,
        }
    }

    /// Makes a line of each event of `tracing`, and of each record of the crate `log` that `tracing-log` makes one: a layer to add to
    /// the application's subscriber. It has the [levels](Self::levels) as a filter of its own, whatever other layers take.
    #[must_use]
    pub fn layer<S>(&self) -> Filtered<LogLayer, LevelsFilter, S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        LogLayer::new(Arc::clone(&self.shared)).with_filter(self.levels.filter())
    }

    /// Makes a line of each request and job: a sink to add to the [observer](steeple_core::ObserverBuilder::sink). Its lines have
    /// the level `error` where the service failed and `info` otherwise, whatever [levels](Self::levels) the application's have.
    #[must_use]
    pub fn access_log(&self) -> AccessLog {
        self.access.clone()
    }

    /// Makes a line of each failure, with its stack trace: a sink to add to the
    /// [observer](steeple_core::ObserverBuilder::error_sink). There is none unless it was [configured](LogsBuilder::error_log).
    #[must_use]
    pub fn error_log(&self) -> Option<ErrorLog> {
        self.errors.as_ref().map(ErrorPipeline::sink)
    }

    /// Up to which level is logged, by target, and changes of that while the service runs.
    #[must_use]
    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// Writes what waits, for at most `deadline`, half of which may go by until lines are made of what the
    /// [errors](Self::error_log) are to tell. Works on every runtime.
    pub async fn flush(&self, deadline: Duration) -> LogsReport {
        self.shared.tell_all_held();
        let errors = self.errors.as_ref();
        let errors = errors.map(|errors| errors.flush(deadline / 2));
        let (errors, rest) = tell(errors, deadline).await;
        errors.and(writers::flush(self.writers(), rest).await)
    }

    /// Does the same and ends: what is logged later is counted as lost. Works on every runtime.
    pub async fn shutdown(mut self, deadline: Duration) -> LogsReport {
        self.has_ended = true;
        self.shared.tell_all_held();
        let errors = self.errors.as_ref();
        let errors = errors.map(|errors| errors.shutdown(deadline / 2));
        let (errors, rest) = tell(errors, deadline).await;
        errors.and(writers::shutdown(self.writers(), rest).await)
    }

    fn writers(&self) -> impl Iterator<Item = &Writers> {
        iter::once(&self.shared.writers).chain(self.access.destinations())
    }
}

/// Waits until lines are made of `errors`, if there are any, and tells how much of `deadline` is left then.
async fn tell(
    errors: Option<impl Future<Output = Report>>,
    deadline: Duration,
) -> (LogsReport, Duration) {
    let started = Instant::now();
    let report = OptionFuture::from(errors).await;
    let report = report.map(LogsReport::of_errors).unwrap_or_default();
    (report, deadline.saturating_sub(started.elapsed()))
}

impl Drop for Logs {
    fn drop(&mut self) {
        if !self.has_ended {
            self.shared.tell_all_held();
            if let Some(errors) = &self.errors {
                let _ = errors.shutdown_blocking(DROP_DEADLINE);
            }
            writers::shutdown_blocking(self.writers(), DROP_DEADLINE);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        convert::Infallible,
        io,
        sync::{
            Mutex,
            atomic::{AtomicBool, Ordering::SeqCst},
        },
        thread,
    };

    use futures_executor::block_on;
    use steeple_core::{Observer, current, errors::ErrorSink};
    use tracing_core::Level;

    use super::*;
    use crate::{Destination, Format, Lines, Marker, Outlet};

    const DEADLINE: Duration = Duration::from_millis(500);

    /// A destination whose lines wait for an hour, unless they are to be flushed, and then take a while; who has one of level error
    /// hangs until `held` is free.
    #[derive(Clone, Default)]
    struct Slow {
        held: Arc<Mutex<()>>,
        has_written: Arc<AtomicBool>,
    }

    impl Destination for Slow {
        type Error = Infallible;

        fn start(self, marker: Marker) -> Result<Outlet, Infallible> {
            let pipeline = Outlet::pipeline("slow").max_delay(Duration::from_secs(3_600));
            let Self { held, has_written } = self;
            let hang = Arc::new(move |level: &Level, _: &mut Vec<u8>| {
                if *level == Level::ERROR {
                    drop(held.lock());
                }
            });
            let write = move || {
                let has_written = has_written.clone();
                async move |_: &[Lines]| {
                    thread::sleep(DEADLINE / 5);
                    has_written.store(true, SeqCst);
                    Ok(())
                }
            };
            Ok(Outlet::start_with_header(pipeline, hang, marker, write))
        }
    }

    /// Whether what `end` is asked holds of logs in which a line waits and an error cannot be told, some time at least: a busy machine
    /// may take any time once.
    fn holds(end: fn(Logs, &Slow) -> bool) -> bool {
        (0..5).any(|_| {
            let slow = Slow::default();
            let held = slow.held.lock().unwrap();
            let logs = Logs::builder("shop").to(slow.clone(), Format::Ecs);
            let logs = logs.error_log().start().unwrap();
            let line = |out: &mut Vec<u8>| out.extend_from_slice(b"waits\n");
            logs.shared.writers.write_as_is(Level::INFO, line);
            let observer = Observer::builder().error_sink(logs.error_log().unwrap());
            let job = || current::attach(&io::Error::other("out of stock"));
            observer.build().unwrap().observe("job", "nightly").run(job);
            let holds = end(logs, &slow);
            drop(held);
            holds
        })
    }

    #[test]
    fn errors_that_cannot_be_told_take_half_of_the_time_and_are_lost_and_lines_are_written() {
        assert!(holds(|logs, _| {
            let began = Instant::now();
            let report = block_on(logs.shutdown(DEADLINE));
            assert_eq!(report.pending, 0);
            (report.written, report.lost) == (1, 1) && began.elapsed() < 2 * DEADLINE
        }));
    }

    #[test]
    fn lines_of_a_process_that_dies_are_written_while_its_errors_are_told() {
        assert!(holds(|logs, slow| {
            logs.error_log().unwrap().rescue(DEADLINE);
            let has_written = slow.has_written.load(SeqCst);
            let _ = block_on(logs.shutdown(Duration::ZERO));
            has_written
        }));
    }
}
