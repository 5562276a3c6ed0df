use std::sync::Arc;

use metrics::Counter;
use steeple_core::pipeline::{ExportError, Exporter};
use thiserror::Error;

use super::{directory::Directory, segment::Segment};
use crate::Lines;

/// Sends what is on disk.
pub(super) struct Replay<E> {
    inner: E,
    directory: Arc<Directory>,
    damaged: Counter,
    /// The segment that is being sent.
    open: Option<Open>,
}

struct Open {
    number: u64,
    lines: Vec<Lines>,
    /// How many of its lines cannot be read any more.
    lost: u64,
}

#[derive(Debug, Error)]
#[error("{lost} lines on disk were damaged")]
struct Damaged {
    lost: u64,
}

impl<E> Replay<E> {
    pub(super) fn new(inner: E, directory: Arc<Directory>, damaged: Counter) -> Self {
        Self {
            inner,
            directory,
            damaged,
            open: None,
        }
    }

    /// The lines of a segment, which an attempt before may have read.
    fn open(&mut self, segment: Segment) -> Result<&Open, ExportError> {
        let open = match self.open.take() {
            Some(open) if open.number == segment.number => open,
            _ => {
                let read = self.directory.read(segment);
                let (lines, _) = read.map_err(ExportError::permanent)?;
                let whole: u64 = lines.iter().map(Lines::count).sum();
                Open {
                    number: segment.number,
                    lines,
                    lost: segment.lines.saturating_sub(whole),
                }
            }
        };
        Ok(self.open.insert(open))
    }
}

impl<E: Exporter<Lines>> Exporter<Segment> for Replay<E> {
    async fn export(&mut self, batch: &[Segment]) -> Result<(), ExportError> {
        // There is one in each.
        for segment in batch {
            self.deliver(*segment).await?;
        }
        Ok(())
    }
}

impl<E: Exporter<Lines>> Replay<E> {
    async fn deliver(&mut self, segment: Segment) -> Result<(), ExportError> {
        let lost = match self.open(segment) {
            Ok(open) => open.lost,
            Err(error) => {
                self.directory.remove(segment);
                return Err(error);
            }
        };
        let Some(open) = &self.open else {
            return Ok(());
        };
        let sent = self.inner.export(&open.lines).await;
        if sent.as_ref().is_err_and(ExportError::is_tried_again) {
            return sent;
        }
        self.open = None;
        self.directory.remove(segment);
        self.damaged.increment(lost);
        match sent {
            Ok(()) if lost > 0 => Err(ExportError::partial(lost, Damaged { lost })),
            Err(ExportError::Partial { rejected, source }) => {
                Err(ExportError::partial(rejected + lost, source))
            }
            other => other,
        }
    }
}
