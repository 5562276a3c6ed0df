use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// What went wrong with the file; apart from it, since whoever has that may be waiting for the disk.
#[derive(Debug, Default)]
pub(crate) struct Troubles {
    lost_records: AtomicU64,
    failed_writes: AtomicU64,
}

impl Troubles {
    /// How many records were damaged.
    pub(crate) fn lost_records(&self) -> u64 {
        self.lost_records.load(Relaxed)
    }

    /// How often it could not be written.
    pub(crate) fn failed_writes(&self) -> u64 {
        self.failed_writes.load(Relaxed)
    }

    pub(super) fn count_lost(&self, records: u64) {
        self.lost_records.fetch_add(records, Relaxed);
    }

    /// Counts an attempt to write.
    pub(super) fn note<E>(&self, written: &Result<(), E>) {
        self.failed_writes
            .fetch_add(u64::from(written.is_err()), Relaxed);
    }
}
