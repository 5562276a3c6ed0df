use steeple_core::pipeline::Weigh;

/// A batch on disk, in a file of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Segment {
    /// Higher than that of any before it.
    pub(super) number: u64,
    /// How many lines are in it.
    pub(super) lines: u64,
    /// What it takes of the disk.
    pub(super) bytes: u64,
}

impl Weigh for Segment {
    fn heap_bytes(&self) -> usize {
        0
    }

    fn count(&self) -> u64 {
        self.lines
    }
}
