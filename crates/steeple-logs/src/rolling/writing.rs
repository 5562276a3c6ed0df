use std::{io, sync::Arc};

use steeple_core::pipeline::{ExportError, Exporter};

use super::{files::Files, hangup::Hangup};
use crate::{Lines, progress::Progress};

/// Writes lines to files, on the thread of the pipeline, which may wait for the disk.
pub(super) struct Writing {
    files: Files,
    progress: Progress,
    hangup: Arc<Hangup>,
}

impl Writing {
    pub(super) fn new(files: Files, hangup: Arc<Hangup>) -> Self {
        Self {
            files,
            progress: Progress::default(),
            hangup,
        }
    }

    fn write(&mut self, batch: &[Lines]) -> io::Result<()> {
        if self.files.follow()? {
            self.progress.rewind_line(batch);
        }
        if !self.progress.ends_within_line() && self.hangup.take() {
            self.files.close();
        }
        let files = &mut self.files;
        self.progress
            .write(batch, |bytes, begins_line| files.write(bytes, begins_line))
    }
}

impl Exporter<Lines> for Writing {
    async fn export(&mut self, batch: &[Lines]) -> Result<(), ExportError> {
        self.write(batch).map_err(ExportError::retryable)
    }
}
