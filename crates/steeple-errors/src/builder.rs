use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use steeple_core::pipeline::PipelineBuilder;

use crate::{
    ErrorTracker, TrackerError,
    groups::{Bounds, Groups},
    journal::{Journal, JournalError},
    recorder::Recorder,
    store::Store,
    telemetry::Telemetry,
};

/// Configures an [`ErrorTracker`].
#[derive(Clone, Debug)]
#[must_use = "nothing is tracked before `start`"]
pub struct ErrorTrackerBuilder {
    bounds: Bounds,
    file: Option<PathBuf>,
    file_bytes: u64,
}

impl Default for ErrorTrackerBuilder {
    fn default() -> Self {
        Self {
            bounds: Bounds {
                groups: 500,
                samples: 3,
                bytes: 16 << 20,
            },
            file: None,
            file_bytes: 8 << 20,
        }
    }
}

impl ErrorTrackerBuilder {
    /// Keeps the groups in a file, from which a later process reads them. Only its owner may read it. Beside it there is
    /// another, for the lock that keeps two processes from one file, and at times a third, while it is written anew. Default: they
    /// are kept in memory alone.
    ///
    /// What was written is there whatever ends the process, and, once the file was written anew or the tracker has ended, whatever
    /// ends the machine. Where it cannot be written, that is counted and logged, and made up for once it can be.
    pub fn file(mut self, path: impl Into<PathBuf>) -> Self {
        self.file = Some(path.into());
        self
    }

    /// Writes the file anew, with one record a group, when it is longer than this and twice as long as after the last time.
    /// Default: 8 MiB.
    pub fn max_file_bytes(mut self, bytes: u64) -> Self {
        self.file_bytes = bytes;
        self
    }

    /// The most groups; the one that was not seen for the longest time leaves. 0 counts as 1. Default: 500.
    pub fn max_groups(mut self, groups: usize) -> Self {
        self.bounds.groups = groups;
        self
    }

    /// The most failures of a group that are kept with all that is known of them, the last ones. Default: 3.
    pub fn max_samples(mut self, samples: usize) -> Self {
        self.bounds.samples = samples;
        self
    }

    /// The most memory that all groups together take, as far as it is counted; where they would take more, the one that was not seen for the
    /// longest time leaves. Default: 16 MiB.
    pub fn max_bytes(mut self, bytes: usize) -> Self {
        self.bounds.bytes = bytes;
        self
    }

    /// Starts to track, with the groups of the file if there is one. Its metrics go to the recorder that is current.
    ///
    /// A file that another process has is taken over once that ends; until then the groups are in memory alone, which is logged.
    ///
    /// # Errors
    ///
    /// [`TrackerError`] if the file cannot be read or written.
    pub fn start(self) -> Result<ErrorTracker, TrackerError> {
        let troubles = Arc::default();
        let journal = |path| Journal::new(path, self.file_bytes, Arc::clone(&troubles)).into();
        let store = Arc::new(Store {
            groups: Groups::new(self.bounds).into(),
            journal: self.file.map(journal),
            troubles,
            is_dying: AtomicBool::new(false),
        });
        match store.open() {
            Ok(0) => {}
            Ok(lost) => tracing::warn!(lost, "records of errors in the file were damaged"),
            Err(error @ JournalError::InUse { .. }) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "errors are kept in memory until the file is free");
            }
            Err(error) => return Err(TrackerError(error)),
        }
        let telemetry = Telemetry::new();
        telemetry.tell(&store);
        let worker = (store.clone(), telemetry.clone());
        let pipeline = PipelineBuilder::new("errors")
            .max_delay(Duration::from_millis(250))
            .spawn(move || Recorder::new(worker.0.clone(), worker.1.clone()));
        Ok(ErrorTracker::new(pipeline, store, telemetry))
    }
}
