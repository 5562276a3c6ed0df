//! The way of lines to where they are written.

use std::{cell::RefCell, error::Error, fmt, sync::Arc, time::Duration};

use steeple_core::pipeline::{
    Accounting, DropReason, ExportError, Exporter, Pipeline, PipelineBuilder, Producer, Report,
    RetryPolicy,
};
use tracing_core::Level;

use crate::{
    Format, Lines,
    chunk::{CHUNK, Chunks},
};

/// Writes the line, with its end, that tells how many were lost.
pub type Marker = Arc<dyn Fn(u64, &mut Vec<u8>) + Send + Sync>;

/// Writes what stands before a line of this level.
pub(crate) type Header = Arc<dyn Fn(&Level, &mut Vec<u8>) + Send + Sync>;

/// Somewhere that lines can be written to.
pub trait Destination {
    /// Why nothing can be written there.
    type Error: Error + Send + Sync + 'static;

    /// Begins to take lines. Where some were lost and others pass again, what `marker` writes is put between them.
    ///
    /// # Errors
    ///
    /// If it is known from the start that nothing can be written; what fails later is tried again.
    fn start(self, marker: Marker) -> Result<Outlet, Self::Error>;

    /// Whether lines of `format` can be read where they go to. Default: all can.
    #[must_use]
    fn takes(&self, format: Format) -> bool {
        let _ = format;
        true
    }
}

/// Takes lines to one destination, on a thread of its own.
///
/// Who pushes a line copies it and goes on: it is written when others have come or
/// [`DELAY`](Self::DELAY) has passed, by a [pipeline](steeple_core::pipeline). While the destination does not take lines, those that came
/// first wait, as long as it lasts, in the memory that the pipeline may use; those that find no room are counted.
pub struct Outlet {
    pipeline: Pipeline<Lines>,
    producer: Producer<Lines>,
    chunks: Chunks,
    header: Option<Header>,
}

impl Outlet {
    /// The time that a line waits for others.
    pub const DELAY: Duration = Duration::from_millis(50);

    /// The settings for a pipeline of lines called `name`, such as `logs-stdout`: at most 8 MiB wait, batches have 256 KiB, and
    /// one that cannot be written is tried again at least every 0.25 s until the end.
    pub fn pipeline(name: &'static str) -> PipelineBuilder {
        PipelineBuilder::new(name)
            .max_batch_items(usize::MAX)
            // What an item takes besides its chunk is far below one more of them.
            .max_batch_bytes(17 * CHUNK)
            .max_delay(Self::DELAY)
            .retry(
                RetryPolicy::default()
                    .initial_backoff(Duration::from_millis(50))
                    .max_backoff(Duration::from_millis(250))
                    .max_elapsed(Duration::MAX),
            )
    }

    /// Starts `pipeline` with the exporters that `factory` makes, as [`PipelineBuilder::spawn`] does.
    pub fn start<E, F>(pipeline: PipelineBuilder, marker: Marker, factory: F) -> Self
    where
        E: Exporter<Lines> + 'static,
        F: FnMut() -> E + Send + 'static,
    {
        Self::spawn(pipeline, None, marker, factory)
    }

    /// [`start`](Self::start) where `header` is before each line.
    #[cfg(any(test, feature = "syslog"))]
    pub(crate) fn start_with_header<E, F>(
        pipeline: PipelineBuilder,
        header: Header,
        marker: Marker,
        factory: F,
    ) -> Self
    where
        E: Exporter<Lines> + 'static,
        F: FnMut() -> E + Send + 'static,
    {
        Self::spawn(pipeline, Some(header), marker, factory)
    }

    fn spawn<E, F>(
        pipeline: PipelineBuilder,
        header: Option<Header>,
        marker: Marker,
        mut factory: F,
    ) -> Self
    where
        E: Exporter<Lines> + 'static,
        F: FnMut() -> E + Send + 'static,
    {
        let before = header.clone();
        let pipeline = pipeline.spawn(move || Marked {
            exporter: factory(),
            header: before.clone(),
            marker: marker.clone(),
        });
        Self {
            producer: pipeline.producer(),
            pipeline,
            chunks: Chunks::default(),
            header,
        }
    }

    /// Takes a line, which ends with its only line feed, or drops and counts it.
    ///
    /// It copies the line, does no I/O, never waits for the destination, and allocates nothing once as many lines wait as usual.
    pub fn push(&self, level: &Level, line: &[u8]) {
        let Some(header) = &self.header else {
            return self.push_parts(&[line]);
        };
        thread_local! {
            static BEFORE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
        }
        let push = |before: &mut Vec<u8>| {
            before.clear();
            header(level, before);
            self.push_parts(&[before, line]);
        };
        // A thread that ends has none any more.
        let pushed = BEFORE.try_with(|before| push(&mut before.borrow_mut()));
        pushed.unwrap_or_else(|_| push(&mut Vec::new()));
    }

    fn push_parts(&self, parts: &[&[u8]]) {
        if !self.producer.append(parts) {
            let length = parts.iter().map(|part| part.len()).sum();
            self.producer
                .push(Lines::of_parts(self.chunks.take(length), parts));
        }
    }

    /// Counts lines that a filter, sampler or rate limit refused, so that they were never made.
    pub fn skip(&self, reason: DropReason, count: u64) {
        self.producer.skip_many(reason, count);
    }

    /// The figures at this moment, in lines.
    #[must_use]
    pub fn accounting(&self) -> Accounting {
        self.pipeline.accounting()
    }

    /// Writes what waits: [`Pipeline::flush`].
    pub async fn flush(&self, deadline: Duration) -> Report {
        self.pipeline.flush(deadline).await
    }

    /// [`flush`](Self::flush) for code that is not async.
    pub fn flush_blocking(&self, deadline: Duration) -> Report {
        self.pipeline.flush_blocking(deadline)
    }

    /// Writes what waits, and ends: [`Pipeline::shutdown`].
    pub async fn shutdown(&self, deadline: Duration) -> Report {
        self.pipeline.shutdown(deadline).await
    }

    /// [`shutdown`](Self::shutdown) for code that is not async.
    pub fn shutdown_blocking(&self, deadline: Duration) -> Report {
        self.pipeline.shutdown_blocking(deadline)
    }
}

impl fmt::Debug for Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Outlet").field(&self.accounting()).finish()
    }
}

/// Tells of losses by a line.
struct Marked<E> {
    exporter: E,
    header: Option<Header>,
    marker: Marker,
}

impl<E: Exporter<Lines>> Exporter<Lines> for Marked<E> {
    async fn export(&mut self, batch: &[Lines]) -> Result<(), ExportError> {
        self.exporter.export(batch).await
    }

    async fn tell_lost(&mut self, lost: u64) -> Result<(), ExportError> {
        let mut line = Vec::new();
        if let Some(header) = &self.header {
            header(&Level::WARN, &mut line);
        }
        (self.marker)(lost, &mut line);
        let mut lines = Lines::default();
        lines.push(&line);
        self.exporter.export(&[lines]).await
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write as _,
        sync::{
            Mutex,
            atomic::{AtomicBool, Ordering::SeqCst},
        },
        time::Instant,
    };

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    /// A destination that can be closed, and what was written to it.
    #[derive(Clone, Default)]
    struct Written {
        closed: Arc<AtomicBool>,
        bytes: Arc<Mutex<Vec<u8>>>,
    }

    impl Exporter<Lines> for Written {
        async fn export(&mut self, batch: &[Lines]) -> Result<(), ExportError> {
            if self.closed.load(SeqCst) {
                return Err(ExportError::retryable("closed"));
            }
            for lines in batch {
                self.bytes.lock().unwrap().extend(lines.as_bytes());
            }
            Ok(())
        }
    }

    impl Written {
        fn text(&self) -> String {
            String::from_utf8(self.bytes.lock().unwrap().clone()).unwrap()
        }

        fn outlet(&self, pipeline: PipelineBuilder) -> Outlet {
            let written = self.clone();
            Outlet::start(pipeline, marker(), move || written.clone())
        }
    }

    fn marker() -> Marker {
        Arc::new(|lost, line| writeln!(line, "{lost} lost").unwrap())
    }

    fn eventually(what: &str, condition: impl Fn() -> bool) {
        let start = Instant::now();
        while !condition() {
            assert!(start.elapsed() < PATIENCE, "not in time: {what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn lines_arrive_whole_and_in_their_order_whatever_their_length() {
        let written = Written::default();
        let outlet = written.outlet(Outlet::pipeline("order"));
        let lines: Vec<String> = (0..2_000)
            .map(|n| format!("{n} {}\n", "x".repeat(n * 37 % (3 * CHUNK))))
            .collect();
        for line in &lines {
            // More than may wait at a time.
            eventually("room", || outlet.accounting().queued_bytes < 4 << 20);
            outlet.push(&Level::INFO, line.as_bytes());
        }
        let report = outlet.shutdown_blocking(PATIENCE);
        assert!(report.is_complete(), "{report:?}");
        assert!(written.text() == lines.concat());
        assert_eq!(outlet.accounting().exported, 2_000);
    }

    #[test]
    fn a_line_waits_for_others_but_not_for_long() {
        let written = Written::default();
        let outlet = written.outlet(Outlet::pipeline("delay"));
        outlet.push(&Level::INFO, b"alone\n");
        eventually("the line", || written.text() == "alone\n");
    }

    #[test]
    fn lines_that_find_no_room_are_counted_and_told_of_by_one_line() {
        let written = Written::default();
        written.closed.store(true, SeqCst);
        let outlet = written.outlet(Outlet::pipeline("full").max_queue_bytes(4 * CHUNK));
        let line = format!("{}\n", "x".repeat(99));
        (0..10_000).for_each(|_| outlet.push(&Level::INFO, line.as_bytes()));
        let figures = outlet.accounting();
        let lost = figures.dropped(DropReason::QueueFull);
        assert_eq!(figures.queued + lost, 10_000);
        // All but the last chunk, for what items and batches take, and the ends of chunks.
        assert_eq!(figures.queued, 3 * (CHUNK as u64 / 100));

        written.closed.store(false, SeqCst);
        eventually("the line that tells of it", || {
            written.text().ends_with(" lost\n")
        });
        let text = format!("{}{lost} lost\n", line.repeat(figures.queued as usize));
        assert!(written.text() == text);
        outlet.push(&Level::INFO, b"after\n");
        let _ = outlet.shutdown_blocking(PATIENCE);
        assert!(written.text() == text + "after\n");
    }

    #[test]
    fn a_push_allocates_nothing_once_as_many_lines_wait_as_usual() {
        let outlet = Written::default().outlet(Outlet::pipeline("steady"));
        let line = [[b'x'; 299].as_slice(), b"\n"].concat();
        let fill = || (0..500).for_each(|_| outlet.push(&Level::INFO, &line));
        let mut counts = [0; 8].map(|_| {
            let counted = allocation_counter::measure(fill).count_total;
            let _ = outlet.flush_blocking(PATIENCE);
            counted
        });
        // What was left over of a round may be in the hands of the worker.
        counts.sort_unstable();
        assert_eq!(counts[0], 0, "{counts:?}");
    }

    #[test]
    fn a_header_is_before_each_line_and_before_that_which_tells_of_losses() {
        let written = Written::default();
        let exporter = written.clone();
        let outlet = Outlet::start_with_header(
            Outlet::pipeline("header").max_queue_bytes(2 * CHUNK),
            Arc::new(|level, line| write!(line, "<{level}>").unwrap()),
            marker(),
            move || exporter.clone(),
        );
        let long = [vec![b'x'; 2 * CHUNK], vec![b'\n']].concat();
        outlet.push(&Level::ERROR, &long);
        outlet.push(&Level::INFO, b"one\n");
        outlet.push(&Level::DEBUG, b"two\n");
        let _ = outlet.shutdown_blocking(PATIENCE);
        assert_eq!(written.text(), "<INFO>one\n<DEBUG>two\n<WARN>1 lost\n");
    }
}
