use std::{fmt, sync::Arc};

use steeple_core::pipeline::{ExportError, Exporter, Pipeline, Producer};
use tokio::time::timeout;

use super::{Spool, directory::Directory, segment::Segment};
use crate::{LineId, Lines};

/// Sends lines, or keeps them on disk where that fails; [`Spool::before`] tells of it.
pub struct Spooled<E> {
    inner: E,
    directory: Arc<Directory>,
    producer: Producer<Segment>,
    /// The first line of a batch that is being sent, or was when an attempt at it was cut off.
    sending: Option<LineId>,
    _replay: Arc<Pipeline<Segment>>,
}

impl<E> Spooled<E> {
    pub(super) fn new(inner: E, directory: Arc<Directory>, replay: Arc<Pipeline<Segment>>) -> Self {
        Self {
            inner,
            directory,
            producer: replay.producer(),
            sending: None,
            _replay: replay,
        }
    }
}

impl<E: Exporter<Lines>> Exporter<Lines> for Spooled<E> {
    async fn export(&mut self, batch: &[Lines]) -> Result<(), ExportError> {
        let first = batch.first().map(Lines::first);
        if self.directory.is_empty() && self.sending != first {
            self.sending = first;
            let sent = timeout(Spool::PATIENCE, self.inner.export(batch)).await;
            self.sending = None;
            match sent {
                Err(_) => {}
                Ok(Err(error)) if error.is_tried_again() => {}
                Ok(settled) => return settled,
            }
        }
        // Should the disk not take it, it is sent again.
        self.sending = None;
        let segment = self
            .directory
            .append(batch)
            .map_err(ExportError::retryable)?;
        self.producer.push(segment);
        Ok(())
    }
}

impl<E> fmt::Debug for Spooled<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spooled")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}
