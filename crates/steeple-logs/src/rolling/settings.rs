use std::{path::PathBuf, sync::Arc, time::Duration};

use steeple_core::pipeline::PipelineBuilder;

use super::{
    RollingFileError, archive::Archives, current::Current, files::Files, hangup::Hangup,
    writing::Writing,
};
use crate::{Destination, Marker, Outlet};

/// A file as a [`Destination`], which is begun anew when it is large or old; what was is kept for a while, compressed.
///
/// A process that starts goes on in the file that is there. A disk that is full, a directory that is gone, and a file that may not
/// be written to hold nobody up: lines wait in memory, those that find no room there are counted, and a quarter of a second after
/// the file can be written again it goes on where it ended, within a line if need be.
///
/// What others do to the file is followed: where it was renamed or removed a new one is begun, and one that was truncated goes on
/// at its beginning, so that `logrotate` needs no signal, with `copytruncate` or without.
///
/// ```
/// use std::{sync::Arc, time::Duration};
///
/// use steeple_logs::{Destination, RollingFile};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("shop.log");
/// let marker = Arc::new(|lost, line: &mut Vec<u8>| line.extend(format!("{lost} lines lost\n").bytes()));
/// let outlet = RollingFile::new(&path)
///     .max_bytes(50 << 20)
///     .every(Duration::from_secs(24 * 60 * 60))
///     .keep_for(Duration::from_secs(14 * 24 * 60 * 60))
///     .start(marker)?;
/// outlet.push(&tracing_core::Level::INFO, b"hello\n");
/// let report = outlet.shutdown_blocking(Duration::from_secs(5));
/// assert_eq!((report.exported, report.lost), (1, 0));
/// assert_eq!(std::fs::read_to_string(&path)?, "hello\n");
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "it writes nothing until it is started"]
pub struct RollingFile {
    pub(super) path: PathBuf,
    pub(super) max_bytes: u64,
    pub(super) every: Option<Duration>,
    pub(super) keep: usize,
    pub(super) keep_bytes: u64,
    pub(super) keep_for: Option<Duration>,
    pub(super) compress: bool,
    pub(super) mode: u32,
    hangup: bool,
    pipeline: PipelineBuilder,
}

impl RollingFile {
    /// The file at `path`, written by a pipeline called `logs-file`. Directories that are missing are made.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            max_bytes: 100 << 20,
            every: None,
            keep: 10,
            keep_bytes: u64::MAX,
            keep_for: None,
            compress: true,
            mode: 0o640,
            hangup: false,
            pipeline: Outlet::pipeline("logs-file"),
        }
    }

    /// Begins a new file before one would have more than `bytes`; a line that alone has more is in a file of its own. Default:
    /// 100 MiB.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Begins a new file at every multiple of `interval` since 1970 in UTC, such as midnight for 24 hours, once there is something
    /// to write; 0 is never. Default: never.
    pub fn every(mut self, interval: Duration) -> Self {
        self.every = (!interval.is_zero()).then_some(interval);
        self
    }

    /// Keeps so many files besides the one that is written. Default: 10.
    pub fn keep(mut self, files: usize) -> Self {
        self.keep = files;
        self
    }

    /// Keeps no more files than have so many bytes in all, besides the one that is written. Default: any number.
    pub fn keep_bytes(mut self, bytes: u64) -> Self {
        self.keep_bytes = bytes;
        self
    }

    /// Keeps files for so long after they were written. Default: for ever.
    pub fn keep_for(mut self, age: Duration) -> Self {
        self.keep_for = Some(age);
        self
    }

    /// Leaves it to others, such as `logrotate`, to begin new files and to remove old ones.
    pub fn without_rotation(self) -> Self {
        self.max_bytes(u64::MAX).every(Duration::ZERO)
    }

    /// Whether files are compressed by gzip once they are full, by a thread of its own. Default: true.
    pub fn compress(mut self, compress: bool) -> Self {
        self.compress = compress;
        self
    }

    /// The permissions of files, as far as the process's mask lets them, on Unix. Default: 0o640.
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Handles SIGHUP, which would end the process otherwise: the file is opened again. Default: false. Unix alone has it.
    pub fn reopen_on_hangup(mut self, reopen: bool) -> Self {
        self.hangup = reopen;
        self
    }

    /// Changes how many lines may wait and for how long, and, by another name, which pipeline it is. Default:
    /// [`Outlet::pipeline`].
    pub fn pipeline(mut self, change: impl FnOnce(PipelineBuilder) -> PipelineBuilder) -> Self {
        self.pipeline = change(self.pipeline);
        self
    }
}

impl Destination for RollingFile {
    type Error = RollingFileError;

    fn start(self, marker: Marker) -> Result<Outlet, RollingFileError> {
        let archives = Arc::new(Archives::new(&self)?);
        Current::open(&self.path, self.mode).map_err(|source| RollingFileError::Open {
            path: self.path.clone(),
            source,
        })?;
        let hangup = match self.hangup {
            true => Hangup::handle().map_err(|source| RollingFileError::Hangup { source })?,
            false => Hangup::default(),
        };
        let hangup = Arc::new(hangup);
        let pipeline = self.pipeline.clone();
        Ok(Outlet::start(pipeline, marker, move || {
            Writing::new(Files::new(&self, archives.clone()), hangup.clone())
        }))
    }
}
