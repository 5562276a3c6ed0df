use std::{path::PathBuf, sync::Arc, time::Duration};

use steeple_core::pipeline::{Budget, Exporter, PipelineBuilder, RetryPolicy};

use super::{
    SpoolError, Spooled,
    directory::{Directory, Left},
    replay::Replay,
    segment::Segment,
};
use crate::Lines;

const DAMAGED: &str = "steeple_spool_damaged_lines_total";
const BYTES: &str = "steeple_spool_bytes";
/// More than a segment takes of a pipeline's memory, of which it has a batch of its own.
const SEGMENT_BYTES: u64 = 1 << 10;
/// Less than a segment takes of the disk.
const SMALLEST: u64 = 4 << 10;

/// Where lines wait for a backend that is away, and how many of them.
#[derive(Clone, Debug)]
#[must_use = "nothing is kept before `before`"]
pub struct Spool {
    directory: PathBuf,
    most_bytes: u64,
}

impl Spool {
    /// How long a batch may take to be sent before it goes to disk: 2 s.
    pub const PATIENCE: Duration = Duration::from_secs(2);

    /// In a directory that nobody else uses, and that is made if it is not there.
    pub fn in_directory(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            most_bytes: 64 << 20,
        }
    }

    /// The most bytes that are kept, each batch in blocks of 4 KiB. Default: 64 MiB.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.most_bytes = bytes;
        self
    }

    /// Puts itself before the exporters that `factory` makes: what this returns makes exporters for a pipeline of lines. What is in the
    /// directory is sent by a pipeline of its own, called `name`, from now on.
    ///
    /// Its metrics are those of that pipeline, the gauge `steeple_spool_bytes` and the counter
    /// `steeple_spool_damaged_lines_total`, both with the label `spool`, of the recorder that is current now.
    ///
    /// # Errors
    ///
    /// [`SpoolError`] if the directory is used by another spool, or cannot be used at all.
    pub fn before<E, F>(
        self,
        name: &'static str,
        factory: F,
    ) -> Result<impl FnMut() -> Spooled<E> + Send + 'static, SpoolError>
    where
        E: Exporter<Lines> + 'static,
        F: FnMut() -> E + Clone + Send + 'static,
    {
        let damaged = metrics::counter!(DAMAGED, "spool" => name);
        let gauge = metrics::gauge!(BYTES, "spool" => name);
        let (directory, left) = Directory::open(self.directory, self.most_bytes, gauge)?;
        if left.damaged > 0 {
            damaged.increment(left.damaged);
            tracing::warn!(
                spool = name,
                lines = left.damaged,
                "lines on disk were damaged and are lost"
            );
        }
        let directory = Arc::new(directory);
        let read = Arc::clone(&directory);
        let mut inner = factory.clone();
        let replay = pipeline(name, self.most_bytes, &left)
            .spawn(move || Replay::new(inner(), Arc::clone(&read), damaged.clone()));
        let producer = replay.producer();
        for segment in left.segments {
            producer.push(segment);
        }
        let replay = Arc::new(replay);
        let mut inner = factory;
        Ok(move || Spooled::new(inner(), Arc::clone(&directory), Arc::clone(&replay)))
    }
}

/// One that has room for whatever is on disk, since nobody would queue it again.
fn pipeline(name: &'static str, most_bytes: u64, left: &Left) -> PipelineBuilder {
    let bytes: u64 = left.segments.iter().map(|segment| segment.bytes).sum();
    let segments = bytes.max(most_bytes) / SMALLEST + 1;
    let room = usize::try_from(segments.saturating_mul(SEGMENT_BYTES)).unwrap_or(usize::MAX);
    const { assert!(size_of::<Segment>() < SEGMENT_BYTES as usize / 2) };
    PipelineBuilder::new(name)
        .max_queue_bytes(room)
        .budget(Budget::new(room))
        .max_batch_items(1)
        .max_delay(Duration::ZERO)
        .retry(RetryPolicy::default().max_elapsed(Duration::MAX))
}
