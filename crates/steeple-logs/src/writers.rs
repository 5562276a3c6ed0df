use std::{
    fmt,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use steeple_core::{Timestamp, pipeline::DropReason};
use tracing_core::Level;

use crate::{
    Destination, Format, LogsError, LogsReport, Marker, Outlet,
    encode::{self, Encoder, Line, field},
};

/// Begins to write to a destination.
pub(crate) type Start = Box<dyn FnOnce(Marker) -> Result<Outlet, LogsError> + Send>;

/// Begins to write lines of `format` to `destination`, if that takes them.
pub(crate) fn start<D>(destination: D, format: Format) -> Start
where
    D: Destination + Send + 'static,
{
    Box::new(move |marker| {
        if !destination.takes(format) {
            return Err(LogsError::Format { format });
        }
        let started = destination.start(marker);
        started.map_err(|error| LogsError::Destination {
            format,
            source: error.into(),
        })
    })
}

/// Writes lines: each once in every format that is in use, and then to all that take it.
#[derive(Debug, Default)]
pub(crate) struct Writers(Vec<Writer>);

/// What takes lines of one format.
struct Writer {
    encoder: Arc<Encoder>,
    outlets: Vec<Outlet>,
}

impl Writers {
    /// Adds an outlet for lines that `encoder` writes.
    pub(crate) fn add(&mut self, encoder: Arc<Encoder>, outlet: Outlet) {
        let known = self.0.iter_mut().find(|writer| writer.encoder == encoder);
        match known {
            Some(writer) => writer.outlets.push(outlet),
            None => self.0.push(Writer {
                encoder,
                outlets: vec![outlet],
            }),
        }
    }

    /// Writes a line, of which `fill` writes the fields, once for each format. It must not run foreign code.
    pub(crate) fn write(
        &self,
        at: Timestamp,
        level: Level,
        logger: &str,
        fill: impl Fn(&mut Line<'_>),
    ) {
        self.write_whole(level, |encoder, buffer| {
            let mut line = encoder.begin(buffer, at, level, logger);
            fill(&mut line);
            line.end();
        });
    }

    /// Writes a line, all of which `write` writes, once for each format. It must not run foreign code.
    pub(crate) fn write_whole(&self, level: Level, mut write: impl FnMut(&Encoder, &mut Vec<u8>)) {
        encode::with_buffer(|buffer| {
            for Writer { encoder, outlets } in &self.0 {
                buffer.clear();
                write(encoder, buffer);
                for outlet in outlets {
                    outlet.push(&level, buffer);
                }
            }
        });
    }

    /// Writes a line that `fill` writes all of, whatever the format.
    pub(crate) fn write_as_is(&self, level: Level, fill: impl FnOnce(&mut Vec<u8>)) {
        encode::with_buffer(|buffer| {
            fill(buffer);
            for outlet in self.outlets() {
                outlet.push(&level, buffer);
            }
        });
    }

    /// Counts a line that is left out.
    pub(crate) fn skip(&self, reason: DropReason) {
        for outlet in self.outlets() {
            outlet.skip(reason, 1);
        }
    }

    /// Writes what waits, for code that is not async.
    pub(crate) fn flush_blocking(&self, deadline: Duration) {
        let started = Instant::now();
        for outlet in self.outlets() {
            // There is nobody to tell.
            let _ = outlet.flush_blocking(deadline.saturating_sub(started.elapsed()));
        }
    }

    fn outlets(&self) -> impl Iterator<Item = &Outlet> {
        self.0.iter().flat_map(|writer| &writer.outlets)
    }
}

/// Flushes all that there are, side by side.
pub(crate) async fn flush(all: impl Iterator<Item = &Writers>, deadline: Duration) -> LogsReport {
    let flushes = all
        .flat_map(Writers::outlets)
        .map(|outlet| outlet.flush(deadline));
    join_all(flushes).await.into_iter().collect()
}

/// Ends all that there are, side by side.
pub(crate) async fn shutdown(
    all: impl Iterator<Item = &Writers>,
    deadline: Duration,
) -> LogsReport {
    let shutdowns = all
        .flat_map(Writers::outlets)
        .map(|outlet| outlet.shutdown(deadline));
    join_all(shutdowns).await.into_iter().collect()
}

/// The same for code that is not async. Nobody is left to read the report.
pub(crate) fn shutdown_blocking<'a>(all: impl Iterator<Item = &'a Writers>, deadline: Duration) {
    thread::scope(|scope| {
        for outlet in all.flat_map(Writers::outlets) {
            let end = move || _ = outlet.shutdown_blocking(deadline);
            // Where no thread can be had, one after the other is better than not at all.
            if thread::Builder::new().spawn_scoped(scope, end).is_err() {
                end();
            }
        }
    });
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer")
            .field("format", &self.encoder.format())
            .field("outlets", &self.outlets)
            .finish()
    }
}

/// Writes what stands where lines are missing.
pub(crate) fn marker(encoder: &Arc<Encoder>) -> Marker {
    let encoder = Arc::clone(encoder);
    Arc::new(move |lost, out| {
        let mut line = encoder.begin(out, Timestamp::now(), Level::WARN, "steeple::logs");
        line.text(field::MESSAGE, &format!("{lost} lines are missing here"));
        line.label("lost_lines", lost.into());
        line.end();
    })
}
