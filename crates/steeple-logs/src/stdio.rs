//! Standard output and standard error.

use std::{convert::Infallible, io, io::Write};

use steeple_core::pipeline::{ExportError, Exporter, PipelineBuilder};

use crate::{Destination, Lines, Marker, Outlet, progress::Progress};

/// A standard stream of the process as a [`Destination`].
///
/// Whoever reads it may be slow, or stop: that holds nobody up. If it goes away for good, lines are dropped and counted.
///
/// ```
/// use std::sync::Arc;
///
/// use steeple_logs::{Destination, Stdio};
///
/// let marker = Arc::new(|lost, line: &mut Vec<u8>| line.extend(format!("{lost} lines lost\n").bytes()));
/// let Ok(outlet) = Stdio::stdout().start(marker);
/// outlet.push(&tracing_core::Level::INFO, b"hello\n");
/// let report = outlet.shutdown_blocking(std::time::Duration::from_secs(5));
/// assert_eq!((report.exported, report.lost), (1, 0));
/// ```
#[derive(Clone, Debug)]
#[must_use = "it writes nothing until it is started"]
pub struct Stdio {
    stream: Stream,
    pipeline: PipelineBuilder,
}

#[derive(Clone, Copy, Debug)]
enum Stream {
    Out,
    Error,
}

impl Stdio {
    /// Standard output, by a pipeline called `logs-stdout`.
    pub fn stdout() -> Self {
        Self {
            stream: Stream::Out,
            pipeline: Outlet::pipeline("logs-stdout"),
        }
    }

    /// Standard error, by a pipeline called `logs-stderr`.
    pub fn stderr() -> Self {
        Self {
            stream: Stream::Error,
            pipeline: Outlet::pipeline("logs-stderr"),
        }
    }

    /// Changes how many lines may wait and for how long. Default: [`Outlet::pipeline`].
    pub fn pipeline(mut self, change: impl FnOnce(PipelineBuilder) -> PipelineBuilder) -> Self {
        self.pipeline = change(self.pipeline);
        self
    }
}

impl Destination for Stdio {
    type Error = Infallible;

    fn start(self, marker: Marker) -> Result<Outlet, Infallible> {
        let stream = self.stream;
        Ok(Outlet::start(self.pipeline, marker, move || Writing {
            stream,
            progress: Progress::default(),
        }))
    }
}

struct Writing {
    stream: Stream,
    progress: Progress,
}

impl Exporter<Lines> for Writing {
    async fn export(&mut self, batch: &[Lines]) -> Result<(), ExportError> {
        let written = match self.stream.open() {
            Ok(mut stream) => {
                let write = |bytes: &[u8], _: bool| stream.write(bytes);
                self.progress.write(batch, write)
            }
            Err(error) => Err(error),
        };
        written.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => ExportError::permanent(error),
            _ => ExportError::retryable(error),
        })
    }
}

impl Stream {
    /// Without the buffer of the standard library's, in which an error would leave lines behind.
    #[cfg(unix)]
    fn open(self) -> io::Result<impl Write> {
        use std::{fs::File, os::fd::AsFd as _};

        let own = match self {
            Self::Out => io::stdout().as_fd().try_clone_to_owned(),
            Self::Error => io::stderr().as_fd().try_clone_to_owned(),
        };
        own.map(File::from)
    }

    #[cfg(not(unix))]
    fn open(self) -> io::Result<Box<dyn Write>> {
        Ok(match self {
            Self::Out => Box::new(io::stdout()),
            Self::Error => Box::new(io::stderr()),
        })
    }
}
